package console

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestRowsStayWhereTheyAre changes how connections are while their list is looked at, all of them and filtered: each row tells it in its
// place, and none comes or goes above another, so that a click meets the row that it was meant for.
func TestRowsStayWhereTheyAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		var ids []string
		for _, p := range []hub.Platform{hub.PlatformCustomInput, hub.PlatformIngage, hub.PlatformMerge} {
			c, err := s.store.CreateConnection(t.Context(), organization, hub.NewConnection{Name: string(p), ExternalAccountID: "1", Platform: p, Active: p != hub.PlatformMerge})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		active := func(id string, is bool) {
			t.Helper()
			if _, err := s.store.PatchConnection(t.Context(), organization, id, hub.ConnectionPatch{Active: &is}); err != nil {
				t.Fatal(err)
			}
		}
		rows := func(of ...string) string { return fmt.Sprint(of) }
		shown := func(list string) chromedp.Action {
			return chromedp.Poll(fmt.Sprintf(`"[" + [...document.querySelectorAll("tbody tr")].map(row => row.id.slice(4)).join(" ") + "]" === %q`, list), nil)
		}
		says := func(id, text string) chromedp.Action {
			return chromedp.WaitReady(fmt.Sprintf(`//tr[@id="row-%s"]/td[contains(., %q)]`, id, text))
		}
		one := chromium(t)
		signedIn(t, one, s.operator(organization))
		s.navigate(one, "/connections") // the paused one is the worst
		browse(t, one, shown(rows(ids[2], ids[0], ids[1])))
		two := window(t, one)
		s.navigate(two, "/connections?state=RECEIVING")
		browse(t, two, shown(rows(ids[0], ids[1])))

		active(ids[1], false)
		active(ids[2], true)
		browse(t, one, says(ids[1], "Paused"), shown(rows(ids[2], ids[0], ids[1])))
		browse(t, two, says(ids[1], "Paused"), shown(rows(ids[0], ids[1])))

		// What is deleted leaves its row, and what is made comes last.
		gone, err := s.store.Connection(t.Context(), organization, ids[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.store.DeleteConnection(t.Context(), organization, gone.ID, nil); err != nil {
			t.Fatal(err)
		}
		made := storetest.Connection(t, s.store, organization, hub.PlatformCompanyCam, hub.ModelUser)
		browse(t, one, says(gone.ID, "deleted"), shown(rows(ids[2], ids[0], ids[1], made.ID)))
		browse(t, two, says(gone.ID, "deleted"), shown(rows(ids[0], ids[1])))

		// A switch leads back to the list as it was filtered.
		var at string
		act(t, two, chromedp.Click(`#row-`+ids[1]+` button[role=switch]`))
		browse(t, two, chromedp.WaitVisible(`.notice.good`), chromedp.Location(&at))
		if !strings.Contains(at, "/connections?") || !strings.Contains(at, "state=RECEIVING") {
			t.Errorf("the switch leads to %s", at)
		}
		browse(t, two, shown(rows(ids[1], ids[2])))
	})
}
