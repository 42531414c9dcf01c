package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"sirocco/hub"
)

var (
	requiredProperty = regexp.MustCompile(`^expected required property (\S+) to be present$`)
	missingParameter = regexp.MustCompile(`^required \S+ parameter is missing$`)
	bound            = regexp.MustCompile(`^expected (number|length|array length) ([<>]=?) (\S+)$`)
)

// bindingIssues turns one of huma's complaints about a request into issues that name field, problem and remedy.
func bindingIssues(ctx huma.Context, err error) []Issue {
	detailer, ok := err.(huma.ErrorDetailer)
	if !ok {
		return []Issue{{Code: "custom", Path: []any{}, Message: err.Error()}}
	}
	d := detailer.ErrorDetail()
	if where, name, _ := strings.Cut(d.Location, "."); where == "query" && d.Message == "invalid integer" {
		u := ctx.URL()
		d.Value = wrongInteger(u.Query()[name], d.Value)
	}
	if text, ok := d.Value.(string); ok && (d.Message == "invalid integer" && wholeNumber.MatchString(text) || d.Message == "invalid float" && plainNumber.MatchString(text)) {
		boundNumber(ctx.Operation(), d, json.Number(text))
	}
	return []Issue{bindingIssue(d)}
}

// wholeNumber is a whole number, though it may be one that no type holds.
var wholeNumber = regexp.MustCompile(`^[+-]?[0-9]+$`)

// boundNumber says of a number that is too large, or too small, to be read what bound of its parameter it passes.
func boundNumber(op *huma.Operation, d *huma.ErrorDetail, number json.Number) {
	for _, p := range op.Parameters {
		if p.In+"."+p.Name != d.Location || p.Schema == nil {
			continue
		}
		least, most := p.Schema.Minimum, p.Schema.Maximum
		switch below := strings.HasPrefix(string(number), "-"); {
		case below && least != nil:
			d.Message, d.Value = fmt.Sprintf(validation.MsgExpectedMinimumNumber, *least), number
		case !below && most != nil:
			d.Message, d.Value = fmt.Sprintf(validation.MsgExpectedMaximumNumber, *most), number
		}
	}
}

// wrongInteger is the one of a parameter's values that is no integer; huma names the first.
func wrongInteger(values []string, first any) any {
	for _, v := range values {
		if _, err := strconv.ParseInt(v, 10, 64); err != nil {
			return v
		}
	}
	return first
}

func bindingIssue(d *huma.ErrorDetail) Issue {
	if expected, ok := strings.CutPrefix(d.Message, noForm); ok {
		return Issue{Code: "invalid_union", Path: []any{}, Message: "the body lacks fields; expected " + expected, Expected: expected, Received: "object"}
	}
	where, field, _ := strings.Cut(d.Location, ".")
	if array := strings.IndexByte(where, '['); array >= 0 { // the body is a list, as in body[2].name
		where, field = where[:array], strings.TrimSuffix(where[array:]+"."+field, ".")
	}
	path := fieldPath(field)
	if m := requiredProperty.FindStringSubmatch(d.Message); m != nil {
		return Issue{Code: "invalid_type", Path: append(path, m[1]), Message: "is missing; it is required", Received: "undefined"}
	}
	if name, problem, ok := strings.Cut(d.Message, atField); ok {
		return Issue{Code: "custom", Path: append(path, fieldPath(name)...), Message: problem}
	}
	if d.Message == validation.MsgUnexpectedProperty {
		return Issue{Code: "unrecognized_keys", Path: path, Message: "is no field of this body; leave it out, or correct its name"}
	}
	if missingParameter.MatchString(d.Message) {
		return Issue{Code: "invalid_type", Path: path, Message: "is missing; it is required", Received: "undefined"}
	}
	if where == "body" && field == "" && !bound.MatchString(d.Message) {
		if _, ok := d.Value.(string); ok && !strings.HasPrefix(d.Message, "expected") {
			return Issue{Code: "invalid_json", Path: path, Message: "the body is not valid JSON (" + d.Message + "); expected one JSON value and nothing after it"}
		}
		return Issue{Code: "invalid_type", Path: path, Message: fmt.Sprintf("the body is the wrong type: %s, received %s", d.Message, typeName(d.Value)), Expected: lastWord(d.Message), Received: typeName(d.Value)}
	}
	issue := Issue{Code: "invalid_type", Path: path, Received: typeName(d.Value)}
	m := bound.FindStringSubmatch(d.Message)
	switch want, isText := textWanted(d.Message); {
	case isText:
		issue.Code, issue.Expected, issue.Received = "invalid_string", want, hub.Quoted(fmt.Sprint(d.Value))
	case strings.HasPrefix(d.Message, "expected value to be one of"):
		issue.Code, issue.Received = "invalid_enum_value", hub.Quoted(fmt.Sprint(d.Value))
		issue.Expected = strings.ReplaceAll(strings.TrimPrefix(d.Message, "expected value to be "), `"`, "")
	case m != nil:
		issue.Code, issue.Received = "too_small", size(d.Value)
		if m[2][0] == '<' {
			issue.Code = "too_big"
		}
		issue.Expected = boundWanted(m[1], m[2], m[3])
	default:
		issue.Expected = strings.TrimPrefix(d.Message, "expected ")
	}
	issue.Message = "expected " + issue.Expected + ", received " + issue.Received
	return issue
}

// textWanted says what a text should be that huma could not read.
func textWanted(message string) (string, bool) {
	for _, known := range [][2]string{
		{"invalid boolean", "true or false"},
		{"invalid integer", "a whole number"},
		{"invalid float", "a number"}, // invalid floating value, too
		{"invalid date/time", "a time in RFC 3339, as in 2026-01-31T09:30:00Z"},
		{validation.MsgExpectedRFC3339DateTime, "a time in RFC 3339, as in 2026-01-31T09:30:00Z"},
		{"expected string to be RFC 3339 date", "a date, as in 2026-01-31"},
		{"expected string to be RFC 5322 email", "an e-mail address, as in ann@example.com"},
		{"expected string to be RFC 3986 uri", "a URL, as in https://example.com/page"},
		{"expected string to be RFC 4122 uuid", "a UUID, as in 01a20d93-18da-7722-934a-80bcd74300ab"},
	} {
		if strings.HasPrefix(message, known[0]) {
			return known[1], true
		}
	}
	if rest, ok := strings.CutPrefix(message, "expected string to "); ok {
		return "text to " + rest, true
	}
	return strings.TrimPrefix(message, "invalid "), strings.HasPrefix(message, "invalid ")
}

// boundWanted says what a number, a text or a list should be that is beyond a bound.
func boundWanted(of, relation, limit string) string {
	word := map[string]string{">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}[relation]
	switch of {
	case "length":
		limit += " characters"
	case "array length":
		limit += " items"
	default:
		return "a number of " + word + " " + limit
	}
	if strings.HasPrefix(limit, "1 ") {
		limit = strings.TrimSuffix(limit, "s")
	}
	return word + " " + limit
}

// rangeOf says which values a kind of Go type takes.
func rangeOf(goKind string) string {
	switch goKind {
	case "int", "int64":
		return fmt.Sprintf("a whole number from %d to %d", math.MinInt64, math.MaxInt64)
	case "int32":
		return fmt.Sprintf("a whole number from %d to %d", math.MinInt32, math.MaxInt32)
	case "float64":
		return fmt.Sprintf("a number from -%[1]g to %[1]g", math.MaxFloat64)
	}
	return "another " + goKind
}

// fieldPath splits a path as huma and hub spell it, a.b[2].c. A part that is quoted, as names are that a client chose, is one
// whatever is in it.
func fieldPath(field string) []any {
	path := []any{}
	for field != "" {
		if quoted, err := strconv.QuotedPrefix(field); err == nil {
			name, _ := strconv.Unquote(quoted) // it was just found to be quoted
			path, field = append(path, name), field[len(quoted):]
			continue
		}
		part := field
		if end := strings.IndexAny(field, ".[]"); end >= 0 {
			part, field = field[:end], field[end+1:]
		} else {
			field = ""
		}
		if i, err := strconv.Atoi(part); err == nil {
			path = append(path, i)
		} else if part != "" {
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
	case []any, count:
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
	case count:
		return fmt.Sprintf("%d items", int(v))
	default:
		return fmt.Sprint(v)
	}
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }
