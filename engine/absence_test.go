package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedleadperfection "sirocco/simulator/leadperfection"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestManyThatAreAskedForFail has a CRM that fails with each twentieth record that it is asked for by its id, in whatever request
// that is: fewer are asked for at a time then, and what is gone is deleted with the same reading.
func TestManyThatAreAskedForFail(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(500), true)
		f.crm.hide(numbers(140)...)
		var asked atomic.Int64
		f.crm.mu.Lock()
		before := f.crm.firsts
		f.crm.findFails = func(ids []string) error {
			for range ids {
				if asked.Add(1)%20 == 0 {
					return connector.Fail(connector.Temporary, "Test CRM", "it has a problem")
				}
			}
			return nil
		}
		f.crm.mu.Unlock()
		deleted := f.after(t, day).Deleted
		for tries := 0; deleted == 0 && tries < 40; tries++ {
			deleted = f.after(t, 20*time.Minute).Deleted
		}
		f.crm.mu.Lock()
		defer f.crm.mu.Unlock()
		if readings := f.crm.firsts - before; deleted != 140 || readings != 1 {
			t.Errorf("%d are deleted after %d readings", deleted, readings)
		}
	})
}

// TestOneThatCannotBeAskedForHoldsUpNoOther has a CRM that always fails when it is asked for one certain record: that one stays, and
// the others that are gone are deleted. While it fails for all of them, none is.
func TestOneThatCannotBeAskedForHoldsUpNoOther(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(200), true)
		f.crm.hide(numbers(40)...)
		var all atomic.Bool
		all.Store(true)
		f.crm.mu.Lock()
		f.crm.findFails = func(ids []string) error {
			if all.Load() || slices.Contains(ids, "13") {
				return connector.Fail(connector.Temporary, "Test CRM", "it has a problem")
			}
			return nil
		}
		f.crm.mu.Unlock()
		if run := f.after(t, day); run.Deleted != 0 || run.Error == "" {
			t.Errorf("%+v", run)
		}
		for range 15 {
			if run := f.after(t, 20*time.Minute); run.Deleted != 0 {
				t.Errorf("it deletes what nobody could ask for: %+v", run)
			}
		}
		all.Store(false)
		deleted := f.after(t, day).Deleted
		for tries := 0; deleted == 0 && tries < 40; tries++ {
			deleted = f.after(t, 20*time.Minute).Deleted
		}
		if left := f.living(t); deleted != 39 || left["13"] == "" {
			t.Errorf("%d are deleted; the one of which it does not say: %q", deleted, left["13"])
		}
	})
}

// TestALargePartOfWhatIsInsideIsHeld lets all customers come with an empty list of leads: what came inside of them waits for a person, as
// what a list does not have any more, and lives on where it comes again.
func TestALargePartOfWhatIsInsideIsHeld(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		var empty atomic.Bool
		var c connector.Connector
		for _, p := range pulled {
			if p.name == "leadperfection" {
				c = p.connector
			}
		}
		r := newHubRig(t, url, c, simulatedleadperfection.NewWith(simulator.Options{Seed: 47, Records: 60, ValidateEvery: -1}, simulatedleadperfection.Habits{Leadless: &empty}))
		last := r.synced("")
		models := []hub.Model{hub.ModelLead, hub.ModelOpportunity, hub.ModelEngagement}
		living := func() map[hub.Model]int {
			n := map[hub.Model]int{}
			for _, m := range models {
				n[m] = storetest.Count(t, r.st, `SELECT COUNT(*) FROM records WHERE connection_id = $1 AND model = $2 AND deleted_at IS NULL`, r.conn.ID, string(m))
			}
			return n
		}
		before := living()
		reads := func(leadless bool) store.SyncRun {
			t.Helper()
			empty.Store(leadless)
			if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, &time.Time{}); err != nil {
				t.Fatal(err)
			}
			last = r.synced(last.ID)
			return last
		}
		held := func() map[hub.Model]int {
			sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
			if err != nil {
				t.Fatal(err)
			}
			return sched.Held
		}
		for range 2 { // those that are held are not counted twice
			if run := reads(true); run.Deleted != 0 || !maps.Equal(living(), before) || !maps.Equal(held(), before) || before[hub.ModelLead] < 20 {
				t.Fatalf("%d are deleted, of %v %v are held, and %v live", run.Deleted, before, held(), living())
			}
		}
		if text := r.explanation(); !strings.Contains(text, fmt.Sprintf("Of LEAD, %d are no longer shown by the CRM: whether they count as deleted waits for a decision.", before[hub.ModelLead])) {
			t.Error(text)
		}
		if run := reads(false); run.Deleted != 0 || len(held()) != 0 || !maps.Equal(living(), before) {
			t.Errorf("they come again: %v are held, and %v live", held(), living())
		}
		reads(true)
		if n, err := r.st.DecideDeletions(t.Context(), r.conn.OrganizationID, r.conn.ID, []hub.Model{hub.ModelLead}, true); err != nil || n != before[hub.ModelLead] {
			t.Errorf("%d are decided: %v", n, err)
		}
		until(t, "the leads are deleted", func() bool { return living()[hub.ModelLead] == 0 })
		if now := living(); now[hub.ModelOpportunity] != before[hub.ModelOpportunity] || now[hub.ModelEngagement] != before[hub.ModelEngagement] {
			t.Errorf("%v live, of %v", now, before)
		}
	})
}
