package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAJobWithoutItsLeaseForgetsNothing has a job that lost its lease go on: what the one after it has met is not forgotten, as all
// of that would count as missing, nor is its reading ended, nor anything noted as absent or settled.
func TestAJobWithoutItsLeaseForgetsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		w := newMergeWorld(t, st, org, true)
		before := *w.sched
		before.Fence--
		reading := store.Reading{Model: hub.ModelAccount, StartedAt: st.Now(), Complete: true}
		page := store.PageCommit{
			State: store.SyncState{Model: hub.ModelAccount}, Reading: &reading, Status: hub.SyncStateSyncing,
			Records: []hub.Record{{Model: hub.ModelAccount, ExternalID: "1"}, {Model: hub.ModelAccount, ExternalID: "2"}},
		}
		if _, err := st.CommitPage(t.Context(), *w.sched, page); err != nil {
			t.Fatal(err)
		}
		for what, do := range map[string]func() error{
			"forgets": func() error { _, err := st.ForgetEnumeration(t.Context(), before, hub.ModelAccount); return err },
			"ends":    func() error { return st.EndReading(t.Context(), before, page.State, hub.SyncStateUpToDate) },
			"notes":   func() error { return st.NoteAbsent(t.Context(), before, reading, []string{"1"}, true, st.Now()) },
			"deletes": func() error {
				_, err := st.DeleteAbsent(t.Context(), before, hub.ModelAccount, store.AbsenceConfirmed, nil)
				return err
			},
		} {
			if err := do(); !errors.Is(err, store.ErrLeaseLost) {
				t.Errorf("it %s: %v", what, err)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM enumerated`); n != 2 {
			t.Errorf("%d of 2 notes are left", n)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM readings`); n != 1 {
			t.Errorf("%d readings are left", n)
		}
	})
}

// TestWhatCannotBeReadIsThere has a whole reading meet records that cannot be read, however long their ids may be: they are not missing. What has
// an id longer than any record's is not noted.
func TestWhatCannotBeReadIsThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, now := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		sched := storetest.Lease(t, st, org, storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount).ID)
		longest := strings.Repeat("x", hub.MaxIDLength)
		page := store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Status: hub.SyncStateSyncing}
		for _, id := range []string{"a", "b", "c", longest} {
			page.Records = append(page.Records, hub.Record{Model: hub.ModelAccount, ExternalID: id})
		}
		if _, err := st.CommitPage(ctx, sched, page); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
		reading := store.Reading{Model: hub.ModelAccount, StartedAt: now, Barren: 7}
		page.Records, page.Reading = page.Records[:1], &reading
		for i, id := range []string{"b", longest, longest + "x", ""} {
			page.Quarantined = append(page.Quarantined, store.Quarantined{ID: fmt.Sprint("q", i), Model: hub.ModelAccount, ExternalID: id, Reason: "It is none.", Raw: "{}"})
		}
		if _, err := st.CommitPage(ctx, sched, page); err != nil {
			t.Fatal(err)
		}
		if missing, err := st.Missing(ctx, sched, reading, 10); err != nil || !slices.Equal(missing, []string{"c"}) {
			t.Errorf("%q are missing, %v", missing, err)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM enumerated`); n != 3 {
			t.Errorf("%d are noted, want 3", n)
		}
	})
}
