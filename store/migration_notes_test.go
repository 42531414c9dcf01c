package store_test

import (
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestDeliveriesAreUpgraded upgrades a database of version 11 with deliveries in every state: their markers are known
// from then on, no note is corrected for nothing, and links over a connection that is gone go.
func TestDeliveriesAreUpgraded(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if err := store.MigrateTo(ctx, url, 11); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		recording := func(id, connection string) string {
			return `INSERT INTO recordings (organization_id, id, user_id, title, file_type, blob, size, started_at, ended_at, duration_ms, result, conversation_type,
				trigger_kind, discoverable, contact_name, contact_phone, status, processed_at, analysis, analysis_hash, link_connection_id, link_model, link_external_id, link_also, link_by,
				link_trigger, link_reason, written_at, created_at, updated_at)
				VALUES ('org', '` + id + `', 'u', 'A talk', 'audio/mpeg', '', 0, 1, 2, 1, '', '', '', TRUE, '', '', 'COMPLETE', 1, '{}', 'h', '` + connection + `', 'ACCOUNT', 'a1', '[]', 'HAND', '', '', 1, 1, 1)`
		}
		delivery := func(id, recording, state, note, attempts, due string) string {
			return `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at)
				VALUES ('org', 'c', '` + id + `', '` + recording + `', 'ACCOUNT', 'a1', '` + state + `', ` + attempts + `, ` + due + `, '` + note + `', '', 1, 1)`
		}
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`,
			`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
				VALUES ('org', 'c', 'MERGE', 'c', '4711', TRUE, FALSE, '[]', 0, 0)`,
			`INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at) VALUES ('org', 'c', 'ACCOUNT', 'a1', 'i', 'A', '{}', '', 1, 1)`,
			recording("written", "c"), recording("lost", "c"), recording("fresh", "c"), recording("orphan", "gone"),
			delivery("d-written", "written", "SENT", "n1", "1", "NULL"), delivery("d-lost", "lost", "PENDING", "", "1", "5"), delivery("d-fresh", "fresh", "PENDING", "", "0", "5"),
		} {
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		for id, want := range map[string]string{"written": "sirocco:d-written", "lost": "sirocco:d-lost", "fresh": ""} {
			markers, err := st.EarlierMarkers(ctx, "org", id)
			if err != nil || want == "" && len(markers) != 0 || want != "" && (len(markers) != 1 || markers[0] != want) {
				t.Errorf("%s is known by %v, %v", id, markers, err)
			}
		}
		d, err := st.Delivery(ctx, "org", "d-written")
		if err != nil || d.State != hub.DeliverySent || d.Note.Marker != "sirocco:d-written" || d.NoteID != "n1" || d.Correction != 0 || d.Note.Print != "" || !d.AskedAt.IsZero() {
			t.Errorf("%v %+v", err, d)
		}
		if c, err := st.Corrections(ctx, "org", "c"); err != nil || c != hub.CorrectByNote {
			t.Errorf("%v %s", err, c)
		}
		// Another word about the link corrects nothing; another analysis does.
		if _, err := st.SetLink(ctx, "org", "written", hub.Link{ConnectionID: "c", Model: hub.ModelAccount, ExternalID: "a1", Trigger: "X"}); err != nil {
			t.Fatal(err)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM deliveries`); n != 3 {
			t.Errorf("%d deliveries after the link was set to what it is", n)
		}
		if _, err := st.PutAnalysis(ctx, "org", "written", hub.AnalysisResult{OutcomeLabel: "Sold"}); err != nil {
			t.Fatal(err)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM deliveries WHERE recording_id = 'written' AND correction = 1 AND state = 'PENDING'`); n != 1 {
			t.Errorf("%d corrections are planned", n)
		}
		for more := true; more; {
			if more, err = st.Purge(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if r, err := st.Recording(ctx, "org", "orphan"); err != nil || r.Link.ConnectionID != "" || r.Linked() || r.Link.Reason == "" || !r.WrittenAt.IsZero() {
			t.Errorf("%v %+v", err, r.Link)
		}
		if r, err := st.Recording(ctx, "org", "fresh"); err != nil || !r.Linked() {
			t.Errorf("%v %+v", err, r.Link)
		}
	})
}
