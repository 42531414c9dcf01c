package console

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// merge is a platform of tests, and check asks its CRM: the key good is of the account acme, the key other of another one.
var merge = hub.PlatformInfo{
	Platform: hub.PlatformMerge, Name: "Merge",
	Models:      []hub.ModelInfo{{Model: hub.ModelUser, Incremental: true}, {Model: hub.ModelContact, Incremental: true}},
	Credentials: []hub.CredentialField{{Name: "apiKey", Doc: "The key of the account.", Required: true, Secret: true}, {Name: "baseURL", Doc: "Where the API is.", Default: "https://api.example.com"}},
}

func check(_ context.Context, _ hub.Connection, values map[string]string) (hub.CRMAccount, error) {
	switch values["apiKey"] {
	case "good":
		return hub.CRMAccount{ID: "acme", Name: "Acme"}, nil
	case "other":
		return hub.CRMAccount{ID: "bolt", Name: "Bolt"}, nil
	}
	return hub.CRMAccount{}, hub.Invalid("credentials", "were tried at https://api.example.com and not accepted: Merge: Invalid API key", "credentials that the CRM accepts")
}

func withMerge(o *Options) {
	o.Platforms, o.Check = map[hub.Platform]hub.PlatformInfo{hub.PlatformMerge: merge}, check
}

var versionField = regexp.MustCompile(`name="version" value="([^"]+)"`)

// version is the version of the connection that a page shows.
func (b *browser) version(path string) string {
	b.t.Helper()
	found := versionField.FindStringSubmatch(b.get(path))
	if found == nil {
		b.t.Fatalf("%s shows no version", path)
	}
	return strings.NewReplacer("&#43;", "+").Replace(found[1])
}

// TestConnectionActs does all that may be done with a connection, and finds each in the database and under the person's
// name in the audit log.
func TestConnectionActs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		b := s.operator(organization)

		// A connection is made once the CRM accepts its credentials, and not before.
		mustContain(t, b.get("/connections/new"), "Merge")
		mustContain(t, b.get("/connections/new?platform=MERGE"), "The key of the account.", "Api key", "Base URL", `type="password"`, "without it https://api.example.com")
		made := url.Values{"platform": {"MERGE"}, "name": {"Acme CRM"}, "credential.apiKey": {"wrong"}}
		refused := b.do(http.MethodPost, "/connections", made)
		if refused.status != http.StatusUnprocessableEntity || strings.Contains(refused.body, `value="wrong"`) {
			t.Fatalf("%d %s", refused.status, refused.body)
		}
		mustContain(t, refused.body, "They were tried at https://api.example.com and not accepted: Merge: Invalid API key.", `value="Acme CRM"`)
		if all, err := s.store.Connections(t.Context(), organization, store.ConnectionFilter{Limit: 9}); err != nil || len(all) != 0 {
			t.Fatalf("%v, %v", all, err)
		}
		made.Set("credential.apiKey", "good")
		answer := b.do(http.MethodPost, "/connections", made)
		if answer.status != http.StatusSeeOther {
			t.Fatalf("%d %s", answer.status, answer.body)
		}
		at, _, _ := strings.Cut(strings.TrimPrefix(answer.location, "/console"), "?")
		id := strings.TrimPrefix(at, "/connections/")
		mustContain(t, b.get(at), "Acme CRM", "It is about to sync.", "by Ann")
		mustContain(t, b.get("/connections"), "Acme CRM", "Contact: is read for the first time")

		connection := func() hub.Connection {
			t.Helper()
			c, err := s.store.Connection(t.Context(), organization, id)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		// The switch changes what was looked at, and says so where that is another by now.
		seen := b.version(at)
		if to := b.post(at+"/switch", "version", seen, "active", "no", "back", "/connections"); to != "/connections" || connection().Active {
			t.Errorf("%s, %+v", to, connection())
		}
		if page := b.get(at); strings.Contains(page, "Sync now") || strings.Contains(page, "isActive") {
			t.Error("it is paused, and yet\n" + page)
		}
		mustContain(t, b.get(at), ">Resume</button>", "It is paused. It goes on from where it stopped when it is resumed.")
		stale := b.do(http.MethodPost, at+"/switch", url.Values{"version": {seen}, "active": {"yes"}}, "Referer", b.url+at+"?before=x")
		if stale.status != http.StatusPreconditionFailed || connection().Active {
			t.Errorf("a stale switch: %d", stale.status)
		}
		mustContain(t, stale.body, "Somebody changed this since you looked at it", `href="/console`+at+`?before=x">Look at it again</a>`)
		elsewhere := b.do(http.MethodPost, at+"/switch", url.Values{"version": {seen}, "active": {"yes"}}, "Referer", "https://evil.example/console/")
		if strings.Contains(elsewhere.body, "evil.example") || strings.Contains(elsewhere.body, "Look at it again</a>") {
			t.Error("it leads back to another site")
		}
		if a := b.do(http.MethodPost, at+"/sync", nil); a.status != http.StatusConflict {
			t.Errorf("a sync of what is paused: %d", a.status)
		}
		b.post(at+"/switch", "version", b.version(at), "active", "yes")
		b.post(at + "/sync")

		b.post(at+"/settings", "version", b.version(at), "name", "Acme & Sons", "syncTranscript", "1")
		b.post(at+"/settings", "what", "interval", "intervalSeconds", "60")
		b.post(at+"/settings", "what", "limit", "limitPercent", "7")
		b.post(at+"/settings", "what", "corrections", "corrections", "LEAVE")
		// Another window shows them as they were: what it sends then is not taken.
		mustContain(t, b.get(at), `name="was" value="60"`, `name="was" value="7"`, `name="was" value="LEAVE"`)
		for _, old := range []url.Values{
			{"what": {"interval"}, "was": {"300"}, "intervalSeconds": {"20"}}, {"what": {"limit"}, "was": {"30"}, "limitPercent": {"9"}}, {"what": {"corrections"}, "was": {"NOTE"}, "corrections": {"CHANGE"}},
		} {
			if a := b.do(http.MethodPost, at+"/settings", old); a.status != http.StatusPreconditionFailed {
				t.Errorf("%v: %d", old, a.status)
			}
		}
		for _, wrong := range []url.Values{{"what": {"interval"}, "intervalSeconds": {"5"}}, {"what": {"limit"}, "limitPercent": {"x"}}, {"what": {"corrections"}, "corrections": {"SHOUT"}}, {"what": {"all"}}} {
			if a := b.do(http.MethodPost, at+"/settings", wrong); a.status != http.StatusUnprocessableEntity {
				t.Errorf("%v: %d", wrong, a.status)
			}
		}
		again := b.do(http.MethodPost, at+"/settings", url.Values{"what": {"interval"}, "intervalSeconds": {"5"}})
		mustContain(t, again.body, `value="5" required aria-invalid="true"`, "It is out of range; expected 10 to 86400 seconds.", "<h2>What happened</h2>")
		sched, err := s.store.Schedule(t.Context(), organization, id)
		corrections, err2 := s.store.Corrections(t.Context(), organization, id)
		if c := connection(); err != nil || err2 != nil || c.Name != "Acme & Sons" || !c.SyncTranscript || sched.Interval != time.Minute || sched.DeletionLimit != 7 || corrections != hub.CorrectNothing {
			t.Errorf("%+v, %+v, %s, %v, %v", c, sched, corrections, err, err2)
		}
		mustContain(t, b.get(at), "name from “Acme CRM” to “Acme &amp; Sons”", "Update: seconds between runs 60.")

		// A rewind says before how much that is.
		now := s.clock().UTC()
		for i, ago := range []time.Duration{time.Hour, 2 * time.Hour, 90 * 24 * time.Hour} {
			storetest.Exec(t, s.store, `INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, modified_at, created_at, updated_at)
				VALUES ($1, $2, 'CONTACT', $3, $4, 'Quinn', '{}', '', $5, $5, $5)`, organization, id, string(rune('a'+i)), hub.NewID(), now.Add(-ago).UnixMicro())
		}
		from := now.Add(-24 * time.Hour).Format("2006-01-02T15:04")
		mustContain(t, b.get(at+"/rewind?model=USER&model=CONTACT&from="+from), "About <strong>2</strong> records will be read again")
		mustContain(t, b.get(at+"/rewind?model=USER&from="+from), "About <strong>0</strong> records")
		if a := b.do(http.MethodGet, at+"/rewind?model=NOPE&from="+from, nil); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Choose at least one model.") || strings.Contains(a.body, " checked") {
			t.Errorf("a rewind of no model: %d %s", a.status, a.body)
		}
		if a := b.do(http.MethodGet, at+"/rewind?from=2999-01-01T00:00", nil); a.status != http.StatusUnprocessableEntity {
			t.Errorf("a rewind to what has not come yet: %d", a.status)
		}
		b.post(at+"/rewind", "from", now.Add(-24*time.Hour).Format(time.RFC3339), "model", "CONTACT")
		states, err := s.store.SyncStates(t.Context(), organization, id)
		if err != nil || len(states) != 1 || states[0].Model != hub.ModelContact || states[0].RewindTo == nil {
			t.Errorf("%+v, %v", states, err)
		}

		// What of them is no secret is in the form of new ones, so that the new secret goes to no other server.
		b.post(at+"/credentials", "credential.apiKey", "good", "credential.baseURL", "https://crm.acme.example/api")
		form := b.get(at + "/credentials")
		mustContain(t, form, `name="credential.baseURL" type="text" value="https://crm.acme.example/api"`, `name="credential.apiKey" type="password" value=""`)
		if strings.Contains(form, "good") {
			t.Error("a secret is shown again")
		}

		// Credentials of another account are recognized, and taken where the person says so.
		if a := b.do(http.MethodPost, at+"/credentials", url.Values{"credential.apiKey": {"wrong"}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Merge: Invalid API key") {
			t.Errorf("%d %s", a.status, a.body)
		}
		other := b.do(http.MethodPost, at+"/credentials", url.Values{"credential.apiKey": {"other"}})
		if other.status != http.StatusUnprocessableEntity {
			t.Errorf("another account: %d", other.status)
		}
		mustContain(t, other.body, "Bolt", "Acme", "Replace the account")
		b.post(at+"/credentials", "credential.apiKey", "other", "replaceAccount", "1")

		delivery := s.delivery(organization, id)
		mustContain(t, b.get("/"), "To decide", "/deliveries/"+delivery+"/settle", "1 connection")
		if to := b.post("/deliveries/"+delivery+"/settle", "there", "yes", "back", "/"); to != "/" {
			t.Error(to)
		}
		if d, err := s.store.Delivery(t.Context(), organization, delivery); err != nil || d.State != hub.DeliverySent {
			t.Errorf("%+v, %v", d, err)
		}
		b.post(at+"/deletions", "decision", "keep")

		version := b.version(at + "/delete")
		b.post(at+"/delete", "version", version)
		mustContain(t, b.get("/connections"), "No connection here.")

		entries, err := s.store.Audit(t.Context(), organization, store.AuditFilter{ObjectID: id, Limit: 100})
		if err != nil || len(entries) < 10 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		for _, e := range entries {
			if e.Actor.Kind != hub.ActorConsole || e.Actor.Name != "Ann" {
				t.Errorf("%s was done by %+v", e.Action, e.Actor)
			}
		}
	})
}

// TestRunsAreShown sees a run in the grid, in the chart, in its hour, and with each request that was sent for it.
func TestRunsAreShown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser, hub.ModelContact)
		sched := storetest.Lease(t, s.store, organization, c.ID)
		at := s.clock().UTC()
		storetest.Exec(t, s.store, `UPDATE sync_runs SET ended_at = $2, outcome = 'FAILED', error = 'Merge: it is too hot', created = 3, pages = 2, models = '{"CONTACT":{"pages":2,"created":1},"ENGAGEMENT":{"created":2}}' WHERE id = $1`, sched.RunID, at.UnixMicro())
		storetest.Exec(t, s.store, `INSERT INTO crm_requests (organization_id, connection_id, run_id, id, model, method, path, failure, sent_at, status, took, bytes, rate_wait)
			VALUES ($1, $2, $3, $4, 'CONTACT', 'GET', '/contacts?cursor', '', $5, 503, 1500000, 2048, 0)`, organization, c.ID, sched.RunID, hub.NewID(), at.UnixMicro())
		b := s.viewer(organization)
		page := b.get("/connections/" + c.ID)
		mustContain(t, page, "/runs/"+sched.RunID, "3 created (2 pages", "1 created (2 pages", "Failed: 3 created")
		// The records that came with another model have their row, so that the rows add up.
		mustContain(t, page, `<tr><th scope="row">Engagement</th>`, "2 created (0 pages")
		if strings.Contains(page, "<button") && strings.Contains(page, "/settings") {
			t.Error("a viewer is shown what they may not press")
		}
		mustContain(t, b.get("/connections/"+c.ID+"/runs/"+sched.RunID), "Merge: it is too hot", "GET /contacts?cursor", "503", "1.5 s", "2.0 KiB")
		mustContain(t, b.get("/"), `class="piece bad"`, "1 failed", "/runs?from=")
		hour := "/runs?from=" + at.Truncate(time.Hour).Format(time.RFC3339)
		mustContain(t, b.get(hour), "Merge: it is too hot", sched.RunID, "1 failed", c.Name)
		mustContain(t, b.get(hour+"&ended=failed"), sched.RunID)
		mustContain(t, b.get(hour+"&ended=done"), "No run that began in this hour ended so.")
		if a := b.do(http.MethodGet, "/connections/"+c.ID+"/runs/"+hub.NewID(), nil); a.status != http.StatusNotFound {
			t.Errorf("a run that is not there: %d", a.status)
		}
	})
}

// insertRun adds a run that ended when it began.
func insertRun(t *testing.T, st *store.Store, organization, connection, id string, at time.Time, outcome store.RunOutcome) {
	t.Helper()
	storetest.Exec(t, st, `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, ended_at, outcome, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, missed, error)
		VALUES ($1, $2, $3, $4, $4, $5, 1, 0, 0, 1, 0, 0, 0, 0, 0, '')`, organization, connection, id, at.UnixMicro(), string(outcome))
}

// TestTheRunsOfAnHourArePaged walks through the runs of an hour, more than a page has, and through those alone that failed.
func TestTheRunsOfAnHourArePaged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
		hour := s.clock().UTC().Truncate(time.Hour)
		const all, failed = 230, 110
		for i := range all {
			outcome, at := store.RunDone, hour.Add(time.Duration(i)*time.Second)
			if i < failed {
				outcome = store.RunFailed
			}
			insertRun(t, s.store, organization, c.ID, hub.FirstIDAt(at), at, outcome)
		}
		b := s.viewer(organization)
		for ended, want := range map[string]int{"": all, "failed": failed, "done": all - failed, "stopped": 0} {
			seen, pages := map[string]bool{}, 0
			for next := "/runs?from=" + hour.Format(time.RFC3339) + "&ended=" + ended; next != ""; pages++ {
				page := b.get(next)
				for _, m := range regexp.MustCompile(`/runs/([0-9a-f-]{36})"`).FindAllStringSubmatch(page, -1) {
					seen[m[1]] = true
				}
				next = ""
				if m := regexp.MustCompile(`href="/console(/runs[^"]*)" rel="next"`).FindStringSubmatch(page); m != nil {
					next = html.UnescapeString(m[1])
				}
			}
			if len(seen) != want || pages != max(1, (want+99)/100) {
				t.Errorf("ended %q: %d runs on %d pages, want %d", ended, len(seen), pages, want)
			}
		}
	})
}

// TestTheGridSaysWhatChanged has the row of runs in the tones of its legend: one that changed nothing is not as one that did.
func TestTheGridSaysWhatChanged(t *testing.T) {
	runs := []store.SyncRun{
		{ID: "3", Outcome: store.RunFailed}, {ID: "2", Outcome: store.RunDone, Unchanged: 43},
		{ID: "1", Outcome: store.RunDone, Created: 1}, {ID: "0", Outcome: store.RunDone, Quarantined: 1},
	}
	var tones []string
	for _, cell := range drawGrid(connectionView{}, runs, func(run string) string { return run }).Runs {
		tones = append(tones, cell.Tone)
	}
	if want := []string{"warn", "changed", "same", "bad"}; !slices.Equal(tones, want) {
		t.Errorf("got %v, want %v", tones, want)
	}
}

// TestWorstFirst shows all organizations to whoever runs the server, the one that needs somebody before the one that is
// well.
func TestWorstFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		well, ill := s.organization("Well"), s.organization("Unwell")
		if _, err := s.store.CreateConnection(t.Context(), well, hub.NewConnection{Name: "pushed", ExternalAccountID: "1", Platform: hub.PlatformCustomInput, Active: true}); err != nil {
			t.Fatal(err)
		}
		storetest.Connection(t, s.store, ill, hub.PlatformMerge, hub.ModelUser)
		page := s.as(hub.ConsolePerson{Role: hub.ConsoleViewer}).get("/")
		mustContain(t, page, "1 receiving", "1 needs credentials")
		if table := page[strings.Index(page, "<table"):]; strings.Index(table, "Unwell") > strings.Index(table, ">Well<") {
			t.Error("the worst is not the first")
		}
	})
}
