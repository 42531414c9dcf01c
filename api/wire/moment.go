package wire

import (
	"github.com/danielgtaylor/huma/v2"
)

// Moment is a time of a request in any of the contract's forms, which the handler reads by Query.At. It is told as a
// date-time, as published, though more than RFC 3339 is taken.
type Moment string

// Schema implements huma.SchemaProvider. The format is told, not checked: huma knows RFC 3339 alone.
func (Moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{"format": "date-time"}}
}
