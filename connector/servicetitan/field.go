package servicetitan

import (
	"context"
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
	var others []customField
	custom := false
	for name, value := range f.Values {
		text := hub.ValueText(value)
		if f.Target == hub.ModelOpportunity && name == "summary" {
			if text = strings.ReplaceAll(html.EscapeString(text), "\n", "<br>"); text != has.Summary {
				body["summary"] = text
			}
			continue
		}
		typeID, ok := typeOf(name, has.CustomFields)
		if !ok && others == nil {
			var err error
			if others, err = fieldsOfOthers(ctx, s, from); err != nil {
				return err
			}
		}
		if !ok {
			typeID, ok = typeOf(name, others)
		}
		if !ok {
			n, _ := strconv.ParseInt(name, 10, 64)
			typeID = number(n)
		}
		if typeID <= 0 {
			return connector.Fail(connector.Refused, service,
				"no custom field %q is known, as no record seen has a value in it; its type's number would do instead of the name", name)
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

// typeOf finds the type of the custom field with a name.
func typeOf(name string, among []customField) (number, bool) {
	i := slices.IndexFunc(among, func(c customField) bool { return strings.EqualFold(c.Name, name) })
	if i < 0 {
		return 0, false
	}
	return among[i].TypeID, true
}

// fieldsOfOthers are the custom fields of the records that changed last, never nil without an error: the vendor tells
// a field's name only where a value is in it.
func fieldsOfOthers(ctx context.Context, s *connector.Session, from list) ([]customField, error) {
	got, err := ask(ctx, s, list{api: from.api, path: from.path, right: from.right}, url.Values{"pageSize": {strconv.Itoa(maxPageSize)}, "sort": {"-ModifiedOn"}})
	if err != nil {
		return nil, err
	}
	found := []customField{}
	for _, other := range decodeEach[customized](got.rows) {
		found = append(found, other.CustomFields...)
	}
	return found, nil
}
