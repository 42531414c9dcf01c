package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Optional is a parameter of which it matters whether it was sent. The contract lets it be null.
type Optional[T any] struct {
	Sent  bool
	Value T
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

// Integers is a list parameter whose items the contract lets be null.
type Integers []int64

// Schema implements huma.SchemaProvider.
func (Integers) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeInteger, Format: "int64", Nullable: true}}
}
