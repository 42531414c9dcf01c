package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAProjectAsksForAnotherLook changes a project that was worked on long ago, and those who belong to it: whichever changes, the recording made
// at its place is looked at again; what comes as it was asks for nothing.
func TestAProjectAsksForAnotherLook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Now().UTC().Truncate(time.Second)
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformCompanyCam, hub.ModelOpportunity, hub.ModelOpportunityUser, hub.ModelContact)
		sched := storetest.Lease(t, st, org, c.ID)
		begun := now.AddDate(0, 0, -20)
		id := storetest.Recording(t, st, org, "u", begun, time.Hour)
		storetest.Exec(t, st, `UPDATE recordings SET latitude = 40, longitude = -75 WHERE id = $1`, id)
		north, west := 40.0, -75.0
		project := hub.Record{Model: hub.ModelOpportunity, ExternalID: "p", Name: "A roof", ModifiedAt: now.AddDate(-1, 0, 0), Details: hub.Details{Latitude: &north, Longitude: &west}}
		worker := hub.Record{Model: hub.ModelOpportunityUser, ExternalID: "pu", Refs: hub.Refs{Opportunity: "p", User: "u"}}
		contact := hub.Record{Model: hub.ModelContact, ExternalID: "pc", Name: "Kim Lane", Refs: hub.Refs{Opportunity: "p"}}
		for _, r := range []hub.Record{project, worker, contact} {
			for _, asked := range []int{1, 0} {
				storetest.Exec(t, st, `DELETE FROM relinks`)
				if _, err := st.CommitPage(t.Context(), sched, store.PageCommit{State: store.SyncState{Model: r.Model}, Status: hub.SyncStateSyncing, Records: []hub.Record{r}}); err != nil {
					t.Fatal(err)
				}
				of := storetest.Count(t, st, `SELECT COUNT(*) FROM relinks WHERE asked_from <= $1 AND asked_until >= $2 AND asked_from > $3`,
					begun.UnixMicro(), begun.Add(time.Hour).UnixMicro(), begun.AddDate(0, 0, -2).UnixMicro())
				if all := storetest.Count(t, st, `SELECT COUNT(*) FROM relinks`); of != asked || all != asked {
					t.Errorf("%s: %d looks at the recording, of %d in all, want %d", r.Model, of, all, asked)
				}
			}
		}
	})
}
