package store_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// BenchmarkWriteSlice prints how long the longest writes that there are hold SQLite's one writer, by the clock and in CPU
// time, which says the same on a machine that does something else, too:
//
//	go test ./store -run '^$' -bench WriteSlice -benchtime 5x
func BenchmarkWriteSlice(b *testing.B) {
	for _, c := range []struct {
		name    string
		n       int
		merged  int
		renamed bool
	}{
		{"push of 1", 1, 0, false}, {"push of 1000", 1000, 0, false}, {"push of 1000 changed", 1000, 0, true},
		{"merge of 100", 1, 100, false}, {"most that is allowed", store.PushMost - 100*store.MergeWeight, 100, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := newBenchWorld(b)
			round := 0
			w.measure(b, func() {}, func() {
				round++
				if _, err := w.st.Push(context.Background(), w.org, benchPatches(round, c.n, c.merged, c.renamed)); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
	b.Run("merge with 500 references", func(b *testing.B) {
		w := newBenchWorld(b)
		round := 0
		w.measure(b, func() { round++; w.refer(b, fmt.Sprint("gone", round), 600) }, func() {
			if _, err := w.st.Push(context.Background(), w.org, []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: fmt.Sprint("gone", round), MergedTo: "kept"}}); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("slice of a purge", func(b *testing.B) {
		of := func() *benchWorld {
			w := newBenchWorld(b)
			w.push(b, 20_000)
			if _, err := w.st.DeleteConnection(context.Background(), w.org, w.connection, nil); err != nil {
				b.Fatal(err)
			}
			return w
		}
		w, left := of(), true
		w.measure(b, func() {
			if !left {
				w = of()
			}
		}, func() {
			var err error
			if left, err = w.st.Purge(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("erasure of 20000 utterances", func(b *testing.B) {
		w := newBenchWorld(b)
		var id string
		w.measure(b, func() { id = w.talk(b, 20_000) }, func() {
			if _, err := w.st.DeleteRecording(context.Background(), w.org, id); err != nil {
				b.Fatal(err)
			}
		})
	})
	for _, again := range []bool{false, true} {
		b.Run(fmt.Sprintf("analysis of 100000 utterances, another before it %t", again), func(b *testing.B) {
			w := newBenchWorld(b)
			var id string
			a := benchAnalysis(100_000)
			w.measure(b, func() {
				id = w.talk(b, 1)
				if again {
					id = w.talk(b, 20_000)
				}
			}, func() {
				if _, err := w.st.PutAnalysis(context.Background(), w.org, id, a); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
	// Each of these is done in slices, the first of them with what asks for it: divide by how many the name says.
	b.Run("deletion of a record that 20000 recordings show, in 40", func(b *testing.B) {
		w := newBenchWorld(b)
		round := 0
		w.measure(b, func() { round++; w.talks(b, fmt.Sprint("shown", round), 20_000) }, func() {
			if _, err := w.st.Push(context.Background(), w.org, []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: fmt.Sprint("shown", round), Delete: new(true)}}); err != nil {
				b.Fatal(err)
			}
			if err := untilDone(context.Background(), w.st.TouchRecordings); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("organization with 20000 tasks disabled and enabled, in 80", func(b *testing.B) {
		w := newBenchWorld(b)
		w.tasks(b, 20_000)
		w.measure(b, func() {}, func() {
			for _, disabled := range []bool{true, false} {
				if _, err := w.st.UpdateOrganization(context.Background(), w.org, "", hub.OrganizationPatch{Disabled: &disabled}); err != nil {
					b.Fatal(err)
				}
				if err := untilDone(context.Background(), w.st.SwitchWork); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
	b.Run("slice of the links of a deleted connection", func(b *testing.B) {
		w := newBenchWorld(b)
		w.measure(b, func() {
			w = newBenchWorld(b)
			w.talks(b, "shown", 2000)
			if _, err := w.st.DeleteConnection(context.Background(), w.org, w.connection, nil); err != nil {
				b.Fatal(err)
			}
		}, func() {
			if _, err := w.st.Purge(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("removal of 2000 engagements", func(b *testing.B) {
		w := newBenchWorld(b)
		at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		w.measure(b, func() { w.engagements(b, at, 2000) }, func() {
			if n, err := w.st.DeleteRemoved(context.Background(), w.org, "", nil, at, at.Add(time.Hour)); err != nil || n != 2000 {
				b.Fatal(n, err)
			}
		})
	})
}

// benchPatches are n accounts, new in each round or changed, into the first of which others are merged.
func benchPatches(round, n, merged int, renamed bool) []hub.RecordPatch {
	all := make([]hub.RecordPatch, n)
	for i := range all {
		name, of := fmt.Sprintf("%d %d", round, i), round
		if renamed {
			of = 0
		}
		all[i] = hub.RecordPatch{Model: hub.ModelAccount, ExternalID: fmt.Sprintf("a%d-%d", of, i), Create: true, Change: func(r *hub.Record) { r.Name = name }}
	}
	for i := range merged {
		all[0].MergedFrom = append(all[0].MergedFrom, fmt.Sprintf("m%d-%d", round, i))
	}
	return all
}

// benchWorld is an organization that pushes.
type benchWorld struct {
	st              *store.Store
	org, connection string
	user            string
}

func newBenchWorld(b testing.TB) *benchWorld {
	b.Helper()
	return benchWorldOn(b, storetest.SQLite(b))
}

func benchWorldOn(b testing.TB, url string) *benchWorld {
	b.Helper()
	st := storetest.Open(b, url, nil)
	w := &benchWorld{st: st, org: storetest.Organization(b, st)}
	w.connection = storetest.Connection(b, st, w.org, hub.PlatformCustomInput).ID
	u, err := st.CreateUser(context.Background(), w.org, hub.User{Email: "ann@example.com"})
	if err != nil {
		b.Fatal(err)
	}
	w.user = u.ID
	return w
}

// measure reports what do costs, each time after prepare, which is not counted.
func (w *benchWorld) measure(b *testing.B, prepare, do func()) {
	b.Helper()
	var spent time.Duration
	for b.Loop() {
		b.StopTimer()
		prepare()
		before := cpuTime(b)
		b.StartTimer()
		do()
		spent += cpuTime(b) - before
	}
	b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// cpuTime is what this program has spent.
func cpuTime(b testing.TB) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (w *benchWorld) push(b testing.TB, n int) {
	b.Helper()
	for round := range n / 1000 {
		if _, err := w.st.Push(context.Background(), w.org, benchPatches(round, 1000, 0, false)); err != nil {
			b.Fatal(err)
		}
	}
}

func (w *benchWorld) engagements(b testing.TB, at time.Time, n int) {
	b.Helper()
	for round := range n / 500 {
		var all []hub.RecordPatch
		for i := range 500 {
			all = append(all, hub.RecordPatch{Model: hub.ModelEngagement, ExternalID: fmt.Sprintf("%d-%d", round, i), Create: true, Delete: new(false), Change: func(r *hub.Record) { r.StartTime = at }})
		}
		if _, err := w.st.Push(context.Background(), w.org, all); err != nil {
			b.Fatal(err)
		}
	}
}

// refer makes so many contacts that refer to an account.
func (w *benchWorld) refer(b testing.TB, account string, n int) {
	b.Helper()
	for at := 0; at < n; at += 500 {
		all := []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: account, Create: true}, {Model: hub.ModelAccount, ExternalID: "kept", Create: true}}
		for i := at; i < min(n, at+500); i++ {
			all = append(all, hub.RecordPatch{Model: hub.ModelContact, ExternalID: fmt.Sprintf("%s-%d", account, i), Create: true, Change: func(r *hub.Record) { r.Refs.Account = account }})
		}
		if _, err := w.st.Push(context.Background(), w.org, all); err != nil {
			b.Fatal(err)
		}
	}
}

// talk makes a recording with so many utterances, and returns its id.
func (w *benchWorld) talk(b testing.TB, utterances int) string {
	b.Helper()
	id := storetest.Recording(b, w.st, w.org, w.user, time.Now(), time.Hour)
	storetest.Exec(b, w.st, `UPDATE recordings SET blob = id WHERE id = $1`, id)
	if _, err := w.st.PutAnalysis(context.Background(), w.org, id, benchAnalysis(utterances)); err != nil {
		b.Fatal(err)
	}
	return id
}

// benchAnalysis has so many utterances.
func benchAnalysis(utterances int) (a hub.AnalysisResult) {
	for i := range utterances {
		a.Utterances = append(a.Utterances, hub.Utterance{Speaker: "1", Text: fmt.Sprintf("This is what was said at place %d.", i), Start: int64(i), End: int64(i + 1)})
	}
	return a
}
