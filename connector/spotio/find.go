package spotio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// Find implements connector.Finder.
func (Connector) Find(ctx context.Context, s *connector.Session, m hub.Model, externalIDs []string) (connector.Page, error) {
	switch m {
	case hub.ModelUser:
		return findUsers(ctx, s, externalIDs)
	case hub.ModelLead:
		return findLeads(ctx, s, externalIDs)
	default:
		return findAppointments(ctx, s, externalIDs)
	}
}

// findUsers asks the list of users for some. One that ignores that tells nothing of who is missing.
func findUsers(ctx context.Context, s *connector.Session, ids []string) (connector.Page, error) {
	var page connector.Page
	for at, more := (place{}), true; more; {
		got, err := list(ctx, s, usersPath, "items", at.query(url.Values{"userIds": {strings.Join(ids, ",")}, "pageSize": {strconv.Itoa(usersMost)}}))
		if err != nil {
			return connector.Page{}, err
		}
		connector.AppendItems(&page, got.items, func(u user) []hub.Record { return u.records() })
		at, more = at.after(got, s.Now())
		if at.Page > maxRequests || slices.ContainsFunc(page.Records, func(r hub.Record) bool { return !slices.Contains(ids, r.ExternalID) }) {
			return connector.Page{}, connector.Fail(connector.Refused, service, "users cannot be asked for by their ids")
		}
	}
	return page, nil
}

// one asks for one thing by its id. Where it is there and not for these credentials to see, that is told in rejected.
func one[T any](ctx context.Context, s *connector.Session, path, externalID string, page *connector.Page) (item T, there bool, err error) {
	var raw json.RawMessage
	_, err = connector.GetJSON(ctx, s, request(s, path+url.PathEscape(externalID), nil), &raw)
	reject := func(reason string) {
		page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: externalID, Reason: reason, Raw: raw})
	}
	if err != nil {
		switch connector.Status(err) {
		case http.StatusNotFound:
			err = nil
		case http.StatusForbidden:
			reject(err.Error())
			err = nil
		}
		return item, false, err
	}
	var head struct {
		ID id `json:"id"`
	}
	there = json.Unmarshal(raw, &head) == nil && string(head.ID) == externalID && json.Unmarshal(raw, &item) == nil
	if !there {
		reject("the CRM sent something else when asked for this record")
	}
	return item, there, nil
}

func findLeads(ctx context.Context, s *connector.Session, ids []string) (connector.Page, error) {
	var page connector.Page
	kinds, err := workflow(ctx, s)
	if err != nil {
		return page, err
	}
	for _, externalID := range ids {
		o, there, err := one[dataObject](ctx, s, "/api/DataObjects/", externalID, &page)
		if err != nil {
			return connector.Page{}, err
		}
		if there {
			page.Records = append(page.Records, o.record(kinds))
		}
	}
	return page, nil
}

// findAppointments asks for activities by their ids. What the answer lacks of one (its place, its changes) the feed has, so
// it is read there.
func findAppointments(ctx context.Context, s *connector.Session, ids []string) (connector.Page, error) {
	var page connector.Page
	known, err := templates(ctx, s)
	if err != nil {
		return page, err
	}
	for _, externalID := range ids {
		a, there, err := one[activity](ctx, s, activityPath, externalID, &page)
		if err != nil {
			return connector.Page{}, err
		}
		of, listed := known[a.TemplateID]
		if there && !listed {
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: externalID, Reason: unknownTemplate})
			continue
		}
		if !there || !of.appointment || a.Date.none { // or it is something else by now
			continue
		}
		item, err := findInFeed(ctx, s, &a)
		if err != nil {
			return connector.Page{}, err
		}
		if item == nil {
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: externalID, Reason: "the CRM has the activity, but does not list it where it takes place"})
			continue
		}
		kept := func(context.Context, []string) ([]hub.Record, error) {
			return []hub.Record{{Model: hub.ModelEngagement, ExternalID: externalID}}, nil
		}
		if err := appendAppointments(ctx, &page, connector.Query{Kept: kept}, []json.RawMessage{item}, known); err != nil {
			return connector.Page{}, err
		}
	}
	return page, nil
}

// findInFeed returns an activity as the feed has it; nil where it is not there.
func findInFeed(ctx context.Context, s *connector.Session, a *activity) (json.RawMessage, error) {
	if a.Date.IsZero() {
		return nil, nil
	}
	at := place{From: a.Date.Add(-time.Minute).Unix(), To: a.Date.Add(time.Minute).Unix()}
	for more := true; more && at.Page < maxRequests; {
		got, err := list(ctx, s, feedPath, "items", at.feed())
		if err != nil {
			return nil, err
		}
		for _, raw := range got.items {
			var head struct {
				ID id `json:"id"`
			}
			if json.Unmarshal(raw, &head) == nil && head.ID == a.ID {
				return raw, nil
			}
		}
		at, more = at.after(got, s.Now())
	}
	return nil, nil
}

// Confirm implements connector.Confirmer. An activity says itself when, where and of whom it is.
func (c Connector) Confirm(ctx context.Context, s *connector.Session, of hub.RecordRef) (connector.Confirmed, error) {
	return connector.ConfirmFound(ctx, c, s, service, of)
}
