package meaning_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sirocco/database"
	"sirocco/store/storetest"
)

// faultHeader names the fault that a request meets in the database; see world.faults.
const faultHeader = "Test-Fault"

// fault lets one step that a request takes in the database fail: a statement, a commit, or one of the first two rows that a
// statement reads. What comes after the request's first commit does not fail, as the request could not be repeated.
type fault struct {
	mu   sync.Mutex
	left int    // steps until the one that fails
	at   string // the statement that failed
	last string // the statement of the last step, and how often it came one after the other
	same int
	kept bool // it has committed
	cut  bool // its answer had begun and was cut off, upon which the HTTP client may have asked again
}

type faultKey struct{}

// meet lets a statement fail where it is the request's step that fails.
func meet(ctx context.Context, query string) error {
	f, _ := ctx.Value(faultKey{}).(*fault)
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	noted := strings.HasPrefix(f.last, "UPDATE tokens SET last_used_at") // that is for people to look at: no request fails for it
	if f.same++; query != f.last {
		f.last, f.same = query, 1
	}
	if f.at != "" || f.kept || f.same > 3 || noted || strings.HasPrefix(query, "UPDATE tokens SET last_used_at") {
		return nil
	}
	if f.left--; f.left == 0 {
		f.at = query
		return errors.New("this statement was made to fail")
	}
	f.kept = query == database.Commit
	return nil
}

// withFaults gives a request that names a fault that fault.
func (w *world) withFaults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if v, ok := w.faults.Load(r.Header.Get(faultHeader)); ok {
			f := v.(*fault)
			defer func() {
				if p := recover(); p != nil { // http.ErrAbortHandler: the handler has caught all else
					f.mu.Lock()
					f.cut = true
					f.mu.Unlock()
					panic(p)
				}
			}()
			r = r.WithContext(context.WithValue(r.Context(), faultKey{}, f))
		}
		next.ServeHTTP(rw, r)
	})
}

// TestMeaningsWhereStatementsFail sees every line while the database fails at each request: at its first step, then at its
// second, until it meets no fault. Each time it is answered by a 5xx or cut off; that every line holds after that says that
// nothing was kept of it.
func TestMeaningsWhereStatementsFail(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	storetest.Needs(t, "sqlite")
	w := newWorld(t, storetest.SQLite(t), false)
	w.failing = true
	for _, g := range suite {
		for _, l := range g.lines {
			if l.verdict != notOurs {
				t.Run(l.id, func(t *testing.T) {
					t.Parallel()
					l.see(&scene{t: t, w: w})
				})
			}
		}
	}
}

// doWithFaults asks until the request meets no fault anymore.
func (c *caller) doWithFaults(method, path, body string, headers ...string) *answer {
	c.s.t.Helper()
	for n := 1; ; n++ {
		f := &fault{left: n}
		id := strconv.FormatInt(c.s.w.names.Add(1), 10)
		c.s.w.faults.Store(id, f)
		a, err := c.once(method, path, body, append([]string{faultHeader, id}, headers...)...)
		c.s.w.faults.Delete(id)
		f.mu.Lock()
		at, cut := f.at, f.cut
		f.mu.Unlock()
		switch {
		case cut:
			continue
		case err != nil:
			c.s.t.Fatal(err)
		case at == "":
			return a
		case a.status < 500:
			c.s.t.Errorf("%s answered %d where this fails, its %d. step: %s", a.ask, a.status, n, at)
		}
	}
}
