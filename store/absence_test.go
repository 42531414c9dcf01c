package store_test

import (
	"fmt"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestManyAbsencesAreSettledInSlices lets a reading miss more of a model than one transaction moves, twice: held, then decided.
// Whoever writes meanwhile waits for one slice of it at most.
func TestManyAbsencesAreSettledInSlices(t *testing.T) {
	const many = 2500
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		w := newMergeWorld(t, st, org, true)
		page := store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Status: hub.SyncStateSyncing}
		for i := range many {
			page.Records = append(page.Records, hub.Record{Model: hub.ModelAccount, ExternalID: fmt.Sprint(i)})
		}
		if _, err := st.CommitPage(t.Context(), *w.sched, page); err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, st, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state)
			SELECT organization_id, connection_id, model, external_id, 1, 'CONFIRMED' FROM records WHERE connection_id = $1`, w.connection)
		storetest.Exec(t, st, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state)
			SELECT organization_id, connection_id, model, 'gone ' || external_id, 1, 'NOTED' FROM records WHERE connection_id = $1`, w.connection)
		// counted reads by a connection of its own, also while somebody writes.
		counted := func(state store.AbsenceState) int {
			all, err := st.Absences(t.Context(), org, w.connection)
			if err != nil {
				t.Error(err)
			}
			return all[hub.ModelAccount][state]
		}
		// in runs something while others write between its slices, and returns how many rows of the state there were each time.
		in := func(state store.AbsenceState, do func(ctx betweenWrites) error) (seen []int) {
			t.Helper()
			looking := false
			err := do(betweenWrites{t.Context(), func() {
				if looking {
					return
				}
				looking = true
				defer func() { looking = false }()
				n := counted(state)
				if len(seen) > 0 && seen[len(seen)-1] == n {
					return
				}
				seen = append(seen, n)
				if _, _, err := st.CreateToken(t.Context(), org, store.NewToken{Name: "small"}); err != nil {
					t.Error(err)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			return append(seen, counted(state))
		}
		bounded := func(what string, seen []int, last int) {
			t.Helper()
			for i := 1; i < len(seen); i++ {
				if step := seen[i] - seen[i-1]; step > 1000 || step < -1000 {
					t.Errorf("%s moves %d at once: %v", what, step, seen)
				}
			}
			if seen[len(seen)-1] != last {
				t.Errorf("%s ends with %d, want %d", what, seen[len(seen)-1], last)
			}
		}
		gone := storetest.Count(t, st, `SELECT COUNT(*) FROM absences`)
		seen := in(store.AbsenceHeld, func(ctx betweenWrites) error {
			held, err := st.SettleAbsences(ctx, *w.sched, hub.ModelAccount, 20, 30)
			if held != many {
				t.Errorf("%d are held", held)
			}
			return err
		})
		bounded("holding", seen, many)
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM absences`); n != many || gone != 2*many {
			t.Errorf("%d absences of %d are left", n, gone)
		}
		seen = in(store.AbsenceApproved, func(ctx betweenWrites) error {
			n, err := st.DecideDeletions(ctx, org, w.connection, nil, true)
			if n != many {
				t.Errorf("%d are decided", n)
			}
			return err
		})
		bounded("deciding", seen, many)
		if n, err := st.DecideDeletions(t.Context(), org, w.connection, nil, true); n != 0 || err != nil {
			t.Errorf("%d more are decided, %v", n, err)
		}
		if sched, err := st.Schedule(t.Context(), org, w.connection); err != nil || sched.DueAt.IsZero() || sched.DueAt.After(time.Now()) {
			t.Errorf("it is due at %s, %v", sched.DueAt, err)
		}
	})
}

// TestAMappingsRecordsGoInSlices lets a model with more records than one transaction moves be read from another object.
func TestAMappingsRecordsGoInSlices(t *testing.T) {
	const many = 2500
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		w := newMergeWorld(t, st, org, true)
		page := store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Status: hub.SyncStateSyncing}
		for i := range many {
			page.Records = append(page.Records, hub.Record{Model: hub.ModelAccount, ExternalID: fmt.Sprint(i)})
		}
		if _, err := st.CommitPage(t.Context(), *w.sched, page); err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, st, `INSERT INTO enumerated (organization_id, connection_id, model, external_id) SELECT organization_id, connection_id, model, external_id FROM records`)
		storetest.Exec(t, st, `INSERT INTO rereads (organization_id, connection_id, model, moved) VALUES ($1, $2, 'ACCOUNT', TRUE), ($1, $2, 'CONTACT', FALSE)`, org, w.connection)
		left := func() int {
			return storetest.Count(t, st, `SELECT (SELECT COUNT(*) FROM enumerated) - (SELECT COUNT(*) FROM absences WHERE state = 'APPROVED')`)
		}
		before := left()
		for more := true; more; {
			var err error
			if more, err = st.BeginRereads(t.Context(), *w.sched); err != nil {
				t.Fatal(err)
			}
			now := left()
			if before-now > 1000 {
				t.Errorf("%d rows change at once", before-now)
			}
			before = now
		}
		if before != -many {
			t.Errorf("%d are left, want every note to go and all %d records to be approved", before, many)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM rereads`); n != 0 {
			t.Errorf("%d models wait", n)
		}
	})
}

// TestWhatIsALargePart has ten records of a model that are something else by now: they are held where they are enough, and more than so much of
// the model, and else count as deleted.
func TestWhatIsALargePart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		w := newMergeWorld(t, st, org, true)
		records := 0
		for _, c := range []struct{ records, atLeast, limit, held int }{
			{33, 10, 30, 10}, {33, 11, 30, 0}, {33, 10, 0, 10}, {33, 10, 100, 0}, {34, 10, 30, 0},
			{49, 10, 20, 10}, {50, 10, 20, 0}, {51, 10, 20, 0}, {99, 10, 10, 10}, {100, 10, 10, 0}, {101, 10, 9, 10},
		} {
			for ; records < c.records; records++ {
				w.write(t.Context(), []hub.Record{{Model: hub.ModelAccount, ExternalID: fmt.Sprint(records)}})
			}
			storetest.Exec(t, st, `DELETE FROM absences`)
			storetest.Exec(t, st, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state)
				SELECT organization_id, connection_id, model, external_id, 1, 'OTHER' FROM records WHERE external_id IN ('0', '1', '2', '3', '4', '5', '6', '7', '8', '9')`)
			held, err := st.SettleOthers(t.Context(), *w.sched, hub.ModelAccount, c.atLeast, c.limit)
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM absences WHERE state = 'HELD'`); err != nil || held != c.held || n != c.held {
				t.Errorf("10 of %d, from %d on and over %d percent: %d are held, it says %d, want %d, %v", c.records, c.atLeast, c.limit, n, held, c.held, err)
			}
		}
	})
}

// TestDeletionsOfAPausedConnection are decided for later: nothing is read before it is resumed. One that is not paused is read at once.
func TestDeletionsOfAPausedConnection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		for _, active := range []bool{true, false} {
			org := storetest.Organization(t, st)
			w := newMergeWorld(t, st, org, true)
			w.write(t.Context(), []hub.Record{{Model: hub.ModelAccount, ExternalID: "1"}})
			storetest.Exec(t, st, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state) VALUES ($1, $2, 'ACCOUNT', '1', 1, 'HELD')`, org, w.connection)
			if _, err := st.PatchConnection(t.Context(), org, w.connection, hub.ConnectionPatch{Active: &active}); err != nil {
				t.Fatal(err)
			}
			storetest.Exec(t, st, `UPDATE schedules SET due_at = NULL, models_due_at = 8000000000000000 WHERE connection_id = $1`, w.connection)
			if n, err := st.DecideDeletions(t.Context(), org, w.connection, nil, true); n != 1 || err != nil {
				t.Fatalf("%d are decided, %v", n, err)
			}
			sched, err := st.Schedule(t.Context(), org, w.connection)
			if soon := sched.ModelsDueAt.Before(time.Now().Add(time.Minute)); err != nil || soon != active {
				t.Errorf("active %v: it is due at %s, %v", active, sched.ModelsDueAt, err)
			}
		}
	})
}
