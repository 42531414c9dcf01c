package console

import (
	"context"
	"fmt"
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
		build := func(context.Context) ([]byte, error) {
			made.Add(1)
			return fmt.Append(nil, value.Load()), nil
		}
		stalled, leave := l.watch("a page", build)
		ends := []func(){leave}
		shown := make([][]string, viewers)
		over := make(chan struct{})
		for i := range shown {
			parts, end := l.watch("a page", build)
			ends = append(ends, end)
			go func() {
				for {
					select {
					case part := <-parts:
						shown[i] = append(shown[i], string(part.text))
					case <-over:
						return
					}
				}
			}()
		}
		synctest.Wait()
		for range changes {
			value.Add(1)
			time.Sleep(livePoll) // virtual: one part is made a poll
			synctest.Wait()
		}
		close(over)
		synctest.Wait()
		for i, parts := range shown {
			if len(parts) != changes+1 || parts[0] != "0" || parts[changes] != fmt.Sprint(changes) {
				t.Fatalf("the viewer %d got %d parts: %q", i, len(parts), parts)
			}
		}
		if n := made.Load(); n != changes+1 {
			t.Errorf("it was made %d times for %d changes", n, changes)
		}
		if latest := string((<-stalled).text); latest != fmt.Sprint(changes) {
			t.Errorf("who took nothing gets %s", latest)
		}
		for _, end := range ends {
			end()
		}
		synctest.Wait()
		before := made.Load()
		time.Sleep(10 * livePoll) // virtual: nobody looks any more
		if n := made.Load(); n != before {
			t.Errorf("it is made %d times for nobody", n-before)
		}
	})
}
