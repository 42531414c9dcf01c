package wire

import (
	"encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"

	"github.com/danielgtaylor/huma/v2"
)

// Anything is a value that the published contract gives no type: an object of ours, or null.
type Anything struct{ Value any } //nolint:recvcheck // it is written as a value and read into

// UnmarshalJSONFrom implements jsonv2.UnmarshalerFrom, so that it is read as the body around it is.
func (a *Anything) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	return jsonv2.UnmarshalDecode(d, &a.Value)
}

// MarshalJSON implements json.Marshaler.
func (a Anything) MarshalJSON() ([]byte, error) { return json.Marshal(a.Value) }

// Schema implements huma.SchemaProvider. A schema without a type takes null too.
func (Anything) Schema(huma.Registry) *huma.Schema { return &huma.Schema{} }

// Cursor is where a next page is found; the contract lets it be of several types, of which ours is text.
type Cursor struct{ text *string }

// MarshalJSON implements json.Marshaler.
func (c Cursor) MarshalJSON() ([]byte, error) { return json.Marshal(c.text) }

// Schema implements huma.SchemaProvider.
func (Cursor) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeNumber}, {Type: "null"}}}
}

// Integers is a list parameter whose items the contract lets be null.
type Integers []int64

// Schema implements huma.SchemaProvider.
func (Integers) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeInteger, Format: "int64", Nullable: true}}
}
