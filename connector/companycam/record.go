package companycam

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// seconds is when the vendor says that something was made or changed: whole seconds of Unix time, 0 for none.
type seconds int64

// UnmarshalJSON reads them as a number or a text, or the time that newer answers have in their place. Anything else is
// not known, as with connector.Stamp.
func (s *seconds) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	*s = 0
	if n, err := strconv.ParseFloat(text, 64); err == nil && n > 0 && n <= lastSecond {
		*s = seconds(n)
	} else if at, err := connector.ParseTime(text); err == nil {
		*s = seconds(at.Unix())
	}
	return nil
}

// lastSecond is that of the year 9999.
const lastSecond = 253402300799

func (s seconds) time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}

func (s seconds) wire() string { return connector.Time{Time: s.time()}.Wire() }

// user is a user of the vendor.
type user struct {
	ID        connector.ID `json:"id"`
	FirstName string       `json:"first_name"`
	LastName  string       `json:"last_name"`
	Email     string       `json:"email_address"`
	Phone     string       `json:"phone_number"`
	Status    string       `json:"status"`
	URL       string       `json:"user_url"`
	CreatedAt seconds      `json:"created_at"`
	UpdatedAt seconds      `json:"updated_at"`
}

func (u *user) name() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

func (u *user) record() hub.Record {
	return hub.Record{
		Model: hub.ModelUser, ExternalID: string(u.ID), ModifiedAt: u.UpdatedAt.time(), Deleted: u.Status == "deleted", Name: u.name(),
		Details: hub.Details{
			FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, Emails: one(u.Email), Phones: one(u.Phone),
			URL: u.URL, CreatedAt: u.CreatedAt.wire(), UpdatedAt: u.UpdatedAt.wire(),
		},
	}
}

// project is a project of the vendor.
type project struct {
	ID          connector.ID `json:"id"`
	Name        string       `json:"name"`
	Status      string       `json:"status"`
	Archived    *bool        `json:"archived"`
	CreatorID   connector.ID `json:"creator_id"`
	CreatorType string       `json:"creator_type"`
	URL         string       `json:"project_url"`
	Notepad     string       `json:"notepad"`
	CreatedAt   seconds      `json:"created_at"`
	UpdatedAt   seconds      `json:"updated_at"`
	Address     struct {
		Street1 string `json:"street_address_1"`
		Street2 string `json:"street_address_2"`
		City    string `json:"city"`
		State   string `json:"state"`
		Zip     string `json:"postal_code"`
		Country string `json:"country"`
	} `json:"address"`
	Coordinates *struct {
		Lat connector.Number `json:"lat"`
		Lon connector.Number `json:"lon"`
	} `json:"coordinates"`
	Contact *contact `json:"primary_contact"`
}

func (p *project) record() hub.Record {
	r := hub.Record{
		Model: hub.ModelOpportunity, ExternalID: string(p.ID), ModifiedAt: p.UpdatedAt.time(), Deleted: p.Status == "deleted", Name: strings.TrimSpace(p.Name),
		Details: hub.Details{
			Archived: p.Archived, URL: cmp.Or(p.URL, recordURL(hub.ModelOpportunity, string(p.ID))), Description: p.Notepad, CreatedAt: p.CreatedAt.wire(), UpdatedAt: p.UpdatedAt.wire(),
		},
	}
	if p.CreatorType == "User" {
		r.Refs.Owner = string(p.CreatorID)
	}
	a := hub.Address{
		Country: p.Address.Country, Street: strings.TrimSpace(p.Address.Street1 + " " + p.Address.Street2), City: p.Address.City,
		State: p.Address.State, Zip: p.Address.Zip,
	}
	if a != (hub.Address{}) {
		r.Details.Addresses = []hub.Address{a}
	}
	if r.Name == "" { // which is usual; people then see the address
		r.Name = a.Street
	}
	if c := p.Coordinates; c != nil {
		r.Details.Latitude, r.Details.Longitude = connector.Coordinates(c.Lat, c.Lon)
	}
	if c := p.contact(); c != nil {
		r.Refs.Contact = c.ExternalID
	}
	return r
}

// contact is whom a project is for.
type contact struct {
	ID        connector.ID `json:"id"`
	Name      string       `json:"name"`
	Email     string       `json:"email"`
	Phone     string       `json:"phone_number"`
	CreatedAt seconds      `json:"created_at"`
	UpdatedAt seconds      `json:"updated_at"`
}

// contact returns the project's contact; nil where it has none. Its id is of a kind of its own: where the vendor has one for
// it that one, else the project's, whose only contact it is.
func (p *project) contact() *hub.Record {
	c := p.Contact
	if c == nil || p.Status == "deleted" || strings.TrimSpace(c.Name+c.Email+c.Phone) == "" {
		return nil
	}
	id := "contact:" + string(c.ID)
	if c.ID == "" {
		id = "contact-of-project:" + string(p.ID)
	}
	return &hub.Record{
		Model: hub.ModelContact, ExternalID: id, ModifiedAt: c.UpdatedAt.time(), Name: strings.TrimSpace(c.Name),
		Refs: hub.Refs{Opportunity: string(p.ID)},
		Details: hub.Details{
			Email: c.Email, Emails: one(c.Email), Phones: one(c.Phone), CreatedAt: c.CreatedAt.wire(), UpdatedAt: c.UpdatedAt.wire(),
		},
	}
}

// one is a list of what is not empty.
func one(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}
