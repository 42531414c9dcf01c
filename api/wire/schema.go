package wire

import (
	"github.com/danielgtaylor/huma/v2"
)

type (
	// Schema is a schema of the document, which a type may make of itself by a method Schema(Schemas) *Schema.
	Schema = huma.Schema
	// Schemas are all schemas of the document.
	Schemas = huma.Registry
)

// The JSON types.
const (
	TypeString  = huma.TypeString
	TypeNumber  = huma.TypeNumber
	TypeBoolean = huma.TypeBoolean
	TypeArray   = huma.TypeArray
	TypeObject  = huma.TypeObject
)

// EnumSchema is a text that is one of the values.
func EnumSchema[T ~string](values []T, doc string) *Schema {
	s := &Schema{Type: huma.TypeString, Description: doc}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	s.PrecomputeMessages()
	return s
}

// boundArrays gives every array of a body's schema that names no bound of its own the common one.
func boundArrays(schemas huma.Registry, s *huma.Schema, seen map[*huma.Schema]bool) {
	for s != nil && s.Ref != "" {
		s = schemas.SchemaFromRef(s.Ref)
	}
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	if s.Type == huma.TypeArray && s.MaxItems == nil {
		s.MaxItems = new(itemsMost)
		s.PrecomputeMessages()
	}
	boundArrays(schemas, s.Items, seen)
	for _, property := range s.Properties {
		boundArrays(schemas, property, seen)
	}
	for _, form := range s.AnyOf {
		boundArrays(schemas, form, seen)
	}
}
