package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// analysisOf has so many utterances, all of which say the word.
func analysisOf(word string, n int) hub.AnalysisResult {
	a := hub.AnalysisResult{Language: word}
	for i := range n {
		a.Utterances = append(a.Utterances, hub.Utterance{Speaker: "1", Text: word, Start: int64(i), End: int64(i + 1)})
	}
	return a
}

// shows is what a reader meets of a recording's utterances: the word that they say, and how many say it.
func shows(t *testing.T, st *store.Store, r hub.Recording) string {
	t.Helper()
	words := map[string]int{}
	for from := int64(0); ; from += 700 {
		page, err := st.Utterances(context.WithoutCancel(t.Context()), r, from, 700)
		if err != nil {
			t.Error(err)
		}
		for _, u := range page {
			words[u.Text]++
		}
		if len(page) < 700 {
			return fmt.Sprint(words)
		}
	}
}

// TestALongAnalysisIsOldOrNew replaces an analysis by one that takes several transactions, which is cut off in the middle, and
// then goes through: between any two of them others write, readers meet one of the two, whole, and what nobody is shown goes.
func TestALongAnalysisIsOldOrNew(t *testing.T) {
	const few, many = 2500, 9000
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		var ahead atomic.Int64
		st := storetest.Open(t, url, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
		org := storetest.Organization(t, st)
		id := storetest.Recording(t, st, org, hub.NewID(), time.Now(), time.Hour)
		read := func() hub.Recording {
			t.Helper()
			r, err := st.RecordingHead(ctx, org, id)
			if err != nil {
				t.Error(err)
			}
			return r
		}
		if _, err := st.PutAnalysis(ctx, org, id, analysisOf("old", few)); err != nil {
			t.Fatal(err)
		}
		if again, err := st.PutAnalysis(ctx, org, id, analysisOf("old", few)); err != nil || again.ID != id {
			t.Errorf("the same again is answered by the recording %q, %v", again.ID, err)
		}
		before, old, recent := read(), fmt.Sprintf("map[old:%d]", few), fmt.Sprintf("map[new:%d]", many)
		if have := shows(t, st, before); have != old {
			t.Fatalf("a reader meets %s", have)
		}

		// kept counts all that there are of a recording, shown or not, by a connection of its own: also while somebody writes.
		kept := func() (n int) {
			const stride = 1 << 20 // between the utterances of two analyses
			for place := range int64(6) {
				all, err := st.Utterances(context.WithoutCancel(ctx), hub.Recording{OrganizationID: org, ID: id, WordsFrom: place * stride}, 0, 10_000)
				if err != nil {
					t.Error(err)
				}
				n += len(all)
			}
			return n
		}
		// Each write is looked at from outside, before it begins; the fifth never does.
		put := func(end int) (looks int, err error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			var looking atomic.Bool
			written := -1
			_, err = st.PutAnalysis(betweenWrites{ctx, func() {
				if !looking.CompareAndSwap(false, true) {
					return
				}
				defer looking.Store(false)
				now := kept()
				if now == written {
					return
				}
				written = now
				if looks++; looks == end {
					cancel()
					return
				}
				r := read()
				if have := shows(t, st, r); have != map[string]string{"old": old, "new": recent}[r.Analysis.Language] {
					t.Errorf("a reader of the %s analysis meets %s", r.Analysis.Language, have)
				}
				if _, _, err := st.CreateToken(context.WithoutCancel(ctx), org, store.NewToken{Name: "small"}); err != nil {
					t.Error(err)
				}
			}}, org, id, analysisOf("new", many))
			return looks, err
		}
		if _, err := put(3); !errors.Is(err, context.Canceled) {
			t.Fatalf("what is cut off ends with %v", err)
		}
		if r := read(); r.Analysis.Language != "old" || shows(t, st, r) != old {
			t.Errorf("after it was cut off a reader meets %s", shows(t, st, r))
		}
		looks, err := put(0)
		if err != nil || looks < many/2000 {
			t.Fatalf("others could write %d times, %v", looks, err)
		}
		if r := read(); r.Analysis.Language != "new" || shows(t, st, r) != recent {
			t.Errorf("at its end a reader meets %s", shows(t, st, r))
		}
		if have := shows(t, st, before); have != old {
			t.Errorf("who began to read before meets %s", have)
		}
		if err := untilDone(ctx, st.PurgeUtterances); err != nil || shows(t, st, before) != old {
			t.Errorf("they went from under who reads them, %v", err)
		}
		ahead.Store(int64(2 * time.Hour))
		if err := untilDone(ctx, st.PurgeUtterances); err != nil {
			t.Fatal(err)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM utterances`); n != many || shows(t, st, read()) != recent {
			t.Errorf("%d utterances are kept, and a reader meets %s", n, shows(t, st, read()))
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM hidden_utterances`); n != 0 {
			t.Errorf("%d are still to go", n)
		}

		// A recording that is deleted meanwhile keeps nothing.
		if _, err := put(2); !errors.Is(err, nil) {
			t.Fatalf("the same again ends with %v", err)
		}
		var deleted atomic.Bool
		first := kept()
		deleting := betweenWrites{ctx, func() {
			if kept() > first && deleted.CompareAndSwap(false, true) {
				if _, err := st.DeleteRecording(context.WithoutCancel(ctx), org, id); err != nil {
					t.Error(err)
				}
			}
		}}
		if _, err := st.PutAnalysis(deleting, org, id, analysisOf("third", many)); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("the analysis of a recording that was deleted meanwhile ends with %v", err)
		}
		if n := storetest.Count(t, st, `SELECT (SELECT COUNT(*) FROM utterances) + (SELECT COUNT(*) FROM hidden_utterances)`); n != 0 {
			t.Errorf("%d rows are left of a deleted recording", n)
		}
	})
}
