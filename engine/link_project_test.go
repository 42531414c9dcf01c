package engine_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestARecordingLinksToAProject records at a project of a platform without appointments, of which the rep is a user: it links
// to the project, until an appointment of another connection fits.
func TestARecordingLinksToAProject(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[2].connector, pulled[2].crm(simulator.Options{Seed: 46, Records: 30, ValidateEvery: -1}))
		org := r.conn.OrganizationID
		user, _ := r.rep()
		r.synced("")
		var at *hub.Record
		for _, p := range r.crm.Records(hub.ModelOpportunity) {
			if kept, err := r.st.FindRecord(t.Context(), org, store.RecordTarget{Model: hub.ModelOpportunity, ConnectionID: r.conn.ID, ExternalID: p.ExternalID}); err == nil && kept.Details.Latitude != nil && (kept.Details.Archived == nil || !*kept.Details.Archived) {
				at = &kept.Record
			}
		}
		if at == nil {
			t.Fatal("no project has a place")
		}
		began, length := at.ModifiedAt.Add(time.Minute), 40*time.Minute
		first := storetest.Recording(t, r.st, org, user.ID, began, length)
		storetest.Exec(t, r.st, `UPDATE recordings SET latitude = $1, longitude = $2 WHERE id = $3`, *at.Details.Latitude+0.0001, *at.Details.Longitude, first)
		r.looks(began, began.Add(length)) // not before it has its place
		r.comes(first, at.ExternalID, "It is of the project “")
		if l := r.recording(first).Link; l.Model != hub.ModelOpportunity || l.By != hub.LinkedByMatching || l.ConnectionID != r.conn.ID || l.Trigger != "FUZZY_MATCH_OPPORTUNITIES_FOR_RECORDING" {
			t.Errorf("%+v", l)
		}

		storetest.Connection(t, r.st, org, hub.PlatformCustomInput)
		start := at.ModifiedAt
		if _, err := r.st.Push(t.Context(), org, []hub.RecordPatch{
			{Model: hub.ModelUser, ExternalID: "u", Create: true, Change: func(u *hub.Record) { u.Details.Email = user.Email }},
			{Model: hub.ModelEngagement, ExternalID: "visit", Create: true, Change: func(e *hub.Record) {
				e.StartTime, e.EndTime, e.Refs.Owner, e.Details.ActivityType = start, start.Add(45*time.Minute), "u", "MEETING"
			}},
		}); err != nil {
			t.Fatal(err)
		}
		r.comes(first, "visit", "It is of the appointment")
	})
}
