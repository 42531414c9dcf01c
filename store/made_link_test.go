package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestMadeLinksAreCounted keeps links as the rule before made them: what overlapped was linked, however much spoke for another.
func TestMadeLinksAreCounted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformCustomInput)
		rep, err := st.CreateUser(ctx, org, hub.User{Email: "rep@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		day := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		visit := func(id string, start time.Time) hub.RecordPatch {
			return hub.RecordPatch{Model: hub.ModelEngagement, ExternalID: id, Create: true, Change: func(e *hub.Record) {
				e.StartTime, e.EndTime, e.Refs.Owner, e.Details.ActivityType = start, start.Add(time.Hour), "u", "Meeting" // as some CRMs spell it
			}}
		}
		if _, err := st.Push(ctx, org, []hub.RecordPatch{
			{Model: hub.ModelUser, ExternalID: "u", Create: true, Change: func(u *hub.Record) { u.Details.Email = "rep@example.com" }},
			visit("sure", day), visit("one", day.AddDate(0, 0, 1)), visit("two", day.AddDate(0, 0, 1)),
		}); err != nil {
			t.Fatal(err)
		}
		link := func(start time.Time, to string) {
			id := storetest.Recording(t, st, org, rep.ID, start, 55*time.Minute)
			storetest.Exec(t, st, `UPDATE recordings SET link_by = 'MATCHING', link_connection_id = $1, link_model = 'ENGAGEMENT', link_external_id = $2, written_at = started_at WHERE id = $3`, c.ID, to, id)
		}
		link(day.Add(2*time.Minute), "sure")
		link(day.AddDate(0, 0, 1).Add(2*time.Minute), "one")
		if made, unsure, err := st.MadeLinks(ctx); err != nil || made != 2 || unsure != 1 {
			t.Errorf("%d links, %d not sure, %v", made, unsure, err)
		}
		if st.LinksAreOlder() {
			t.Error("new tables have no links of an earlier version")
		}
	})
}
