package leadperfection

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"net/url"
	"strconv"
	"time"

	"sirocco/connector"
)

const (
	// allDates are the bits of all dates that a window may be of: lead entered and changed, entry, appointment, issued lead
	// and job changed, milestones, notes.
	allDates = 261120
	// pageMost is the largest page that programs ask for.
	pageMost = 100
	// sliceDays is how many days the first slice of a reading has; the others have as many as brings about a page.
	sliceDays = 31
	// longestSlice is the most days that a slice has.
	longestSlice = 4 * 365
	// mostAgain is how often one slice is begun again because its rows moved while they were read.
	mostAgain = 5
)

// firstDay is before the first entry of any customer.
var firstDay = dayOf(time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC)

// window asks for customers of whom something happened from one day to another, both included.
type window struct {
	from, to int
	// start is the row to begin with, from 1; size is how many rows a page has.
	start, size int
	// by asks for one customer, or one lead, instead of all: the parameter's name and its value.
	by, id string
}

// leads asks for a page of customers with all that the vendor tells of them.
func leads(ctx context.Context, s *connector.Session, w window) (part, error) {
	form := url.Values{
		"startdate": {wireDay(w.from)}, "enddate": {wireDay(w.to)}, "cst_id": {"0"}, "lds_id": {"0"}, "ils_id": {"0"}, "options": {strconv.Itoa(allDates)},
		"PageSize": {strconv.Itoa(w.size)}, "StartIndex": {strconv.Itoa(w.start)}, "SortOrder": {"0"},
	}
	if w.by != "" {
		form.Set(w.by, w.id)
	}
	raw, date, err := call(ctx, s, leadPath, form)
	if err != nil {
		return part{}, err
	}
	p := part{date: date}
	if p.rows, err = rows(leadPath, raw); err != nil {
		return part{}, err
	}
	p.ids = make([]string, len(p.rows))
	for i, row := range p.rows {
		p.ids[i] = idOf(row)
	}
	return p, nil
}

// idOf is what a row is told apart by: the customer's id, or where that cannot be read, a digest of all that it has.
func idOf(row json.RawMessage) string {
	var o object
	if json.Unmarshal(row, &o) == nil {
		if id := o.id(customerID); id != "" {
			return id
		}
	}
	h := fnv.New64a()
	_, _ = h.Write(row)
	return "?" + strconv.FormatUint(h.Sum64(), 16)
}

// part is a page of customers, and what they are told apart by.
type part struct {
	rows []json.RawMessage
	ids  []string
	date time.Time
}

// place is where the reading of customers is: in a slice of days, whose rows are read in pages. Slices go back in time.
type place struct {
	// Page counts the pages, so that no place is another's.
	Page int `json:"page"`
	// From and To are the first and the last day of the slice, Floor is the first day of the last one.
	From  int `json:"from"`
	To    int `json:"to"`
	Floor int `json:"floor"`
	// Start is the row, from 1, that the next page begins with; 1 is the slice's beginning.
	Start int `json:"start"`
	// Before are the ids of the page before in the slice. The next one begins with the last Tail of them.
	Before []string `json:"before,omitempty"`
	Tail   int      `json:"tail,omitempty"`
	// Rows counts the slice's rows so far, Again how often the slice was begun again.
	Rows  int `json:"rows,omitempty"`
	Again int `json:"again,omitempty"`
}

// begin is where a reading begins, with the latest days. It ends the day before since, or before all days.
func begin(since, now time.Time, zone *time.Location) place {
	last := dayOf(now, zone) + 1 // another clock may be ahead
	floor := firstDay
	if !since.IsZero() {
		floor = max(floor, min(dayOf(since, zone)-1, last-2))
	}
	return place{From: max(floor, last-sliceDays+1), To: last, Floor: floor, Start: 1}
}

// nextSlice moves the place to the slice before this one; more is false where there is none. It has twice as many days where
// this one had no rows, and half as many where it had more than a page.
func (p place) nextSlice(size int) (next place, more bool) {
	days := p.To - p.From + 1
	switch {
	case p.Rows == 0:
		days = min(2*days, longestSlice)
	case p.Rows > size:
		days = max(1, days/2)
	}
	next = place{Page: p.Page + 1, To: p.From - 1, From: max(p.Floor, p.From-days), Floor: p.Floor, Start: 1}
	return next, next.To >= p.Floor
}

// pageSize is how many rows a page has.
func pageSize(limit int) int { return max(2, min(limit, pageMost)) }

// window is the page that the place asks for.
func (p place) window(limit int) window {
	return window{from: p.From, to: p.To, start: p.Start, size: pageSize(limit)}
}

// after moves the place past a part. It returns which of the part's rows are new in the slice, and whether the slice goes on.
//
// The vendor does not say how many rows there are, and whether it counts rows from StartIndex has been doubted. So each
// page begins with the last rows of the one before: that proves that nothing lies between the two, and the end is where
// nothing but these rows comes, or some more that were there, which moved when others came in before them. A page without
// them, or the page before once more, is no end: the slice is begun again, and after some times that is an error.
func (p place) after(got part, limit int) (next place, fresh []int, more bool, err error) {
	met, tail := map[string]bool{}, map[string]bool{}
	for _, id := range p.Before {
		met[id] = true
	}
	for _, id := range p.Before[len(p.Before)-p.Tail:] {
		tail[id] = true
	}
	overlap := p.Tail == 0
	for i, id := range got.ids {
		overlap = overlap || tail[id]
		if !met[id] {
			fresh = append(fresh, i)
		}
	}
	p.Page++
	moved := len(got.ids) < pageSize(limit) && len(got.ids) > 0 && len(p.Before) > 0 && got.ids[0] != p.Before[0]
	switch ended := len(fresh) == 0 && (len(got.ids) <= p.Tail || moved); {
	case !overlap, len(fresh) == 0 && !ended:
		if p.Again++; p.Again > mostAgain {
			return p, nil, false, connector.Fail(connector.Malformed, service, "%s does not go on from row %d, but with other rows or the same ones again: StartIndex does not count rows, or they move all the time; whether there are more is not known", leadPath, p.Start)
		}
		return place{Page: p.Page, From: p.From, To: p.To, Floor: p.Floor, Start: 1, Again: p.Again}, nil, true, nil
	case ended:
		return p, nil, false, nil
	}
	p.Tail = min(len(got.ids)-1, max(1, pageSize(limit)/8))
	p.Start += len(got.ids) - p.Tail
	p.Rows += len(fresh)
	p.Before = got.ids
	return p, fresh, true, nil
}
