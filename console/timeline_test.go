package console

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

var (
	timelineLine = regexp.MustCompile(`<strong>(?:<a [^>]*>)?([A-Za-z-]+)(?:</a>)?</strong> ([^<]*)`)
	timelineNext = regexp.MustCompile(`href="/console([^"]*)#happened" rel="next"`)
)

// timelineOf follows a timeline to its end and returns the kinds of its lines, and their sentences.
func (b *browser) timelineOf(path string) (kinds map[string]int, sentences string) {
	b.t.Helper()
	kinds = map[string]int{}
	for pages := 0; path != ""; pages++ {
		page := b.get(path)
		_, happened, _ := strings.Cut(page, `id="happened"`)
		for _, line := range timelineLine.FindAllStringSubmatch(happened, -1) {
			kinds[line[1]]++
			sentences += line[1] + " " + line[2] + "\n"
		}
		path = ""
		if next := timelineNext.FindStringSubmatch(happened); next != nil && pages < 20 {
			path = strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
	return kinds, sentences
}

// TestActsAreNoSettings asks for a sync, and twice for what was read to be read again, from other times: each is told with its own time,
// and none as if a setting had changed.
func TestActsAreNoSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser, hub.ModelContact)
		b := s.operator(organization)
		at := "/connections/" + c.ID
		b.post(at + "/sync")
		for _, from := range []string{"1999-12-31T00:00:00Z", "2025-11-01T04:00:00Z"} {
			b.post(at+"/rewind", "from", from, "model", "USER")
		}
		page := b.get(at + "?kind=settings")
		mustContain(t, page, "<strong>Sync</strong> Asked for at once. ", "<strong>Sync</strong> Read again: from “<time datetime=\"2025-11-01T04:00:00Z\"", `”, models “USER”. `)
		if strings.Contains(page, "from from") || strings.Contains(page, "Settings</strong> Sync") {
			t.Error(page)
		}
		// The audit log has its moments in the viewer's zone, too.
		mustContain(t, b.get("/audit?action=sync"), "from “<time datetime=\"1999-12-31T00:00:00Z\"")
	})
}

// TestTimelineIsFiltered follows what happened to a connection, all of it and by kind, to its end: each line comes once, also where
// a page is just full.
func TestTimelineIsFiltered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser, hub.ModelContact)
		ctx := store.WithActor(t.Context(), hub.Actor{Kind: hub.ActorConsole, Name: "Ann"})
		if _, err := s.store.SetCredentials(ctx, organization, c.ID, map[string]string{"apiKey": "good"}, false, check); err != nil {
			t.Fatal(err)
		}
		for _, interval := range []time.Duration{time.Minute, time.Hour} {
			if err := s.store.SetSyncInterval(ctx, organization, c.ID, interval); err != nil {
				t.Fatal(err)
			}
		}
		const runs, items = 2 * timelineShown, 3
		for range runs {
			storetest.Exec(t, s.store, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, ended_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error, outcome)
				VALUES ($1, $2, $3, 1, 2, 1, 0, 0, 7, 0, 0, 0, 0, '', 'DONE')`, organization, c.ID, hub.NewID())
		}
		for commit, model := range []string{"CONTACT", "USER"} { // a page of each is put aside, each for two reasons
			for i := range items {
				storetest.Exec(t, s.store, `INSERT INTO quarantine (organization_id, connection_id, id, model, external_id, fingerprint, reason, raw, created_at)
					VALUES ($1, $2, $3, $4, $5, $5, $6, '{}', $7)`, organization, c.ID, hub.NewID(), model, fmt.Sprint(model, i), fmt.Sprintf("the <b>email</b> %d is none", min(i, 1)), commit+1)
			}
		}
		at := "/connections/" + c.ID
		for kind, want := range map[string]map[string]int{
			"":            {"Run": runs, "Settings": 3, "Credentials": 1, "Quarantine": 2},
			"runs":        {"Run": runs},
			"settings":    {"Settings": 3},
			"credentials": {"Credentials": 1},
			"quarantine":  {"Quarantine": 2},
			"deliveries":  {},
			"<script>":    {"Run": runs, "Settings": 3, "Credentials": 1, "Quarantine": 2},
		} {
			kinds, sentences := s.viewer(organization).timelineOf(at + "?kind=" + kind)
			if fmt.Sprint(kinds) != fmt.Sprint(want) {
				t.Errorf("%q has %v, not %v:\n%s", kind, kinds, want, sentences)
			}
			if kind == "quarantine" && !strings.Contains(sentences, "3 items of Contact put aside: The &lt;b&gt;email&lt;/b&gt; 0 is none. And for 1 reason more.") {
				t.Error(sentences)
			}
			if kind == "settings" && !strings.Contains(sentences, "seconds between runs from 60 to 3,600") {
				t.Error(sentences)
			}
		}
		mustContain(t, s.viewer(organization).get(at+"?kind=deliveries"), "Nothing here.", `kind=deliveries#happened" aria-current="true"`)

		// Its tabs lead to the page, also where that is the answer to a form.
		wrong := s.operator(organization).do("POST", at+"/settings", map[string][]string{"what": {"interval"}, "intervalSeconds": {"5"}})
		mustContain(t, wrong.body, `href="/console`+at+`?kind=runs#happened"`)
	})
}
