package servicetitan

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPlacesOfAPage reads places back, also of earlier versions; of what is no place the beginning.
func TestPlacesOfAPage(t *testing.T) {
	const at = "2026-01-02T00:00:00.000Z"
	for text, want := range map[string]place{
		"": {number: 1}, "x": {number: 1}, at + "|3": {created: at, number: 3}, "1|" + at + "|3": {source: 1, created: at, number: 3}, "2||7|counted": {source: 2, number: 7, counted: true},
		"-1|" + at + "|3": {created: at, number: 3}, "x|" + at + "|3": {created: at, number: 3}, "99999999999999999999|" + at + "|3": {created: at, number: 3},
		"1|" + at + "|0": {source: 1, created: at, number: 1}, "1|" + at + "|-3": {source: 1, created: at, number: 1}, "1|" + at + "|x": {source: 1, created: at, number: 1},
		"1|" + at + "|99999999999999999999": {source: 1, created: at, number: 1},
	} {
		if got := placeOf(text); got != want || placeOf(got.String()) != want {
			t.Errorf("%q is %+v, and not %+v", text, got, want)
		}
	}
}

// TestNews leaves out the rows that changed before a time, and tells when each row was made, be it news or not; a row of which neither can be
// read is news.
func TestNews(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	rows := []json.RawMessage{
		json.RawMessage(`{"createdOn":"2026-01-01T00:00:00Z","modifiedOn":"2026-01-09T00:00:00Z"}`),
		json.RawMessage(`{"createdOn":"2026-01-02T00:00:00Z","modifiedOn":"2026-01-10T00:00:00Z"}`),
		json.RawMessage(`{"modifiedOn":"2026-01-11T00:00:00Z"}`), json.RawMessage(`{"createdOn":"2026-01-03T00:00:00Z"}`), json.RawMessage(`7`),
	}
	fresh, created := news(rows, at(10))
	if diff := cmp.Diff(rows[1:], fresh) + cmp.Diff([]time.Time{at(1), at(2), at(3)}, created); diff != "" {
		t.Error(diff)
	}
}
