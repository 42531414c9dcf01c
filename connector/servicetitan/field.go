package servicetitan

import (
	"context"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// customField is a value in one of a record's custom fields.
type customField struct {
	TypeID number `json:"typeId"`
	Name   string `json:"name,omitempty"`
	// Value is nil where the field is there and empty.
	Value *string `json:"value"`
}

// customized is a record as far as its custom fields go, and a job's summary.
type customized struct {
	Summary      string        `json:"summary"`
	CustomFields []customField `json:"customFields"`
}

// SetFields implements connector.FieldSetter. A name is that of a custom field or the number of its type, and of a
// job "summary" too. The vendor takes all custom fields of a record or removes what is left out, so what it has is
// read first; what somebody else sets between that and the writing is lost.
func (Connector) SetFields(ctx context.Context, s *connector.Session, f connector.Fields) error {
	if f.Target != hub.ModelOpportunity && f.Target != hub.ModelAccount {
		return connector.Fail(connector.Refused, service, "no field of %s can be set", f.Target)
	}
	from := map[hub.Model]list{hub.ModelOpportunity: jobs, hub.ModelAccount: customers}[f.Target]
	path := from.path + "/" + url.PathEscape(f.ExternalID)
	var has customized
	if _, err := connector.GetJSON(ctx, s, request(s, from.api, path, from.right, nil), &has); err != nil {
		return err
	}
	body := map[string]any{}
	fields := make([]customField, 0, len(has.CustomFields)+len(f.Values))
	for _, c := range has.CustomFields {
		if c.Value == nil { // sent as a text it would no longer be nothing
			continue
		}
		fields = append(fields, customField{TypeID: c.TypeID, Value: c.Value})
	}
	var types []fieldType
	custom := false
	for name, value := range f.Values {
		text := hub.ValueText(value)
		if f.Target == hub.ModelOpportunity && name == "summary" {
			if text = strings.ReplaceAll(html.EscapeString(text), "\n", "<br>"); text != has.Summary {
				body["summary"] = text
			}
			continue
		}
		if types == nil {
			var err error
			if types, err = fieldTypes(ctx, s, from); err != nil {
				return err
			}
		}
		typeID, err := typeOf(name, types)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(fields, func(c customField) bool { return c.TypeID == typeID })
		if i < 0 {
			fields = append(fields, customField{TypeID: typeID})
			i = len(fields) - 1
		}
		if fields[i].Value == nil || *fields[i].Value != text {
			fields[i].Value, custom = &text, true
		}
	}
	if custom {
		body["customFields"] = fields
	}
	if len(body) == 0 { // all of it is there already, and to write the others again could only undo what somebody sets now
		return nil
	}
	r := request(s, from.api, path, strings.TrimSuffix(from.right, ":r")+":w", nil)
	r.Body = body
	var changed struct{}
	_, err := connector.PatchJSON(ctx, s, r, &changed)
	return err
}

// fieldType is a type of custom fields. Nothing keeps two from having one name.
type fieldType struct {
	ID   number `json:"id"`
	Name string `json:"name"`
}

// typeOf finds the type of the custom field with a name, or with a number for a name.
func typeOf(name string, among []fieldType) (number, error) {
	seen := func(t fieldType) string { return t.Name }
	switch found := connector.NamedFields(among, name, func(t fieldType) string { return id(t.ID) }, seen); len(found) {
	case 0:
		return 0, connector.Fail(connector.Refused, service, "there is no custom field %q", name)
	case 1:
		return found[0].ID, nil
	default:
		return 0, connector.Fail(connector.Refused, service, "%d custom fields are called %q; which is meant, says the number of its type, such as %d or %d, in place of the name", len(found), name, found[0].ID, found[1].ID)
	}
}

// fieldTypes are the types of the custom fields that the records of a list may have, never nil without an error.
func fieldTypes(ctx context.Context, s *connector.Session, of list) ([]fieldType, error) {
	found := []fieldType{}
	l := list{api: of.api, path: of.path + "/custom-fields", right: of.right}
	for number := 1; number <= maxPartPages; number++ {
		got, err := ask(ctx, s, l, url.Values{"page": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(partSize)}})
		if err != nil {
			return nil, err
		}
		for _, raw := range got.rows {
			var t fieldType
			if err := json.Unmarshal(raw, &t); err != nil {
				return nil, connector.Fail(connector.Malformed, service, "%s has a type that cannot be read", l.path)
			}
			found = append(found, t)
		}
		if !got.more {
			return found, nil
		}
	}
	return nil, connector.Fail(connector.Malformed, service, "%s fills more than %d pages", l.path, maxPartPages)
}
