package connector

import (
	"context"
	"strings"

	"sirocco/hub"
)

// FieldSetter is implemented by connectors whose platform has fields of its records that can be set by name.
type FieldSetter interface {
	// SetFields sets fields of one record and leaves its others as they are. Setting them again changes nothing, so
	// it may be repeated. It sets all of them or none, and fails with a Refused error where a field is not there or
	// does not take its value: the engine then sets fewer at a time, so that one does not hold up the others.
	SetFields(ctx context.Context, s *Session, f Fields) error
}

// Fields are values for fields of a record in the CRM.
type Fields struct {
	Target     hub.Model
	ExternalID string
	// Values are texts, float64s, booleans and lists of these, by the field's name: as the vendor's API has it, or
	// as people see it.
	Values map[string]any
}

// NamedFields returns those of some fields that go by a name as well as any: by what the vendor's API calls them, else by what people
// see, and by either but for case where none is called exactly so. Which of several is meant only who gave the name knows.
func NamedFields[T any](fields []T, name string, key, seen func(T) string) []T {
	exactly := func(text string) bool { return text == name }
	butForCase := func(text string) bool { return strings.EqualFold(text, name) }
	for _, is := range []func(string) bool{exactly, butForCase} {
		for _, of := range []func(T) string{key, seen} {
			var found []T
			for _, f := range fields {
				if is(of(f)) {
					found = append(found, f)
				}
			}
			if len(found) > 0 {
				return found
			}
		}
	}
	return nil
}
