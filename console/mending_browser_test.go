package console

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// silence is a recording of that many seconds in which nobody speaks, as a file that browsers play.
func silence(seconds int) string {
	const rate = 8000
	n := uint32(seconds * rate)
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, 36+n) // a buffer takes all
	b.WriteString("WAVEfmt ")
	for _, field := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(rate), uint16(1), uint16(8)} {
		_ = binary.Write(&b, binary.LittleEndian, field)
	}
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, n)
	b.Write(bytes.Repeat([]byte{128}, int(n)))
	return b.String()
}

// dana is a real browser in which the user of the workspace who made the recordings is signed in.
func (s *visited) dana() context.Context {
	s.t.Helper()
	ctx := chromium(s.t)
	signedIn(s.t, ctx, s.as(hub.ConsolePerson{Name: "Dana Whitfield", Role: hub.ConsoleOperator, Method: hub.ConsoleByOIDC, OrganizationID: s.organization, UserID: s.user}))
	return ctx
}

// TestPlayerInABrowser plays a recording from moments of its transcript: the line that is being said is marked, and no other,
// and of a long recording only the part that is played is fetched.
func TestPlayerInABrowser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		const long = 20 * 60
		audio := silence(long)
		s := visits(t, databaseURL, func(o *Options) {
			o.Audio = func(context.Context, string) (Audio, error) { return kept{strings.NewReader(audio)}, nil }
		})
		_, err := s.store.PutAnalysis(t.Context(), s.organization, s.offered, hub.AnalysisResult{
			Language: "en", Speakers: map[string]string{"A": "Dana", "B": "Homeowner"}, Duration: long * time.Second,
			Utterances: []hub.Utterance{{Speaker: "A", Text: "Let us look at the roof.", Start: 0, End: 4200}, {Speaker: "B", Text: "The leak is there.", Start: 4300, End: 9000}, {Speaker: "A", Text: "Thank you.", Start: 1_100_000, End: 1_190_000}},
		})
		if err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, s.store, `UPDATE recordings SET file_type = 'audio/wav', blob = 'k/silence' WHERE organization_id = $1 AND id = $2`, s.organization, s.offered)
		ctx := s.dana()
		var late atomic.Int64 // parts that do not begin at the recording's beginning
		chromedp.ListenTarget(ctx, func(e any) {
			if r, ok := e.(*network.EventResponseReceived); ok && strings.Contains(r.Response.URL, "/audio") {
				part, _ := r.Response.Headers["Content-Range"].(string)
				if r.Response.Status != http.StatusPartialContent {
					t.Errorf("the player was answered %d", r.Response.Status)
				}
				if part != "" && !strings.HasPrefix(part, "bytes 0-") {
					late.Add(1)
				}
			}
		})
		s.navigate(ctx, "/recordings/"+s.offered)
		line := func(n string) string { return `#transcript li:nth-child(` + n + `)` }
		plays := func(n, part string, from float64) {
			t.Helper()
			var now float64
			var marked int
			browse(t, ctx, chromedp.Click(line(n)+part), chromedp.WaitVisible(line(n)+`[aria-current=true]`),
				chromedp.Evaluate(`document.getElementById("player").currentTime`, &now), chromedp.Evaluate(`document.querySelectorAll("#transcript [aria-current]").length`, &marked))
			if now < from || marked != 1 {
				t.Errorf("it plays at %v s, with %d lines marked", now, marked)
			}
		}
		plays("2", " a.at", 4.3)
		plays("1", " span", 0)
		plays("3", " span", 1100)
		browse(t, ctx, chromedp.Poll(`document.getElementById("player").currentTime > 1100.2`, nil)) // it goes on from there
		if late.Load() == 0 {
			t.Error("the whole recording was fetched, to play its end")
		}
		picture(t, ctx, "recording")
	})
}

// TestLinksInABrowser takes an offer, links to another record by hand instead, and unlinks it.
func TestLinksInABrowser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		ctx := s.dana()
		at := "/recordings/" + s.offered
		s.navigate(ctx, at)
		act(t, ctx, chromedp.Click(`form[action*="/take"] button.primary`))
		browse(t, ctx, chromedp.WaitVisible(`.notice.good`))
		if r := s.recording(); !r.Linked() || r.Link.By != hub.LinkedByHand {
			t.Errorf("%+v", r.Link)
		}
		want := s.record(hub.ModelContact, "c-3")
		act(t, ctx, chromedp.Click(`#link a[href*="/link"]`))
		browse(t, ctx, chromedp.SetValue(`select[name=model]`, "CONTACT"), chromedp.SendKeys(`input[name=q]`, "henri"))
		act(t, ctx, chromedp.Submit(`input[name=q]`))
		act(t, ctx, chromedp.Click(`//tr[contains(., "Henrietta Vance")]//form[contains(@action, "/link")]//button`))
		var shown string
		browse(t, ctx, chromedp.WaitVisible(`.notice.good`), chromedp.Text(`#link`, &shown))
		if r := s.recording(); r.Link.Model != hub.ModelContact || r.Link.ExternalID != want.ExternalID || !strings.Contains(shown, "Henrietta Vance") {
			t.Errorf("%+v, %s", r.Link, shown)
		}
		act(t, ctx, chromedp.Click(`form[action*="/unlink"] button`))
		browse(t, ctx, chromedp.WaitVisible(`.notice.good`))
		if r := s.recording(); r.Linked() {
			t.Errorf("%+v", r.Link)
		}
	})
}

// TestQuarantineInABrowser reads one item of a reason again, then what is left of it; another reason's stay.
func TestQuarantineInABrowser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		bad := func(id, reason string) store.Quarantined {
			return store.Quarantined{Model: hub.ModelEngagement, ExternalID: id, Reason: reason, Raw: `{"end_time":"x"}`, FoundSince: s.start}
		}
		const early = "endTime is before startTime"
		s.commitPage(store.PageCommit{State: store.SyncState{Model: hub.ModelEngagement}, Status: hub.SyncStateUpToDate, Quarantined: []store.Quarantined{bad("q1", early), bad("q2", early), bad("q3", early), bad("q4", "externalId is too long")}})
		left := func() int {
			return storetest.Count(t, s.store, `SELECT COUNT(*) FROM quarantine WHERE organization_id = $1`, s.organization)
		}
		ctx := s.dana()
		s.navigate(ctx, "/quarantine")
		act(t, ctx, chromedp.Click(`td[data-label=Reason] a[href*="before+startTime"]`))
		act(t, ctx, chromedp.Click(`article form button`))
		var shown string
		browse(t, ctx, chromedp.WaitVisible(`p.notice`), chromedp.Text(`main`, &shown))
		if n := left(); n != 3 || !strings.Contains(shown, "1 item was taken out") || !strings.Contains(shown, "Being read again") {
			t.Errorf("%d are left, and %s", n, shown)
		}
		// How that goes on shows by itself, to its end.
		again := func(text string) chromedp.Action {
			return chromedp.WaitReady(`//ul[@id="again"]/li[contains(., "` + text + `")]`)
		}
		state := func(set string) {
			t.Helper()
			storetest.Exec(t, s.store, `UPDATE sync_states SET `+set+` WHERE organization_id = $1 AND connection_id = $2 AND model = 'ENGAGEMENT'`, s.organization, s.connection.ID)
		}
		browse(t, ctx, again("With the next run"))
		state(`in_run = TRUE, rewind_to = NULL`)
		browse(t, ctx, again("In a run"))
		state(`in_run = FALSE`)
		browse(t, ctx, again("Read again"), chromedp.WaitVisible(`#read-again`), chromedp.Text(`#read-again`, &shown))
		if !strings.Contains(shown, "It was read again. 3 items are in quarantine now.") {
			t.Error(shown)
		}
		state(`in_run = TRUE`) // a run that follows is not the one that was asked for
		s.navigate(ctx, "/quarantine?reason=endTime+is+before+startTime")
		act(t, ctx, chromedp.Click(`.head form button.primary`))
		browse(t, ctx, chromedp.WaitVisible(`p.notice`))
		if n := left(); n != 1 {
			t.Errorf("%d are left", n)
		}
		s.navigate(ctx, "/quarantine?reason=endTime+is+before+startTime")
		browse(t, ctx, again("In a run"))
		act(t, ctx, chromedp.Click(`form.filters a.button`))
		act(t, ctx, chromedp.Click(`.head form button.primary`))
		browse(t, ctx, chromedp.WaitVisible(`p.notice`), chromedp.Text(`main`, &shown))
		if left() != 0 || strings.Contains(shown, "all that came was kept") || !strings.Contains(shown, "Nothing is in quarantine now. What is being read again comes back where it is still wrong.") {
			t.Errorf("%d are left, and %s", left(), shown)
		}
	})
}

// TestReplayInABrowser counts what a filter selects, sends that again, and sees without a reload when it was sent.
func TestReplayInABrowser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Cedar Roofing")
		endpoint, _ := s.endpoint(organization, hub.DeliveryFailed, hub.DeliverySent, hub.DeliveryFailed)
		ctx := chromium(t)
		signedIn(t, ctx, s.operator(organization))
		s.navigate(ctx, "/webhooks/"+endpoint+"/deliveries")
		browse(t, ctx, chromedp.SetValue(`select[name=state]`, "FAILED"))
		act(t, ctx, chromedp.Click(`form.filters button`))
		act(t, ctx, chromedp.Click(`main a[href*="/replay"]`))
		var counted string
		browse(t, ctx, chromedp.Text(`p.lead`, &counted))
		act(t, ctx, chromedp.Click(`main form[action*="/replay"] button.primary`))
		if !strings.Contains(counted, "2 deliveries are sent again") {
			t.Error(counted)
		}
		if n := storetest.Count(t, s.store, `SELECT COUNT(*) FROM event_deliveries WHERE endpoint_id = $1 AND state = 'PENDING'`, endpoint); n != 2 {
			t.Errorf("%d are sent again", n)
		}
		browse(t, ctx, chromedp.WaitReady(`#progress progress[value="0"]`))
		storetest.Exec(t, s.store, `UPDATE event_deliveries SET state = 'SENT', due_at = NULL WHERE endpoint_id = $1`, endpoint)
		browse(t, ctx, chromedp.WaitReady(`#progress progress[value="2"]`)) // it asks by itself
	})
}

// TestADeliveryIsLive sends a test, and sees on the page that this leads to, without a reload, that it was tried and then sent; an answer
// that was opened stays open.
func TestADeliveryIsLive(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Cedar Roofing")
		endpoint, _ := s.endpoint(organization)
		ctx := chromium(t)
		signedIn(t, ctx, s.operator(organization))
		s.navigate(ctx, "/webhooks/"+endpoint)
		act(t, ctx, chromedp.Click(`#test button`))
		badge := func(text string) chromedp.Action {
			return chromedp.WaitReady(`//div[@class="head"]//span[contains(@class, "badge")][text() = "` + text + `"]`)
		}
		attempt := func(number, status int, failure string) {
			t.Helper()
			storetest.Exec(t, s.store, `INSERT INTO event_attempts (organization_id, endpoint_id, event_id, number, at, took, status, response, error)
				SELECT organization_id, endpoint_id, event_id, $3, $4, 120000, $5, 'said the receiver', $6 FROM event_deliveries WHERE organization_id = $1 AND endpoint_id = $2`,
				organization, endpoint, int64(number), s.clock().UnixMicro(), int64(status), failure)
		}
		browse(t, ctx, badge("Waiting"))
		attempt(1, 500, "it answered 500 Internal Server Error")
		browse(t, ctx, chromedp.WaitVisible(`#answer-1 pre`), chromedp.Click(`#answer-1 summary`))
		attempt(2, 204, "")
		storetest.Exec(t, s.store, `UPDATE event_deliveries SET state = 'SENT', attempts = 2, due_at = NULL WHERE endpoint_id = $1`, endpoint)
		browse(t, ctx, badge("Sent"), chromedp.WaitReady(`#answer-1:not([open])`), chromedp.WaitReady(`#answer-2:not([open])`), chromedp.WaitReady(`//dd[text() = "2"]`))
	})
}

// TestWebhooksAreLive disables an endpoint in one window, and sees it in another without a reload, as what is sent meanwhile.
func TestWebhooksAreLive(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Cedar Roofing")
		endpoint, _ := s.endpoint(organization, hub.DeliverySent)
		one := chromium(t)
		signedIn(t, one, s.operator(organization))
		s.navigate(one, "/webhooks")
		cell := func(label, text string) chromedp.Action {
			return chromedp.WaitReady(`//tr[@id="endpoint-` + endpoint + `"]/td[@data-label="` + label + `"][contains(., "` + text + `")]`)
		}
		browse(t, one, cell("Attempts", "0"), chromedp.SendKeys(`#url`, "https://half.written"))
		storetest.Exec(t, s.store, `INSERT INTO webhook_minutes (organization_id, endpoint_id, minute, attempts, failures, took, to_10, to_50, to_100, to_250, to_500, to_1000, to_2500, to_5000, to_15000, beyond)
			VALUES ($1, $2, $3, 7, 1, 700000, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0)`, organization, endpoint, s.clock().Truncate(time.Minute).UnixMicro())
		browse(t, one, cell("Attempts", "7"))

		two, three := window(t, one), window(t, one)
		s.navigate(three, "/webhooks/"+endpoint)
		browse(t, three, chromedp.Click(`#new-secret summary`), chromedp.WaitVisible(`#new-secret button`), chromedp.WaitVisible(`#test`))
		s.navigate(two, "/webhooks/"+endpoint)
		browse(t, two, chromedp.Click(`details.asks:has(form[action*="/switch"]) summary`))
		act(t, two, chromedp.Click(`form[action*="/switch"] button`))
		var written string
		browse(t, one, cell("State", "Disabled"), chromedp.Value(`#url`, &written))
		if written != "https://half.written" {
			t.Errorf("what is being written becomes %q", written)
		}
		// The endpoint's own page says so, too, and what is open there stays open.
		browse(t, three, chromedp.WaitVisible(`#enable button`), chromedp.WaitNotPresent(`#test`), chromedp.WaitNotPresent(`#disable`), chromedp.WaitVisible(`.notice.bad`), chromedp.WaitVisible(`#new-secret button`))
	})
}
