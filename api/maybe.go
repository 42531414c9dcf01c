package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Maybe is a field that can be left out, which leaves what is there, or be null, which clears it.
type Maybe[T any] struct {
	Sent, Null bool
	Value      T
}

// UnmarshalJSON implements json.Unmarshaler.
func (m *Maybe[T]) UnmarshalJSON(b []byte) error {
	m.Sent, m.Null = true, string(b) == "null"
	if m.Null {
		return nil
	}
	return json.Unmarshal(b, &m.Value)
}

// MarshalJSON implements json.Marshaler.
func (m Maybe[T]) MarshalJSON() ([]byte, error) {
	if !m.Sent || m.Null {
		return []byte("null"), nil
	}
	return json.Marshal(m.Value)
}

// Schema implements huma.SchemaProvider.
func (Maybe[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = true
	return &s
}

// MaybeFlag is a query parameter that says yes or no, and that the contract lets be null.
type MaybeFlag struct{ Value bool }

// Schema implements huma.SchemaProvider.
func (*MaybeFlag) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeBoolean, Nullable: true}
}

// Receiver implements huma.ParamWrapper.
func (f *MaybeFlag) Receiver() reflect.Value { return reflect.ValueOf(f).Elem().Field(0) }

// Anything is a value that the published contract gives no type: an object of ours, or null.
type Anything struct{ Value any }

// UnmarshalJSON implements json.Unmarshaler.
func (a *Anything) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &a.Value) }

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
