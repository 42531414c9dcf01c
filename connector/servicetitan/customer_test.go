package servicetitan_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/servicetitan"
	"sirocco/hub"
	"sirocco/simulator"
)

// TestContactsOfACustomer folds contacts into their customer, in one order, and goes without those of a customer who is
// no longer active.
func TestContactsOfACustomer(t *testing.T) {
	var asked []string
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case strings.HasSuffix(r.URL.Path, "/contacts"):
			ids := q.Get("customerIds")
			asked = append(asked, ids)
			if slices.Contains(strings.Split(ids, ","), "2") {
				simulator.WriteJSON(w, http.StatusConflict, map[string]any{"title": "Customer ID = 2 is not active"})
				return
			}
			write(w, map[string]any{"hasMore": false, "data": []any{
				map[string]any{"id": 12, "customerId": 1, "type": "Email", "value": "ann@example.com"}, map[string]any{"id": 11, "customerId": 1, "type": "MobilePhone", "value": "555 1"},
				map[string]any{"id": 13, "customerId": 1, "type": "Phone", "value": "555 2"}, map[string]any{"id": 14, "customerId": 1, "type": "Fax", "value": "555 3"},
				map[string]any{"id": 15, "customerId": 1, "type": "Phone", "value": "555 1"}, map[string]any{"id": 16, "customerId": 9, "type": "Phone", "value": "555 9"},
			}})
		default:
			write(w, map[string]any{"hasMore": false, "data": []any{
				map[string]any{"id": 1, "active": true, "name": "Ann"}, map[string]any{"id": 2, "active": true, "name": "Bo"}, map[string]any{"id": 3, "active": false, "name": "Cy"},
			}})
		}
	})
	page, err := servicetitan.Connector{}.Fetch(t.Context(), session, connector.Query{Model: hub.ModelAccount, Limit: 10})
	if err != nil || len(page.Records) != 3 {
		t.Fatalf("%+v %v", page, err)
	}
	ann, bo := page.Records[0].Details, page.Records[1].Details
	if !slices.Equal(ann.Phones, []string{"555 1", "555 2"}) || !slices.Equal(ann.Emails, []string{"ann@example.com"}) || bo.Phones != nil {
		t.Errorf("%+v and %+v", ann, bo)
	}
	if !slices.Equal(asked, []string{"1,2", "1", "2"}) {
		t.Errorf("it asked for %q", asked)
	}
}

// TestMergedCustomers merges customers, which the list no longer has then.
func TestMergedCustomers(t *testing.T) {
	crm, session := standIn(t, simulator.Options{Records: 40})
	from, into := crm.Merge(hub.ModelAccount)
	row, _ := crm.Get(hub.ModelAccount, from)
	found := read(t, session, connector.Query{Model: hub.ModelAccount, Limit: 100, Since: row.ModifiedAt})
	if len(found) != 2 || found[from].MergedInto != into || found[into].MergedInto != "" {
		t.Errorf("it reads %+v", found)
	}
}

// TestCustomersWhoWereNotAskedFor: where the list of customers does not heed the ids of those whose contacts changed, nobody knows what it says of
// them.
func TestCustomersWhoWereNotAskedFor(t *testing.T) {
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		data := []any{}
		switch {
		case strings.HasSuffix(r.URL.Path, "/contacts"):
			data = append(data, map[string]any{"id": 12, "customerId": 1, "type": "Phone", "value": "555 1", "createdOn": "2026-01-02T00:00:00Z", "modifiedOn": "2026-01-02T00:00:00Z"})
		case strings.HasSuffix(r.URL.Path, "/customers") && r.URL.Query().Has("ids"):
			data = append(data, map[string]any{"id": 1, "active": true, "name": "Ann"}, map[string]any{"id": 2, "active": true, "name": "Bo"})
		}
		write(w, map[string]any{"hasMore": false, "data": data})
	})
	page, err := servicetitan.Connector{}.Fetch(t.Context(), session, connector.Query{Model: hub.ModelAccount, Limit: 10, Since: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if !connector.IsKind(err, connector.Malformed) || !strings.Contains(err.Error(), "does not heed the ids that it is asked for") {
		t.Errorf("%+v %v", page, err)
	}
}
