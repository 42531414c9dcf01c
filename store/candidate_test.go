package store_test

import (
	"fmt"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestWhatADayIsMadeOf keeps, for one rep, what has hidden appointments from the rule: hundreds of logged e-mails at the hour of a
// meeting, and an appointment that began days ago. The rule finds both.
func TestWhatADayIsMadeOf(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		rep, err := st.CreateUser(ctx, org, hub.User{Email: "ann@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Connection(t, st, org, hub.PlatformCustomInput)
		noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		engagement := func(id, kind string, start time.Time, length time.Duration) hub.RecordPatch {
			return hub.RecordPatch{Model: hub.ModelEngagement, ExternalID: id, Create: true, Change: func(e *hub.Record) {
				e.StartTime, e.EndTime, e.Refs.Owner, e.Details.ActivityType = start, start.Add(length), "u", kind
			}}
		}
		if _, err := st.Push(ctx, org, []hub.RecordPatch{
			{Model: hub.ModelUser, ExternalID: "u", Create: true, Change: func(u *hub.Record) { u.Details.Email = rep.Email }},
			engagement("visit", "Meeting", noon, time.Hour), engagement("fair", "EVENT", noon.AddDate(0, 0, 10), 76*time.Hour),
		}); err != nil {
			t.Fatal(err)
		}
		for batch := range 6 { // more than are looked at of a day
			var mails []hub.RecordPatch
			for i := range 100 {
				mails = append(mails, engagement(fmt.Sprint("mail-", batch, "-", i), "EMAIL", noon.Add(time.Minute), time.Minute))
			}
			if _, err := st.Push(ctx, org, mails); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			start time.Time
			want  string
		}{
			{noon.Add(2 * time.Minute), "visit"},
			{noon.AddDate(0, 0, 10).Add(time.Hour), "fair"}, {noon.AddDate(0, 0, 11), "fair"}, {noon.AddDate(0, 0, 12), "fair"}, {noon.AddDate(0, 0, 13), "fair"},
			{noon.AddDate(0, 0, 14), ""},
		} {
			id := storetest.Recording(t, st, org, rep.ID, c.start, 50*time.Minute)
			r, err := st.Recording(ctx, org, id)
			if err != nil {
				t.Fatal(err)
			}
			v, err := st.Verdict(ctx, r)
			got := ""
			if w := v.Winner(); w != nil {
				got = w.Appointment.ExternalID
			}
			if err != nil || got != c.want {
				t.Errorf("%s: %q, want %q: %v %s", c.start, got, c.want, err, v.Reason)
			}
		}
	})
}
