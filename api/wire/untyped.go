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

// Integers is a list parameter of whole numbers, separated by commas or each in a parameter of its own, which WordsOf takes
// apart. What it is told to be, and that the contract lets its items be null, is not checked before that.
type Integers []string

// Schema implements huma.SchemaProvider.
func (Integers) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Extensions: map[string]any{"type": []string{huma.TypeInteger, "null"}, "format": "int64"}}}
}

// Texts is a parameter that is told as one text, of values separated by commas. One that comes several times is all of them.
type Texts []string

// Schema implements huma.SchemaProvider. The type is told, not checked: what is read is a list.
func (Texts) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Extensions: map[string]any{"type": huma.TypeString}}
}
