package simulator

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"sirocco/hub"
)

// Dataset is the records a simulated CRM holds. All its methods may be used at once. A row that was
// never changed takes a few bytes: its content is made again from the seed whenever it is read, so a
// million records fit.
type Dataset struct {
	seed   uint64
	ids    IDs
	models []hub.Model
	// turning are those whose rows may turn into something else.
	turning []hub.Model
	clock   hub.Clock
	// around is when the team is at work whose records these are; zero where they are nobody's.
	around time.Time

	mu     sync.Mutex
	rng    *rand.Rand
	last   time.Time
	counts map[hub.Model]int
	tables map[hub.Model]*table
	// starts are when rows that were changed began before, by what tells rows apart. It has a lock of its own, as it is asked
	// for while rows are listed.
	starts sync.Map
	// undeleted are the rows that were brought back; see Undelete.
	undeleted sync.Map
}

// table is one model's rows, each known by its number, and two orders in which they can be listed.
// Both orders only ever grow, so a position in one is a cursor that no change can shift.
type table struct {
	rows []row
	// byCreation and byChange hold row numbers; a negative entry e is the late version ^e. A row stands
	// in byChange once for each change, of which only the place it knows counts.
	byCreation, byChange []int32
	late                 []lateVersion
}

type row struct {
	modified int64 // microseconds of Unix time
	place    int32 // in byChange
	versions *versions
}

// versions are a row's content once it differs from what the seed gives.
type versions struct{ now, before hub.Record }

// lateVersion is an older version of a row that the vendor hands out after the newer one.
type lateVersion struct {
	record hub.Record
	since  int64 // the time by which it is filtered, in microseconds of Unix time
}

// newestInitial is the modified time of the newest row before anything changes; the others lie in the
// two years before it.
var newestInitial = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

const initialSpan = 2 * 365 * 24 * time.Hour

func newDataset(p Platform, o Options, clock hub.Clock) *Dataset {
	newest, span := newestInitial, initialSpan
	if !o.Around.IsZero() {
		newest, span = o.Around.UTC().Add(-teamIdle).Truncate(time.Second), teamSpan
	}
	d := &Dataset{
		seed: o.Seed, ids: p.IDs, models: p.Models, turning: p.Turning, clock: clock, around: o.Around, last: newest,
		rng:    rand.New(rand.NewPCG(o.Seed, 1)),
		counts: counts(o), tables: map[hub.Model]*table{},
	}
	for _, m := range slices.Concat(p.Models, p.Others) {
		t := &table{}
		d.tables[m] = t
		n := d.counts[m]
		for i := range n {
			// Three neighbours share a time, as rows of one bulk update do.
			back := span / time.Duration(n/3+1) * time.Duration((n-1-i)/3)
			t.append(newest.Add(-back))
		}
	}
	return d
}

func (t *table) append(at time.Time) {
	n := int32(len(t.rows))
	t.rows = append(t.rows, row{modified: at.UnixMicro(), place: int32(len(t.byChange))})
	t.byCreation = append(t.byCreation, n)
	t.byChange = append(t.byChange, n)
}

// record returns row n as it is now. The caller holds the lock.
func (d *Dataset) record(m hub.Model, n int) hub.Record {
	row := &d.tables[m].rows[n]
	if row.versions != nil {
		return row.versions.now
	}
	return d.generate(m, n, time.UnixMicro(row.modified).UTC())
}

// rows returns all rows of a model as they are now.
func (d *Dataset) rows(m hub.Model) []hub.Record {
	d.mu.Lock()
	defer d.mu.Unlock()
	records := make([]hub.Record, 0, len(d.tables[m].rows))
	for n := range d.tables[m].rows {
		records = append(records, d.record(m, n))
	}
	return records
}

// Rows returns the ids of all rows of a model, those that are deleted too.
func (d *Dataset) Rows(m hub.Model) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := make([]string, len(d.tables[m].rows))
	for n := range ids {
		ids[n] = d.ids.of(m, n)
	}
	return ids
}

// Get returns one row, and false when there is none with the id.
func (d *Dataset) Get(m hub.Model, id string) (hub.Record, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, n := d.tables[m], d.ids.number(m, id)
	if t == nil || n < 0 || n >= len(t.rows) {
		return hub.Record{}, false
	}
	return d.record(m, n), true
}

// Moved is how far the start of a row has been changed from what the seed gives it: for stand-ins that make up for
// themselves when a visit is.
func (d *Dataset) Moved(r hub.Record) time.Duration {
	first, changed := d.starts.Load(hub.RecordRef{Model: r.Model, ExternalID: r.ExternalID})
	if !changed || r.StartTime.IsZero() {
		return 0
	}
	return r.StartTime.Sub(first.(time.Time))
}

// Now is the vendor's clock.
func (d *Dataset) Now() time.Time { return d.clock() }

// Listing asks for a part of a model's rows.
type Listing struct {
	Model hub.Model
	// ByChange lists in the order of change, a row where it changed last; otherwise in the order of creation.
	ByChange bool
	// From is a position from an earlier listing of the same order; zero is the beginning.
	From int
	// Since leaves out rows modified before it, and with Strict also those modified at it.
	Since  time.Time
	Strict bool
	// Before leaves out rows modified at or after it, unless it is zero.
	Before time.Time
	// HideDeleted leaves out deleted rows.
	HideDeleted bool
	// Keep leaves out rows that it returns false for, unless it is nil.
	Keep func(hub.Record) bool
	// Skip passes over that many of the rows that are not left out: page-number paging, whose pages
	// shift when rows change.
	Skip int
	// Limit is how many rows are wanted at most.
	Limit int
}

// List returns the rows, the position after the last of them, and whether more rows follow now.
func (d *Dataset) List(l Listing) (rows []hub.Record, next int, more bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tables[l.Model]
	order := t.byCreation
	if l.ByChange {
		order = t.byChange
	}
	skip := l.Skip
	next = max(l.From, 0)
	for place := next; place < len(order); place++ {
		record, ok := d.listed(l, order[place], place)
		switch {
		case !ok:
			continue
		case skip > 0:
			skip--
			continue
		case len(rows) == l.Limit:
			return rows, next, true
		}
		rows, next = append(rows, record), place+1
	}
	return rows, len(order), false
}

// listed returns the record at a place of an order, and whether l wants it.
func (d *Dataset) listed(l Listing, entry int32, place int) (hub.Record, bool) {
	t := d.tables[l.Model]
	if entry < 0 {
		v := t.late[^entry]
		return v.record, l.within(v.since) && l.wants(v.record)
	}
	row := t.rows[entry]
	if (l.ByChange && int(row.place) != place) || !l.within(row.modified) {
		return hub.Record{}, false
	}
	record := d.record(l.Model, int(entry))
	return record, l.wants(record)
}

func (l *Listing) within(modified int64) bool {
	if !l.Before.IsZero() && modified >= l.Before.UnixMicro() {
		return false
	}
	if l.Since.IsZero() {
		return true
	}
	since := l.Since.UnixMicro()
	return modified > since || (modified == since && !l.Strict)
}

func (l *Listing) wants(r hub.Record) bool {
	return (!l.HideDeleted || !r.Deleted) && (l.Keep == nil || l.Keep(r))
}
