package hub

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Mapping says from which object of a CRM each model of a connection is read, for platforms whose objects differ from
// customer to customer, and where notes go.
type Mapping struct {
	// Preset names the one that it began with; empty where it began with nothing.
	Preset string `json:"preset,omitempty"`
	// Sources are where the models are; one that is not there is not read.
	Sources map[Model]Source `json:"models"`
	// NoteField is a field, distinct for each row, that a note is written by; empty where there is none.
	NoteField string `json:"noteField,omitempty"`
}

// Source is where a model's records are.
type Source struct {
	// Object is the CRM's own name of an object.
	Object string `json:"object"`
	// Fields are the CRM's own names of its fields, by what they are of a record. An empty one is nothing of it, although
	// something could be found out to be.
	Fields map[string]string `json:"fields"`
}

// Changed returns the models that are read otherwise by m than by before, and those of them that are read from another object,
// or from none; each in alphabetical order.
func (m Mapping) Changed(before Mapping) (changed, moved []Model) {
	models := map[Model]bool{}
	for model := range m.Sources {
		models[model] = true
	}
	for model := range before.Sources {
		models[model] = true
	}
	for _, model := range slices.Sorted(maps.Keys(models)) {
		now, then := m.Sources[model], before.Sources[model]
		if reflect.DeepEqual(now, then) {
			continue
		}
		changed = append(changed, model)
		if then.Object != "" && now.Object != then.Object {
			moved = append(moved, model)
		}
	}
	return changed, moved
}

// MappingInfo says what a mapping of a platform can have.
type MappingInfo struct {
	// Presets are those that one can begin with. The first is that of connections without a mapping of their own.
	Presets []Mapping
	// Parts are what a field can be of a record.
	Parts []string
}

// Preset finds a preset by its name.
func (i *MappingInfo) Preset(name string) (Mapping, bool) {
	at := slices.IndexFunc(i.Presets, func(m Mapping) bool { return m.Preset == name })
	if at < 0 {
		return Mapping{}, false
	}
	return i.Presets[at], true
}

// GivenMapping is what a client gives for a mapping: a preset, and what differs from it.
type GivenMapping struct {
	Preset    string                 `json:"preset,omitempty"`
	NoteField string                 `json:"noteField,omitempty"`
	Models    map[string]GivenSource `json:"models,omitempty"`
}

// Given is how a client would give the mapping: each of the models, whether it is read or not.
func (m Mapping) Given(models []ModelInfo) GivenMapping {
	given := GivenMapping{Preset: m.Preset, NoteField: m.NoteField, Models: map[string]GivenSource{}}
	for _, model := range models {
		src := m.Sources[model.Model]
		given.Models[string(model.Model)] = GivenSource{&src.Object, src.Fields}
	}
	return given
}

// GivenSource is what a client gives for a model. Without an object its fields count beside those of the preset; an empty
// object says that the model is not read, an empty field that nothing is that part of a record.
type GivenSource struct {
	Object *string           `json:"object,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
}

// issuesMost is how many things are told that are wrong with a mapping.
const issuesMost = 20

// CompleteMapping returns the mapping that is given. It fails with an *InvalidError that says what cannot be, whatever the CRM
// has; and of a platform without mappings with a *ConflictError.
func (i PlatformInfo) CompleteMapping(given GivenMapping) (Mapping, error) {
	if i.Mapping == nil {
		return Mapping{}, Conflict("A %s connection has no mapping: what is read from it is always the same.", i.Platform)
	}
	var issues []Issue
	m := Mapping{Preset: given.Preset, Sources: map[Model]Source{}, NoteField: given.NoteField}
	if given.Preset != "" {
		preset, ok := i.Mapping.Preset(given.Preset)
		if !ok {
			var names []string
			for _, p := range i.Mapping.Presets {
				names = append(names, p.Preset)
			}
			issues = append(issues, Issue{Field: "preset", Problem: "is " + Quoted(given.Preset), Want: "one of " + strings.Join(names, ", ")})
		}
		maps.Copy(m.Sources, preset.Sources)
	}
	if given.NoteField != "" && !isAPIName(given.NoteField) {
		issues = append(issues, Issue{Field: "noteField", Problem: "is " + Quoted(given.NoteField), Want: apiNameWanted})
	}
	for _, name := range slices.Sorted(maps.Keys(given.Models)) {
		model := Model(name)
		if !slices.ContainsFunc(i.Models, func(info ModelInfo) bool { return info.Model == model }) {
			issues = append(issues, Issue{Field: SubField("models", Quoted(name)), Problem: "is not read from " + i.Name, Want: "one of " + i.modelNames()})
			continue
		}
		src, wrong := i.Mapping.source("models."+name, m.Sources[model], given.Models[name])
		issues = append(issues, wrong...)
		if m.Sources[model] = src; src.Object == "" {
			delete(m.Sources, model)
		}
	}
	if len(issues) == 0 && len(m.Sources) == 0 {
		issues = append(issues, Issue{Field: "models", Problem: "has none that is read", Want: "a preset, or a model with an object"})
	}
	return m, invalidOrNil(issues[:min(len(issues), issuesMost)])
}

// source is what is given of one model, on what the preset has of it.
func (i *MappingInfo) source(path string, preset Source, given GivenSource) (Source, []Issue) {
	var issues []Issue
	src := Source{Object: preset.Object, Fields: map[string]string{}}
	switch {
	case given.Object == nil && preset.Object == "":
		issues = append(issues, Issue{Field: path + ".object", Problem: "is missing", Want: "the API name of an object, or a preset that has one for the model"})
	case given.Object == nil:
		maps.Copy(src.Fields, preset.Fields)
	case *given.Object == "":
		return Source{}, nil
	case !isAPIName(*given.Object):
		issues = append(issues, Issue{Field: path + ".object", Problem: "is " + Quoted(*given.Object), Want: apiNameWanted})
	default:
		src.Object = *given.Object
	}
	for _, part := range slices.Sorted(maps.Keys(given.Fields)) {
		name := given.Fields[part]
		switch {
		case !slices.Contains(i.Parts, part):
			issues = append(issues, Issue{Field: path + ".fields." + Quoted(part), Problem: "is nothing of a record", Want: "one of " + strings.Join(i.Parts, ", ")})
		case name != "" && !isAPIName(name):
			issues = append(issues, Issue{Field: path + ".fields." + part, Problem: "is " + Quoted(name), Want: apiNameWanted})
		default:
			src.Fields[part] = name
		}
	}
	return src, issues
}

func (i PlatformInfo) modelNames() string {
	names := make([]string, len(i.Models))
	for n, info := range i.Models {
		names[n] = string(info.Model)
	}
	return strings.Join(names, ", ")
}

// apiNameMost is how many characters an API name has at most.
const apiNameMost = 128

var apiNameWanted = fmt.Sprintf("an API name: a letter, then letters, digits and underscores, at most %d of them", apiNameMost)

// isAPIName reports whether a text has the form of an API name.
func isAPIName(name string) bool {
	if name == "" || len(name) > apiNameMost {
		return false
	}
	for i := range len(name) {
		letter := name[i] >= 'a' && name[i] <= 'z' || name[i] >= 'A' && name[i] <= 'Z'
		if !letter && (i == 0 || name[i] != '_' && (name[i] < '0' || name[i] > '9')) {
			return false
		}
	}
	return true
}

// CheckMapping completes a mapping that is given for a connection, and asks its CRM whether all is there that it names. It
// returns an *InvalidError where something cannot be or is not there, and the completed mapping with an *UnavailableError where the
// CRM cannot be asked.
type CheckMapping func(ctx context.Context, c Connection, given GivenMapping) (Mapping, error)
