package declared

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// append appends what the items of a model's list are to the page; those that are left out, being none of its records, passed.
func (m *model) append(page *connector.Page, sc *scope, items []any) {
	for _, item := range items {
		sc.with("item", item)
		delete(sc.values, "each")
		if weight(item) > maxItem {
			m.reject(page, sc, item, "the CRM sent an item of more than 1 MiB")
			continue
		}
		kept, err := m.Keep.isTrue(sc, true)
		if err == nil && !kept {
			id := m.id(sc)
			if id == "" { // then nothing says that it is one that is to be left out
				m.reject(page, sc, item, "the CRM sent an item without an id")
				continue
			}
			page.Passed, page.Others = append(page.Passed, id), append(page.Others, id)
			continue
		}
		var records []hub.Record
		var unknown error
		if err == nil {
			records, unknown, err = m.records(sc)
		}
		for i := range records {
			if err == nil {
				err = records[i].Validate()
			}
		}
		if err != nil {
			m.reject(page, sc, item, "the CRM sent a record that cannot be kept: "+err.Error())
			continue
		}
		page.Records = append(page.Records, records...)
		if unknown != nil { // it is told as well, as it may be the file that is wrong
			m.reject(page, sc, item, "the CRM sent a record whose time cannot be read, so that it is not known: "+unknown.Error())
		}
	}
}

// id is that of the item of the scope; empty where it has none that can be read.
func (m *model) id(sc *scope) string {
	value, err := m.Fields["externalId"].eval(sc)
	if _, truth := value.(bool); truth || err != nil {
		return ""
	}
	text, _ := textOf(value)
	return text
}

// reject appends the item of the scope to those that are no records.
func (m *model) reject(page *connector.Page, sc *scope, item any, reason string) {
	raw, err := json.Marshal(item)
	if err != nil || len(raw) > maxItem {
		raw = []byte(`"too large to be kept"`)
	}
	page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: m.id(sc), Reason: hub.Storable(reason), Raw: raw})
}

// records are what the item of the scope is, and those that come with it. unknown is why a time is not known of when one of them was
// made or changed.
func (m *model) records(sc *scope) (all []hub.Record, unknown, err error) {
	r := hub.Record{Model: m.Model}
	if unknown, err = m.Fields.fill(sc, &r); err != nil {
		return nil, nil, err
	}
	r.Details.URL = m.recordURL(sc, r.ExternalID)
	if m.Model == hub.ModelEngagement && !m.Fields["activityType"].given() && !m.Fields["engagementTypeId"].given() {
		r.Details.ActivityType = "APPOINTMENT" // without a kind it would count as none, and no recording would link to it
	}
	r.Mend()
	all = []hub.Record{r}
	for _, c := range m.Children {
		value, err := c.Each.eval(sc)
		if err != nil {
			return nil, nil, err
		}
		each, ok := listOf(value).([]any)
		if !ok {
			return nil, nil, &lineError{c.Each.line, kind(value) + " is no list"}
		}
		for _, part := range each {
			sc.values["each"] = part
			kept, err := c.Keep.isTrue(sc, true)
			if err != nil {
				return nil, nil, err
			}
			if !kept {
				continue
			}
			record, notKnown, err := c.record(sc, &r)
			if err != nil {
				return nil, nil, err
			}
			unknown = cmp.Or(unknown, notKnown)
			all = append(all, record)
		}
	}
	return all, unknown, nil
}

// recordURL is the address of a record's page in the vendor's web app; "" where the file has none, or a part of it has no value.
func (m *model) recordURL(sc *scope, externalID string) string {
	if !m.URL.given() {
		return ""
	}
	sc.values["id"] = externalID
	address, err := m.URL.path(sc)
	if err != nil {
		return ""
	}
	return address
}

// record is a record that comes within another.
func (c *child) record(sc *scope, of *hub.Record) (r hub.Record, unknown, err error) {
	r = hub.Record{Model: c.Model, Deleted: of.Deleted}
	switch of.Model {
	case hub.ModelEngagement:
		r.Refs.Engagement = of.ExternalID
	case hub.ModelOpportunity:
		r.Refs.Opportunity = of.ExternalID
	}
	if unknown, err = c.Fields.fill(sc, &r); err != nil {
		return r, nil, err
	}
	if r.ExternalID == "" && r.Refs.User != "" {
		r.ExternalID = hub.JoinID(of.ExternalID, r.Refs.User)
	}
	r.Mend()
	return r, unknown, nil
}

// stamps are the fields that only tell when a record was made or changed. What the CRM answers counts whatever that is, so one that
// cannot be read is not known, and keeps nothing from coming.
var stamps = []string{"modifiedAt", "remoteCreatedAt"}

// fill puts what the expressions are into the record. unknown is why one of its stamps is not known.
func (f fields) fill(sc *scope, r *hub.Record) (unknown, err error) {
	var address hub.Address
	places := map[string]any{
		"externalId": &r.ExternalID, "modifiedAt": &r.ModifiedAt, "deleted": &r.Deleted, "mergedInto": &r.MergedInto, "name": &r.Name,
		"startTime": &r.StartTime, "endTime": &r.EndTime,
		"accountId": &r.Refs.Account, "contactId": &r.Refs.Contact, "leadId": &r.Refs.Lead, "opportunityId": &r.Refs.Opportunity,
		"engagementId": &r.Refs.Engagement, "engagementTypeId": &r.Refs.EngagementType, "userId": &r.Refs.User, "ownerId": &r.Refs.Owner,
		"address.street": &address.Street, "address.city": &address.City, "address.state": &address.State, "address.zip": &address.Zip, "address.country": &address.Country,
	}
	d := &r.Details
	maps.Copy(places, map[string]any{
		"firstName": &d.FirstName, "lastName": &d.LastName, "email": &d.Email, "emailAddresses": &d.Emails, "phoneNumbers": &d.Phones,
		"latitude": &d.Latitude, "longitude": &d.Longitude, "amount": &d.Amount, "closedAt": (*wire)(&d.ClosedAt), "disposition": &d.Disposition,
		"lastActivityAt": (*wire)(&d.LastActivity), "remoteCreatedAt": (*wire)(&d.CreatedAt), "direction": &d.Direction, "subject": &d.Subject, "content": &d.Content,
		"activityType": &d.ActivityType, "description": &d.Description, "status": &d.Status, "stage": &d.Stage, "industry": &d.Industry, "website": &d.Website,
		"labels": &d.Labels, "active": &d.Active, "archived": &d.Archived, "otherContacts": &d.OtherContacts, "allDay": &d.AllDay, "shareOfSale": &d.ShareOfSale,
	})
	for name, e := range f {
		value, err := e.eval(sc)
		if _, truth := value.(bool); truth && name == "externalId" {
			err = &lineError{e.line, "true or false is no id"}
		}
		if err == nil {
			if err = put(places[name], value); err != nil {
				err = &lineError{e.line, err.Error()}
			}
		}
		switch {
		case err == nil:
		case slices.Contains(stamps, name):
			unknown = fmt.Errorf("%s: %w", name, err)
		default:
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if address != (hub.Address{}) {
		d.Addresses = []hub.Address{address}
	}
	if d.Latitude != nil && d.Longitude != nil && *d.Latitude == 0 && *d.Longitude == 0 { // how vendors say that they do not know
		d.Latitude, d.Longitude = nil, nil
	}
	if d.Email != "" && d.Emails == nil {
		d.Emails = []string{d.Email}
	}
	if !r.ModifiedAt.IsZero() {
		d.UpdatedAt = hub.WireTime(r.ModifiedAt)
	}
	return unknown, nil
}

// wire is a text of a record that holds a time as the hub shows it.
type wire string

// put puts a value into a place of a record.
func put(place, value any) (err error) {
	switch place := place.(type) {
	case *string:
		*place, err = textOf(value)
	case *time.Time:
		*place, err = timeOf(value)
	case *wire:
		at, err := timeOf(value)
		if err == nil && !at.IsZero() {
			*place = wire(hub.WireTime(at))
		}
		return err
	case *bool:
		*place, err = truth(value)
	case **bool:
		if value == nil {
			return nil
		}
		is, err := truth(value)
		*place = &is
		return err
	case **float64:
		if value = number(value); value == nil {
			return nil
		}
		n, _ := float(value)
		*place = &n
	case *[]string:
		*place, err = texts(value)
	}
	return err
}

// texts is a value as texts, without empty ones: a list, or one text.
func texts(value any) ([]string, error) {
	items, ok := value.([]any)
	if !ok {
		items = []any{value}
	}
	var all []string
	for _, item := range items {
		text, err := textOf(item)
		if err != nil {
			return nil, err
		}
		if text != "" {
			all = append(all, text)
		}
	}
	return all, nil
}
