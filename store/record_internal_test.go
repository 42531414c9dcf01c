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
