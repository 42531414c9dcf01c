package wire

import (
	"bytes"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

func init() {
	huma.ValidateStrictCasing = true // as readBody reads
}

// readBody reads the JSON of a request. Unlike encoding/json it takes a name as it is spelled, and none twice: what
// was validated is what is read. It refuses the character U+0000, which PostgreSQL keeps in no text.
func readBody(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return bodyError(err)
	}
	if parsed, ok := v.(*any); ok && bytes.Contains(data, []byte(`\u0000`)) { // huma reads each body once for validation, like this
		return refuseNUL(*parsed, "")
	}
	return nil
}

// atField parts the name of a field from what is wrong with it: huma passes on the text of an error alone.
const atField = "\x00"

func bodyError(err error) error {
	if wrong, ok := errors.AsType[*json.SemanticError](err); ok && wrong.JSONPointer != "" {
		kind := "value"
		if wrong.GoType != nil {
			kind = wrong.GoType.Kind().String()
		}
		return errors.New(fieldOf(wrong.JSONPointer) + atField + "is out of range; expected " + rangeOf(kind))
	}
	if syntax, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return fmt.Errorf("%w at byte %d", syntax.Err, syntax.ByteOffset)
	}
	return err
}

// fieldOf spells a JSON pointer as paths are spelled here, a.b[2].c.
func fieldOf(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		switch {
		case strings.Trim(token, "0123456789") == "":
			b.WriteString("[" + token + "]")
		case b.Len() > 0:
			b.WriteString("." + token)
		default:
			b.WriteString(token)
		}
	}
	return b.String()
}

func refuseNUL(value any, field string) error {
	switch v := value.(type) {
	case string:
		if strings.ContainsRune(v, 0) {
			return errors.New(field + atField + "holds the character U+0000; expected text without it")
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if strings.ContainsRune(name, 0) {
				return errors.New(field + atField + "has a name with the character U+0000; expected names without it")
			}
			if err := refuseNUL(v[name], strings.TrimPrefix(field+"."+name, ".")); err != nil {
				return err
			}
		}
	case []any:
		for i, item := range v {
			if err := refuseNUL(item, fmt.Sprintf("%s[%d]", field, i)); err != nil {
				return err
			}
		}
	}
	return nil
}
