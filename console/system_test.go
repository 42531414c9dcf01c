package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestSystem shows what the server does over all organizations, each figure made by rows that say so.
func TestSystem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		boss := s.as(hub.ConsolePerson{Role: hub.ConsoleViewer})
		mustContain(t, boss.get("/system"), "No server has said", "No run failed.", "No write-back failed.", "No webhook failed.", "No CRM and no receiver is left alone.",
			"No account is out of requests just now.", "No request waited in the last 15 minutes.", "event_deliveries")

		now := s.clock()
		if err := s.store.NoteNode(t.Context(), store.Node{ID: hub.NewID(), Host: "north", Version: "v9.8.7", StartedAt: now.Add(-3 * time.Hour), ClockAhead: -4 * time.Second}); err != nil {
			t.Fatal(err)
		}
		acme, zephyr := s.organization("Acme Roofing"), s.organization("Zephyr Awnings")
		c := storetest.Connection(t, s.store, acme, hub.PlatformMerge, hub.ModelContact)
		run := storetest.Lease(t, s.store, acme, c.ID).RunID
		at := func(ago time.Duration) int64 { return now.Add(-ago).UnixMicro() }
		storetest.Exec(t, s.store, `UPDATE sync_runs SET outcome = 'FAILED', error = 'the <CRM> answered 500', ended_at = $2 WHERE id = $1`, run, at(time.Minute))
		storetest.Exec(t, s.store, `UPDATE schedules SET waiting = 'waits: the CRM asked for it', waiting_until = $2 WHERE connection_id = $1`, c.ID, at(-time.Hour))
		for i, wait := range []time.Duration{0, 2 * time.Second, 3 * time.Second} {
			storetest.Exec(t, s.store, `INSERT INTO crm_requests (organization_id, connection_id, id, run_id, model, sent_at, method, path, status, failure, took, bytes, rate_wait)
				VALUES ($1, $2, $3, $4, 'CONTACT', $5, 'GET', '/', 200, '', 1, 1, $6)`, acme, c.ID, hub.NewID(), run, at(time.Duration(i)*time.Minute), wait.Microseconds())
		}
		storetest.Exec(t, s.store, `INSERT INTO rate_buckets (account, blocks, next_at, updated_at) VALUES ('somebody', '[]', $1, $2)`, at(-time.Minute), at(0))
		delivery := s.delivery(acme, c.ID)
		storetest.Exec(t, s.store, `UPDATE deliveries SET state = 'FAILED', error = 'the job is closed', due_at = NULL WHERE id = $1`, delivery)
		endpoint, events := s.endpoint(zephyr, hub.DeliveryFailed, hub.DeliveryPending, hub.DeliveryPending)
		storetest.Exec(t, s.store, `UPDATE webhook_endpoints SET held_until = $2 WHERE id = $1`, endpoint, at(-time.Hour))
		storetest.Exec(t, s.store, `UPDATE event_deliveries SET due_at = $2 WHERE endpoint_id = $1 AND state = 'PENDING'`, endpoint, at(7*time.Minute))
		storetest.Exec(t, s.store, `INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) VALUES ($1, 'WEBHOOK', $2, $3, 0)
			ON CONFLICT (organization_id, kind, object_id) DO UPDATE SET due_at = excluded.due_at`, zephyr, endpoint, at(7*time.Minute))

		page := boss.get("/system")
		mustContain(t, page, "north", "v9.8.7", "4.0 s ahead", "badge warn",
			"the &lt;CRM&gt; answered 500", "/connections/"+c.ID+"/runs/"+run+"?organization="+acme, "the job is closed",
			"it answered 500 Internal Server Error", "/webhooks/"+endpoint+"/deliveries/"+events[0]+"?organization="+zephyr,
			"It waits: the CRM asked for it", "The receiver asked to wait", "/connections/"+c.ID+"?organization="+acme,
			"1 account has no request left", `data-label="Requests">2<`, `data-label="Waited">5.0 s<`, `data-label="Longest">3.0 s<`)
		for queue, want := range map[string][]string{
			"Syncs":    {`data-label="Due, no worker yet">0<`, `data-label="Under way">1<`},
			"Webhooks": {`data-label="Due, no worker yet">1<`, "7 min ago", `data-label="Under way">0<`, `data-label="Notes or events due">2<`},
			"Linking":  {`data-label="Notes or events due">–<`},
		} {
			_, row, _ := strings.Cut(page, "<td>"+queue+"</td>")
			row, _, _ = strings.Cut(row, "</tr>")
			for _, text := range want {
				if !strings.Contains(row, text) {
					t.Errorf("%s lack %s: %s", queue, text, row)
				}
			}
		}
		// Of what is over, or was long ago, it says nothing.
		storetest.Exec(t, s.store, `UPDATE event_deliveries SET updated_at = $2 WHERE endpoint_id = $1`, endpoint, at(8*24*time.Hour))
		storetest.Exec(t, s.store, `UPDATE webhook_endpoints SET held_until = $2 WHERE id = $1`, endpoint, at(time.Second))
		if page := boss.get("/system"); strings.Contains(page, events[0]) || strings.Contains(page, "The receiver asked to wait") {
			t.Errorf("it goes on about what is over:\n%s", page)
		}
		for _, table := range []string{"sync_runs", "webhook_minutes"} {
			mustContain(t, page, `<td class="mono">`+table+`</td>`)
		}
	})
}

// TestSystemIsTheOperators: whoever does not run the server finds no such page, and nothing of it in the menu.
func TestSystemIsTheOperators(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		acme := s.organization("Acme Roofing")
		group := hub.NewID()
		storetest.Exec(t, s.store, `INSERT INTO organization_groups (id, name, created_at) VALUES ($1, 'Roofers', 0)`, group)
		if err := s.store.AddToGroup(t.Context(), acme, group); err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string]*browser{
			"operator": s.operator(acme), "viewer": s.viewer(acme), "group": s.as(hub.ConsolePerson{Role: hub.ConsoleOperator, OrganizationID: acme, GroupID: group}),
		} {
			if strings.Contains(b.get("/"), "/console/system") {
				t.Errorf("%s: the menu leads to the system", name)
			}
			if a := b.do(http.MethodGet, "/system", nil); a.status != http.StatusNotFound {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		boss := s.as(hub.ConsolePerson{Role: hub.ConsoleOperator})
		mustContain(t, boss.get("/"), "/console/system")
		mustContain(t, boss.get("/system?organization="+acme), "Work that waits", `aria-current="page">System`)
	})
}

// TestServerSessions lists who is signed in to all organizations, and signs one out; an organization's session is none of them,
// and is not ended there.
func TestServerSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		acme := s.organization("Acme Roofing")
		boss := s.as(hub.ConsolePerson{Name: "Bo", Role: hub.ConsoleOperator})
		looks := s.as(hub.ConsolePerson{Name: "Lou", Role: hub.ConsoleViewer})
		s.as(hub.ConsolePerson{Name: "Ann", Role: hub.ConsoleOperator, OrganizationID: acme})
		sessions := func(organization string) map[string]string {
			t.Helper()
			all, err := s.store.ConsoleSessions(t.Context(), organization, "", 9)
			if err != nil {
				t.Fatal(err)
			}
			ids := map[string]string{}
			for _, c := range all {
				ids[c.Name] = c.ID
			}
			return ids
		}
		lou, ann := sessions("")["Lou"], sessions(acme)["Ann"]
		page := boss.get("/system")
		mustContain(t, page, "Bo <span", "This one", `id="session-`+lou, "/system/sessions/"+lou+"/end")
		if strings.Contains(page, ann) || strings.Contains(looks.get("/system"), "/system/sessions/") {
			t.Error("an organization's session is shown, or a button that does nothing")
		}
		if a := looks.do(http.MethodPost, "/system/sessions/"+lou+"/end", nil); a.status != http.StatusForbidden {
			t.Errorf("who looks ends a session: %d", a.status)
		}
		if a := boss.do(http.MethodPost, "/system/sessions/"+ann+"/end", nil); a.status != http.StatusNotFound || sessions(acme)["Ann"] == "" {
			t.Errorf("an organization's session: %d", a.status)
		}
		mustContain(t, boss.get(boss.post("/system/sessions/"+lou+"/end")), "The session is over.")
		if a := looks.do(http.MethodGet, "/system", nil); a.status != http.StatusSeeOther || len(sessions("")) != 1 {
			t.Errorf("who was signed out: %d, and %d are signed in", a.status, len(sessions("")))
		}
	})
}
