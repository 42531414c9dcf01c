package spotio

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

const usersPath = "/api/v2/users/list"

// user is a user of the vendor.
type user struct {
	ID        id     `json:"id"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Email     string `json:"email"`
	Status    string `json:"status"`
	Suspended *bool  `json:"suspended"`
}

func (u *user) records() []hub.Record {
	r := hub.Record{
		Model: hub.ModelUser, ExternalID: string(u.ID), Name: strings.TrimSpace(u.FirstName + " " + u.LastName),
		Details: hub.Details{FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Emails: some(u.Email), Status: u.Status},
	}
	if u.Suspended != nil {
		active := !*u.Suspended
		r.Details.Active = &active
	}
	return []hub.Record{r}
}

func fetchUsers(ctx context.Context, s *connector.Session, q connector.Query, at place) (connector.Page, error) {
	got, err := list(ctx, s, usersPath, "items", at.query(url.Values{"pageSize": {strconv.Itoa(min(q.Limit, usersMost))}}))
	if err != nil {
		return connector.Page{}, at.error(err, s.Now())
	}
	page := connector.Page{AsOf: got.date}
	connector.AppendItems(&page, got.items, func(u user) []hub.Record { return u.records() })
	if next, more := at.after(got, s.Now()); more {
		page.Next, page.More = connector.WritePlace(next), true
	}
	return page, nil
}

// some is a list of the texts that are not empty.
func some(texts ...string) []string {
	var all []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	return all
}
