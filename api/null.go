package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// ExactBody keeps a body as it was sent. An input with optional fields embeds it, because huma takes a null
// for a field left out, and the contract does not.
type ExactBody struct {
	RawBody []byte
}

// refuseNulls reports every null in the body where the contract has none.
func (s *server) refuseNulls(in any, bodySchema *huma.Schema, shape errorShape) error {
	v := reflect.ValueOf(in).Elem().FieldByName("RawBody")
	if !v.IsValid() || bodySchema == nil || !bytes.Contains(v.Bytes(), []byte("null")) {
		return nil
	}
	var body any
	if err := json.Unmarshal(v.Bytes(), &body); err != nil {
		return err
	}
	var issues []Issue
	s.findNulls(bodySchema, body, []any{}, &issues)
	if len(issues) == 0 {
		return nil
	}
	return shape.issuesAnswer(issues)
}

func (s *server) findNulls(schema *huma.Schema, value any, path []any, issues *[]Issue) {
	if schema.Ref != "" {
		schema = s.huma.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	switch v := value.(type) {
	case nil:
		if !schema.Nullable && schema.Type != "" {
			*issues = append(*issues, Issue{Code: "invalid_type", Path: slices.Clone(path), Expected: schema.Type, Received: "null",
				Message: fmt.Sprintf("expected %s, received null", schema.Type)})
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if property := schema.Properties[name]; property != nil {
				s.findNulls(property, v[name], append(path, name), issues)
			}
		}
	case []any:
		for i, item := range v {
			if schema.Items != nil {
				s.findNulls(schema.Items, item, append(path, i), issues)
			}
		}
	}
}
