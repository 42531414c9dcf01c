package leadperfection

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// wholeDays is the window of all days.
func wholeDays(s *connector.Session) (window, error) {
	zone, err := zoneOf(s)
	if err != nil {
		return window{}, err
	}
	return window{from: firstDay, to: dayOf(s.Now(), zone) + 1, start: 1, size: pageMost}, nil
}

// oneCustomer asks for a customer by a parameter that names it, or something of it; nil where none comes. A list that
// ignores the parameter is an error.
func oneCustomer(ctx context.Context, s *connector.Session, by, id string) (json.RawMessage, error) {
	w, err := wholeDays(s)
	if err != nil {
		return nil, err
	}
	w.by, w.id = by, id
	got, err := leads(ctx, s, w)
	if err != nil || len(got.rows) == 0 {
		return nil, err
	}
	if len(got.rows) > 1 || by == "cst_id" && got.ids[0] != id {
		return nil, connector.Fail(connector.Malformed, service, "%s was answered with other customers than the one that was asked for by its %s", leadPath, by)
	}
	return got.rows[0], nil
}

// Find implements connector.Finder.
func (Connector) Find(ctx context.Context, s *connector.Session, m hub.Model, externalIDs []string) (connector.Page, error) {
	switch m {
	case hub.ModelUser:
		page, err := fetchUsers(ctx, s)
		page.Records = slices.DeleteFunc(page.Records, func(r hub.Record) bool { return !slices.Contains(externalIDs, r.ExternalID) })
		page.Listed = true
		return page, err
	case hub.ModelAccount:
		return findCustomers(ctx, s, externalIDs)
	default:
		return connector.Page{}, connector.Fail(connector.Refused, service, "a %s cannot be asked for by its id alone", m)
	}
}

// findCustomers asks for customers by their ids. The vendor's lists have been seen silently empty, so one that does not come
// is asked for a second way.
func findCustomers(ctx context.Context, s *connector.Session, ids []string) (connector.Page, error) {
	var page connector.Page
	var found []json.RawMessage
	for _, id := range ids {
		raw, err := oneCustomer(ctx, s, "cst_id", id)
		if err != nil {
			return connector.Page{}, err
		}
		if raw != nil {
			found = append(found, raw)
			continue
		}
		there, err := isListed(ctx, s, id)
		if err != nil {
			return connector.Page{}, err
		}
		if there {
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: "the CRM has the customer, but does not tell of its leads"})
		}
	}
	zone, err := zoneOf(s)
	if err != nil {
		return connector.Page{}, err
	}
	return page, appendCustomers(ctx, s, connector.Query{Model: hub.ModelAccount}, &page, found, zone)
}

// isListed asks the second way whether a customer is there. What its answer looks like was not seen: one that is no list, or
// refused, says nothing.
func isListed(ctx context.Context, s *connector.Session, id string) (bool, error) {
	raw, _, err := call(ctx, s, byIDPath, map[string][]string{"ProspectID": {id}})
	if err != nil {
		return false, unsure(err)
	}
	items, err := rows(byIDPath, raw)
	return len(items) > 0, unsure(err)
}

// unsure turns an error of the second way into a refusal, unless it says that the vendor is away: then the reading that
// missed the customer has to be confirmed by another one.
func unsure(err error) error {
	if connector.IsKind(err, connector.Malformed) || connector.IsKind(err, connector.Forbidden) {
		return connector.Fail(connector.Refused, service, "whether a customer is gone cannot be asked: %s", err.Error())
	}
	return err
}

// Confirm implements connector.Confirmer. An appointment is read with its lead and its customer; a job cannot be asked for.
func (Connector) Confirm(ctx context.Context, s *connector.Session, of hub.RecordRef) (connector.Confirmed, error) {
	by, id := "lds_id", of.ExternalID
	switch of.Model {
	case hub.ModelEngagement:
		if issued, ok := strings.CutPrefix(id, "issued:"); ok {
			by, id = "ils_id", issued
		}
	case hub.ModelLead:
	case hub.ModelAccount:
		by = "cst_id"
	default:
		return connector.Confirmed{}, connector.Fail(connector.Refused, service, "a %s cannot be asked for by its id", of.Model)
	}
	raw, err := oneCustomer(ctx, s, by, id)
	if err != nil || raw == nil {
		return connector.Confirmed{}, err
	}
	if of.Model != hub.ModelAccount && untold(raw, nil) {
		return connector.Confirmed{}, connector.Fail(connector.Malformed, service, "the customer of the %s %s came without its leads", of.Model, of.ExternalID)
	}
	zone, err := zoneOf(s)
	if err != nil {
		return connector.Confirmed{}, err
	}
	var page connector.Page
	if err := appendCustomers(ctx, s, connector.Query{Model: hub.ModelAccount}, &page, []json.RawMessage{raw}, zone); err != nil {
		return connector.Confirmed{}, err
	}
	if len(page.Rejected) > 0 {
		return connector.Confirmed{}, connector.Fail(connector.Malformed, service, "the %s %s cannot be read: %s", of.Model, of.ExternalID, page.Rejected[0].Reason)
	}
	return connector.Confirmed{Records: page.Records}, nil
}
