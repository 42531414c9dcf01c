package simulator

import (
	"maps"
	"slices"
	"sync"

	"sirocco/hub"
)

// Field is a field that the CRM's people have made for a model.
type Field struct {
	Model hub.Model
	// ID is the vendor's id of the field, Name what people see, Key what the vendor's API calls it.
	ID, Name, Key string
	Type          FieldType
}

// FieldType is what a field takes.
type FieldType string

// The types of fields.
const (
	TextField   FieldType = "string"
	NumberField FieldType = "number"
	BoolField   FieldType = "bool"
	ListField   FieldType = "list"
)

// Takes reports whether v is of the type.
func (t FieldType) Takes(v any) bool {
	switch v.(type) {
	case string:
		return t == TextField
	case float64:
		return t == NumberField
	case bool:
		return t == BoolField
	case []any:
		return t == ListField
	}
	return false
}

// Fields are the values in those fields. All its methods may be used at once.
type Fields struct {
	defined []Field
	mu      sync.Mutex
	values  map[recordKey]map[string]any
}

type recordKey struct {
	model hub.Model
	id    string
}

// fieldModel marks the ids of fields, which are no model of the hub.
const fieldModel hub.Model = "FIELD"

func newFields(ids IDs, defined []Field) *Fields {
	f := &Fields{defined: slices.Clone(defined), values: map[recordKey]map[string]any{}}
	for i := range f.defined {
		f.defined[i].ID = ids.of(fieldModel, i)
	}
	return f
}

// Defined returns the fields that a model has.
func (f *Fields) Defined(m hub.Model) []Field {
	return slices.DeleteFunc(slices.Clone(f.defined), func(d Field) bool { return d.Model != m })
}

// Set sets fields of a record by their keys, and leaves its others.
func (f *Fields) Set(m hub.Model, id string, values map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := recordKey{m, id}
	if f.values[k] == nil {
		f.values[k] = map[string]any{}
	}
	maps.Copy(f.values[k], values)
}

// Replace makes values, by their keys, all that a record has in its fields.
func (f *Fields) Replace(m hub.Model, id string, values map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values[recordKey{m, id}] = maps.Clone(values)
}

// Of returns what a record has in its fields, by their keys.
func (f *Fields) Of(m hub.Model, id string) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.values[recordKey{m, id}])
}
