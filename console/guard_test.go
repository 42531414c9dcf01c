package console

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestGuardAsksOnce lets 200 streams of several sessions want to know at once whether those live: one question is asked for all,
// and another one only for what has to be newer.
func TestGuardAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := map[string]bool{}
		var questions []int
		g := guard{ask: func(_ context.Context, hashes []string) (map[string]bool, error) {
			questions = append(questions, len(hashes))
			alive := map[string]bool{}
			for _, h := range hashes {
				alive[h] = !ended[h]
			}
			return alive, nil
		}}
		const streams, sessions = 200, 20
		name := func(i int) string { return fmt.Sprint("s", i%sessions) }
		var ends []func()
		for i := range streams {
			ends = append(ends, g.watch(name(i)))
		}
		allLive := func(since time.Time, but string) {
			t.Helper()
			var group sync.WaitGroup
			for i := range streams {
				group.Go(func() {
					if alive, err := g.lives(t.Context(), name(i), since); err != nil || alive == (name(i) == but) {
						t.Errorf("%s lives: %v, %v", name(i), alive, err)
					}
				})
			}
			group.Wait()
		}
		first := time.Now()
		allLive(first, "")
		ended["s7"] = true
		time.Sleep(time.Second) // virtual
		allLive(first, "")      // which was asked already
		allLive(time.Now(), "s7")
		if !slices.Equal(questions, []int{sessions, sessions}) {
			t.Errorf("it was asked about %v sessions", questions)
		}
		later := g.watch("later")
		if alive, err := g.lives(t.Context(), "later", first); err != nil || !alive {
			t.Errorf("one that was not asked about: %v, %v", alive, err)
		}
		later()
		for _, end := range ends {
			end()
		}
		if len(g.streams) != 0 || len(g.asked) != 0 {
			t.Errorf("%v and %v are kept", g.streams, g.asked)
		}
	})
}
