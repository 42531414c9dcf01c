package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"sirocco/bench/rig"
)

// watched is how long people look at a page while what they cost is measured.
const watched = 20 * time.Second

// viewers measures what people cost who look at a live page that changes each second, whether each of them sees each change and
// how long after it, and what those cost who read nothing of what they are sent. Their browsers are this program, too: what they
// cost is in it.
func (b *bench) viewers(n int) error {
	if n < 1 {
		return nil
	}
	for _, stalled := range []bool{false, true} {
		w, err := b.watch(n, stalled)
		if err != nil {
			return err
		}
		if stalled {
			fmt.Printf("%d look at it and read nothing: %.1f %% of a core.\n\n", n, 100*w.part)
			continue
		}
		slices.Sort(w.lags)
		fmt.Printf("%d look at a connection's page: %.1f %% of a core; of %d changes in %s all of them saw %d, the last of them %s after it, at most %s.\n\n",
			n, 100*w.part, w.changes, watched, len(w.lags), shown(w.lags[len(w.lags)/2]), shown(w.lags[len(w.lags)-1]))
	}
	return nil
}

// watching is what was found while people looked.
type watching struct {
	// part is which part of a core this program used meanwhile.
	part    float64
	changes int
	// lags are how long after each change that all saw the last of them did.
	lags []time.Duration
}

// watch lets n browsers look. A change is waited for until all have seen it, or the next is due.
func (b *bench) watch(n int, stalled bool) (w watching, err error) {
	ctx, stop := context.WithCancel(b.ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	seen := make(chan int, n) // which change a browser shows
	for range n {
		conn, err := b.look(ctx, "/connections/"+b.connection+"/live?organization="+b.organization)
		if err != nil {
			return w, err
		}
		all.Go(func() {
			defer func() { _ = conn.Close() }()
			if stalled {
				<-ctx.Done()
				return
			}
			context.AfterFunc(ctx, func() { _ = conn.Close() })
			for lines := bufio.NewReader(conn); ; {
				line, err := lines.ReadString('\n')
				if err != nil {
					return
				}
				if found := shownPage.FindStringSubmatch(line); found != nil {
					change, _ := strconv.Atoi(found[1]) // digits alone
					select {
					case seen <- change:
					case <-ctx.Done():
					}
				}
			}
		})
	}
	before := cpu()
	for began := time.Now(); time.Since(began) < watched; w.changes++ {
		changed, next := time.Now(), time.NewTimer(time.Second)
		// The run goes on, so what is seen changes.
		if err := rig.Execute(b.ctx, b.store, fmt.Sprintf(`UPDATE sync_runs SET models = '{"CONTACT":{"pages":%d,"unchanged":%d}}' WHERE organization_id = '%s' AND connection_id = '%s' AND id = '%s'`,
			firstChange+w.changes, 100*w.changes, b.organization, b.connection, b.run)); err != nil {
			return w, err
		}
		for left, due := n, false; !due; {
			select {
			case change := <-seen:
				if change == firstChange+w.changes {
					if left--; left == 0 {
						w.lags = append(w.lags, time.Since(changed))
					}
				}
			case <-next.C:
				due = true
			}
		}
	}
	w.part = (cpu() - before).Seconds() / watched.Seconds()
	if !stalled && len(w.lags) == 0 {
		return w, errors.New("nobody saw a change")
	}
	return w, nil
}

// firstChange is the page that a run is at first, of three digits as all that follow.
const firstChange = 100

// shownPage finds at which page the run is that a browser shows.
var shownPage = regexp.MustCompile(`data-label="Page">(\d+)<`)

// look opens a connection of its own for a live page.
func (b *bench) look(ctx context.Context, path string) (net.Conn, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.AddCookie(b.cookie)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", request.URL.Host)
	if err != nil {
		return nil, err
	}
	return conn, errors.Join(request.Write(conn), ctx.Err())
}

// cpu is how long this program has used the processors.
func cpu() time.Duration {
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func readAll(answer *http.Response) ([]byte, error) {
	text, err := io.ReadAll(answer.Body)
	return text, errors.Join(err, answer.Body.Close())
}
