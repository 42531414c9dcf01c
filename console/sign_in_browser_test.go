package console

import (
	"testing"

	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestExpiryInABrowser lets a session end while its page is open: the next click leads to the sign-in, and from there to
// where it was to lead.
func TestExpiryInABrowser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Cedar Roofing")
		_, token, err := s.store.CreateToken(t.Context(), organization, store.NewToken{Name: "laptop"})
		if err != nil {
			t.Fatal(err)
		}
		ctx := chromium(t)
		signedIn(t, ctx, s.operator(organization))
		s.navigate(ctx, "/webhooks")
		// Asked for only after the session's end, its stream would be refused, which the browser's console says.
		browse(t, ctx, chromedp.Poll(`document.querySelector("[hx-sse\\:connect]")._htmx?.sse?.status === 200`, nil, chromedp.WithPollingTimeout(browseMost)))
		storetest.Exec(t, s.store, `UPDATE console_sessions SET seen_at = seen_at - $1`, hub.ConsoleIdle.Microseconds())
		var heading string
		act(t, ctx, chromedp.Click(`nav.menu a[href*="/quarantine"]`))
		browse(t, ctx, chromedp.SendKeys(`#token`, token))
		act(t, ctx, chromedp.Click(`form:has(#token) button`))
		browse(t, ctx, chromedp.WaitVisible(`header.top`), chromedp.Text("h1", &heading, chromedp.ByQuery))
		if heading != "Quarantine" {
			t.Errorf("it leads to %s", heading)
		}
	})
}
