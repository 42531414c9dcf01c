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

// TestThePlaceAfterAPage goes on at the last time of creation, or by the number of the page where the list heeds no times, is in no order, or
// has a whole page of one time.
func TestThePlaceAfterAPage(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC) }
	const second, third = "2026-01-02T00:00:00.000Z", "2026-01-03T00:00:00.000Z"
	for name, c := range map[string]struct {
		at      place
		created []time.Time
		want    place
	}{
		"in order":                      {place{source: 1, number: 1}, []time.Time{at(1), at(2)}, place{source: 1, created: second, number: 1}},
		"in order, from a later page":   {place{source: 1, created: second, number: 4}, []time.Time{at(2), at(3)}, place{source: 1, created: third, number: 1}},
		"of one time":                   {place{source: 1, created: second, number: 1}, []time.Time{at(2), at(2)}, place{source: 1, created: second, number: 2}},
		"that says no times":            {place{source: 1, number: 3}, nil, place{source: 1, number: 4}},
		"counted":                       {place{source: 1, number: 3, counted: true}, []time.Time{at(2), at(1)}, place{source: 1, number: 4, counted: true}},
		"in no order":                   {place{source: 1, number: 1}, []time.Time{at(2), at(1)}, place{source: 1, number: 2, counted: true}},
		"in no order, on a later page":  {place{source: 1, number: 3}, []time.Time{at(2), at(1)}, place{source: 1, number: 4, counted: true}},
		"in no order, from a time on":   {place{source: 1, created: second, number: 3}, []time.Time{at(4), at(3)}, place{source: 1, number: 1, counted: true}},
		"before what was asked for":     {place{source: 1, created: third, number: 3}, []time.Time{at(4), at(1)}, place{source: 1, number: 2, counted: true}},
		"before the time of a later on": {place{source: 1, created: third, number: 1}, []time.Time{at(1)}, place{source: 1, number: 2, counted: true}},
	} {
		if got := c.at.after(c.created); got != c.want {
			t.Errorf("%s: %+v, and not %+v", name, got, c.want)
		}
	}
}
