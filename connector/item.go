package connector

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sirocco/hub"
)

// Rows returns the items that a vendor's answer has under a name. An answer without them, or with something else in their
// place, is malformed, and not one without items: what it lists is not known. So is an empty list beside an error.
func Rows(r Request, answer map[string]json.RawMessage, name string) ([]json.RawMessage, error) {
	var rows []json.RawMessage
	if raw, ok := answer[name]; ok {
		if err := json.Unmarshal(raw, &rows); err == nil && rows != nil {
			if len(rows) == 0 && TellsError(answer) {
				return nil, Fail(Malformed, r.Service, "%s was answered with an error beside an empty list of %q", r.Path, name)
			}
			return rows, nil
		}
	}
	return nil, Fail(Malformed, r.Service, "%s was answered without a list of %q", r.Path, name)
}

// TellsError reports whether an answer of 200 says that something went wrong: by an error that is not empty, or by success that is
// false. Its values are as they came, or as they were read.
func TellsError[V any](answer map[string]V) bool {
	for name, value := range answer {
		name = strings.ToLower(name)
		if name != "error" && name != "errors" && name != "success" {
			continue
		}
		var said any = value
		if raw, ok := said.(json.RawMessage); ok {
			said = nil
			_ = json.Unmarshal(raw, &said) // it was read as a part of the answer
		}
		if name == "success" {
			if said == false {
				return true
			}
			continue
		}
		switch said := said.(type) {
		case nil:
		case bool:
			if said {
				return true
			}
		case string:
			if said != "" {
				return true
			}
		case []any:
			if len(said) > 0 {
				return true
			}
		case map[string]any:
			if len(said) > 0 {
				return true
			}
		default: // a number: the code of an error, or 0 for none
			if fmt.Sprint(said) != "0" {
				return true
			}
		}
	}
	return false
}

// AppendItems reads each raw item of a page as a T, turns it into records, and appends them to the
// page. An item that cannot be read, or one of whose records is not valid, is appended to the page's
// Rejected with its raw form; the others go on. What is wrong with a record and costs nothing is mended first.
func AppendItems[T any](p *Page, items []json.RawMessage, records func(T) []hub.Record) {
	p.Records = slices.Grow(p.Records, len(items)) // a record is large, and more often than not an item is one
	for _, raw := range items {
		var item T
		if err := json.Unmarshal(raw, &item); err != nil {
			p.reject(raw, "the CRM sent an item that cannot be read: "+itemProblem(err))
			continue
		}
		found := records(item)
		for i := range found {
			found[i].Mend()
		}
		if err := firstInvalid(found); err != nil {
			p.reject(raw, "the CRM sent a record that cannot be kept: "+err.Error())
			continue
		}
		p.Records = append(p.Records, found...)
	}
}

func (p *Page) reject(raw json.RawMessage, reason string) {
	p.Rejected = append(p.Rejected, Rejected{ExternalID: itemID(raw), Reason: reason, Raw: raw})
}

func firstInvalid(records []hub.Record) error {
	for i := range records {
		if err := records[i].Validate(); err != nil {
			return err
		}
	}
	return nil
}

func itemProblem(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return "its field " + kind.Field + " has another type than expected"
	}
	return err.Error()
}

// itemID finds the id of an item that could not be read otherwise; both texts and numbers are ids.
func itemID(raw json.RawMessage) string {
	var item struct {
		ID any `json:"id"`
	}
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	_ = d.Decode(&item) // what cannot be read has no id
	switch id := item.ID.(type) {
	case string:
		return id
	case json.Number:
		return id.String()
	}
	return ""
}
