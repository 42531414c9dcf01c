package store_test

import (
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
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

// TestMadeLinksStayInAnUpgrade upgrades a database of the last version in which whatever overlapped was linked: its links are
// counted and stay, and nobody asks for another look at them; the next start has nothing to count.
func TestMadeLinksStayInAnUpgrade(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if err := store.MigrateTo(ctx, url, 14); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`,
			`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
				VALUES ('org', 'c', 'MERGE', 'c', '4711', TRUE, FALSE, '[]', 0, 0)`,
			`INSERT INTO recordings (organization_id, id, user_id, title, file_type, blob, size, started_at, ended_at, duration_ms, result, conversation_type,
				trigger_kind, discoverable, contact_name, contact_phone, status, processed_at, analysis, analysis_hash, link_connection_id, link_model, link_external_id, link_also, link_by,
				link_trigger, link_reason, written_at, created_at, updated_at)
				VALUES ('org', 'r', 'u', 'A talk', 'audio/mpeg', '', 0, 1, 2, 1, '', '', '', TRUE, '', '', 'COMPLETE', 1, '{}', 'h', 'c', 'ENGAGEMENT', 'e1', '[]', 'MATCHING', '', 'It overlaps.', NULL, 1, 1)`,
		} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for _, first := range []bool{true, false} {
			st := storetest.Open(t, url, nil)
			if st.LinksAreOlder() != first {
				t.Errorf("links are of an earlier version: %t, at the first start: %t", st.LinksAreOlder(), first)
			}
			if made, unsure, err := st.MadeLinks(ctx); err != nil || made != 1 || unsure != 1 {
				t.Errorf("%d links, %d not sure, %v", made, unsure, err)
			}
			r, err := st.Recording(ctx, "org", "r")
			if err != nil || r.Link.By != hub.LinkedByMatching || r.Link.ExternalID != "e1" || r.Link.Reason != "It overlaps." {
				t.Errorf("%v %+v", err, r.Link)
			}
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM relinks`); n != 0 {
				t.Errorf("%d looks are asked for", n)
			}
		}
	})
}
