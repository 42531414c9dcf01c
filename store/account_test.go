package store_test

import (
	"context"
	"errors"
	"fmt"
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
			VALUES ($1, $2, 'd', $3, 'ACCOUNT', '1', 'PENDING', 0, 1, '', '', 1, 1), ($1, $2, 'e', $3, 'ACCOUNT', '2', 'CONFIRMING', 1, 1, '', '', 1, 1)`, org, w.connection, recording)
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
		if d, err := st.NextDelivery(ctx, org, w.connection); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("%v: the note to the old account is sent next, %+v", err, d)
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
		if _, err := st.CommitPage(ctx, sched, page); err == nil {
			t.Error("the new account's records come in beside the old one's")
		}
		if err := untilDone(ctx, func(ctx context.Context) (bool, error) { return st.RetireAccount(ctx, org, w.connection) }); err != nil {
			t.Fatal(err)
		}
		if r, err := st.Recording(ctx, org, recording); err != nil || r.Linked() || !r.MayBeMatched() {
			t.Errorf("%v: the link is %+v", err, r.Link)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM deliveries WHERE state = 'CANCELED' AND due_at IS NULL`); n != 2 {
			t.Error("what was to be sent to the old account, or was sent there and is not proven, may be sent to the new one")
		}
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

// TestAReplacementIsCutOff replaces the account of a connection with more than one slice of everything, and stops in the
// middle of each: from the moment when it is answered nobody meets what was of the old account, however much of that is left,
// and whoever goes on ends what another began.
func TestAReplacementIsCutOff(t *testing.T) {
	const many = 2500
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		w := newMergeWorld(t, st, org, true)
		check := func(_ context.Context, _ hub.Connection, values map[string]string) (hub.CRMAccount, error) {
			return hub.CRMAccount{ID: values["account"]}, nil
		}
		set := func(account string) {
			t.Helper()
			if _, err := st.SetCredentials(ctx, org, w.connection, map[string]string{"account": account}, true, check); err != nil {
				t.Fatal(err)
			}
		}
		set("a")
		page := store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Status: hub.SyncStateSyncing}
		for i := range many {
			page.Records = append(page.Records, hub.Record{Model: hub.ModelAccount, ExternalID: fmt.Sprint(i), Name: "of a"})
		}
		if _, err := st.CommitPage(ctx, *w.sched, page); err != nil {
			t.Fatal(err)
		}
		user := hub.NewID()
		recording := storetest.Recording(t, st, org, user, time.Now(), time.Hour)
		if _, err := st.SetLink(ctx, org, recording, hub.Link{ConnectionID: w.connection, Model: hub.ModelAccount, ExternalID: "7"}); err != nil {
			t.Fatal(err)
		}
		for i := range many {
			storetest.Exec(t, st, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at)
				VALUES ($1, $2, $3, 'r', 'ACCOUNT', $3, 'PENDING', 0, 1, '', '', 1, 1)`, org, w.connection, fmt.Sprint(i))
		}
		// nobody asks everybody for what was of the old account.
		nobody := func(t *testing.T) {
			t.Helper()
			if found, err := st.Records(ctx, org, store.RecordFilter{Model: hub.ModelAccount, ConnectionID: w.connection, Limit: 10}); err != nil || len(found) > 0 {
				t.Errorf("%v: %d records are listed", err, len(found))
			}
			key := store.RecordKey{ConnectionID: w.connection, Model: hub.ModelAccount, ExternalID: fmt.Sprint(many - 1)}
			if found, err := st.RecordsByKey(ctx, org, []store.RecordKey{key}); err != nil || len(found) > 0 {
				t.Errorf("%v: a record is found by its key", err)
			}
			if _, err := st.FindRecord(ctx, org, store.RecordTarget{Model: hub.ModelAccount, ExternalID: "7"}); !errors.Is(err, hub.ErrNotFound) {
				t.Errorf("a record is found by its externalId: %v", err)
			}
			if _, err := st.NextDelivery(ctx, org, w.connection); !errors.Is(err, hub.ErrNotFound) {
				t.Errorf("a note is sent next: %v", err)
			}
			// One that was next before the account was replaced is about to go to a record of the same number of the new one.
			about := hub.Delivery{OrganizationID: org, ConnectionID: w.connection, ID: fmt.Sprint(many - 1)}
			if begun, _ := st.BeginNote(ctx, store.Task{}, about, hub.DeliveredNote{}, time.Now()); begun {
				t.Error("a note that was to be written to the old account is sent")
			}
		}
		left := func() int {
			return storetest.Count(t, st, `SELECT (SELECT COUNT(*) FROM records) + (SELECT COUNT(*) FROM deliveries WHERE state = 'PENDING')
				+ (SELECT COUNT(*) FROM recordings WHERE link_connection_id IS NOT NULL)`)
		}
		set("b")
		if n := left(); n != 2*many+1 {
			t.Errorf("%d rows are left when it is answered: it is not done in slices", n)
		}
		slices := 0
		for more := true; more; slices++ {
			nobody(t)
			canceled, cancel := context.WithCancel(ctx)
			cancel()
			if _, err := st.RetireAccount(canceled, org, w.connection); err == nil {
				t.Error("a slice that is cut off ends well")
			}
			before := left()
			var err error
			if slices%2 == 0 { // the next job, or what cleans up, whoever comes first
				more, err = st.RetireAccount(ctx, org, w.connection)
			} else {
				more, err = st.Purge(ctx)
			}
			if err != nil {
				t.Fatal(err)
			}
			if removed := before - left(); removed > 1000 {
				t.Errorf("%d rows went in one slice", removed)
			}
		}
		if n := left(); n != 0 || slices < 7 {
			t.Errorf("%d rows are left after %d slices", n, slices)
		}
		sched := storetest.Lease(t, st, org, w.connection)
		page.Records = page.Records[7:8]
		page.Records[0].Name = "of b"
		if _, err := st.CommitPage(ctx, sched, page); err != nil {
			t.Fatal(err)
		}
		if found, err := st.FindRecord(ctx, org, store.RecordTarget{Model: hub.ModelAccount, ExternalID: "7"}); err != nil || found.Name != "of b" {
			t.Errorf("%v: the new account's record is %q", err, found.Name)
		}
		if err := untilDone(ctx, st.Purge); err != nil || left() != 1 {
			t.Errorf("%d rows are left after the purge, %v", left(), err)
		}
	})
}

// TestCredentialsOfAnUnknownAccount replaces credentials whose account the CRM does not tell: by others everything is read
// again, as they may be of another account, by the same nothing is.
func TestCredentialsOfAnUnknownAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformSpotio, hub.ModelLead)
		set := func(secret string) store.SyncState {
			t.Helper()
			check := func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
				return hub.CRMAccount{}, nil
			}
			if _, err := st.SetCredentials(ctx, org, c.ID, map[string]string{"secret": secret}, false, check); err != nil {
				t.Fatal(err)
			}
			states, err := st.SyncStates(ctx, org, c.ID)
			if err != nil || len(states) > 1 {
				t.Fatal(states, err)
			}
			return append(states, store.SyncState{})[0]
		}
		if state := set("a"); state.RewindTo != nil {
			t.Errorf("the first: %+v", state)
		}
		now := st.Now()
		page := store.PageCommit{State: store.SyncState{Model: hub.ModelLead, Since: now, EnumeratedAt: now}, Status: hub.SyncStateUpToDate}
		if _, err := st.CommitPage(ctx, storetest.Lease(t, st, org, c.ID), page); err != nil {
			t.Fatal(err)
		}
		if state := set("a"); state.RewindTo != nil || state.EnumeratedAt.Before(now.Add(-time.Hour)) {
			t.Errorf("the same: %+v", state)
		}
		if state := set("b"); state.RewindTo == nil || state.RewindTo.After(time.Unix(0, 0)) || state.EnumeratedAt.After(time.Unix(0, 0)) {
			t.Errorf("others: %+v", state)
		}
	})
}

// TestWhatIsLearntOfOldCredentialsStays has another node learn whose credentials are that are just replaced, while this one is refused:
// those of another account do not go unnoticed.
func TestWhatIsLearntOfOldCredentialsStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		if err := st.PutCredentials(ctx, org, c.ID, map[string]string{"key": "old"}); err != nil {
			t.Fatal(err)
		}
		old, err := st.Credentials(ctx, org, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		check := func(ctx context.Context, _ hub.Connection, values map[string]string) (hub.CRMAccount, error) {
			if values["key"] == "old" {
				_, err := st.NoteAccount(ctx, org, c.ID, old.UpdatedAt, hub.CRMAccount{ID: "a", Name: "A"}, true)
				return hub.CRMAccount{}, errors.Join(errors.New("refused"), err)
			}
			return hub.CRMAccount{ID: "b", Name: "B"}, nil
		}
		var conflict *hub.ConflictError
		if _, err := st.SetCredentials(ctx, org, c.ID, map[string]string{"key": "new"}, false, check); !errors.As(err, &conflict) {
			t.Errorf("another account's are answered %v", err)
		}
	})
}

// TestWhenWhoseCredentialsAreWasAsked: it is known where the CRM was asked whose the credentials are, whatever it said, and not where others were put
// in without.
func TestWhenWhoseCredentialsAreWasAsked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		is := func(what string, want time.Time) {
			t.Helper()
			if got, err := st.Credentials(ctx, org, c.ID); err != nil || !got.AccountAskedAt.Equal(want) {
				t.Errorf("%s: it was asked at %s, not %s: %v", what, got.AccountAskedAt, want, err)
			}
			now = now.Add(time.Hour)
		}
		for _, said := range []hub.CRMAccount{{Note: "It does not say."}, {}, {ID: "a", Name: "Acme"}, {}} {
			var asked time.Time
			if said != (hub.CRMAccount{}) {
				asked = now
			}
			check := func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) { return said, nil }
			if _, err := st.SetCredentials(ctx, org, c.ID, map[string]string{"key": "k"}, false, check); err != nil {
				t.Fatal(err)
			}
			is(fmt.Sprintf("%+v", said), asked)
		}
		if err := st.PutCredentials(ctx, org, c.ID, map[string]string{"key": "other"}); err != nil {
			t.Fatal(err)
		}
		is("put in", time.Time{})
	})
}
