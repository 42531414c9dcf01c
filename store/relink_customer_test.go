package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestWhatIsKnownOfACustomerAsksForAnotherLook changes records by which an appointment is weighed: its opportunity, its customer, and
// its opportunity's customer. What the rule does not weigh of them, and appointments of long ago, ask for nothing.
func TestWhatIsKnownOfACustomerAsksForAnotherLook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		storetest.Connection(t, st, org, hub.PlatformCustomInput, hub.ModelAccount)
		ann, err := st.CreateUser(ctx, org, hub.User{Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"})
		if err != nil {
			t.Fatal(err)
		}
		visit := time.Now().AddDate(0, 0, -7).UTC().Truncate(time.Hour)
		storetest.Recording(t, st, org, ann.ID, visit, time.Hour)
		push := func(model hub.Model, id string, change func(*hub.Record)) {
			t.Helper()
			if _, err := st.Push(ctx, org, []hub.RecordPatch{{Model: model, ExternalID: id, Create: true, Change: change}}); err != nil {
				t.Fatal(err)
			}
		}
		met := func(id string, at time.Time, refs hub.Refs) {
			push(hub.ModelEngagement, id, func(r *hub.Record) {
				r.Name, r.StartTime, r.EndTime, r.Refs = "A visit", at, at.Add(time.Hour), refs
			})
		}
		for _, model := range []hub.Model{hub.ModelAccount, hub.ModelContact, hub.ModelLead, hub.ModelOpportunity} {
			for _, id := range []string{"own", "behind", "old"} {
				push(model, id, func(r *hub.Record) { r.Name = "Miller" })
			}
		}
		push(hub.ModelOpportunity, "job", func(r *hub.Record) {
			r.Name, r.Refs = "Roof", hub.Refs{Account: "behind", Contact: "behind", Lead: "behind"}
		})
		met("with", visit, hub.Refs{Account: "own", Contact: "own", Lead: "own", Opportunity: "own"})
		met("for", visit, hub.Refs{Opportunity: "job"})
		met("ago", visit.AddDate(0, 0, -100), hub.Refs{Account: "old", Contact: "old", Lead: "old", Opportunity: "old"})

		north, east := 47.1, 8.2
		phone := func(r *hub.Record) { r.Details.Phones = []string{"+1 202 555 0143"} }
		street := func(r *hub.Record) { r.Details.Addresses = []hub.Address{{Street: "1 Oak St"}} }
		place := func(r *hub.Record) { r.Details.Latitude, r.Details.Longitude = &north, &east }
		name := func(r *hub.Record) { r.Name = "Baker" }
		for _, test := range []struct {
			what   string
			model  hub.Model
			id     string
			change func(*hub.Record)
			looks  bool
		}{
			{"an account's telephone number", hub.ModelAccount, "own", phone, true},
			{"an account's street", hub.ModelAccount, "own", street, true},
			{"an account's place", hub.ModelAccount, "own", place, true},
			{"an account's name", hub.ModelAccount, "own", name, true},
			{"the same name again", hub.ModelAccount, "own", name, false},
			{"an account's website", hub.ModelAccount, "own", func(r *hub.Record) { r.Details.Website = "https://example.com" }, false},
			{"a contact's name", hub.ModelContact, "own", name, true},
			{"a lead's telephone number", hub.ModelLead, "own", phone, true},
			{"an opportunity's place", hub.ModelOpportunity, "own", place, true},
			{"an opportunity's amount", hub.ModelOpportunity, "own", func(r *hub.Record) { r.Details.Amount = new(12.0) }, false},
			{"an opportunity's customer", hub.ModelOpportunity, "own", func(r *hub.Record) { r.Refs.Account = "behind" }, true},
			{"the name of the account of an opportunity", hub.ModelAccount, "behind", name, true},
			{"the street of the contact of an opportunity", hub.ModelContact, "behind", street, true},
			{"the name of the lead of an opportunity", hub.ModelLead, "behind", name, true},
			{"an opportunity that goes", hub.ModelOpportunity, "job", func(r *hub.Record) { r.Deleted = true }, true},
			{"the name of an account of long ago", hub.ModelAccount, "old", name, false},
			{"the place of an opportunity of long ago", hub.ModelOpportunity, "old", place, false},
		} {
			storetest.Exec(t, st, `DELETE FROM relinks WHERE organization_id = $1`, org)
			push(test.model, test.id, test.change)
			n := storetest.Count(t, st, `SELECT COUNT(*) FROM relinks WHERE organization_id = $1 AND asked_from <= $2 AND asked_until >= $3`, org, visit.UnixMicro(), visit.Add(time.Hour).UnixMicro())
			if all := storetest.Count(t, st, `SELECT COUNT(*) FROM relinks WHERE organization_id = $1`, org); all != n || (n == 1) != test.looks {
				t.Errorf("%s: %d looks, %d of them at the visit", test.what, all, n)
			}
		}
	})
}
