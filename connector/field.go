package connector

import (
	"context"

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
