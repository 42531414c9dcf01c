package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"sirocco/hub"
	"sirocco/simulator"
	simulatedmerge "sirocco/simulator/merge"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestPauseReachesTheOtherNode pauses, resumes and deletes a connection over a node that may not be the one
// that runs its sync, while the CRM hangs: the sync stops within seconds, goes on from its cursor, and
// after the DELETE nothing of it is left in any answer.
func TestPauseReachesTheOtherNode(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, database string) {
		nodes := 1
		if strings.HasPrefix(database, "postgres") {
			nodes = 2
		}
		pauseOverAnyNode(t, database, nodes)
	})
}

func pauseOverAnyNode(t *testing.T, database string, nodes int) {
	key := filepath.Join(t.TempDir(), "key")
	keys, _, err := store.KeysFromFile(key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	st := storetest.OpenWith(t, database, store.Options{Keys: keys})
	organization, token := tokenFor(t, database)
	crm := simulatedmerge.New(simulator.Options{Seed: 3, Records: 300, ValidateEvery: -1})
	var asked, hanging atomic.Int64
	crm.Before(func(r *http.Request) {
		if n := asked.Add(1); n < 6 || strings.HasSuffix(r.URL.Path, "account-details") {
			return
		}
		hanging.Add(1)
		<-r.Context().Done() // until the hub hangs up
		hanging.Add(-1)
	})
	server := httptest.NewServer(crm)
	t.Cleanup(server.CloseClientConnections)
	var running []*process
	for range nodes {
		running = append(running, startNode(t, database, "--key-file", key))
	}
	conn, err := st.CreateConnection(ctx, organization, hub.NewConnection{
		Name: "c", ExternalAccountID: "a", Platform: hub.PlatformMerge, Active: true, Models: pulledModels(hub.PlatformMerge),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.PutCredentials(ctx, organization, conn.ID, crm.Values(server.URL)); err != nil {
		t.Fatal(err)
	}
	path := connectionsPath + "/" + conn.ID
	for _, over := range running { // one of them does not run the sync
		storetest.Until(t, "the sync hangs at the CRM", func() bool { return hanging.Load() == 1 })
		patch(t, over, path, token, `{"isActive":false}`)
		storetest.Until(t, "the hub lets the CRM go", func() bool { return hanging.Load() == 0 })
		var run store.SyncRun
		storetest.Until(t, "its run has ended", func() bool {
			run, err = latestRun(ctx, st, conn)
			return err == nil && !run.EndedAt.IsZero()
		})
		if run.Outcome != store.RunPaused || over == running[0] && run.Created == 0 {
			t.Fatalf("%+v", run)
		}
		before := asked.Load()
		patch(t, over, path, token, `{"isActive":true}`)
		storetest.Until(t, "it goes on", func() bool { return asked.Load() > before })
	}
	storetest.Until(t, "the sync hangs again", func() bool { return hanging.Load() == 1 })
	last := running[len(running)-1]
	if r, err := call(http.DefaultClient, "DELETE", last.url+path, token, "", nil); err != nil || r.status != http.StatusOK {
		t.Fatalf("delete: %v %d", err, r.status)
	}
	if r, err := call(http.DefaultClient, "GET", last.url+"/v1/integrations/accounts", token, "", nil); err != nil || string(r.body) != "[]\n" {
		t.Errorf("accounts of a deleted connection: %v %s", err, r.body)
	}
	storetest.Until(t, "the hub lets the CRM go", func() bool { return hanging.Load() == 0 })
	if _, err := st.Credentials(ctx, organization, conn.ID); err == nil {
		t.Error("the credentials are still there")
	}
}

func patch(t *testing.T, n *process, path, token, body string) {
	t.Helper()
	if r, err := call(http.DefaultClient, "PATCH", n.url+path, token, body, nil); err != nil || r.status != http.StatusOK {
		t.Fatalf("patch: %v %d %s", err, r.status, r.body)
	}
}
