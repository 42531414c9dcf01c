package merge

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// fieldType is what a field takes, by the vendor's own names but for the whole numbers.
type fieldType string

const (
	typeText     fieldType = "string"
	typeNumber   fieldType = "number"
	typeWhole    fieldType = "whole number" // of the vendor's own fields only
	typeDate     fieldType = "date"
	typeDatetime fieldType = "datetime"
	typeBool     fieldType = "bool"
	typeList     fieldType = "list"
)

// field is a field that a value can go to: one of the vendor's own, or a remote one, of the CRM behind it.
type field struct {
	ID   string    `json:"id"`
	Name string    `json:"display_name"`
	Key  string    `json:"remote_key_name"`
	Type fieldType `json:"field_type"`
	// Choices are the texts that are allowed; all where there are none.
	Choices []string `json:"field_choices"`
}

// ownFields are the vendor's own. Its references to other records are not among them.
var ownFields = map[hub.Model]map[string]field{
	hub.ModelAccount: {
		"name": {Type: typeText}, "description": {Type: typeText}, "industry": {Type: typeText}, "website": {Type: typeText},
		"number_of_employees": {Type: typeWhole},
	},
	hub.ModelContact: {"first_name": {Type: typeText}, "last_name": {Type: typeText}},
	hub.ModelOpportunity: {
		"name": {Type: typeText}, "description": {Type: typeText}, "amount": {Type: typeWhole},
		"status": {Type: typeText, Choices: []string{"OPEN", "WON", "LOST"}}, "close_date": {Type: typeDatetime},
	},
	hub.ModelEngagement: {
		"subject": {Type: typeText}, "content": {Type: typeText}, "direction": {Type: typeText, Choices: []string{"INBOUND", "OUTBOUND"}},
	},
}

// SetFields implements connector.FieldSetter. A name is that of one of the vendor's own fields, or the key or the
// name of a remote field.
func (Connector) SetFields(ctx context.Context, s *connector.Session, f connector.Fields) error {
	own, ok := ownFields[f.Target]
	if !ok {
		return connector.Fail(connector.Refused, service, "no field of %s can be set", f.Target)
	}
	if path, _ := listOf(f.Target, f.ExternalID); path == tasksPath {
		return connector.Fail(connector.Refused, service, "fields of a task cannot be set")
	}
	model := map[string]any{}
	var remote []map[string]any
	var known []field
	for name, value := range f.Values {
		to, isOwn := own[name]
		if !isOwn {
			if known == nil {
				var err error
				if known, err = remoteFields(ctx, s, f.Target); err != nil {
					return err
				}
			}
			switch found := connector.NamedFields(known, name, func(r field) string { return r.Key }, func(r field) string { return r.Name }); len(found) {
			case 0:
				return connector.Fail(connector.Refused, service, "%s has no field %q that can be set", f.Target, name)
			case 1:
				to = found[0]
			default:
				return connector.Fail(connector.Refused, service, "%s has %d fields %q; which is meant, says the name that the CRM's API has for it, such as %q", f.Target, len(found), name, found[0].Key)
			}
		}
		v, ok := to.value(value)
		switch {
		case !ok && len(to.Choices) > 0:
			return connector.Fail(connector.Refused, service, "the value is none of the choices of the field %q", name)
		case !ok:
			return connector.Fail(connector.Refused, service, "the value is no %s, which the field %q wants", to.Type, name)
		case isOwn:
			model[name] = v
		default:
			remote = append(remote, map[string]any{"remote_field_class": to.ID, "value": v})
		}
	}
	if len(remote) > 0 {
		model["remote_fields"] = remote
	}
	r := request(s, paths[f.Target]+"/"+url.PathEscape(f.ExternalID), nil)
	r.Body = map[string]any{"model": model}
	var answer problems
	if _, err := connector.PatchJSON(ctx, s, r, &answer); err != nil {
		return err
	}
	return answer.refusal("the fields")
}

// remoteFields are the remote fields of a model; never nil without an error.
func remoteFields(ctx context.Context, s *connector.Session, m hub.Model) ([]field, error) {
	fields := []field{}
	for found, err := range items[field](ctx, s, paths[m]+"/remote-field-classes", url.Values{}) {
		if err != nil {
			return nil, err
		}
		fields = append(fields, found)
	}
	return fields, nil
}

// value returns v as the field wants it, and false where it cannot be.
func (f field) value(v any) (any, bool) {
	text := hub.ValueText(v)
	if len(f.Choices) > 0 && f.Type == typeText {
		i := slices.IndexFunc(f.Choices, func(c string) bool { return strings.EqualFold(c, text) })
		if i < 0 {
			return nil, false
		}
		return f.Choices[i], true
	}
	switch f.Type {
	case typeNumber, typeWhole:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.Abs(n) > 1<<53 {
			return nil, false
		}
		if f.Type == typeWhole {
			return int64(math.Round(n)), true
		}
		return n, true
	case typeBool:
		yes := strings.EqualFold(text, "yes") || strings.EqualFold(text, "true")
		return yes, yes || strings.EqualFold(text, "no") || strings.EqualFold(text, "false")
	case typeDate, typeDatetime:
		at, err := connector.ParseTime(text)
		if f.Type == typeDate {
			return at.Format(time.DateOnly), err == nil
		}
		return hub.WireTime(at), err == nil
	case typeList:
		if values, ok := v.([]any); ok {
			return values, true
		}
		return []any{v}, true
	}
	return text, true
}
