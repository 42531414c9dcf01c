package store_test

import (
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAnAppointmentThatIsLost asks what is found for a recording that the rule had linked to an appointment which the CRM has changed since, so
// that the rule would not link it any more: the appointment is offered, or another with the customer of one that is deleted.
func TestAnAppointmentThatIsLost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		rep, err := st.CreateUser(ctx, org, hub.User{Email: "ann@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelUser)
		visit := func(id, owner, account, kind string, days int) hub.Record {
			at := noon.AddDate(0, 0, days)
			return hub.Record{
				Model: hub.ModelEngagement, ExternalID: id, Name: id, StartTime: at, EndTime: at.Add(time.Hour), ModifiedAt: noon,
				Refs: hub.Refs{Owner: owner, Account: account}, Details: hub.Details{ActivityType: kind},
			}
		}
		gone := func(r hub.Record) hub.Record { r.Deleted = true; return r }
		records := []hub.Record{
			{Model: hub.ModelUser, ExternalID: "u", Details: hub.Details{Email: rep.Email}}, {Model: hub.ModelUser, ExternalID: "other"},
			visit("moved", "u", "a", "MEETING", 7), visit("another's", "other", "b", "MEETING", 0), visit("taken", "other", "c", "MEETING", 0),
			visit("deleted", "u", "d", "MEETING", 0), visit("mailed", "u", "d", "EMAIL", 1), visit("anew", "u", "d", "MEETING", 6), visit("later", "u", "d", "MEETING", 9),
			visit("alone", "u", "e", "MEETING", 0),
		}
		lease := storetest.Lease(t, st, org, c.ID)
		commit := func(records ...hub.Record) {
			t.Helper()
			if _, err := st.CommitPage(ctx, lease, store.PageCommit{State: store.SyncState{Model: hub.ModelUser}, Status: hub.SyncStateUpToDate, Records: records}); err != nil {
				t.Fatal(err)
			}
		}
		commit(records...)
		commit(gone(records[5]), gone(records[9]))
		id := storetest.Recording(t, st, org, rep.ID, noon, 50*time.Minute)
		ben, err := st.CreateUser(ctx, org, hub.User{Email: "ben@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		his, hers := storetest.Recording(t, st, org, ben.ID, noon, 50*time.Minute), storetest.Recording(t, st, org, rep.ID, noon.AddDate(0, 0, 20), 50*time.Minute)
		linked := func(id, to, by string) {
			t.Helper()
			storetest.Exec(t, st, `UPDATE recordings SET link_connection_id = $1, link_model = 'ENGAGEMENT', link_external_id = $2, link_by = $3, link_basis = 'before', link_lost = '' WHERE id = $4`, c.ID, to, by, id)
		}
		linked(his, "taken", "MATCHING")
		linked(hers, "another's", "MATCHING") // the second part of the talk
		verdict := func() hub.Verdict {
			t.Helper()
			r, err := st.Recording(ctx, org, id)
			if err != nil {
				t.Fatal(err)
			}
			v, err := st.Verdict(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		for to, want := range map[string]struct{ offered, reason string }{
			"moved":     {"moved", "It was linked to the appointment “moved” before the CRM changed that: it is on 2026-03-09 12:00 UTC now. Whether the recording is of it, a person has to say."},
			"another's": {"another's", "before the CRM changed that: it is not an appointment of the rep."},
			"taken":     {"", ""},
			"deleted":   {"anew", "It was linked to the appointment “deleted”, which is deleted in the CRM. The next with the same customer is “anew” (2026-03-08 12:00 UTC)"},
			"alone":     {"", "It was linked to the appointment “alone”, which is deleted in the CRM. The rep has no appointment on 2026-03-02."},
			"unknown":   {"", ""},
		} {
			t.Run(to, func(t *testing.T) {
				linked(id, to, "MATCHING")
				for range 2 { // and once more, when the link is gone
					v := verdict()
					if v.Linked || v.Offered != (want.offered != "") || (v.Lost == nil) != (want.reason == "") || !strings.Contains(v.Reason, want.reason) {
						t.Fatalf("%+v", v)
					}
					if v.Offered && (v.Choices[0].Appointment.ExternalID != want.offered || v.Choices[0].Probability != 0.5 || v.None != 0.5 || v.Threshold != 1) {
						t.Errorf("%+v", v)
					}
					if v.Lost != nil && (v.Lost.ExternalID != to || v.Lost.ConnectionID != c.ID) {
						t.Errorf("%+v", v.Lost)
					}
					if v.Lost == nil {
						return
					}
					storetest.Exec(t, st, `UPDATE recordings SET link_connection_id = NULL, link_model = NULL, link_external_id = NULL, link_by = '', link_basis = '', link_lost = $1 WHERE id = $2`,
						`{"connectionId":"`+c.ID+`","externalId":"`+to+`"}`, id)
				}
			})
		}
		linked(id, "moved", "HAND")
		if v := verdict(); v.Lost != nil || v.Offered {
			t.Errorf("what a person linked is %+v", v)
		}
		// Where the CRM says the same as when it was linked, it is the rule that thinks otherwise.
		linked(id, "moved", "MATCHING")
		storetest.Exec(t, st, `UPDATE recordings SET link_basis = $1 WHERE id = $2`, verdict().Choices[0].Appointment.Basis(), id)
		if v := verdict(); v.Lost != nil || v.Offered {
			t.Errorf("what the rule left is %+v", v)
		}
	})
}
