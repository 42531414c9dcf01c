package simulator

import (
	"fmt"
	"slices"
	"time"

	"sirocco/hub"
)

// Insert adds n new rows and returns their ids.
func (d *Dataset) Insert(m hub.Model, n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := make([]string, n)
	for i := range ids {
		t := d.tables[m]
		ids[i] = d.ids.of(m, len(t.rows))
		t.append(d.tick())
	}
	return ids
}

// Update changes the content of n rows picked at random and returns their ids; a row may be picked twice.
func (d *Dataset) Update(m hub.Model, n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := d.pick(m, n)
	for _, id := range ids {
		d.change(m, id, d.tick(), func(r *hub.Record) { d.alter(r) })
	}
	return ids
}

// Touch gives n rows picked at random a new modified time and leaves their content as it is.
func (d *Dataset) Touch(m hub.Model, n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := d.pick(m, n)
	for _, id := range ids {
		d.change(m, id, d.tick(), func(*hub.Record) {})
	}
	return ids
}

// Together changes n different rows at one and the same instant, as a bulk update does, and returns it.
func (d *Dataset) Together(m hub.Model, n int) (at time.Time, ids []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at = d.tick()
	for i := range d.tables[m].rows {
		if r := d.record(m, i); !r.Deleted && len(ids) < n {
			ids = append(ids, r.ExternalID)
			d.change(m, r.ExternalID, at, func(r *hub.Record) { d.alter(r) })
		}
	}
	return at, ids
}

// Restore changes the content of n rows picked at random, and says that they changed ago: as where a backup is restored,
// or rows show only long after their time. It returns their ids; a row may be picked twice.
func (d *Dataset) Restore(m hub.Model, n int, ago time.Duration) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := d.pick(m, n)
	for _, id := range ids {
		d.change(m, id, d.tick().Add(-ago), func(r *hub.Record) { d.alter(r) })
	}
	return ids
}

// Delete deletes n rows picked at random and returns their ids; a row may be picked twice.
func (d *Dataset) Delete(m hub.Model, n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := d.pick(m, n)
	for _, id := range ids {
		d.change(m, id, d.tick(), func(r *hub.Record) { r.Deleted = true })
	}
	return ids
}

// Undelete brings back a row that was deleted, without a change of its time: where a stand-in lists what was deleted, it stays among
// that.
func (d *Dataset) Undelete(m hub.Model, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.record(m, d.ids.number(m, id))
	d.change(m, id, r.ModifiedAt, func(r *hub.Record) { r.Deleted = false })
	d.undeleted.Store(hub.RecordRef{Model: m, ExternalID: id}, true)
}

// WasDeleted reports whether a row is deleted, or was before it was brought back by Undelete.
func (d *Dataset) WasDeleted(r hub.Record) bool {
	_, undeleted := d.undeleted.Load(hub.RecordRef{Model: r.Model, ExternalID: r.ExternalID})
	return r.Deleted || undeleted
}

// Turn makes n rows picked at random into something that no hub keeps as a record, of a platform whose rows of the model can be
// that: an entry that has no time any more, or is of another kind. A row that was turned is what it was again. It returns their
// ids; a row may be picked twice.
func (d *Dataset) Turn(m hub.Model, n int) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := d.pick(m, n)
	for _, id := range ids {
		d.change(m, id, d.tick(), func(r *hub.Record) {
			first, changed := d.starts.Load(hub.RecordRef{Model: m, ExternalID: id})
			if changed && r.StartTime.IsZero() {
				r.StartTime = first.(time.Time)
			} else {
				r.StartTime = time.Time{}
			}
		})
	}
	return ids
}

// Merge merges one row into another, both picked at random, and returns their ids.
func (d *Dataset) Merge(m hub.Model) (from, into string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	into = d.pick(m, 1)[0]
	for from = into; from == into; {
		from = d.pick(m, 1)[0]
	}
	d.change(m, from, d.tick(), func(r *hub.Record) { r.Deleted, r.MergedInto = true, into })
	d.change(m, into, d.tick(), func(r *hub.Record) { d.alter(r) })
	return from, into
}

// Change changes one row as f says. It panics when there is no such row: only tests name rows.
func (d *Dataset) Change(m hub.Model, id string, f func(*hub.Record)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.change(m, id, d.tick(), f)
}

// Churn makes n changes at random over all models: mostly updates, some new rows, a few deletions and rows that turn.
func (d *Dataset) Churn(n int) {
	for n := range n {
		d.mu.Lock()
		m, dice := d.models[d.rng.IntN(len(d.models))], d.rng.IntN(10)
		d.mu.Unlock()
		switch {
		case dice < 7:
			d.Update(m, 1)
		case dice < 9:
			d.Insert(m, 1)
		case slices.Contains(d.turning, m) && n%2 == 0:
			d.Turn(m, 1)
		default:
			d.Delete(m, 1)
		}
	}
}

// Replay makes the vendor hand out, after the row as it is now, the version it had before its last
// change, with the modified time of then. It panics when the row never changed.
func (d *Dataset) Replay(m hub.Model, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tables[m]
	v := t.rows[d.ids.number(m, id)].versions
	if v == nil {
		panic(fmt.Sprintf("simulator: %s %s has no older version", m, id))
	}
	t.late = append(t.late, lateVersion{record: v.before, since: d.tick().UnixMicro()})
	entry := ^int32(len(t.late) - 1)
	t.byCreation = append(t.byCreation, entry)
	t.byChange = append(t.byChange, entry)
}

// tick returns the vendor's time for a change: its clock in microseconds, later than any change before.
func (d *Dataset) tick() time.Time {
	now := d.clock().Truncate(time.Microsecond)
	if !now.After(d.last) {
		now = d.last.Add(time.Microsecond)
	}
	d.last = now
	return now
}

func (d *Dataset) change(m hub.Model, id string, at time.Time, f func(*hub.Record)) {
	t, n := d.tables[m], d.ids.number(m, id)
	if n < 0 || n >= len(t.rows) {
		panic(fmt.Sprintf("simulator: there is no %s %s", m, id))
	}
	before := d.record(m, n)
	d.starts.LoadOrStore(hub.RecordRef{Model: m, ExternalID: id}, before.StartTime)
	now := before
	f(&now)
	now.ModifiedAt = at
	t.rows[n] = row{modified: at.UnixMicro(), place: int32(len(t.byChange)), versions: &versions{now: now, before: before}}
	t.byChange = append(t.byChange, int32(n))
}

// pick returns the ids of n rows that are not deleted. It panics when nearly all are.
func (d *Dataset) pick(m hub.Model, n int) []string {
	ids := make([]string, 0, n)
	for tries := 0; len(ids) < n; tries++ {
		if tries > 1000*(n+1) {
			panic(fmt.Sprintf("simulator: too few %s are left", m))
		}
		if r := d.record(m, d.rng.IntN(len(d.tables[m].rows))); !r.Deleted {
			ids = append(ids, r.ExternalID)
		}
	}
	return ids
}
