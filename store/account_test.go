package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAnotherAccount replaces the credentials of a connection by those of another account, in the middle of a run: they
// are refused, and where they are to replace it nothing of the old account is left, though the vendor's numbers are the same.
func TestAnotherAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		w := newMergeWorld(t, st, org, true)
		check := func(_ context.Context, _ hub.Connection, values map[string]string) (hub.CRMAccount, error) {
			return hub.CRMAccount{ID: values["account"], Name: "Acme " + values["account"]}, nil
		}
		set := func(account string, replace bool) error {
			_, err := st.SetCredentials(ctx, org, w.connection, map[string]string{"account": account}, replace, check)
			return err
		}
		// Credentials that were set before accounts were asked for are asked for theirs.
		if err := st.PutCredentials(ctx, org, w.connection, map[string]string{"account": "a"}); err != nil {
			t.Fatal(err)
		}
		page := store.PageCommit{
			State: store.SyncState{Model: hub.ModelAccount, Since: time.Now(), Next: "2", InRun: true}, Status: hub.SyncStateSyncing,
			Records: []hub.Record{{Model: hub.ModelAccount, ExternalID: "1", Name: "of a"}, {Model: hub.ModelAccount, ExternalID: "2", Name: "of a"}},
		}
		if _, err := st.CommitPage(ctx, *w.sched, page); err != nil {
			t.Fatal(err)
		}
		key := store.RecordKey{ConnectionID: w.connection, Model: hub.ModelAccount, ExternalID: "1"}
		recording := storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Hour)
		if _, err := st.SetLink(ctx, org, recording, hub.Link{ConnectionID: w.connection, Model: hub.ModelAccount, ExternalID: "1"}); err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, st, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at)
			VALUES ($1, $2, 'd', $3, 'ACCOUNT', '1', 'PENDING', 0, 1, '', '', 1, 1)`, org, w.connection, recording)
		found, err := st.RecordsByKey(ctx, org, []store.RecordKey{key})
		if err != nil {
			t.Fatal(err)
		}
		before := found[key].ID
		var conflict *hub.ConflictError
		if err := set("b", false); !errors.As(err, &conflict) || !strings.Contains(err.Error(), "Acme a") || !strings.Contains(err.Error(), "Acme b") {
			t.Fatalf("another account's are answered %v", err)
		}
		if err := set("a", false); err != nil {
			t.Fatalf("others of the same account are answered %v", err)
		}
		if _, err := st.Record(ctx, org, hub.ModelAccount, before); err != nil {
			t.Errorf("the records of the same account: %v", err)
		}
		if err := set("b", true); err != nil {
			t.Fatal(err)
		}
		if _, err := st.Record(ctx, org, hub.ModelAccount, before); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("the old account's record: %v", err)
		}
		if r, err := st.Recording(ctx, org, recording); err != nil || r.Linked() || !r.MayBeMatched() {
			t.Errorf("%v: the link is %+v", err, r.Link)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM deliveries WHERE state = 'CANCELED' AND due_at IS NULL`); n != 1 {
			t.Error("the note to the old account is still sent")
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM sync_states WHERE connection_id = $1`, w.connection); n != 0 {
			t.Errorf("%d cursors are left", n)
		}
		c, err := st.Connection(ctx, org, w.connection)
		if err != nil {
			t.Fatal(err)
		}
		for _, status := range c.SyncStatus {
			if !status.ModifiedAfter.IsZero() {
				t.Errorf("%s shows the cursor %s", status.Model, status.ModifiedAfter)
			}
		}
		if _, err := st.CommitPage(ctx, *w.sched, page); !errors.Is(err, store.ErrLeaseLost) {
			t.Errorf("the job of the old account goes on: %v", err)
		}
		sched := storetest.Lease(t, st, org, w.connection)
		page.Records = page.Records[:1]
		page.Records[0].Name = "of b"
		if _, err := st.CommitPage(ctx, sched, page); err != nil {
			t.Fatal(err)
		}
		if found, err = st.RecordsByKey(ctx, org, []store.RecordKey{key}); err != nil || found[key].ID == before || found[key].Name != "of b" {
			t.Errorf("%v: the new account's record is %+v", err, found[key])
		}
		for more := true; more; {
			if more, err = st.Purge(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM records`); n != 1 {
			t.Errorf("%d records are left", n)
		}
	})
}
