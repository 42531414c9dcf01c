package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestEachViewerSeesEachChange changes what 200 people look at, a hundred times: each of them gets each change once, made once
// for all. Who takes nothing holds up nobody, and gets the latest. When nobody looks any more, nothing is made.
func TestEachViewerSeesEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const viewers, changes = 200, 100
		var l live
		var value, made atomic.Int64
		build := countedBuild(&value, &made)
		stalled := l.watch("a page", build)
		stalled.ready()
		all := []*liveViewer{stalled}
		defer leaveAll(&all)
		shown := make([]shownParts, viewers)
		over := make(chan struct{})
		for i := range shown {
			v := l.watch("a page", build)
			all = append(all, v)
			go shown[i].read(v, over)
		}
		time.Sleep(livePoll) // virtual, as below: who comes while it is made is given it the next time
		synctest.Wait()
		before := made.Load()
		for range changes {
			value.Add(1)
			time.Sleep(livePoll) // virtual: one part is made a poll
			synctest.Wait()
		}
		close(over)
		synctest.Wait()
		for i := range shown {
			parts := shown[i].all()
			if len(parts) != changes+1 || parts[0] != "0" || parts[changes] != fmt.Sprint(changes) {
				t.Fatalf("the viewer %d got %d parts: %q", i, len(parts), parts)
			}
		}
		if n := made.Load() - before; n != changes {
			t.Errorf("it was made %d times for %d changes", n, changes)
		}
		<-stalled.changes
		stalled.ready()
		if latest := string((<-stalled.changes).message); latest != fmt.Sprint(changes) {
			t.Errorf("who took nothing gets %s", latest)
		}
		leaveAll(&all)
		synctest.Wait()
		before = made.Load()
		time.Sleep(10 * livePoll) // virtual: nobody looks any more
		if n := made.Load(); n != before {
			t.Errorf("it is made %d times for nobody", n-before)
		}
	})
}

// TestNothingIsMadeForWhoDoesNotRead lets 200 people look who do not take what they were given: what they look at is made no
// more, until one of them reads again, who is given it as it is then.
func TestNothingIsMadeForWhoDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l live
		var value, made atomic.Int64
		var all []*liveViewer
		for range 200 {
			v := l.watch("a page", countedBuild(&value, &made))
			v.ready()
			all = append(all, v)
		}
		defer leaveAll(&all)
		time.Sleep(livePoll) // virtual, as below: who comes while it is made is given it the next time
		synctest.Wait()
		before := made.Load()
		for range 100 {
			value.Add(1)
			time.Sleep(livePoll)
		}
		if n := made.Load(); n != before {
			t.Errorf("it was made %d times for nobody who reads", n-before)
		}
		first := <-all[0].changes
		all[0].ready()
		if again := <-all[0].changes; string(first.message) != "0" || string(again.message) != "100" || made.Load() != before+1 {
			t.Errorf("who reads again has got %s and gets %s, after it was made %d times", first.message, again.message, made.Load())
		}
	})
}

// TestWhoComesSeesNothingOlder opens a page again after a change, beside somebody who has looked for longer: what is sent first is
// what is so after the change, and not what was made, or was being made, before it. What is sent first is the state, whatever
// happened between the page and its stream.
func TestWhoComesSeesNothingOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l live
		var value atomic.Int64
		slow := func(context.Context) ([]byte, error) {
			read := value.Load()
			time.Sleep(livePoll / 2) // virtual: it was read before, and is made then
			return fmt.Append(nil, read), nil
		}
		stays := l.watch("a page", slow)
		defer stays.leave()
		stays.ready()
		if part := <-stays.changes; string(part.message) != "0" {
			t.Fatalf("the first is %s", part.message)
		}
		stays.ready()

		value.Store(1) // nothing is being made
		one := l.watch("a page", slow)
		defer one.leave()
		one.ready()
		if part := <-one.changes; string(part.message) != "1" {
			t.Errorf("who came after the change 1 gets %s", part.message)
		}
		<-stays.changes
		stays.ready()
		one.ready()

		time.Sleep((liveShare-1)*livePoll/2 + livePoll/4) // virtual: now it is being made
		value.Store(2)
		two := l.watch("a page", slow)
		defer two.leave()
		two.ready()
		if part := <-two.changes; string(part.message) != "2" {
			t.Errorf("who came after the change 2, while it was made from what was before, gets %s", part.message)
		}
	})
}

// TestAPageThatCannotBeMadeIsNotCurrent lets what is looked at not be made for a while: who looks is told that it is so still only
// while that is known.
func TestAPageThatCannotBeMadeIsNotCurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l live
		var fails atomic.Bool
		v := l.watch("a page", func(ctx context.Context) ([]byte, error) {
			if fails.Load() {
				<-ctx.Done() // as a database does that does not answer
				return nil, errors.New("it took too long")
			}
			return []byte("a part"), nil
		})
		defer v.leave()
		v.ready()
		<-v.changes
		v.ready()
		time.Sleep(10 * liveBeat) // virtual, as those below
		if !v.current() {
			t.Error("what is made each second is not current")
		}
		fails.Store(true)
		time.Sleep(3 * liveBeat)
		if v.current() {
			t.Error("what was not made for three beats is current")
		}
		fails.Store(false)
		time.Sleep(3 * liveBeat)
		if !v.current() {
			t.Error("what is made again is not current")
		}
	})
}

// countedBuild makes a part that is a number, and counts how often.
func countedBuild(value, made *atomic.Int64) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) {
		made.Add(1)
		return fmt.Append(nil, value.Load()), nil
	}
}

func leaveAll(all *[]*liveViewer) {
	for _, v := range *all {
		v.leave()
	}
}

// shownParts is what a viewer has read.
type shownParts struct {
	mu    sync.Mutex
	parts []string
}

func (s *shownParts) read(v *liveViewer, over <-chan struct{}) {
	for {
		v.ready()
		select {
		case part := <-v.changes:
			s.mu.Lock()
			s.parts = append(s.parts, string(part.message))
			s.mu.Unlock()
		case <-over:
			return
		}
	}
}

func (s *shownParts) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.parts
}

// TestALivePageThatPanics makes a part that panics once: it is made anew the next time, and the process goes on.
func TestALivePageThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := live{log: slog.New(slog.DiscardHandler)}
		panics := true
		v := l.watch("a page", func(context.Context) ([]byte, error) {
			if panics {
				panics = false
				panic("no such case")
			}
			return []byte("made"), nil
		})
		defer v.leave()
		v.ready()
		if got := string((<-v.changes).message); got != "made" || panics {
			t.Errorf("it shows %q", got)
		}
	})
}
