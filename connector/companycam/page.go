package companycam

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	// maxPageSize is the largest page asked for. The vendor gives that many whatever it is asked for, so that a short page
	// says nothing of the end.
	maxPageSize = 50
	// oldRun is how many rows in a row older than what is asked for end a list that has the newest activity first: the
	// activity by which it is sorted may be later than a row's modified time.
	oldRun = 25
	// maxFront is how many rows from the front of a list are remembered, to know it again.
	maxFront = 10
	// maxJumps bounds how often a walk goes back: where all is in motion it would never end.
	maxJumps = 2
	// maxRequests is about how many requests are made for one page: users and labels take some for each project, and the
	// projects for which there was no room are of the next page.
	maxRequests = 20
	// maxFrontPages bounds how many pages of the front are read again, where all that is remembered of it is gone.
	maxFrontPages = 10
)

var paths = map[hub.Model]string{hub.ModelUser: "/users", hub.ModelOpportunity: "/projects"}

// row is an item of a list, with what of it the walk through the list has to know.
type row struct {
	raw json.RawMessage
	// id is empty where it cannot be read: such a row is told of, and not looked for again.
	id string
	// at is when it was modified; zero where that cannot be read.
	at time.Time
}

// before reports whether the row was modified before since; what has no time was not.
func (r row) before(since time.Time) bool {
	return !since.IsZero() && !r.at.IsZero() && r.at.Before(since.Truncate(time.Second))
}

func (r row) in(ids []string) bool { return r.id != "" && slices.Contains(ids, r.id) }

// place is where a walk through a list is. Pages have numbers, and rows come, move and go meanwhile. Behind each page the
// one before it is therefore read once more: a row that moved from the one into the other, because another before it went,
// is in neither of the first two readings and in the third. What moves to the front is read there, at the end.
type place struct {
	// Page is the number of the page to read; in the front, that of its page.
	Page int `json:"page"`
	// IDs are those of the page before, as it was read.
	IDs []string `json:"ids,omitempty"`
	// Front are the first ids of the list as the walk began. Where the walk is at the end and reads the front again,
	// InFront, they are those that it has not met yet.
	Front   []string `json:"front,omitempty"`
	InFront bool     `json:"inFront,omitempty"`
	// Jumps counts how often the walk went back because of a page that was another when it was read again.
	Jumps int `json:"jumps,omitempty"`
	// Rest are the ids of rows of the page numbered From that are still to be read with what belongs to them, before it goes
	// on; Ended says that there is nothing to go on with behind them.
	Rest  []string `json:"rest,omitempty"`
	From  int      `json:"from,omitempty"`
	Ended bool     `json:"ended,omitempty"`
}

// parsePlace reads a Next. One that is a number alone is of a version that kept no more.
func parsePlace(next string) (place, error) {
	if n, err := strconv.Atoi(next); err == nil && n > 0 {
		return place{Page: n}, nil
	}
	return connector.ReadPlace(service, next, place{Page: 1}, func(at place) bool { return at.Page >= 1 })
}

// Fetch implements connector.Connector.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	at, err := parsePlace(q.Next)
	if err != nil {
		return connector.Page{}, err
	}
	w := walk{s: s, path: paths[q.Model], since: q.Since, size: min(q.Limit, maxPageSize), place: at}
	if q.Model == hub.ModelUser {
		w.since = time.Time{} // they are listed by name
	}
	step := w.onward
	switch {
	case len(at.Rest) > 0:
		step = w.rest
	case at.InFront:
		step = w.front
	}
	found, next, err := step(ctx)
	if err != nil {
		return connector.Page{}, err
	}
	found = slices.DeleteFunc(found, func(r row) bool { return r.before(w.since) })
	page := connector.Page{AsOf: w.asOf}
	p, err := newProjects(ctx, s, q, idsOf(found))
	if err != nil {
		return connector.Page{}, err
	}
	for i, r := range found {
		if w.requests+p.requests >= maxRequests && r.id != "" && i > 0 {
			next = next.with(idsOf(found[i:]), at)
			break
		}
		err := appendItem(ctx, p, q.Model, &page, r.raw)
		if err != nil && i > 0 && r.id != "" && ctx.Err() == nil && !connector.AsksToWait(err) {
			next = next.with(idsOf(found[i:]), at) // what was read is kept; the next page meets the error
			break
		}
		if err != nil {
			return connector.Page{}, err
		}
	}
	if next != nil {
		page.Next, page.More = connector.WritePlace(next), true
	}
	return page, nil
}

// with returns the place with rows of the page at from that come before it.
func (p *place) with(rest []string, from place) *place {
	next := place{Page: 1, Ended: true}
	if p != nil {
		next = *p
	}
	next.Rest, next.From = append(rest, next.Rest...), from.Page
	if from.From > 0 {
		next.From = from.From
	}
	return &next
}

// walk is one step of a walk through a list.
type walk struct {
	s    *connector.Session
	path string
	// since is the modified time to read back to; zero means to the end of the list.
	since time.Time
	size  int
	place place
	// asOf is the vendor's clock at the first request.
	asOf time.Time
	// requests counts those made.
	requests int
}

// rest finds the rows of a page that are still to be read: there, or by their ids where they moved. What is gone meanwhile is
// left out.
func (w *walk) rest(ctx context.Context) ([]row, *place, error) {
	rows, err := w.read(ctx, w.place.From)
	if err != nil {
		return nil, nil, err
	}
	var found []row
	for n, id := range w.place.Rest {
		if i := slices.IndexFunc(rows, func(r row) bool { return r.id == id }); i >= 0 {
			found = append(found, rows[i])
			continue
		}
		if w.requests >= maxRequests/4 { // the others in the next step
			next := w.place
			next.Rest = w.place.Rest[n:]
			return found, &next, nil
		}
		w.requests++
		item, err := findOne(ctx, w.s, hub.ModelOpportunity, id)
		if isNotTold(err) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		found = append(found, rowOf(item))
	}
	if w.place.Ended {
		return found, nil, nil
	}
	next := w.place
	next.Rest, next.From = nil, 0
	return found, &next, nil
}

// onward reads the page at the place, and what moved into the page before it meanwhile.
func (w *walk) onward(ctx context.Context) ([]row, *place, error) {
	at := w.place
	rows, err := w.read(ctx, at.Page)
	if err != nil {
		return nil, nil, err
	}
	ids := idsOf(rows)
	found := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.in(at.IDs) })
	ended := len(rows) == 0 || w.past(rows)
	if at.Page > 1 && len(at.IDs) > 0 {
		again, err := w.read(ctx, at.Page-1)
		if err != nil {
			return nil, nil, err
		}
		met := 0
		for _, r := range again {
			switch {
			case r.in(at.IDs):
				met++
			case r.id != "" && !r.in(ids):
				found = append(found, r)
			}
		}
		if met == 0 && len(again) > 0 && at.Jumps < maxJumps { // it moved by more than a page, so that more than a page may be hidden
			return found, &place{Page: (at.Page + 1) / 2, Front: at.Front, Jumps: at.Jumps + 1}, nil
		}
		// Both pages alike: the vendor has one page, whatever number it is asked for.
		ended = ended || len(found) == 0 && slices.Equal(idsOf(again), ids)
	}
	next := place{Page: at.Page + 1, IDs: ids, Front: at.Front, Jumps: at.Jumps}
	if at.Page == 1 {
		next.Front = ids[:min(len(ids), maxFront)]
	}
	if ended {
		// The front has been read by now where the page before is the first.
		if at.Page <= 2 || len(at.Front) == 0 {
			return found, nil, nil
		}
		next = place{Page: 1, Front: at.Front, InFront: true}
	}
	return found, &next, nil
}

// front reads the front of the list again, back to where it was when the walk began, which is known by most of its rows:
// single ones may have moved or gone.
func (w *walk) front(ctx context.Context) ([]row, *place, error) {
	rows, err := w.read(ctx, w.place.Page)
	if err != nil {
		return nil, nil, err
	}
	next := place{Page: w.place.Page + 1, InFront: true}
	for _, id := range w.place.Front {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.id == id }) {
			next.Front = append(next.Front, id)
		}
	}
	known := func(r row) bool { return r.id == "" || r.in(w.place.Front) }
	if len(rows) > 0 && len(next.Front) > maxFront/2 && w.place.Page < maxFrontPages && !w.past(rows) {
		return slices.DeleteFunc(slices.Clone(rows), known), &next, nil
	}
	for len(rows) > 0 && !rows[len(rows)-1].in(w.place.Front) { // what comes behind was there when the walk began
		rows = rows[:len(rows)-1]
	}
	return slices.DeleteFunc(slices.Clone(rows), known), nil, nil
}

// past reports whether the rows end with enough old ones in a row.
func (w *walk) past(rows []row) bool {
	old := 0
	for _, r := range slices.Backward(rows) {
		if !r.before(w.since) {
			break
		}
		old++
	}
	return old > 0 && old >= min(oldRun, len(rows))
}

func (w *walk) read(ctx context.Context, number int) ([]row, error) {
	w.requests++
	items, got, err := listPage(ctx, w.s, w.path, number, w.size)
	if err != nil {
		return nil, err
	}
	if w.asOf.IsZero() {
		w.asOf = got.Date
	}
	rows := make([]row, len(items))
	for i, raw := range items {
		rows[i] = rowOf(raw)
	}
	return rows, nil
}

func rowOf(raw json.RawMessage) row {
	var head struct {
		ID        connector.ID `json:"id"`
		UpdatedAt seconds      `json:"updated_at"`
	}
	_ = json.Unmarshal(raw, &head) // what cannot be read is told of when it is read as a record
	return row{raw: raw, id: string(head.ID), at: head.UpdatedAt.time()}
}

func idsOf(rows []row) []string {
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		if r.id != "" {
			ids = append(ids, r.id)
		}
	}
	return ids
}

// listPage reads one page of a list, which is an array and nothing else: an answer without one is no empty list.
func listPage(ctx context.Context, s *connector.Session, path string, number, size int) ([]json.RawMessage, connector.Answer, error) {
	r := request(s, path, url.Values{"page": {strconv.Itoa(number)}, "per_page": {strconv.Itoa(size)}})
	var body json.RawMessage
	got, err := connector.GetJSON(ctx, s, r, &body)
	if err != nil {
		return nil, got, err
	}
	var items []json.RawMessage
	if err := json.Unmarshal(body, &items); err != nil || items == nil || !bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		e := connector.Fail(connector.Malformed, service, "%s was answered with something other than a list", path)
		e.Status = got.Status
		return nil, got, e
	}
	return items, got, nil
}
