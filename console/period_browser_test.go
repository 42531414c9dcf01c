package console

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestMomentsAreOfTheViewersZone types moments of summer and of winter into every form that has such a field, in a browser in New York:
// each is sent with the offset of that moment, whatever today's is, and is shown, and sent again, as it was typed.
func TestMomentsAreOfTheViewersZone(t *testing.T) {
	storetest.Needs(t, "sqlite")
	s := serveOn(t, storetest.SQLite(t), withMerge)
	organization := s.organization("Acme Roofing")
	endpoint, _ := s.endpoint(organization, hub.DeliverySent)
	c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
	ctx := chromium(t)
	signedIn(t, ctx, s.operator(organization))
	browse(t, ctx, emulation.SetTimezoneOverride("America/New_York"))
	// asked is the moment that the address of the page has, and shown the one in the field.
	asked := func(name string) (moment, shown string) {
		t.Helper()
		var at string
		browse(t, ctx, chromedp.Location(&at), chromedp.Value(`input[name=`+name+`]`, &shown))
		u, err := url.Parse(at)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get(name), shown
	}
	for typed, want := range map[string]string{"2025-07-01T00:00": "2025-07-01T04:00:00.000Z", "2025-01-15T23:30": "2025-01-16T04:30:00.000Z"} {
		for path, name := range map[string]string{"/audit": "from", "/webhooks/" + endpoint + "/deliveries": "until", "/connections/" + c.ID + "/rewind": "from"} {
			s.navigate(ctx, path)
			browse(t, ctx, chromedp.SetValue(`input[name=`+name+`]`, typed))
			for range 2 { // it is sent again as it is
				act(t, ctx, chromedp.Click(`form:has(input[name=`+name+`]) button`))
				if moment, shown := asked(name); moment != want || shown != typed {
					t.Errorf("%s of %s asks for %s and shows %s", typed, path, moment, shown)
				}
			}
		}
		var sent string
		s.navigate(ctx, "/connections/"+c.ID+"/rewind")
		browse(t, ctx, chromedp.SetValue(`#from`, typed))
		act(t, ctx, chromedp.Click(`form:has(#from) button`))
		browse(t, ctx, chromedp.Value(`input[type=hidden][name=from]`, &sent))
		if at, err := hub.ParseTime(sent); err != nil || hub.WireTime(at) != want {
			t.Errorf("%s is read again from %s", typed, sent)
		}
	}
	// An hour that clocks show twice, and the seconds that a field does not show, stay what they were.
	const second = "2025-11-02T06:30:15.000Z"
	s.navigate(ctx, "/audit?from="+second)
	act(t, ctx, chromedp.Click(`form.filters button`))
	if moment, shown := asked("from"); moment != second || shown != "2025-11-02T01:30" {
		t.Errorf("%s becomes %s, and shows %s", second, moment, shown)
	}

	// Without JavaScript it is UTC, and the form says so.
	browse(t, ctx, emulation.SetScriptExecutionDisabled(true))
	s.navigate(ctx, "/audit")
	var label string
	browse(t, ctx, chromedp.Text(`label:has(input[name=from])`, &label), chromedp.SendKeys(`input[name=object]`, "u-1"))
	if strings.Join(strings.Fields(label), " ") != "From (UTC)" {
		t.Errorf("the field is called %q", label)
	}
	mustContain(t, s.operator(organization).get("/audit?from=2025-07-01T00%3A00"), `data-moment="2025-07-01T00:00:00.000Z"`)
}

// TestChartsAreOfTheViewersZone reads the hours of charts, of the drawing of candidates and of the audit log in a browser in New York: they
// are those of its clock, as those of the tables beside them.
func TestChartsAreOfTheViewersZone(t *testing.T) {
	storetest.Needs(t, "sqlite")
	s := visits(t, storetest.SQLite(t))
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	endpoint, _ := s.endpoint(s.organization, hub.DeliverySent)
	now := s.clock().Truncate(time.Minute)
	storetest.Exec(t, s.store, `INSERT INTO webhook_minutes (organization_id, endpoint_id, minute, attempts, failures, took, to_10, to_50, to_100, to_250, to_500, to_1000, to_2500, to_5000, to_15000, beyond)
		VALUES ($1, $2, $3, 7, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0)`, s.organization, endpoint, now.UnixMicro())
	ctx := chromium(t)
	signedIn(t, ctx, s.operator(s.organization))
	browse(t, ctx, emulation.SetTimezoneOverride("America/New_York"))
	shows := func(selector, want string) {
		t.Helper()
		var text string
		browse(t, ctx, chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => (e.getAttribute("aria-label") ?? "") + e.textContent).join("\n").replaceAll("\u202f", " ")`, selector), &text))
		if !strings.Contains(text, want) || strings.Contains(text, "UTC") {
			t.Errorf("it says %q, not %q", text, want)
		}
	}
	hour := func(at time.Time) string { return at.In(zone).Format("3:04 PM") }
	s.navigate(ctx, "/")
	from := s.clock().Truncate(time.Hour)
	shows(`.chart a`, hour(from)+"–"+hour(from.Add(time.Hour)))
	shows(`figcaption`, "hours are of your zone.")
	s.navigate(ctx, "/webhooks/"+endpoint)
	shows(`.chart a`, hour(now.Truncate(webhookBar).Add(webhookBar))+", 7 attempts")
	s.navigate(ctx, "/recordings/"+s.offered)
	began := s.recording().StartedAt
	shows(`.timeline-axis text.label`, "The recording, "+hour(began)+"–"+hour(began.Add(50*time.Minute)))
	shows(`.timeline-axis figcaption`, "Times are in your zone.")
	shows(`.timeline-axis text.tick`, hour(began.Add(50*time.Minute).Truncate(time.Hour)))
}
