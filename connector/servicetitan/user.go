package servicetitan

import (
	"context"
	"encoding/json"

	"sirocco/connector"
	"sirocco/hub"
)

// user is a technician or an employee.
type user struct {
	ID     number `json:"id"`
	Active *bool  `json:"active"`
	Name   string `json:"name"`
	Email  string `json:"email"`
	Phone  string `json:"phoneNumber"`
	stamps
}

func readUsers(prefix string) func(context.Context, *connector.Session, *connector.Page, []json.RawMessage) error {
	return func(_ context.Context, _ *connector.Session, page *connector.Page, rows []json.RawMessage) error {
		connector.AppendItems(page, rows, func(u user) []hub.Record { return []hub.Record{u.record(prefix)} })
		return nil
	}
}

func (u *user) record(prefix string) hub.Record {
	r := hub.Record{
		Model: hub.ModelUser, ExternalID: prefixed(prefix, u.ID), Name: u.Name, ModifiedAt: u.ModifiedOn.Time, Deleted: inactive(u.Active),
		Details: hub.Details{Email: u.Email, CreatedAt: u.CreatedOn.Wire(), UpdatedAt: u.ModifiedOn.Wire()},
	}
	if u.Email != "" {
		r.Details.Emails = []string{u.Email}
	}
	if u.Phone != "" {
		r.Details.Phones = []string{u.Phone}
	}
	return r
}

// prefixed is an id of a second list; 0 is none.
func prefixed(prefix string, n number) string {
	if n == 0 {
		return ""
	}
	return prefix + id(n)
}

// inactive reports whether a row says that it is no longer in use.
func inactive(active *bool) bool { return active != nil && !*active }
