package engine_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/audio"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// mediaTime is when the recordings of the tests were made.
var mediaTime = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// mediaWorld is a rep, an appointment of a CRM, and an engine that fetches recordings.
type mediaWorld struct {
	*testing.T
	st                 *store.Store
	organization, user string
}

func newMediaWorld(t *testing.T, url string, targets hub.Targets) *mediaWorld {
	t.Helper()
	w := &mediaWorld{T: t, st: storetest.Open(t, url, time.Now)}
	w.organization = storetest.Organization(t, w.st)
	user, err := w.st.CreateUser(t.Context(), w.organization, hub.User{Email: "rep@acme.example", ExternalID: "crm-rep"})
	if err != nil {
		t.Fatal(err)
	}
	w.user = user.ID
	place, err := audio.Open(t.Context(), "file://"+filepath.Join(t.TempDir(), "recordings"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(engine.Config{Store: w.st, Audio: place, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Clock: time.Now, Targets: targets})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
	return w
}

func (w *mediaWorld) put(e hub.MultimediaEvent) {
	w.Helper()
	e.FileType, e.StartedAt = "audio/mpeg", mediaTime
	if err := w.st.PutMultimediaEvents(w.Context(), w.organization, []hub.MultimediaEvent{e}); err != nil {
		w.Fatal(err)
	}
}

// await waits until the event is as it should be, and returns it.
func (w *mediaWorld) await(externalID string, ready func(hub.MultimediaEvent) bool) (found hub.MultimediaEvent) {
	w.Helper()
	until(w.T, externalID+" is so far", func() bool {
		all, err := w.st.MultimediaEvents(w.Context(), w.organization, "", "", 10)
		if err != nil {
			w.Fatal(err)
		}
		for _, e := range all {
			if e.ExternalID == externalID {
				found = e
			}
		}
		return ready(found)
	})
	return found
}

func fetched(e hub.MultimediaEvent) bool { return e.Status == hub.MultimediaFetched }

// TestFetchMedia: a recording that was made elsewhere is fetched over redirects and without a length, becomes one recording
// of the rep it names, linked to the appointment it names; a repeat changes nothing; a page is no audio.
func TestFetchMedia(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		var asked atomic.Int64
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			switch r.URL.Path {
			case "/moved":
				http.Redirect(rw, r, "/call", http.StatusFound)
			case "/call":
				if r.Referer() != "" {
					t.Errorf("the address before was told: %s", r.Referer())
				}
				rw.Header().Set("Content-Type", "audio/mpeg")
				for range 3 {
					_, _ = fmt.Fprint(rw, strings.Repeat("a", 1000))
					rw.(http.Flusher).Flush()
				}
			case "/short":
				rw.Header().Set("Content-Type", "audio/mpeg")
				rw.Header().Set("Content-Length", "5000")
				_, _ = fmt.Fprint(rw, "abc")
			default:
				rw.Header().Set("Content-Type", "text/html")
				_, _ = fmt.Fprint(rw, "<html>sign in")
			}
		}))
		t.Cleanup(server.Close)
		w := newMediaWorld(t, url, hub.Targets{Any: true})
		connection := storetest.Connection(t, w.st, w.organization, hub.PlatformCustomInput).ID
		_, err := w.st.Push(t.Context(), w.organization, []hub.RecordPatch{{Model: hub.ModelEngagement, ExternalID: "e1", Create: true, Change: func(r *hub.Record) { r.StartTime = mediaTime }}})
		if err != nil {
			t.Fatal(err)
		}
		w.put(hub.MultimediaEvent{ExternalID: "m1", DownloadURL: server.URL + "/moved?signature=s", ExternalUserID: "crm-rep", ExternalEventID: "e1"})
		event := w.await("m1", fetched)
		r, err := w.st.Recording(t.Context(), w.organization, event.RecordingID)
		if err != nil {
			t.Fatal(err)
		}
		if r.UserID != w.user || r.Link.ExternalID != "e1" || r.Link.ConnectionID != connection || r.Size != 3000 || !r.StartedAt.Equal(mediaTime) || event.DownloadURL != "" {
			t.Errorf("it became %+v of %+v", r, event)
		}
		before := asked.Load()
		w.put(hub.MultimediaEvent{ExternalID: "m1", DownloadURL: server.URL + "/call", ExternalUserID: "crm-rep", ExternalEventID: "e1"})
		w.put(hub.MultimediaEvent{ExternalID: "m2", DownloadURL: server.URL + "/page", Email: "rep@acme.example", ExternalEventID: "none"})
		page := w.await("m2", func(e hub.MultimediaEvent) bool { return e.Attempts == 1 })
		if !strings.Contains(page.Reason, "no audio") || page.DueAt.IsZero() || page.Status != hub.MultimediaPending {
			t.Errorf("of a page it says %+v", page)
		}
		w.put(hub.MultimediaEvent{ExternalID: "m2", DownloadURL: server.URL + "/short", Email: "rep@acme.example", ExternalEventID: "none"})
		if short := w.await("m2", func(e hub.MultimediaEvent) bool { return e.Attempts == 1 && e.Revision == 2 }); !strings.Contains(short.Reason, "broke off") {
			t.Errorf("of what broke off it says %+v", short)
		}
		if asked.Load() != before+2 {
			t.Error("what was fetched was fetched again")
		}
		// A fresh address takes the place of the one that gave nothing.
		w.put(hub.MultimediaEvent{ExternalID: "m2", DownloadURL: server.URL + "/call", Email: "rep@acme.example", ExternalEventID: "none"})
		fresh := w.await("m2", fetched)
		if r, err = w.st.Recording(t.Context(), w.organization, fresh.RecordingID); err != nil || r.Linked() || !strings.Contains(r.Link.Reason, "no connection has") {
			t.Errorf("the link of an unknown event is %+v, %v", r.Link, err)
		}
	})
}

// TestFetchMediaHeedsAddresses: what is not at a public address is not asked, neither at first nor after a redirect.
func TestFetchMediaHeedsAddresses(t *testing.T) {
	var asked atomic.Int64
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(inner.Close)
	outer := httptest.NewServer(http.RedirectHandler(inner.URL, http.StatusFound))
	t.Cleanup(outer.Close)
	allowed, err := hub.ParseTargets([]string{strings.TrimPrefix(outer.URL, "http://")})
	if err != nil {
		t.Fatal(err)
	}
	w := newMediaWorld(t, storetest.SQLite(t), allowed)
	w.put(hub.MultimediaEvent{ExternalID: "m1", DownloadURL: inner.URL, ExternalUserID: "crm-rep"})
	w.put(hub.MultimediaEvent{ExternalID: "m2", DownloadURL: outer.URL, ExternalUserID: "crm-rep"})
	w.put(hub.MultimediaEvent{ExternalID: "m3", DownloadURL: outer.URL, ExternalUserID: "nobody"})
	for _, id := range []string{"m1", "m2"} {
		e := w.await(id, func(e hub.MultimediaEvent) bool { return e.Status == hub.MultimediaFailed })
		if !strings.HasPrefix(e.Reason, "It is not fetched: ") {
			t.Errorf("%s: %s", id, e.Reason)
		}
	}
	if e := w.await("m3", func(e hub.MultimediaEvent) bool { return e.Attempts == 1 }); !strings.HasPrefix(e.Reason, "No user has") {
		t.Errorf("of nobody's recording it says %q", e.Reason)
	}
	if asked.Load() != 0 {
		t.Error("a private address was asked")
	}
}
