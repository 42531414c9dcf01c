package wire

import (
	"encoding/json"
	"encoding/json/jsontext"
	jsonv2 "encoding/json/v2"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Optional is a field of a body, or a parameter, that can be left out, be null, or have a value. Left out it leaves
// what is there, null clears it.
type Optional[T any] struct {
	// Sent says that it was not left out, Null that it was sent as null.
	Sent, Null bool
	// Value is the zero value unless one was sent.
	Value T
}

// Some returns an Optional that has a value.
func Some[T any](value T) Optional[T] { return Optional[T]{Sent: true, Value: value} }

// Set writes the value to what it is for, or the zero value for a null; it does nothing where it was left out.
func (o Optional[T]) Set(to *T) {
	if o.Sent {
		*to = o.Value
	}
}

// UnmarshalJSONFrom implements jsonv2.UnmarshalerFrom, so that a nested object is read as the body around it is: a name
// counts as it is spelled, and none twice.
func (o *Optional[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	o.Sent, o.Null = true, d.PeekKind() == 'n'
	if o.Null {
		return d.SkipValue()
	}
	return jsonv2.UnmarshalDecode(d, &o.Value)
}

// MarshalJSON implements json.Marshaler. What was left out is null.
func (o Optional[T]) MarshalJSON() ([]byte, error) {
	if !o.Sent || o.Null {
		return []byte("null"), nil
	}
	return json.Marshal(o.Value)
}

// Schema implements huma.SchemaProvider.
func (Optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = true
	return &s
}

// Receiver implements huma.ParamWrapper.
func (o *Optional[T]) Receiver() reflect.Value { return reflect.ValueOf(o).Elem().FieldByName("Value") }

// OnParamSet implements huma.ParamReactor.
func (o *Optional[T]) OnParamSet(isSet bool, _ any) { o.Sent = isSet }

// ExactBody keeps a body as it was sent. An input with optional fields embeds it, because huma takes a null
// for a field left out, and the contract does not.
type ExactBody struct {
	RawBody []byte
}
