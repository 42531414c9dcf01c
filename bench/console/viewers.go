package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"sirocco/bench/rig"
)

// watched is how long people look at a page while what they cost is measured.
const watched = 20 * time.Second

// viewers measures what people cost who look at a live page that changes each second, and what those cost who read nothing of
// what they are sent. Their browsers are this program, too: what they cost is in it.
func (b *bench) viewers(n int) error {
	if n < 1 {
		return nil
	}
	path := "/connections/" + b.connection + "/live?organization=" + b.organization
	for _, stalled := range []bool{false, true} {
		part, seen, err := b.watch(path, n, stalled)
		if err != nil {
			return err
		}
		words := "look at a connection's page"
		if stalled {
			words = "look at it and read nothing"
		}
		fmt.Printf("%d %s: %.1f %% of a core, %d parts seen in %s.\n\n", n, words, 100*part, seen, watched)
	}
	return nil
}

// watch lets n browsers look, and returns which part of a core this program used meanwhile.
func (b *bench) watch(path string, n int, stalled bool) (part float64, seen int64, err error) {
	ctx, stop := context.WithCancel(b.ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	var parts atomic.Int64
	for range n {
		conn, err := b.look(ctx, path)
		if err != nil {
			return 0, 0, err
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
				if line == "\n" || line == "\r\n" {
					parts.Add(1)
				}
			}
		})
	}
	before, beganParts := cpu(), parts.Load()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for began, pages := time.Now(), 0; time.Since(began) < watched; pages++ {
		// The run goes on, so what is seen changes.
		if err := rig.Execute(b.ctx, b.store, fmt.Sprintf(`UPDATE sync_runs SET pages = %d WHERE organization_id = '%s' AND connection_id = '%s' AND id = '%s'`, 1000+pages, b.organization, b.connection, b.run)); err != nil {
			return 0, 0, err
		}
		<-tick.C
	}
	return (cpu() - before).Seconds() / watched.Seconds(), parts.Load() - beganParts, nil
}

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
