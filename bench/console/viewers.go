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

const (
	// watched is how long people look at a page while what they cost is measured.
	watched = 20 * time.Second
	// every is how often the page changes: not as often as it is made, so that a change comes at every moment in between.
	every = 1300 * time.Millisecond
	// ended is how long streams that nobody reads may last at most.
	ended = 2 * time.Minute
)

// viewers measures what people cost who look at a live page that changes all the time, whether each of them sees each change and
// how long after it, and what those cost who read nothing of what they are sent, before their streams are ended and after. Their
// browsers are this program, too: what they cost is in it, as is what changes the page.
func (b *bench) viewers(n int) error {
	if n < 1 {
		return nil
	}
	w := &watching{bench: b, change: firstChange}
	before := b.open.Load()
	alone, err := w.measure(func() error { return w.until(func() bool { return false }, watched) })
	if err != nil {
		return err
	}
	fmt.Printf("To change the page again and again costs %.1f %% of a core while nobody looks.\n\n", 100*alone)

	leave, err := w.look(n, true)
	if err != nil {
		return err
	}
	part, err := w.measure(func() error { return w.until(func() bool { return false }, watched) })
	if leave(); err != nil {
		return err
	}
	if len(w.lags) == 0 {
		return errors.New("nobody saw a change")
	}
	slices.Sort(w.lags)
	fmt.Printf("%d look at a connection's page: %.1f %% of a core; of %d changes in %s all of them saw %d, the last of them %s after it, at most %s.\n\n",
		n, 100*part, w.changes, watched, len(w.lags), shown(w.lags[len(w.lags)/2]), shown(w.lags[len(w.lags)-1]))

	gone := func() bool { return b.open.Load() <= before }
	if err := w.until(gone, ended); err != nil { // who looked leaves first
		return err
	}
	if leave, err = w.look(n, false); err != nil {
		return err
	}
	defer leave()
	began := time.Now()
	part, err = w.measure(func() error { return w.until(gone, ended) })
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := w.measure(func() error { return w.until(func() bool { return false }, watched) })
	fmt.Printf("%d look at it and read nothing: %.1f %% of a core for %s, after which %d of their streams are left; then %.1f %%.\n\n", n, 100*part, took.Round(time.Second), b.open.Load()-before, 100*after)
	return err
}

// watching changes a page and lets browsers look at it.
type watching struct {
	*bench

	// change is the latest, changes are how many there were, and lags how long after each that all saw the last of them did.
	change, changes int
	lags            []time.Duration
	// seen is which change a browser shows, looking how many do.
	seen    chan int
	looking int
}

// measure returns which part of a core this program uses while something is done.
func (w *watching) measure(do func() error) (part float64, err error) {
	before, began := cpu(), time.Now()
	w.changes, w.lags = 0, nil
	err = do()
	return (cpu() - before).Seconds() / time.Since(began).Seconds(), err
}

// until changes the page again and again, until that is enough, and at most for a while. A change is waited for until all have seen it, or the
// next is due.
func (w *watching) until(enough func() bool, most time.Duration) error {
	for began := time.Now(); time.Since(began) < most && !enough(); w.changes++ {
		changed, next := time.Now(), time.NewTimer(every)
		w.change++
		// The run goes on, so what is seen changes.
		if err := rig.Execute(w.ctx, w.store, fmt.Sprintf(`UPDATE sync_runs SET models = '{"CONTACT":{"pages":%d,"unchanged":%d}}' WHERE organization_id = '%s' AND connection_id = '%s' AND id = '%s'`,
			w.change, 100*w.change, w.organization, w.connection, w.run)); err != nil {
			return err
		}
		for left, due := w.looking, false; !due; {
			select {
			case change := <-w.seen:
				if change == w.change {
					if left--; left == 0 {
						w.lags = append(w.lags, time.Since(changed))
					}
				}
			case <-next.C:
				due = true
			}
		}
	}
	return nil
}

// look lets n browsers look until what it returns is called, and read what they are sent, or nothing.
func (w *watching) look(n int, read bool) (leave func(), err error) {
	ctx, stop := context.WithCancel(w.ctx)
	var all sync.WaitGroup
	leave = func() {
		stop()
		all.Wait()
		w.looking = 0
	}
	w.seen, w.looking = make(chan int, n), 0
	for range n {
		conn, err := w.connect(ctx, "/connections/"+w.connection+"/live?organization="+w.organization)
		if err != nil {
			leave()
			return nil, err
		}
		all.Go(func() {
			defer func() { _ = conn.Close() }()
			if !read {
				<-ctx.Done()
				return
			}
			context.AfterFunc(ctx, func() { _ = conn.Close() })
			w.read(ctx, conn)
		})
	}
	if read {
		w.looking = n
	}
	return leave, nil
}

// read tells which changes come.
func (w *watching) read(ctx context.Context, from io.Reader) {
	for lines := bufio.NewReader(from); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if found := shownPage.FindStringSubmatch(line); found != nil {
			change, _ := strconv.Atoi(found[1]) // digits alone
			select {
			case w.seen <- change:
			case <-ctx.Done():
			}
		}
	}
}

// firstChange is the page that a run is at first, of three digits as all that follow.
const firstChange = 100

// shownPage finds at which page the run is that a browser shows.
var shownPage = regexp.MustCompile(`data-label="Page">(\d+)<`)

// connect opens a connection of its own for a live page.
func (b *bench) connect(ctx context.Context, path string) (net.Conn, error) {
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
