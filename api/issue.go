package api

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

var requiredProperty = regexp.MustCompile(`^expected required property (\S+) to be present$`)

// bindingIssue turns one of huma's complaints into an issue that names field, problem and remedy.
func bindingIssue(err error) Issue {
	detailer, ok := err.(huma.ErrorDetailer)
	if !ok {
		return Issue{Code: "custom", Path: []any{}, Message: err.Error()}
	}
	d := detailer.ErrorDetail()
	where, field, _ := strings.Cut(d.Location, ".")
	path := fieldPath(field)
	if m := requiredProperty.FindStringSubmatch(d.Message); m != nil {
		return Issue{Code: "invalid_type", Path: append(path, m[1]), Message: "is missing; it is required", Received: "undefined"}
	}
	if name, problem, ok := strings.Cut(d.Message, atField); ok {
		return Issue{Code: "custom", Path: fieldPath(name), Message: problem}
	}
	if where == "body" && field == "" {
		if text, ok := d.Value.(string); ok && !strings.HasPrefix(d.Message, "expected") {
			return Issue{Code: "invalid_json", Path: path, Message: "the body is not valid JSON (" + d.Message + "); expected one JSON value and nothing after it", Received: quoted(text)}
		}
		return Issue{Code: "invalid_type", Path: path, Message: fmt.Sprintf("the body is the wrong type: %s, received %s", d.Message, typeName(d.Value)), Expected: lastWord(d.Message), Received: typeName(d.Value)}
	}
	issue := Issue{Path: path, Message: d.Message}
	received := typeName(d.Value)
	switch {
	case strings.HasPrefix(d.Message, "expected value to be one of"):
		issue.Code = "invalid_enum_value"
		issue.Expected = strings.ReplaceAll(strings.TrimPrefix(d.Message, "expected value to be "), `"`, "")
		issue.Message = "expected " + issue.Expected
		received = quoted(fmt.Sprint(d.Value))
	case strings.HasPrefix(d.Message, "expected length <"), strings.HasPrefix(d.Message, "expected number <"), strings.HasPrefix(d.Message, "expected array length <"):
		issue.Code = "too_big"
		received = size(d.Value)
	case strings.HasPrefix(d.Message, "expected length >"), strings.HasPrefix(d.Message, "expected number >"), strings.HasPrefix(d.Message, "expected array length >"):
		issue.Code = "too_small"
		received = size(d.Value)
	case strings.HasPrefix(d.Message, "expected string to be"), strings.HasPrefix(d.Message, "invalid"):
		issue.Code = "invalid_string"
		received = quoted(fmt.Sprint(d.Value))
	default:
		issue.Code = "invalid_type"
		if after, ok0 := strings.CutPrefix(d.Message, "expected "); ok0 {
			issue.Expected = after
		}
	}
	issue.Received = received
	issue.Message += ", received " + received
	return issue
}

// fieldPath splits a path as huma and hub spell it, a.b[2].c.
func fieldPath(field string) []any {
	path := []any{}
	for _, part := range strings.FieldsFunc(field, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		if i, err := strconv.Atoi(part); err == nil {
			path = append(path, i)
		} else {
			path = append(path, part)
		}
	}
	return path
}

// pathName is the opposite of fieldPath.
func pathName(path []any) string {
	var b strings.Builder
	for _, part := range path {
		switch p := part.(type) {
		case int:
			fmt.Fprintf(&b, "[%d]", p)
		default:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			fmt.Fprint(&b, p)
		}
	}
	return b.String()
}

// typeName is JSON's name for the type of a decoded value.
func typeName(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64, json.Number, int, int64:
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}

func size(v any) string {
	switch v := v.(type) {
	case string:
		return fmt.Sprintf("%d characters", utf8.RuneCountInString(v))
	case []any:
		return fmt.Sprintf("%d items", len(v))
	default:
		return fmt.Sprint(v)
	}
}

// quoted shows the start of what the client sent.
func quoted(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return strconv.Quote(s)
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }
