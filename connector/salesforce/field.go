package salesforce

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"sirocco/connector"
	"sirocco/hub"
)

// SetFields implements connector.FieldSetter. A name is the API name of a field or what people see of it; one request sets
// all, so that all are set or none.
func (Connector) SetFields(ctx context.Context, s *connector.Session, f connector.Fields) error {
	src, ok := sourceOf(s, f.Target)
	if !ok || len(plainIDs([]string{f.ExternalID})) == 0 {
		return connector.Fail(connector.Refused, service, "there is no such %s", f.Target)
	}
	d, err := describe(ctx, s, src.Object)
	if err != nil {
		return err
	}
	body := map[string]any{}
	for name, value := range f.Values {
		found := d.named(name, s.Values["namespace"])
		switch len(found) {
		case 0:
			return connector.Fail(connector.Refused, service, "%s has no field %q, or the user may not see it", src.Object, name)
		case 1:
		default:
			return connector.Fail(connector.Refused, service, "%d fields of %s are called %q; which is meant, says its API name, such as %s or %s", len(found), src.Object, name, found[0].Name, found[1].Name)
		}
		field := found[0]
		if !field.Updateable {
			return connector.Fail(connector.Refused, service, "the user may not change the field %q of %s", name, src.Object)
		}
		var ok bool
		if body[field.Name], ok = field.take(value); !ok {
			return connector.Fail(connector.Refused, service, "the field %q of %s, which is of the type %s, does not take its value", name, src.Object, field.Type)
		}
	}
	r := request(s, path("sobjects", src.Object, f.ExternalID), nil)
	r.Body = body
	_, err = connector.PatchJSON(ctx, s, r, nil)
	return err
}

// take turns a value into what the field takes.
func (f field) take(value any) (any, bool) {
	text := strings.TrimSpace(hub.ValueText(value))
	switch f.Type {
	case "boolean":
		return truth(text)
	case "double", "currency", "percent":
		n, err := strconv.ParseFloat(text, 64)
		return n, err == nil && hub.IsFinite(n)
	case "int", "long":
		n, err := strconv.ParseFloat(text, 64)
		return int64(n), err == nil && n == float64(int64(n))
	case "date", "datetime":
		at, err := connector.ParseTime(text)
		if err != nil {
			return nil, false
		}
		if f.Type == "date" {
			return at.Format("2006-01-02"), true
		}
		return hub.WireTime(at), true
	case "multipicklist":
		if list, ok := value.([]any); ok {
			chosen := make([]string, len(list))
			for i, one := range list {
				chosen[i] = hub.ValueText(one)
			}
			return strings.Join(chosen, ";"), true
		}
		return text, true
	case "string", "textarea", "picklist", "combobox", "email", "phone", "url":
		return text, f.Length <= 0 || utf8.RuneCountInString(text) <= f.Length
	}
	return nil, false
}

// truth is what people write for it.
func truth(text string) (any, bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "y", "1":
		return true, true
	case "false", "no", "n", "0":
		return false, true
	}
	return nil, false
}
