package console

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// picturesVariable names a folder that the tests put pictures of pages into; none where it is empty.
const picturesVariable = "SIROCCO_TEST_PICTURES"

// theBrowser is the one real browser of all tests; nothing is in it where the machine has none. TestMain ends it.
var theBrowser = sync.OnceValues(func() (context.Context, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, nil //nolint:nilnil // tests are skipped then
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(5*time.Minute))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	endBrowser = stop
	return ctx, chromedp.Run(ctx)
})

// endBrowser ends theBrowser, where it was started.
var endBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	endBrowser()
	os.Exit(code)
}

// chromium is a window of a real browser, with cookies of its own, which reports what its console says is wrong. The test
// is skipped where there is none.
func chromium(t *testing.T) context.Context {
	t.Helper()
	storetest.Long(t)
	browser, err := theBrowser()
	if err != nil {
		t.Fatal(err)
	}
	if browser == nil {
		t.Skip("there is no Chromium (apt-get install chromium)")
	}
	var cookies cdp.BrowserContextID
	inBrowser(t, browser, func(ctx context.Context) (err error) {
		cookies, err = target.CreateBrowserContext().Do(ctx)
		return err
	})
	t.Cleanup(func() {
		inBrowser(t, browser, func(ctx context.Context) error { return target.DisposeBrowserContext(cookies).Do(ctx) })
	})
	return openWindow(t, browser, cookies)
}

// window is another window of the same person, with the same cookies.
func window(t *testing.T, of context.Context) context.Context {
	t.Helper()
	var cookies cdp.BrowserContextID
	inBrowser(t, of, func(ctx context.Context) error {
		info, err := target.GetTargetInfo().WithTargetID(chromedp.FromContext(of).Target.TargetID).Do(ctx)
		if err == nil {
			cookies = info.BrowserContextID
		}
		return err
	})
	return openWindow(t, of, cookies)
}

// openWindow opens a window: cookies that have none yet have nowhere for a tab.
func openWindow(t *testing.T, of context.Context, cookies cdp.BrowserContextID) context.Context {
	t.Helper()
	var id target.ID
	inBrowser(t, of, func(ctx context.Context) (err error) {
		id, err = target.CreateTarget("about:blank").WithBrowserContextID(cookies).WithNewWindow(true).Do(ctx)
		return err
	})
	ctx, stop := chromedp.NewContext(of, chromedp.WithTargetID(id))
	t.Cleanup(stop)
	if err := chromedp.Run(ctx); err != nil { // it lives as long as the context of its first action, which in browse is short
		t.Fatal(err)
	}
	return watched(t, ctx)
}

// inBrowser does what is about the browser and not about one of its windows.
func inBrowser(t *testing.T, ctx context.Context, do func(context.Context) error) {
	t.Helper()
	if err := do(cdp.WithExecutor(ctx, chromedp.FromContext(ctx).Browser)); err != nil {
		t.Fatal(err)
	}
}

// watched reports what the browser's console says is wrong with a page: an error, or what its policy refused.
func watched(t *testing.T, ctx context.Context) context.Context {
	t.Helper()
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("a script failed: %s", e.ExceptionDetails.Error())
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError {
				t.Errorf("the browser's console says: %s %s", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	return ctx
}

// browseMost is how long a browser may take for what a test asks of it at once, which only one that hangs does, however slow
// the machine: what does not come is said then, instead of being waited for until the whole run of tests is over.
const browseMost = 10 * time.Minute

// browse does something in a window. What is waited for in vain is reported with what the page shows instead.
func browse(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	limited, stop := context.WithTimeout(ctx, browseMost)
	defer stop()
	if err := chromedp.Run(limited, actions...); err != nil {
		fail(t, ctx, err)
	}
}

// act does what leads to another page, and waits for that one: what the page before shows is not taken for what it shows.
func act(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	limited, stop := context.WithTimeout(ctx, browseMost)
	defer stop()
	response, err := chromedp.RunResponse(limited, actions...)
	if err == nil && response != nil && response.Status >= http.StatusBadRequest {
		err = fmt.Errorf("the answer is %d", response.Status)
	}
	if err != nil {
		fail(t, ctx, err)
	}
}

// fail ends a test whose browser did not do what it was asked, and says where it stands.
func fail(t *testing.T, ctx context.Context, err error) {
	t.Helper()
	limited, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	var at, shown, live string
	const stream = `JSON.stringify([document.visibilityState, [...document.querySelectorAll("[hx-sse\\:connect]")].map(of => of._htmx?.sse ? {attempt: of._htmx.sse.attempt, status: of._htmx.sse.status} : "no stream")])`
	_ = chromedp.Run(limited, chromedp.Location(&at), chromedp.Evaluate(`document.body.innerText`, &shown), chromedp.Evaluate(stream, &live)) // it may be gone
	t.Fatalf("%v; the page is %s, live by %s:\n%s", err, at, live, shown)
}

// picture takes pictures of a page, wide and narrow, light and dark, where somebody wants them.
func picture(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	folder := os.Getenv(picturesVariable)
	if folder == "" {
		return
	}
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 390} {
			var text []byte
			browse(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.EmulateViewport(width, 900), chromedp.FullScreenshot(&text, 100))
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	browse(t, ctx, emulation.SetEmulatedMedia(), chromedp.EmulateViewport(1280, 900))
}

// TestInABrowser signs in, pauses a connection in one window and sees it in another, reads again from a time, and signs
// out, in a real browser.
func TestInABrowser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		_, token, err := s.store.CreateToken(t.Context(), organization, store.NewToken{Name: "laptop"})
		if err != nil {
			t.Fatal(err)
		}
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser, hub.ModelContact)
		if _, err := s.store.SetCredentials(t.Context(), organization, c.ID, map[string]string{"apiKey": "good"}, false, check); err != nil {
			t.Fatal(err)
		}
		at := s.url + "/connections/" + c.ID
		one := chromium(t)
		browse(t, one, log.Enable(), chromedp.EmulateViewport(1280, 900),
			chromedp.Navigate(s.url+"/connections"), chromedp.WaitVisible(`#token`)) // it leads to the sign-in, and back
		picture(t, one, "sign-in")
		browse(t, one, chromedp.SendKeys(`#token`, token), chromedp.SendKeys(`#name`, "Ann"))
		act(t, one, chromedp.Submit(`#token`))
		browse(t, one, chromedp.WaitVisible(`#row-`+c.ID))
		picture(t, one, "connections")

		// Paused in the one window, and seen in the other without a reload.
		two := window(t, one)
		browse(t, two, log.Enable(), chromedp.Navigate(at), chromedp.WaitVisible(`button[role=switch][aria-checked=true]`))
		picture(t, two, "connection")
		act(t, one, chromedp.Click(`button[role=switch]`))
		browse(t, one, chromedp.WaitVisible(`.notice.good`), chromedp.WaitVisible(`button[role=switch][aria-checked=false]`))
		browse(t, two, chromedp.WaitVisible(`button[role=switch][aria-checked=false]`), chromedp.WaitReady(`#sentence`))
		if got, err := s.store.Connection(t.Context(), organization, c.ID); err != nil || got.Active {
			t.Errorf("%+v, %v", got, err)
		}
		act(t, two, chromedp.Click(`button[role=switch]`))
		browse(t, two, chromedp.WaitVisible(`.notice.good`))
		browse(t, one, chromedp.WaitVisible(`button[role=switch][aria-checked=true]`)) // and back

		browse(t, two, chromedp.Navigate(at+"/rewind"), chromedp.SetValue(`#from`, "2026-01-02T03:04"))
		act(t, two, chromedp.Submit(`#from`))
		browse(t, two, chromedp.WaitVisible(`button.primary`))
		picture(t, two, "rewind")
		act(t, two, chromedp.Click(`button.primary`))
		browse(t, two, chromedp.WaitVisible(`.notice.good`))
		if states, err := s.store.SyncStates(t.Context(), organization, c.ID); err != nil || len(states) != 2 || states[0].RewindTo == nil {
			t.Errorf("%+v, %v", states, err)
		}
		for name, path := range map[string]string{"overview": "/", "new": "/connections/new", "new-merge": "/connections/new?platform=MERGE", "credentials": "/connections/" + c.ID + "/credentials", "delete": "/connections/" + c.ID + "/delete"} {
			browse(t, two, chromedp.Navigate(s.url+path), chromedp.WaitVisible(`h1`))
			picture(t, two, name)
		}
		browse(t, one, log.Disable()) // its live page ends with the session, which a browser tells in its console
		act(t, two, chromedp.Click(`form[action$="/sign-out"] button`))
		browse(t, two, chromedp.WaitVisible(`#token`))
		if sessions, err := s.store.ConsoleSessions(t.Context(), organization, "", 9); err != nil || len(sessions) != 0 {
			t.Errorf("%+v, %v", sessions, err)
		}
	})
}
