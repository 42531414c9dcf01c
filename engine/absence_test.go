package engine_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/store/storetest"
)

// TestManyThatAreAskedForFail has a CRM that fails with each twentieth record that it is asked for by its id, in whatever request
// that is: fewer are asked for at a time then, and what is gone is deleted with the same reading.
func TestManyThatAreAskedForFail(t *testing.T) {
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
