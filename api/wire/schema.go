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

// TypeString is the JSON type of texts.
const TypeString = huma.TypeString

// EnumSchema is a text that is one of the values.
func EnumSchema[T ~string](values []T, doc string) *Schema {
	s := &Schema{Type: huma.TypeString, Description: doc}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	s.PrecomputeMessages()
	return s
}
