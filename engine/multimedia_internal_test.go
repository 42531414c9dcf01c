package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestRecordingsThatPointElsewhere follows as many redirects as may be, and no more; none is told of the address before, which may be
// signed.
func TestRecordingsThatPointElsewhere(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Referer(); from != "" {
			t.Errorf("%s is told of %s", r.URL, from)
		}
		var left int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &left); err == nil && left > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d?signature=s", left-1), http.StatusFound)
		}
	}))
	t.Cleanup(server.Close)
	client := newMediaClient(server.Client().Transport)
	for redirects, follows := range map[int]bool{0: true, 1: true, mediaRedirects: true, mediaRedirects + 1: false} {
		resp, err := client.Get(fmt.Sprintf("%s/%d?signature=s", server.URL, redirects)) //nolint:noctx // of a test
		if follows != (err == nil) || err != nil && !strings.Contains(err.Error(), "points elsewhere again and again") {
			t.Errorf("%d redirects: %v", redirects, err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
}

// TestWhichRecordingsAreFetched tries one that waits and is due, and leaves alone one that is done, has failed, is gone or is due later; an
// error of the database is told.
func TestWhichRecordingsAreFetched(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Now().Truncate(time.Millisecond)
		st := storetest.Open(t, url, func() time.Time { return now })
		e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Clock: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		org := storetest.Organization(t, st)
		for name, test := range map[string]struct {
			change   string
			status   hub.MultimediaStatus // empty where it is gone
			attempts int64
			wait     time.Duration // until it is tried next; zero is never
		}{
			"due":       {`UPDATE multimedia_events SET attempts = 0 WHERE id = $1`, hub.MultimediaPending, 1, 30 * time.Second},
			"due later": {fmt.Sprintf(`UPDATE multimedia_events SET due_at = %d WHERE id = $1`, now.Add(time.Hour).UnixMicro()), hub.MultimediaPending, 0, time.Hour},
			"fetched":   {`UPDATE multimedia_events SET status = 'FETCHED' WHERE id = $1`, hub.MultimediaFetched, 0, 0},
			"failed":    {`UPDATE multimedia_events SET status = 'FAILED' WHERE id = $1`, hub.MultimediaFailed, 0, 0},
			"gone":      {`DELETE FROM multimedia_events WHERE id = $1`, "", 0, 0},
		} {
			event := hub.MultimediaEvent{ExternalID: name, DownloadURL: "https://calls.example.com/1", FileType: "audio/mpeg", StartedAt: now}
			if err := st.PutMultimediaEvents(t.Context(), org, []hub.MultimediaEvent{event}); err != nil {
				t.Fatal(err)
			}
			all, err := st.MultimediaEvents(t.Context(), org, "", "", 1)
			if err != nil || len(all) != 1 || all[0].ExternalID != name {
				t.Fatal(all, err)
			}
			id := all[0].ID
			storetest.Exec(t, st, test.change, id)
			next, err := e.fetchMedia(t.Context(), store.Task{OrganizationID: org, Kind: store.TaskMultimedia, ObjectID: id})
			if err != nil || next.IsZero() != (test.wait == 0) || test.wait > 0 && !next.Equal(now.Add(test.wait)) {
				t.Errorf("%s: next after %s: %v", name, next.Sub(now), err)
			}
			after, err := st.MultimediaEvent(t.Context(), org, id)
			if test.status == "" != errors.Is(err, hub.ErrNotFound) || after.Status != test.status || after.Attempts != test.attempts {
				t.Errorf("%s: %+v %v", name, after, err)
			}
		}
		storetest.Exec(t, st, `ALTER TABLE multimedia_events RENAME TO mislaid`)
		if next, err := e.fetchMedia(t.Context(), store.Task{OrganizationID: org, Kind: store.TaskMultimedia, ObjectID: hub.NewID()}); err == nil {
			t.Errorf("a database that fails: next after %s", next.Sub(now))
		}
	})
}

// TestTroubleOfOurOwnDisk fetches audio whose length is not told where there is no room for it on this machine: the host is not said to have
// broken off, and it is tried again without one of its attempts being used up.
func TestTroubleOfOurOwnDisk(t *testing.T) {
	st := storetest.Open(t, storetest.SQLite(t), nil)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/mpeg")
		_, _ = w.Write([]byte("some"))
		_ = http.NewResponseController(w).Flush()
		_, _ = w.Write([]byte(" audio"))
	}))
	t.Cleanup(server.Close)
	e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Clock: time.Now, Targets: hub.Targets{Any: true}})
	if err != nil {
		t.Fatal(err)
	}
	event := hub.MultimediaEvent{OrganizationID: storetest.Organization(t, st), DownloadURL: server.URL, FileType: "audio/mpeg"}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	if _, trouble, err := e.takeMedia(t.Context(), event); trouble != nil || err == nil {
		t.Errorf("%+v, %v", trouble, err)
	}
}
