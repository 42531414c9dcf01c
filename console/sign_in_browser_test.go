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
