package salesforce

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// namedMost is how many names are told of what there is, where something is not.
const namedMost = 40

// CheckMapping implements connector.Mapper: each object is described. A field of the standard mapping that is not there is one that
// the user may not see, which a run says; any other has to be there.
func (Connector) CheckMapping(ctx context.Context, s *connector.Session, m hub.Mapping) (hub.Mapping, error) {
	check := mappingCheck{described: map[string]description{}}
	checked := hub.Mapping{Preset: m.Preset, Sources: map[hub.Model]hub.Source{}, NoteField: m.NoteField}
	for _, model := range slices.Sorted(maps.Keys(m.Sources)) {
		src, err := check.source(ctx, s, model, m.Sources[model])
		if err != nil {
			return hub.Mapping{}, err
		}
		checked.Sources[model] = src
	}
	check.findReferences(checked.Sources)
	if m.NoteField != "" {
		field, err := check.noteField(ctx, s, m.NoteField)
		if err != nil {
			return hub.Mapping{}, err
		}
		checked.NoteField = field
	}
	if len(check.issues) > 0 {
		return hub.Mapping{}, &hub.InvalidError{Issues: check.issues}
	}
	return checked, nil
}

// mappingCheck is what is found out about a mapping.
type mappingCheck struct {
	// described are the objects that were asked for, by the name that the mapping has.
	described map[string]description
	issues    []hub.Issue
	// custom are the objects that not every organization has; nil before they were asked for.
	custom []string
}

func (c *mappingCheck) wrong(field, problem, want string) {
	c.issues = append(c.issues, hub.Issue{Field: field, Problem: problem, Want: want})
}

// describe asks for an object once.
func (c *mappingCheck) describe(ctx context.Context, s *connector.Session, object string) (description, error) {
	if d, ok := c.described[object]; ok {
		return d, nil
	}
	d, err := describe(ctx, s, object)
	if err == nil {
		c.described[object] = d
	}
	return d, err
}

// source checks where a model is read.
func (c *mappingCheck) source(ctx context.Context, s *connector.Session, model hub.Model, src hub.Source) (hub.Source, error) {
	path := "models." + string(model)
	known := standard[model]
	d, err := c.describe(ctx, s, src.Object)
	if absent(err) {
		if src.Object != known.Object { // one that many do not have, or that the user may not see, a run passes over, or names
			want, err := c.objects(ctx, s)
			if err != nil {
				return src, err
			}
			c.wrong(path+".object", "is "+hub.Quoted(src.Object)+", which is not there, or which the user may not see", want)
		}
		return src, nil
	}
	if err != nil {
		return src, err
	}
	stamp, _ := d.field(stampField)
	if _, ok := d.field(idField); src.Object != known.Object && (!ok || !stamp.Filterable) {
		c.wrong(path+".object", "is "+hub.Quoted(src.Object)+", whose fields "+idField+" and "+stampField+" the user cannot see or ask by", "an object that can be read by its changes")
		return src, nil
	}
	checked := hub.Source{Object: src.Object, Fields: map[string]string{}}
	if d.name != "" {
		checked.Object = d.name
	}
	for _, part := range slices.Sorted(maps.Keys(src.Fields)) {
		name := src.Fields[part]
		found, ok := d.mapped(name, s.Values["namespace"])
		switch {
		case name == "":
		case ok:
			name = found.Name
		case src.Object != known.Object || !slices.Contains(slices.Collect(maps.Values(known.Fields)), name):
			c.wrong(path+".fields."+part, "is "+hub.Quoted(name)+", which "+src.Object+" has not, or which the user may not see", "one of "+d.names(func(field) bool { return true }))
		}
		checked.Fields[part] = name
	}
	return checked, nil
}

// noteField checks the field that notes are written by.
func (c *mappingCheck) noteField(ctx context.Context, s *connector.Session, name string) (string, error) {
	d, err := c.describe(ctx, s, taskObject)
	if err != nil && !absent(err) {
		return "", err
	}
	if found, ok := d.mapped(name, s.Values["namespace"]); ok && found.ExternalID {
		return found.Name, nil
	}
	want := "an external-id field of " + taskObject
	if there := d.names(func(f field) bool { return f.ExternalID }); there != "" {
		want = "one of " + there
	}
	c.wrong("noteField", "is "+hub.Quoted(name)+", which is no external-id field of "+taskObject+" that the user may see", want)
	return "", nil
}

// refersAs are what a record refers to records of a model as, where it is not who takes part in something.
var refersAs = map[hub.Model]string{
	hub.ModelAccount: "account", hub.ModelContact: "contact", hub.ModelLead: "lead", hub.ModelOpportunity: "opportunity", hub.ModelEngagement: "engagement",
}

// findReferences adds what refers to what of objects that not every organization has: a field of theirs that can refer to one
// object alone, which is that of a model, is that reference where it is the only such field and another one is not named.
func (c *mappingCheck) findReferences(sources map[hub.Model]hub.Source) {
	for model, src := range sources {
		d := c.described[src.Object]
		if !isCustom(src.Object) {
			continue
		}
		for of, part := range refersAs {
			to := sources[of].Object
			if _, named := src.Fields[part]; named || to == "" || of == model {
				continue
			}
			var found []string
			for _, f := range d.fields {
				if isCustom(f.Name) && len(f.ReferenceTo) == 1 && strings.EqualFold(f.ReferenceTo[0], to) {
					found = append(found, f.Name)
				}
			}
			if len(found) == 1 {
				src.Fields[part] = found[0]
			}
		}
	}
}

// objects says which objects there are that not every organization has.
func (c *mappingCheck) objects(ctx context.Context, s *connector.Session) (string, error) {
	if c.custom == nil {
		r := request(s, path("sobjects"), nil)
		var answer map[string]json.RawMessage
		if _, err := connector.GetJSON(ctx, s, r, &answer); err != nil {
			return "", err
		}
		rows, err := connector.Rows(r, answer, "sobjects")
		if err != nil {
			return "", err
		}
		c.custom = []string{}
		for _, raw := range rows {
			var object struct {
				Name      string `json:"name"`
				Queryable bool   `json:"queryable"`
			}
			if json.Unmarshal(raw, &object) == nil && object.Queryable && isCustom(object.Name) {
				c.custom = append(c.custom, object.Name)
			}
		}
		slices.Sort(c.custom)
	}
	if len(c.custom) == 0 {
		return "a standard object: the organization has no custom ones that the user may see", nil
	}
	return "one of " + listed(c.custom) + ", or a standard one", nil
}

// mapped finds a field by its API name, with the prefix of the namespace or without.
func (d description) mapped(name, namespace string) (field, bool) {
	if f, ok := d.field(name); ok || namespace == "" {
		return f, ok
	}
	return d.field(namespace + "__" + name)
}

// names lists fields of the object, those first that not every organization has.
func (d description) names(which func(field) bool) string {
	var custom, others []string
	for _, f := range d.fields {
		switch {
		case !which(f):
		case isCustom(f.Name):
			custom = append(custom, f.Name)
		default:
			others = append(others, f.Name)
		}
	}
	slices.Sort(custom)
	slices.Sort(others)
	return listed(append(custom, others...))
}

// listed is a list of names that ends somewhere.
func listed(names []string) string {
	if len(names) > namedMost {
		return strings.Join(names[:namedMost], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
