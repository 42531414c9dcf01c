package main

import (
	"os/exec"
	"regexp"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// saysOf runs a command of the program over a database and holds what it prints to a pattern.
func saysOf(t *testing.T, url string) func(well bool, want string, args ...string) {
	return func(well bool, want string, args ...string) {
		t.Helper()
		text, err := exec.Command("sirocco", append(args, "--database", url)...).CombinedOutput()
		if (err == nil) != well || !regexp.MustCompile(want).Match(text) {
			t.Errorf("%v: %v, it said\n%swant %s", args, err, text, want)
		}
	}
}

// TestDeletionsCommands: an operator sees what a CRM no longer shows, and decides, of all or of one model.
func TestDeletionsCommands(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, time.Now)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount, hub.ModelLead)
		says := saysOf(t, url)
		says(true, `^No deletions wait for a decision\.\n$`, "deletions", "list", conn.ID)
		for _, row := range [][2]string{{"ACCOUNT", "a1"}, {"ACCOUNT", "a2"}, {"LEAD", "l1"}} {
			storetest.Exec(t, st, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state) VALUES ($1, $2, $3, $4, 0, 'HELD')`,
				org, conn.ID, row[0], row[1])
		}
		says(true, `^ACCOUNT +the CRM no longer shows 2 records\n  a1\n  a2\nLEAD +the CRM no longer shows 1 record\n  l1\n$`, "deletions", "list", conn.ID)
		says(true, `^1 record kept\.\n$`, "deletions", "keep", conn.ID, "--model", "LEAD")
		says(true, `^0 records kept\.\n$`, "deletions", "keep", conn.ID, "--model", "LEAD")
		says(true, `^2 records will be deleted by a running server\.\n$`, "deletions", "delete", conn.ID)
		says(true, `^No deletions wait for a decision\.\n$`, "deletions", "list", conn.ID)
		for model, state := range map[string]string{"ACCOUNT": "APPROVED", "LEAD": "KEPT"} {
			if n := storetest.Count(t, st, `SELECT COUNT(*) FROM absences WHERE model = $1 AND state <> $2`, model, state); n != 0 {
				t.Errorf("%d of %s are not %s", n, model, state)
			}
		}
		says(false, `there is no connection "nothing"`, "deletions", "list", "nothing")
	})
}

// TestRequestsCommand: an operator sees what was sent to a CRM.
func TestRequestsCommand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, time.Now)
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
		sched := storetest.Lease(t, st, org, conn.ID)
		sent := []store.CRMRequest{
			{SentAt: time.Now(), Method: "POST", Path: "/token", Failure: "timeout", Took: time.Second},
			{SentAt: time.Now(), Model: hub.ModelAccount, Method: "GET", Path: "/accounts?cursor", Status: 200, Took: 12 * time.Millisecond, Bytes: 99, RateWait: time.Second},
		}
		if err := st.EndSyncJob(t.Context(), sched, store.SyncJobResult{RunOver: true, Requests: sent}); err != nil {
			t.Fatal(err)
		}
		says := saysOf(t, url)
		says(true, `^\S+  sync +ACCOUNT +GET +/accounts\?cursor: 200, 12 ms, 99 bytes, after 1000 ms of waiting for the rate limit\n\S+  sync +POST +/token: timeout, 1000 ms, 0 bytes\n$`,
			"requests", conn.ID)
		says(true, `^{"id":".*"runId":"`+sched.RunID+`","modelName":"ACCOUNT","method":"GET","path":"/accounts\?cursor","status":200,.*}\n$`,
			"requests", conn.ID, "--sync", sched.RunID, "--json", "--limit", "1")
		says(true, `^$`, "requests", conn.ID, "--sync", hub.NewID())
	})
}
