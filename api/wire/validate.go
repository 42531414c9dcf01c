package wire

import (
	"bytes"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"sirocco/hub"
)

const (
	// issuesMost is how many things that are wrong with a request are told; validation stops there.
	issuesMost = 100
	// issuesMostBytes is about how much an answer with issues has.
	issuesMostBytes = 48 << 10
	// itemsMost is how many items an array has whose field names no other bound.
	itemsMost = 1000
	// namesMost is how many fields an object has, known and unknown.
	namesMost = 1000
	// nestedMost is how deep objects and arrays are nested.
	nestedMost = 64
)

// count is how many items an array has: what is told of one that is too long.
type count int

// checking holds a body against its schema while it is read, token by token, so that what it costs is bounded by
// what is wanted and not by what was sent. Names count as they are spelled.
type checking struct {
	schemas huma.Registry
	in      *jsontext.Decoder
	// exact takes a null for a null; otherwise it is a field left out.
	exact bool
	found huma.ValidateResult
}

// validateBody returns what is wrong with a body, or why it is no JSON.
func validateBody(schemas huma.Registry, schema *huma.Schema, body []byte, exact bool) ([]error, error) {
	v := &checking{schemas: schemas, in: jsontext.NewDecoder(bytes.NewReader(body)), exact: exact}
	at := huma.NewPathBuffer([]byte{}, 0)
	at.Push("body")
	if schema = v.resolve(schema); len(schema.AnyOf) > 0 {
		form, wrong, err := chooseForm(v.resolve, schema.AnyOf, body)
		if err != nil || wrong != nil {
			return []error{wrong}, err
		}
		schema = form
	}
	err := v.value(schema, at)
	if err == errEnough { //nolint:errorlint // it is never wrapped
		return v.found.Errors, nil
	}
	if err == nil {
		err = atEnd(v.in)
	}
	return v.found.Errors, err
}

// errEnough ends a validation that has found as much as is told.
var errEnough = errors.New("enough was found")

// errTooDeep, errTooWide refuse what no body of the contract needs.
var (
	errTooDeep = fmt.Errorf("it is nested deeper than %d levels", nestedMost)
	errTooWide = fmt.Errorf("it has an object of more than %d fields", namesMost)
)

func (v *checking) resolve(s *huma.Schema) *huma.Schema {
	for s.Ref != "" {
		s = v.schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// add notes what is wrong, and reports whether that is enough.
func (v *checking) add(at *huma.PathBuffer, value any, message string) error {
	v.found.Add(at, value, message)
	return v.enough()
}

func (v *checking) enough() error {
	if len(v.found.Errors) >= issuesMost {
		return errEnough
	}
	return nil
}

func (v *checking) value(s *huma.Schema, at *huma.PathBuffer) error {
	s = v.resolve(s)
	kind := v.in.PeekKind()
	switch {
	case kind == '{' && s.Type == huma.TypeObject:
		return v.object(s, at)
	case kind == '[' && s.Type == huma.TypeArray:
		return v.array(s, at)
	case kind == '{' || kind == '[':
		if s.Type != "" {
			var empty any = map[string]any{}
			if kind == '[' {
				empty = []any{}
			}
			huma.Validate(v.schemas, s, at, huma.ModeWriteToServer, empty, &v.found)
		}
		if err := v.enough(); err != nil {
			return err
		}
		return v.skip(at)
	}
	token, err := v.in.ReadToken()
	if err != nil {
		return err
	}
	leaf := leafOf(token)
	if text, ok := leaf.(string); ok {
		if strings.ContainsRune(text, 0) {
			return v.add(at, text, holdsNUL)
		}
		if s.Format == "date-time" {
			if _, err := hub.ParseTime(text); err != nil {
				return v.add(at, text, validation.MsgExpectedRFC3339DateTime)
			}
			return nil
		}
	}
	huma.Validate(v.schemas, s, at, huma.ModeWriteToServer, leaf, &v.found)
	return v.enough()
}

// leafOf is a token that is neither the begin nor the end of anything.
func leafOf(token jsontext.Token) any {
	switch token.Kind() {
	case '"':
		return token.String()
	case '0':
		number, err := token.Float()
		if err != nil {
			return math.Inf(1) // beyond every number there is
		}
		return number
	case 't', 'f':
		return token.Bool()
	default:
		return nil
	}
}

// object holds each field against its property; those that the schema does not know are passed over.
func (v *checking) object(s *huma.Schema, at *huma.PathBuffer) error {
	if _, err := v.in.ReadToken(); err != nil {
		return err
	}
	if v.in.StackDepth() > nestedMost {
		return errTooDeep
	}
	seen := make(map[string]bool, len(s.Properties))
	each, _ := s.AdditionalProperties.(*huma.Schema)
	for n := 0; v.in.PeekKind() != '}'; n++ {
		token, err := v.in.ReadToken()
		if err != nil {
			return err
		}
		if n == namesMost {
			return errTooWide
		}
		name := token.String()
		property := s.Properties[name]
		if property == nil && each != nil {
			if strings.ContainsRune(name, 0) {
				return v.add(at, name, nameHoldsNUL)
			}
			property = each
		}
		if property == nil && s.AdditionalProperties == false {
			at.Push(hub.Storable(name[:min(len(name), 256)]))
			err := v.add(at, nil, validation.MsgUnexpectedProperty)
			at.Pop()
			if err != nil {
				return err
			}
		}
		seen[name] = true
		if err := v.field(property, name, at, slices.Contains(s.Required, name)); err != nil {
			return err
		}
	}
	for _, name := range s.Required {
		if !seen[name] {
			if err := v.add(at, nil, fmt.Sprintf(validation.MsgExpectedRequiredProperty, name)); err != nil {
				return err
			}
		}
	}
	_, err := v.in.ReadToken()
	return err
}

// field holds one field's value against its property, nil where there is none of the name.
func (v *checking) field(property *huma.Schema, name string, at *huma.PathBuffer, required bool) error {
	if property == nil {
		return v.pass()
	}
	at.Push(name[:min(len(name), 256)])
	defer at.Pop()
	if v.in.PeekKind() == 'n' {
		resolved := v.resolve(property)
		nullable := property.Nullable || resolved.Nullable || resolved.Type == ""
		if nullable || !v.exact && !required {
			return v.pass()
		}
	}
	return v.value(property, at)
}

// array holds each item against the schema of the items, unless there are more than there may be.
func (v *checking) array(s *huma.Schema, at *huma.PathBuffer) error {
	most := itemsMost
	if s.MaxItems != nil {
		most = *s.MaxItems
	}
	if _, err := v.in.ReadToken(); err != nil {
		return err
	}
	if v.in.StackDepth() > nestedMost {
		return errTooDeep
	}
	n := 0
	for ; v.in.PeekKind() != ']'; n++ {
		if n >= most {
			if err := v.pass(); err != nil {
				return err
			}
			continue
		}
		at.PushIndex(n)
		err := v.value(s.Items, at)
		at.Pop()
		if err != nil {
			return err
		}
	}
	if n > most {
		v.found.Errors = nil // that it is too long comes before what is wrong with what there is of it
		v.found.Add(at, count(n), fmt.Sprintf(validation.MsgExpectedMaxItems, most))
		return errEnough
	}
	if s.MinItems != nil && n < *s.MinItems {
		if err := v.add(at, count(n), fmt.Sprintf(validation.MsgExpectedMinItems, *s.MinItems)); err != nil {
			return err
		}
	}
	_, err := v.in.ReadToken()
	return err
}

// pass passes over a value that nothing reads.
func (v *checking) pass() error { return v.walk(nil) }

// skip passes over a value that is kept as it is, which holds no U+0000.
func (v *checking) skip(at *huma.PathBuffer) error { return v.walk(at) }

// walk passes over a value within the bounds of depth and width.
func (v *checking) walk(at *huma.PathBuffer) error {
	outside := v.in.StackDepth()
	for {
		token, err := v.in.ReadToken()
		switch {
		case err != nil:
			return err
		case v.in.StackDepth() > nestedMost:
			return errTooDeep
		}
		if kind, n := v.in.StackIndex(v.in.StackDepth()); kind == '{' && n > 2*namesMost {
			return errTooWide
		}
		if at != nil && token.Kind() == '"' && strings.ContainsRune(token.String(), 0) {
			if err := v.add(at, "", holdsNUL); err != nil {
				return err
			}
		}
		if v.in.StackDepth() <= outside {
			return nil
		}
	}
}

// chooseForm returns the form of which a body has all that is required, or else says that it has none whole.
func chooseForm(resolve func(*huma.Schema) *huma.Schema, forms []*huma.Schema, body []byte) (*huma.Schema, error, error) {
	in := jsontext.NewDecoder(bytes.NewReader(body))
	if kind := in.PeekKind(); kind != '{' {
		return forms[0], nil, nil // which says what was expected
	}
	present := map[string]bool{}
	if _, err := in.ReadToken(); err != nil {
		return nil, nil, err
	}
	for n := 0; in.PeekKind() != '}'; n++ {
		token, err := in.ReadToken()
		if err != nil {
			return nil, nil, err
		}
		if n == namesMost {
			return nil, nil, errTooWide
		}
		name := token.String()
		present[name] = in.PeekKind() != 'n'
		if err := (&checking{in: in}).pass(); err != nil {
			return nil, nil, err
		}
	}
	wanted := make([]string, len(forms))
	for i, form := range forms {
		form = resolve(form)
		if !slices.ContainsFunc(form.Required, func(name string) bool { return !present[name] }) {
			return form, nil, nil
		}
		wanted[i] = strings.Join(form.Required, ", ")
	}
	return nil, &huma.ErrorDetail{Location: "body", Message: noForm + "either " + strings.Join(wanted, "; or ")}, nil
}

// noForm begins the message of a body that has none of its forms whole.
const noForm = "\x00form "

// atEnd refuses what follows a value.
func atEnd(in *jsontext.Decoder) error {
	if in.PeekKind() == 0 {
		if _, err := in.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return fmt.Errorf("more follows at byte %d", in.InputOffset())
}
