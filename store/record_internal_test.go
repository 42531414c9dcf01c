package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sirocco/hub"
)

// TestLatestOfEachRecord: of the versions of a record that come together the one that was modified last is kept, or of several such the last, in
// the place of the first.
func TestLatestOfEachRecord(t *testing.T) {
	record := func(id, name string, hours int) hub.Record {
		return hub.Record{ExternalID: id, Name: name, ModifiedAt: time.Date(2026, 3, 1, hours, 0, 0, 0, time.UTC)}
	}
	for name, c := range map[string]struct{ given, want []hub.Record }{
		"none":                 {},
		"each once":            {[]hub.Record{record("1", "a", 5), record("2", "b", 4)}, []hub.Record{record("1", "a", 5), record("2", "b", 4)}},
		"the later after it":   {[]hub.Record{record("1", "a", 5), record("2", "b", 4), record("1", "c", 6)}, []hub.Record{record("1", "c", 6), record("2", "b", 4)}},
		"the later before it":  {[]hub.Record{record("1", "a", 5), record("2", "b", 4), record("1", "c", 4)}, []hub.Record{record("1", "a", 5), record("2", "b", 4)}},
		"modified at once":     {[]hub.Record{record("2", "b", 4), record("1", "a", 5), record("1", "c", 5)}, []hub.Record{record("2", "b", 4), record("1", "c", 5)}},
		"the latest of three":  {[]hub.Record{record("1", "a", 5), record("1", "b", 7), record("1", "c", 6)}, []hub.Record{record("1", "b", 7)}},
		"two of each, crossed": {[]hub.Record{record("1", "a", 5), record("2", "b", 5), record("2", "c", 6), record("1", "d", 4)}, []hub.Record{record("1", "a", 5), record("2", "c", 6)}},
	} {
		if diff := cmp.Diff(c.want, latestByExternalID(c.given)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// TestTotalsAddUp: each of the numbers of a run is added to the same one.
func TestTotalsAddUp(t *testing.T) {
	sum := RunTotals{1, Changes{2, 3, 4, 5, 6}, 7, 8, 9}
	sum.Add(RunTotals{100, Changes{200, 300, 400, 500, 600}, 700, 800, 900})
	if want := (RunTotals{101, Changes{202, 303, 404, 505, 606}, 707, 808, 909}); sum != want {
		t.Errorf("%+v, want %+v", sum, want)
	}
}

// TestWhatIsPreparedTwiceIsNotPrepared: of a record that comes twice nobody knows yet which is written, so its row is worked out later; what cannot
// be kept has none.
func TestWhatIsPreparedTwiceIsNotPrepared(t *testing.T) {
	p, faults := Prepare([]hub.Record{
		{Model: hub.ModelAccount, ExternalID: "1", Name: "One"}, {Model: hub.ModelAccount, ExternalID: "2"}, {Model: hub.ModelContact, ExternalID: "1"},
		{Model: hub.ModelAccount}, {Model: hub.ModelAccount, ExternalID: "1", Name: "Another"}, {Model: hub.ModelAccount, ExternalID: "3"},
	})
	prepared := map[recordKey]bool{}
	for key, row := range p {
		prepared[key] = row != nil && row.externalID == key.externalID
	}
	want := map[recordKey]bool{{hub.ModelAccount, "1"}: false, {hub.ModelAccount, "2"}: true, {hub.ModelContact, "1"}: true, {hub.ModelAccount, "3"}: true}
	if diff := cmp.Diff(want, prepared, cmp.AllowUnexported(recordKey{})); diff != "" || len(faults) != 1 || faults[3] == nil {
		t.Errorf("%s; the faults are %v", diff, faults)
	}
}

// TestWhatAPushNames: each record that it changes, and each that it says was merged into one of them, once.
func TestWhatAPushNames(t *testing.T) {
	got := named([]hub.RecordPatch{
		{Model: hub.ModelAccount, ExternalID: "1", MergedFrom: []string{"2", "3"}}, {Model: hub.ModelContact, ExternalID: "1"},
		{Model: hub.ModelAccount, ExternalID: "3"}, {Model: hub.ModelAccount, ExternalID: "4", MergedFrom: []string{"2"}},
	})
	if diff := cmp.Diff(map[hub.Model][]string{hub.ModelAccount: {"1", "2", "3", "4"}, hub.ModelContact: {"1"}}, got); diff != "" {
		t.Error(diff)
	}
}

// TestWhetherARunMadeAll: it did where it met nothing that was there before, of that model; without a run nobody knows.
func TestWhetherARunMadeAll(t *testing.T) {
	for name, c := range map[string]struct {
		totals ModelTotals
		want   bool
	}{
		"no run":              {nil, false},
		"nothing yet":         {ModelTotals{}, true},
		"all made":            {ModelTotals{hub.ModelAccount: {Changes: Changes{Created: 7, Deleted: 1}}}, true},
		"one changed":         {ModelTotals{hub.ModelAccount: {Changes: Changes{Created: 7, Updated: 1}}}, false},
		"one as it was":       {ModelTotals{hub.ModelAccount: {Changes: Changes{Created: 7, Unchanged: 1}}}, false},
		"one of another kind": {ModelTotals{hub.ModelContact: {Changes: Changes{Updated: 1, Unchanged: 1}}}, true},
	} {
		if got := (&gates{totals: c.totals}).madeAll(hub.ModelAccount); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
