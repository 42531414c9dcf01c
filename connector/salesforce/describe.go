package salesforce

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"sirocco/connector"
)

// The fields that are read of every object.
const (
	idField       = "Id"
	stampField    = "SystemModstamp"
	deletedField  = "IsDeleted"
	createdField  = "CreatedDate"
	modifiedField = "LastModifiedDate"
)

// field is a field of an object as the user may see it.
type field struct {
	Name       string `json:"name"`
	Label      string `json:"label"`
	Type       string `json:"type"`
	Length     int    `json:"length"`
	Filterable bool   `json:"filterable"`
	Updateable bool   `json:"updateable"`
	ExternalID bool   `json:"externalId"`
	// ReferenceTo are the objects that it may refer to.
	ReferenceTo []string `json:"referenceTo"`
}

// description is an object as the user may see it.
type description struct {
	// name is its API name as the vendor spells it; empty where it does not say.
	name   string
	fields []field
	// replicateable says that its deletions can be asked for.
	replicateable bool
}

// describe asks for an object. One that is not there is Refused, with status 404.
func describe(ctx context.Context, s *connector.Session, object string) (description, error) {
	r := request(s, path("sobjects", object, "describe"), nil)
	var answer map[string]json.RawMessage
	got, err := connector.GetJSON(ctx, s, r, &answer)
	if err != nil {
		return description{}, err
	}
	raw, err := connector.Rows(r, answer, "fields")
	if err != nil {
		return description{}, err
	}
	var d description
	for _, one := range raw {
		var f field
		if json.Unmarshal(one, &f) == nil && f.Name != "" {
			d.fields = append(d.fields, f)
		}
	}
	_ = json.Unmarshal(answer["replicateable"], &d.replicateable) // no word is no
	_ = json.Unmarshal(answer["name"], &d.name)
	return d, usageOf(got.Header).within(s)
}

// field finds a field by its API name.
func (d description) field(name string) (field, bool) {
	i := slices.IndexFunc(d.fields, func(f field) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return field{}, false
	}
	return d.fields[i], true
}

// named finds a field by its API name, with the prefix of the namespace or without, or else those of which people see the name.
func (d description) named(name, namespace string) []field {
	for _, api := range [...]string{name, namespace + "__" + name} {
		if f, ok := d.field(api); ok {
			return []field{f}
		}
	}
	return connector.NamedFields(d.fields, name, func(f field) string { return f.Name }, func(f field) string { return f.Label })
}

// absent reports whether an error says that there is no such object, or none that the user may see.
func absent(err error) bool {
	return connector.IsKind(err, connector.Refused) && connector.Status(err) == http.StatusNotFound
}

// wanted are the fields that are read of the source, in an order that does not change.
func (src Source) wanted() []string {
	names := []string{idField, stampField, deletedField, createdField, modifiedField}
	for _, p := range parts {
		if name := src.Fields[p.name]; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// hidden are the fields of the source that cannot be read, and those of them that are worth a word.
func (src Source) hidden(d description) (hidden, told []string) {
	for _, name := range src.wanted() {
		if _, ok := d.field(name); ok {
			continue
		}
		hidden = append(hidden, name)
		if name != deletedField && !seldom[src.Object][name] { // users have no IsDeleted
			told = append(told, name)
		}
	}
	return hidden, told
}

// look describes the source's object before a run. Without an id and a time that can be asked for it cannot be read.
func (src Source) look(ctx context.Context, s *connector.Session) (d description, hidden []string, note string, err error) {
	d, err = describe(ctx, s, src.Object)
	if absent(err) && !seldomThere[src.Object] {
		e := connector.Fail(connector.Forbidden, service, "the object %s is not there, or the user may not see it", src.Object)
		e.Status = http.StatusForbidden
		return d, nil, "", e
	}
	if err != nil {
		return d, nil, "", err
	}
	hidden, told := src.hidden(d)
	stamp, _ := d.field(stampField)
	if slices.Contains(hidden, idField) || !stamp.Filterable {
		return d, nil, "", connector.Fail(connector.Forbidden, service, "%s cannot be read: its fields %s and %s must be seen, and be filterable", src.Object, idField, stampField)
	}
	if len(told) > 0 {
		note = service + ": the user may not see these fields of " + src.Object + ", or they are not there: " + strings.Join(told, ", ") + ". The others are read."
	}
	return d, hidden, note, nil
}
