package engine

import (
	"testing"

	"sirocco/connector"
	"sirocco/hub"
)

// TestPagesThatAreNew tells pages that have something which their run has not met from those that have nothing.
func TestPagesThatAreNew(t *testing.T) {
	records := func(model hub.Model, ids ...string) *connector.Page {
		page := &connector.Page{}
		for _, id := range ids {
			page.Records = append(page.Records, hub.Record{Model: model, ExternalID: id})
		}
		return page
	}
	rejected := func(raw string) *connector.Page {
		return &connector.Page{Rejected: []connector.Rejected{{Raw: []byte(raw)}}}
	}
	run, another := seenKey{"c", hub.ModelAccount, 1}, seenKey{"c", hub.ModelAccount, 2}
	seen := newSeenRecords()
	for i, step := range []struct {
		of    seenKey
		page  *connector.Page
		fresh bool
	}{
		{run, &connector.Page{}, false},
		{run, records(hub.ModelAccount, "1", "2"), true},
		{run, records(hub.ModelAccount, "2", "1"), false},
		{run, records(hub.ModelAccount, "2", "3"), true},
		{run, records(hub.ModelContact, "3"), true}, // of another model
		{run, rejected(`{"id":4}`), true},
		{run, rejected(`{"id":4}`), false},
		{run, rejected(`{"id":5}`), true},
		{run, &connector.Page{Passed: []string{"6"}}, true},
		{run, &connector.Page{Passed: []string{"6"}}, false},
		{run, &connector.Page{Passed: []string{"6", "7"}}, true},
		{another, records(hub.ModelAccount, "1"), true},
	} {
		if fresh := seen.add(step.of, step.page); fresh != step.fresh {
			t.Errorf("step %d: it is new: %t", i, fresh)
		}
	}
	seen.forget(run)
	if !seen.add(run, records(hub.ModelAccount, "1")) || seen.add(another, records(hub.ModelAccount, "1")) {
		t.Error("a run that is over is not forgotten, or another one is")
	}
	if seen.n != 2 {
		t.Errorf("%d items are remembered of 2", seen.n)
	}
}
