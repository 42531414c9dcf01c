package spotio

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	leadsPath   = "/api/Exports/dataObjects/data"
	deletedPath = "/api/DataObjects/deleted"
)

// dataObject is a data object of the vendor, as an export has it or as it is alone.
type dataObject struct {
	ID      id               `json:"id"`
	TypeID  id               `json:"typeId"`
	StageID id               `json:"stageId"`
	OwnerID id               `json:"ownerId"`
	Name    string           `json:"name"`
	Value   connector.Number `json:"value"`
	Pin     struct {
		Address string           `json:"address"`
		Zip     string           `json:"zip"`
		Lat     connector.Number `json:"lat"`
		Lng     connector.Number `json:"lng"`
	} `json:"pin"`
	Fields []struct {
		FieldID id      `json:"fieldId"`
		Value   *string `json:"value"`
	} `json:"fields"`
	// Phones and Emails are there where it is alone.
	Phones       []string        `json:"phones"`
	Emails       []string        `json:"emails"`
	LastActivity connector.Stamp `json:"lastActivityTime"`
	CreatedAt    connector.Stamp `json:"createdAt"`
	UpdatedAt    connector.Stamp `json:"updatedAt"`
}

func (o *dataObject) record(kinds map[id]kind) hub.Record {
	k := kinds[o.TypeID]
	at := k.stages[o.StageID]
	held := map[string][]string{}
	for _, f := range o.Fields {
		if role := k.roles[f.FieldID]; role != "" && f.Value != nil {
			held[role] = append(held[role], some(*f.Value)...)
		}
	}
	first := func(role string) string { return strings.Join(held[role][:min(1, len(held[role]))], "") }
	r := hub.Record{
		Model: hub.ModelLead, ExternalID: string(o.ID), ModifiedAt: o.UpdatedAt.Time, Refs: hub.Refs{Owner: string(o.OwnerID)},
		Name: cmp.Or(strings.TrimSpace(o.Name), first(roleCompany), strings.TrimSpace(first(roleFirst)+" "+first(roleLast)), strings.TrimSpace(o.Pin.Address)),
		Details: hub.Details{
			FirstName: first(roleFirst), LastName: first(roleLast), Phones: held[rolePhone], Emails: held[roleEmail], Amount: o.Value.Float,
			Disposition: at.disposition, Status: at.name, Labels: some(k.name),
			LastActivity: o.LastActivity.Wire(), CreatedAt: o.CreatedAt.Wire(), UpdatedAt: o.UpdatedAt.Wire(),
		},
	}
	if len(r.Details.Phones) == 0 {
		r.Details.Phones = some(o.Phones...)
	}
	if len(r.Details.Emails) == 0 {
		r.Details.Emails = some(o.Emails...)
	}
	if street, zip := strings.TrimSpace(o.Pin.Address), strings.TrimSpace(o.Pin.Zip); street+zip != "" {
		r.Details.Addresses = []hub.Address{{Street: street, Zip: zip}}
	}
	r.Details.Latitude, r.Details.Longitude = connector.Coordinates(o.Pin.Lat, o.Pin.Lng)
	return r
}

// fetchLeads reads the export, and behind it, in an increment, what was deleted.
func fetchLeads(ctx context.Context, s *connector.Session, q connector.Query, at place) (connector.Page, error) {
	var page connector.Page
	if !at.Deleted {
		more, next, err := fetchLive(ctx, s, q, at, &page)
		if err != nil {
			return connector.Page{}, err
		}
		if at = next; more {
			page.Next, page.More = connector.WritePlace(at), true
			return page, nil
		}
		if q.Since.IsZero() {
			return page, nil
		}
		at.Deleted = true
	}
	got, gone, err := fetchDeleted(ctx, s, q, at)
	switch {
	case connector.IsKind(err, connector.Forbidden):
		page.Note = "SPOTIO: the role of the user who made the API key may not read what was deleted; whole readings find it."
		return page, nil
	case page.MeetsLater(ctx, err):
		page.Next, page.More = connector.WritePlace(at), true
		return page, nil
	case err != nil:
		return connector.Page{}, at.error(err, s.Now())
	}
	if page.AsOf.IsZero() {
		page.AsOf = got.date
	}
	page.Records, page.Rejected = append(page.Records, gone.Records...), append(page.Rejected, gone.Rejected...)
	if next, more := at.after(got, s.Now()); more {
		page.Next, page.More = connector.WritePlace(next), true
	}
	return page, nil
}

// fetchLive reads a page of the data objects that are there.
func fetchLive(ctx context.Context, s *connector.Session, q connector.Query, at place, page *connector.Page) (more bool, next place, err error) {
	kinds, err := workflow(ctx, s)
	if err != nil {
		return false, at, err
	}
	query := url.Values{}
	if !q.Since.IsZero() {
		query.Set("updatedAfter", before(q.Since))
	}
	got, err := list(ctx, s, leadsPath, "items", at.query(query))
	if err != nil {
		return false, at, at.error(err, s.Now())
	}
	page.AsOf = got.date
	connector.AppendItems(page, got.items, func(o dataObject) []hub.Record { return []hub.Record{o.record(kinds)} })
	next, more = at.after(got, s.Now())
	return more, next, nil
}

// fetchDeleted reads a page of what was deleted, without what was restored since.
func fetchDeleted(ctx context.Context, s *connector.Session, q connector.Query, at place) (got part, gone connector.Page, err error) {
	got, err = list(ctx, s, deletedPath, "deletedDataObjects", at.query(url.Values{"startDate": {before(q.Since)}}))
	if err != nil {
		return got, gone, err
	}
	type tombstone struct {
		ID        id              `json:"id"`
		DeletedAt connector.Stamp `json:"deletedAt"`
	}
	connector.AppendItems(&gone, got.items, func(t tombstone) []hub.Record {
		return []hub.Record{{Model: hub.ModelLead, ExternalID: string(t.ID), ModifiedAt: t.DeletedAt.Time, Deleted: true}}
	})
	return got, gone, connector.DropRestored(ctx, s, Connector{}, q, &gone)
}

// before is a time to ask from so that what has exactly that time comes, whether or not the vendor counts it in.
func before(since time.Time) string { return since.Add(-time.Second).UTC().Format(time.RFC3339) }
