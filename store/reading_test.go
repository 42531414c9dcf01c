package store_test

import (
	"errors"
	"testing"

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
