package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestRecordsReadThroughAnotherService pulls records that have an id in the CRM itself, an owner and several contacts:
// the contract's externalId is the CRM's, either id finds them, the owner shows as a user, the contacts in their order.
func TestRecordsReadThroughAnotherService(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		tenant := w.tenant("Acme")
		c := tenant.token
		models := []hub.Model{hub.ModelUser, hub.ModelContact, hub.ModelOpportunity, hub.ModelEngagement}
		connection := storetest.Connection(t, w.st, tenant.id, hub.PlatformMerge, models...)
		sched := storetest.Lease(t, w.st, tenant.id, connection.ID)
		page := func(records ...hub.Record) {
			t.Helper()
			commit := store.PageCommit{State: store.SyncState{Model: records[0].Model}, Records: records, Status: hub.SyncStateUpToDate}
			if _, err := w.st.CommitPage(context.Background(), sched, commit); err != nil {
				t.Fatal(err)
			}
		}
		contact := func(id string) hub.Record {
			return hub.Record{Model: hub.ModelContact, ExternalID: id, Name: id, Details: hub.Details{RemoteID: "crm " + id}}
		}
		page(hub.Record{Model: hub.ModelUser, ExternalID: "u", Name: "Ann", Details: hub.Details{RemoteID: "005"}})
		page(contact("c1"), contact("c2"), contact("c3"), contact("c4"))
		page(hub.Record{
			Model: hub.ModelOpportunity, ExternalID: "m1", Name: "Roof", Refs: hub.Refs{Owner: "u", Contact: "c1"},
			Details: hub.Details{RemoteID: "006", OtherContacts: []string{"c3", "c2"}},
		})
		page(hub.Record{Model: hub.ModelContact, ExternalID: "c3", MergedInto: "c4", Deleted: true})
		for _, id := range []string{"m1", "006"} {
			var list struct{ Data []pushed }
			c.do("GET", records+"/opportunities?externalId="+id, "").want(t, 200).into(t, &list)
			if len(list.Data) != 1 || list.Data[0].ExternalID != "006" || len(list.Data[0].OpportunityUsers) != 1 {
				t.Fatalf("%s finds %+v", id, list.Data)
			}
		}
		var shown []string
		for _, id := range []string{"m1", "006"} {
			recording := storetest.Recording(t, w.st, tenant.id, hub.NewID(), time.Now(), time.Hour)
			linked, err := w.st.SetLink(t.Context(), tenant.id, recording, hub.Link{ConnectionID: connection.ID, Model: hub.ModelOpportunity, ExternalID: id})
			if err != nil || linked.Link.ExternalID != "m1" {
				t.Fatalf("%v: linked by %s to %+v", err, id, linked.Link)
			}
			crm, err := w.st.LinkedCRM(t.Context(), linked)
			if err != nil || crm == nil || crm.Opportunity.ExternalID != "006" || crm.Opportunity.Key != "m1" {
				t.Fatalf("%v %+v", err, crm)
			}
			shown = nil
			for _, c := range crm.Contacts {
				shown = append(shown, c.ExternalID)
			}
			if got := strings.Join(shown, ","); got != "crm c1,crm c4,crm c2" {
				t.Errorf("its contacts are %s", got)
			}
		}
		if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM records WHERE model = 'OPPORTUNITY_USER'`); n != 0 {
			t.Errorf("the owner has %d rows", n)
		}
	})
}
