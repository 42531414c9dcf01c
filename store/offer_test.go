package store_test

import (
	"errors"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAnOfferTakesACandidate takes a project that the recording was offered with before an appointment came that fits better, and none
// that is far away.
func TestAnOfferTakesACandidate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		rep, err := st.CreateUser(ctx, org, hub.User{Email: "ann@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		keep := func(p hub.Platform, records ...hub.Record) (connection string) {
			t.Helper()
			records = append(records, hub.Record{Model: hub.ModelUser, ExternalID: "u", Details: hub.Details{Email: rep.Email}})
			connection = storetest.Connection(t, st, org, p, hub.ModelUser).ID
			if _, err := st.CommitPage(ctx, storetest.Lease(t, st, org, connection), store.PageCommit{State: store.SyncState{Model: hub.ModelUser}, Status: hub.SyncStateUpToDate, Records: records}); err != nil {
				t.Fatal(err)
			}
			return connection
		}
		project := func(id string, latitude float64) hub.Record {
			longitude := -111.9
			return hub.Record{Model: hub.ModelOpportunity, ExternalID: id, Name: id, ModifiedAt: noon, Details: hub.Details{Latitude: &latitude, Longitude: &longitude}}
		}
		connection := keep(hub.PlatformCompanyCam, project("near", 33.4), project("beside", 33.4004), project("far", 34.4))
		id := storetest.Recording(t, st, org, rep.ID, noon, 50*time.Minute)
		storetest.Exec(t, st, `UPDATE recordings SET latitude = 33.4, longitude = -111.9, link_by = 'OFFERED', link_connection_id = $1 WHERE id = $2`, connection, id)
		r, err := st.Recording(ctx, org, id)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := st.Verdict(ctx, r); err != nil || len(v.Choices) == 0 || v.Choices[0].Model != hub.ModelOpportunity {
			t.Fatalf("%v %+v", err, v)
		}
		keep(hub.PlatformMerge, hub.Record{Model: hub.ModelEngagement, ExternalID: "visit", Name: "Visit", StartTime: noon, EndTime: noon.Add(time.Hour), Refs: hub.Refs{Owner: "u"}, Details: hub.Details{ActivityType: "MEETING"}})
		if v, err := st.Verdict(ctx, r); err != nil || v.Choices[0].Model != hub.ModelEngagement {
			t.Fatalf("%v %+v", err, v)
		}
		take := func(externalID string) error {
			t.Helper()
			found, err := st.FindRecord(ctx, org, store.RecordTarget{Model: hub.ModelOpportunity, ExternalID: externalID})
			if err != nil {
				t.Fatal(err)
			}
			_, err = st.TakeOffer(ctx, org, id, found.ID, "")
			return err
		}
		if _, ok := errors.AsType[*hub.InvalidError](take("far")); !ok {
			t.Error("a project far away is taken")
		}
		for range 2 { // and once more, as the answer was lost
			if err := take("beside"); err != nil {
				t.Errorf("what was shown is refused: %v", err)
			}
		}
		if _, ok := errors.AsType[*hub.ConflictError](take("near")); !ok {
			t.Error("another is taken after that")
		}
	})
}
