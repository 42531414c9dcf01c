package store_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// mergeModels are the kinds of records that merges are tried on, and how a record refers to one.
var mergeModels = map[hub.Model]func(*hub.Refs) *string{
	hub.ModelAccount: func(r *hub.Refs) *string { return &r.Account }, hub.ModelContact: func(r *hub.Refs) *string { return &r.Contact },
	hub.ModelLead: func(r *hub.Refs) *string { return &r.Lead }, hub.ModelOpportunity: func(r *hub.Refs) *string { return &r.Opportunity },
}

// TestMergesEndAtTheSurvivor merges records at random, in any order, by push from either end and by pages of a CRM:
// what refers to one, is linked to one, or is on its way to one, ends at the record that is left of it.
func TestMergesEndAtTheSurvivor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		rapid.Check(t, func(rt *rapid.T) {
			checkMerges(t, rt, st)
		})
	})
}

func checkMerges(t *testing.T, rt *rapid.T, st *store.Store) {
	ctx := context.Background()
	org := storetest.Organization(t, st)
	pulled := rapid.Bool().Draw(rt, "pulled")
	model := rapid.SampledFrom([]hub.Model{hub.ModelAccount, hub.ModelContact, hub.ModelLead, hub.ModelOpportunity}).Draw(rt, "model")
	w := newMergeWorld(t, st, org, pulled)
	count := rapid.IntRange(2, 14).Draw(rt, "records")
	id := func(i int) string { return fmt.Sprintf("r%02d", i) }
	var living []hub.Record
	for i := range count {
		living = append(living, hub.Record{Model: model, ExternalID: id(i), Name: id(i)})
	}
	w.write(ctx, living)
	refer := func(i int) hub.Record {
		e := hub.Record{Model: hub.ModelEngagement, ExternalID: "of " + id(i), StartTime: time.Now()}
		*mergeModels[model](&e.Refs) = id(i)
		return e
	}
	recordings := map[int]string{}
	for i := range count {
		if i%2 == 0 { // the others come when all is merged: a CRM goes on naming the merged record
			w.write(ctx, []hub.Record{refer(i)})
		}
		recordings[i] = storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Hour)
		if _, err := st.SetLink(ctx, org, recordings[i], hub.Link{ConnectionID: w.connection, Model: model, ExternalID: id(i)}); err != nil {
			rt.Fatal(err)
		}
		storetest.Exec(t, st, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, note_id, error, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, 'SENT', 1, '', '', 1, 1)`, org, w.connection, hub.NewID(), recordings[i], string(model), id(i))
	}
	into := map[int]int{} // what the merges are, as accepted
	reaches := func(from, to int) bool {
		for {
			if from == to {
				return true
			}
			next, ok := into[from]
			if !ok {
				return false
			}
			from = next
		}
	}
	for step := range rapid.IntRange(1, 12).Draw(rt, "steps") {
		var batch []merge
		for range rapid.IntRange(1, 6).Draw(rt, "batch") {
			m := merge{rapid.IntRange(0, count-1).Draw(rt, "from"), rapid.IntRange(0, count-1).Draw(rt, "to")}
			if _, merged := into[m.from]; merged || m.from == m.to || reaches(m.to, m.from) {
				continue // tried below
			}
			into[m.from] = m.to
			batch = append(batch, m)
		}
		shuffled := rapid.Permutation(batch).Draw(rt, "order")
		w.merge(ctx, rt, model, id, shuffled, rapid.Bool().Draw(rt, "from the survivor"))
		// A circle is refused, and leaves everything as it is.
		for from := range into {
			end := from
			for {
				next, ok := into[end]
				if !ok {
					break
				}
				end = next
			}
			w.circle(ctx, rt, model, id, end, from, fmt.Sprint(step))
			break
		}
	}
	for i := range count {
		if i%2 == 1 {
			w.write(ctx, []hub.Record{refer(i)})
		}
	}
	for i := range count {
		end := i
		for next, ok := into[end]; ok; next, ok = into[end] {
			end = next
		}
		key := store.RecordKey{ConnectionID: w.connection, Model: hub.ModelEngagement, ExternalID: "of " + id(i)}
		found, err := st.RecordsByKey(ctx, org, []store.RecordKey{key})
		if err != nil {
			rt.Fatal(err)
		}
		e := found[key]
		if got := *mergeModels[model](&e.Refs); got != id(end) {
			rt.Errorf("%s refers to %s, want %s; merges %v", key.ExternalID, got, id(end), into)
		}
		if r, err := st.Recording(ctx, org, recordings[i]); err != nil || r.Link.ExternalID != id(end) {
			rt.Errorf("%v: the recording of %s is linked to %s, want %s; merges %v", err, id(i), r.Link.ExternalID, id(end), into)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND external_id = $3`, org, recordings[i], id(end)); n != 1 {
			rt.Errorf("the note of %s does not go to %s; merges %v", id(i), id(end), into)
		}
	}
}

// merge is one merge of records by number.
type merge struct{ from, to int }

// mergeWorld is a connection whose records are pushed, or pulled.
type mergeWorld struct {
	t          *testing.T
	st         *store.Store
	org        string
	connection string
	// sched is the lease of what pulls; nil where records are pushed.
	sched *store.Schedule
}

func newMergeWorld(t *testing.T, st *store.Store, org string, pulled bool) *mergeWorld {
	w := &mergeWorld{t: t, st: st, org: org}
	if !pulled {
		w.connection = storetest.Connection(t, st, org, hub.PlatformCustomInput).ID
		return w
	}
	models := []hub.Model{hub.ModelAccount, hub.ModelContact, hub.ModelLead, hub.ModelOpportunity, hub.ModelEngagement}
	w.connection = storetest.Connection(t, st, org, hub.PlatformMerge, models...).ID
	sched := storetest.Lease(t, st, org, w.connection)
	w.sched = &sched
	return w
}

func (w *mergeWorld) write(ctx context.Context, records []hub.Record) {
	w.t.Helper()
	if w.sched != nil {
		page := store.PageCommit{State: store.SyncState{Model: records[0].Model}, Records: records, Status: hub.SyncStateUpToDate}
		if _, err := w.st.CommitPage(ctx, *w.sched, page); err != nil {
			w.t.Fatal(err)
		}
		return
	}
	var patches []hub.RecordPatch
	for _, made := range records {
		patches = append(patches, hub.RecordPatch{Model: made.Model, ExternalID: made.ExternalID, Create: true, Change: func(r *hub.Record) { *r = made }})
	}
	if _, err := w.st.Push(ctx, w.org, patches); err != nil {
		w.t.Fatal(err)
	}
}

// merge merges records together, in the order given.
func (w *mergeWorld) merge(ctx context.Context, rt *rapid.T, model hub.Model, id func(int) string, merges []merge, fromSurvivor bool) {
	if len(merges) == 0 {
		return
	}
	if w.sched != nil {
		var page []hub.Record
		for _, m := range merges {
			page = append(page, hub.Record{Model: model, ExternalID: id(m.from), Name: id(m.from), Deleted: true, MergedInto: id(m.to)})
		}
		w.write(ctx, page)
		return
	}
	var patches []hub.RecordPatch
	for _, m := range merges {
		if fromSurvivor {
			patches = append(patches, hub.RecordPatch{Model: model, ExternalID: id(m.to), MergedFrom: []string{id(m.from)}})
		} else {
			patches = append(patches, hub.RecordPatch{Model: model, ExternalID: id(m.from), MergedTo: id(m.to)})
		}
	}
	if _, err := w.st.Push(ctx, w.org, patches); err != nil {
		rt.Fatal(err)
	}
}

// circle merges the survivor into what was merged into it.
func (w *mergeWorld) circle(ctx context.Context, rt *rapid.T, model hub.Model, id func(int) string, survivor, merged int, name string) {
	if w.sched != nil {
		before := storetest.Count(w.t, w.st, `SELECT COUNT(*) FROM quarantine WHERE connection_id = $1 AND external_id = $2`, w.connection, id(survivor))
		w.write(ctx, []hub.Record{{Model: model, ExternalID: id(survivor), Name: name, MergedInto: id(merged)}})
		if after := storetest.Count(w.t, w.st, `SELECT COUNT(*) FROM quarantine WHERE connection_id = $1 AND external_id = $2`, w.connection, id(survivor)); after != 1 {
			rt.Errorf("a circle is not in quarantine: %d, before %d", after, before)
		}
		return
	}
	_, err := w.st.Push(ctx, w.org, []hub.RecordPatch{{Model: model, ExternalID: id(survivor), Field: "account", MergedTo: id(merged)}})
	var invalid *hub.InvalidError
	if !errors.As(err, &invalid) || invalid.Issues[0].Field != "account.mergedToExternalId" || !strings.Contains(err.Error(), "itself") {
		rt.Errorf("a circle is answered %v", err)
	}
}

// TestLongChainOfMerges merges many records one into the next, the last first and the first first: all is followed.
func TestLongChainOfMerges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		const length = 60
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		w := newMergeWorld(t, st, org, false)
		w.write(ctx, []hub.Record{{Model: hub.ModelEngagement, ExternalID: "e", StartTime: time.Now(), Refs: hub.Refs{Account: "0"}}})
		var patches []hub.RecordPatch
		for i := range length {
			patches = append(patches, hub.RecordPatch{Model: hub.ModelAccount, ExternalID: fmt.Sprint(i), MergedTo: fmt.Sprint(i + 1)})
		}
		if _, err := st.Push(ctx, org, patches); err != nil {
			t.Fatal(err)
		}
		w.write(ctx, []hub.Record{{Model: hub.ModelEngagement, ExternalID: "late", StartTime: time.Now(), Refs: hub.Refs{Account: "0"}}})
		for _, id := range []string{"e", "late"} {
			key := store.RecordKey{ConnectionID: w.connection, Model: hub.ModelEngagement, ExternalID: id}
			if found, err := st.RecordsByKey(ctx, org, []store.RecordKey{key}); err != nil || found[key].Refs.Account != fmt.Sprint(length) {
				t.Errorf("%v: %s refers to account %q", err, id, found[key].Refs.Account)
			}
		}
	})
}

// TestPreparedRecordsAreWhatIsWritten commits pages that were prepared: what is written is what would be without, also of records
// that come twice, that refer to merged ones and that JSON has no text for.
func TestPreparedRecordsAreWhatIsWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, clock := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return clock })
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount, hub.ModelContact)
		sched := storetest.Lease(t, st, org, conn.ID)
		commit := func(prepared bool, records ...hub.Record) store.Changes {
			t.Helper()
			page := store.PageCommit{State: store.SyncState{Model: records[0].Model}, Status: hub.SyncStateUpToDate, Records: records}
			if prepared {
				page.Prepared, _ = store.Prepare(records)
			}
			changes, err := st.CommitPage(ctx, sched, page)
			if err != nil {
				t.Fatal(err)
			}
			return changes
		}
		old := hub.Record{Model: hub.ModelContact, ExternalID: "c", Name: "Old", ModifiedAt: clock, Refs: hub.Refs{Account: "a"}, Details: hub.Details{Email: "old@example.com"}}
		latest := old
		latest.Name, latest.ModifiedAt, latest.Details = "New", clock.Add(time.Minute), hub.Details{Email: "new@example.com", Phones: []string{"+1 555 010 0100"}}
		once := old
		once.ExternalID, once.Details = "d", hub.Details{Email: "once@example.com"}
		merged := hub.Record{Model: hub.ModelAccount, ExternalID: "a", Name: "A", MergedInto: "b", ModifiedAt: clock}
		// The merge is of the page itself: it is not known when the page is prepared.
		if ch := commit(true, merged, hub.Record{Model: hub.ModelAccount, ExternalID: "b", Name: "B", ModifiedAt: clock}, latest, old, once); ch.Created != 3 || ch.Deleted != 1 {
			t.Errorf("the first page makes %+v", ch)
		}
		for _, prepared := range []bool{false, true} {
			if ch := commit(prepared, latest, old, once); ch != (store.Changes{Unchanged: 2}) {
				t.Errorf("prepared %v, the same again makes %+v", prepared, ch)
			}
		}
		kept, err := st.RecordsByKey(ctx, org, []store.RecordKey{{ConnectionID: conn.ID, Model: hub.ModelContact, ExternalID: "c"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range kept {
			if r.Name != "New" || r.Refs.Account != "b" || r.Details.Email != "new@example.com" {
				t.Errorf("it is kept as %+v", r.Record)
			}
		}
		for email, want := range map[string]int{"old@example.com": 0, "new@example.com": 1, "once@example.com": 1} {
			if found, err := st.RecordsByEmail(ctx, org, hub.ModelContact, email, "", nil, 10); err != nil || len(found) != want {
				t.Errorf("%s finds %d records, %v", email, len(found), err)
			}
		}
		nowhere := math.NaN()
		p, faults := store.Prepare([]hub.Record{once, {Model: hub.ModelAccount, ExternalID: "n", Details: hub.Details{Latitude: &nowhere}}})
		if len(p) != 1 || len(faults) != 1 || faults[1] == nil {
			t.Errorf("%d of two are prepared, the faults are %v", len(p), faults)
		}
	})
}
