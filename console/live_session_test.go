package console

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestStreamEndsWithItsSession ends a session, revokes the token of another and signs out of a third while each has a live page
// open: nothing more is sent to it, but that the session is over.
func TestStreamEndsWithItsSession(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
		token, _, err := s.store.CreateToken(t.Context(), organization, store.NewToken{Name: "laptop"})
		if err != nil {
			t.Fatal(err)
		}
		ended := s.operator(organization)
		sessions, err := s.store.ConsoleSessions(t.Context(), organization, "", 9)
		if err != nil || len(sessions) != 1 {
			t.Fatalf("%v, %v", sessions, err)
		}
		revoked := s.as(hub.ConsolePerson{Role: hub.ConsoleViewer, OrganizationID: organization, Method: hub.ConsoleByToken, TokenID: token.ID})
		left, stays := s.viewer(organization), s.viewer(organization)
		var streams []io.ReadCloser
		for _, b := range []*browser{ended, revoked, left} {
			streams = append(streams, b.stream("/connections/"+c.ID+"/live"), b.stream("/connections/live"))
		}
		other := stays.stream("/connections/live")
		if err := s.store.EndConsoleSession(t.Context(), organization, sessions[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.store.RevokeToken(t.Context(), organization, token.ID); err != nil {
			t.Fatal(err)
		}
		left.post("/sign-out")
		storetest.Exec(t, s.store, `UPDATE connections SET name = 'Secret plans' WHERE id = $1`, c.ID)
		for i, stream := range streams {
			rest, err := io.ReadAll(stream)
			if err != nil || !strings.Contains(string(rest), "Your session is over") || !strings.HasSuffix(string(rest), "event: over\ndata: \n\n") || strings.Contains(string(rest), "Secret plans") {
				t.Errorf("stream %d ended with %q, %v", i, rest, err)
			}
		}
		if !reads(other, "Secret plans") {
			t.Error("whose session goes on was told nothing")
		}
	})
}

// stream opens what is sent to a live page, and has read the first of it.
func (b *browser) stream(path string) io.ReadCloser {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	response, err := b.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK || !reads(response.Body, "\n\n") {
		b.t.Fatalf("GET %s: %d", path, response.StatusCode)
	}
	return response.Body
}

// reads reads until a text has come, and reports whether it came.
func reads(from io.Reader, text string) bool {
	var all strings.Builder
	part := make([]byte, 4096)
	for !strings.Contains(all.String(), text) {
		n, err := from.Read(part)
		all.Write(part[:n])
		if err != nil {
			return false
		}
	}
	return true
}

// TestLivePageSaysThatItIsNot shows, in a real browser, what is no longer live as such: with the time that it is of while the
// server cannot be reached, and for good once the session is over.
func TestLivePageSaysThatItIsNot(t *testing.T) {
	storetest.Needs(t, "sqlite")
	stopping := make(chan struct{})
	s := serveOn(t, storetest.SQLite(t), withMerge, func(o *Options) { o.Done = stopping })
	organization := s.organization("Acme Roofing")
	c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
	b := s.operator(organization)
	lost := chromium(t)
	signedIn(t, lost, b)
	over := window(t, lost)
	browse(t, over, log.Disable(), chromedp.Navigate(s.url+"/connections"), chromedp.WaitVisible(`#row-`+c.ID))
	browse(t, lost, log.Disable(), network.Enable(), chromedp.Navigate(s.url+"/connections/"+c.ID), chromedp.WaitVisible(`#sentence`))
	sessions, err := s.store.ConsoleSessions(t.Context(), organization, "", 9)
	if err != nil || len(sessions) != 1 {
		t.Fatalf("%v, %v", sessions, err)
	}
	browse(t, lost, network.EmulateNetworkConditions(true, 0, -1, -1))
	close(stopping)
	var said string
	browse(t, lost, chromedp.WaitVisible(`#not-connected`), chromedp.Text(`#not-connected`, &said))
	if !strings.HasPrefix(said, "Not connected; as of ") {
		t.Errorf("it says %q", said)
	}
	browse(t, lost, network.EmulateNetworkConditions(false, 0, -1, -1), chromedp.WaitNotPresent(`#not-connected`))
	if err := s.store.EndConsoleSession(t.Context(), organization, sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	browse(t, over, chromedp.WaitVisible(`//*[contains(text(), "Your session is over")]`, chromedp.BySearch))
}

// TestALivePageEndsWithWhatItShows deletes a connection that a window shows, and one whose stream could not be opened so far: both
// windows say so, and what they show is left.
func TestALivePageEndsWithWhatItShows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
		live := chromium(t)
		signedIn(t, live, s.operator(organization))
		late := window(t, live)
		asked := make(chan network.Headers, 1)
		chromedp.ListenTarget(live, func(e any) {
			if e, ok := e.(*network.EventRequestWillBeSentExtraInfo); ok && strings.Contains(fmt.Sprint(e.Headers["Accept"]), "event-stream") {
				select {
				case asked <- e.Headers:
				default:
				}
			}
		})
		browse(t, live, network.Enable(), log.Disable(), chromedp.Navigate(s.url+"/connections/"+c.ID), chromedp.WaitVisible(`#sentence`))
		if headers := <-asked; headers["Cache-Control"] != "no-cache" { // another window of the page would wait for this one
			t.Errorf("the stream is asked for as %v", headers)
		}
		browse(t, late, log.Disable(), network.Enable(), network.SetBlockedURLs([]string{"*/live*"}),
			chromedp.Navigate(s.url+"/connections/"+c.ID), chromedp.WaitVisible(`#sentence`))
		if _, err := s.store.DeleteConnection(t.Context(), organization, c.ID, nil); err != nil {
			t.Fatal(err)
		}
		browse(t, live, chromedp.WaitVisible(`//*[contains(text(), "It is not here any more")]`, chromedp.BySearch))
		browse(t, late, network.SetBlockedURLs([]string{}), twoMinutesLater, chromedp.WaitVisible(`#not-connected.bad`), chromedp.WaitVisible(`#sentence`))
	})
}

// TestALivePageWaitsForItsScripts lets what a live page needs come later than what begins it: it is live all the same, and what asks
// for its stream goes by what is said there.
func TestALivePageWaitsForItsScripts(t *testing.T) {
	storetest.Needs(t, "sqlite")
	for _, late := range []string{"htmx-sse", "console"} {
		t.Run(late, func(t *testing.T) {
			t.Parallel()
			s := serveOn(t, storetest.SQLite(t), withMerge)
			organization := s.organization("Acme Roofing")
			c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
			window := chromium(t)
			signedIn(t, window, s.operator(organization))
			held, asked := make(chan fetch.RequestID, 1), make(chan network.Headers, 1)
			chromedp.ListenTarget(window, func(e any) {
				switch e := e.(type) {
				case *fetch.EventRequestPaused:
					held <- e.RequestID
				case *network.EventRequestWillBeSentExtraInfo:
					if strings.Contains(fmt.Sprint(e.Headers["Accept"]), "event-stream") {
						select {
						case asked <- e.Headers:
						default:
						}
					}
				}
			})
			navigate := chromedp.ActionFunc(func(ctx context.Context) error { // and do not wait for all that the page needs
				_, _, _, _, err := cdppage.Navigate(s.url + "/connections/" + c.ID).Do(ctx)
				return err
			})
			browse(t, window, log.Disable(), network.Enable(), network.SetCacheDisabled(true),
				fetch.Enable().WithPatterns([]*fetch.RequestPattern{{URLPattern: "*/assets/" + late + ".js*"}}), navigate)
			id := <-held
			nothingElse := chromedp.EvaluateAsDevTools(`new Promise(done => setTimeout(done, 100))`, nil, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) })
			browse(t, window, chromedp.Poll(`window.htmx !== undefined`, nil, chromedp.WithPollingInterval(20*time.Millisecond)), nothingElse, fetch.ContinueRequest(id))
			if headers := <-asked; headers["Cache-Control"] != "no-cache" {
				t.Errorf("the stream is asked for as %v", headers)
			}
			storetest.Exec(t, s.store, `UPDATE connections SET name = 'Called anew' WHERE id = $1`, c.ID)
			browse(t, window, chromedp.WaitVisible(`//h1[contains(., "Called anew")]`, chromedp.BySearch))
		})
	}
}

// twoMinutesLater lets a window take the time for two minutes later, so that a stream which could not be had is asked for anew.
var twoMinutesLater = chromedp.Evaluate(`{const real = Date; window.Date = class extends real {
	constructor(...given) { super(...(given.length ? given : [real.now() + 120000])); } }; 0}`, nil)

// TestALivePageConnectsLater opens a live page whose stream cannot be opened at first, as where the server begins anew at that
// moment: it connects once that is possible.
func TestALivePageConnectsLater(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
		window := chromium(t)
		signedIn(t, window, s.operator(organization))
		browse(t, window, log.Disable(), network.Enable(), network.SetBlockedURLs([]string{"*/connections/live*"}),
			chromedp.Navigate(s.url+"/connections"), chromedp.WaitVisible(`#row-`+c.ID))
		browse(t, window, network.SetBlockedURLs([]string{}), twoMinutesLater)
		storetest.Exec(t, s.store, `UPDATE connections SET name = 'Called anew' WHERE id = $1`, c.ID)
		browse(t, window, chromedp.WaitVisible(`//a[text()="Called anew"]`, chromedp.BySearch))
	})
}
