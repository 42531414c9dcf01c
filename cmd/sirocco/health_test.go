package main

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAWrongClockIsSaid: /readyz and /metrics tell of a machine whose clock is not the database's.
func TestAWrongClockIsSaid(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	url := storetest.Postgres(t)
	for _, by := range []time.Duration{0, -time.Hour} {
		st := storetest.OpenWith(t, url, store.Options{Keys: storetest.Keys(t), MachineClock: func() time.Time { return time.Now().Add(by) }})
		n, err := newNode(st, slog.New(slog.DiscardHandler), nodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		get := func(path string) string {
			w := httptest.NewRecorder()
			n.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
			if w.Code != http.StatusOK {
				t.Errorf("%s answers %d", path, w.Code)
			}
			return w.Body.String()
		}
		if ready := get("/readyz"); !strings.HasPrefix(ready, "ready\n") || strings.Contains(ready, "clock is 1h0m0s behind the database's") != (by != 0) {
			t.Errorf("off by %v, it says %q", by, ready)
		}
		var measured float64
		_, value, _ := strings.Cut(get("/metrics"), "\nsirocco_clock_offset_seconds ")
		if _, err := fmt.Sscan(value, &measured); err != nil || math.Abs(measured+by.Seconds()) > 1000 {
			t.Errorf("off by %v, it measures %v %v", by, measured, err)
		}
	}
}
