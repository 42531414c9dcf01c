package declared

import (
	"encoding/json"
	"strconv"
	"strings"
)

// maxItem is how many bytes of text an item may have.
const maxItem = 1 << 20

// jsonValue reads JSON as expressions see it: objects, lists, texts, whole numbers as int, others as float64.
type jsonValue struct{ value any }

// UnmarshalJSON reads a value.
func (v *jsonValue) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&v.value); err != nil {
		return err
	}
	v.value = numbers(v.value)
	return nil
}

// numbers is v with its numbers as ints and floats. An int keeps an id of 64 bits as it is; a whole number beyond that stays the text
// that it was written as, since as a float it would be the number of its neighbors, too.
func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, part := range v {
			v[name] = numbers(part)
		}
	case []any:
		for i, part := range v {
			v[i] = numbers(part)
		}
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return f
		}
		return v.String()
	}
	return v
}

// weight is about how many bytes of text a value has.
func weight(v any) int {
	total := 8
	switch v := v.(type) {
	case string:
		total += len(v)
	case map[string]any:
		for name, part := range v {
			total += len(name) + weight(part)
		}
	case []any:
		for _, part := range v {
			total += weight(part)
		}
	}
	return total
}
