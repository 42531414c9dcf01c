package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestSoak runs real nodes against three CRMs that fail at random while their records change, and kills
// nodes at random. When the faults stop, the hub must hold what the CRMs have, record by record.
// SIROCCO_SOAK is how long the faults go on (make soak: five minutes), SIROCCO_TEST_SEED replays a run.
func TestSoak(t *testing.T) {
	long := 8 * time.Second
	if text := os.Getenv("SIROCCO_SOAK"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("one node on sqlite", func(t *testing.T) { soak(t, storetest.SQLite(t), 1, long) })
	t.Run("two nodes on postgres", func(t *testing.T) { soak(t, storetest.Postgres(t), 2, long) })
}

// soaked is a CRM and the hub's connection to it.
type soaked struct {
	*simulator.Server
	conn hub.Connection
}

func soak(t *testing.T, database string, nodes int, long time.Duration) {
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 9))
	key := filepath.Join(t.TempDir(), "key")
	keys, _, err := store.KeysFromFile(key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	st, err := store.Open(ctx, database, store.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	crms := soakedCRMs(t, st, seed)
	running := make([]*process, nodes)
	for i := range running {
		running[i] = startNode(t, database, "--key-file", key)
	}
	kills := 0
	for end := time.Now().Add(long); time.Now().Before(end); {
		for _, crm := range crms {
			churn(crm.Server, random)
			if random.IntN(4) == 0 {
				request(ctx, t, st, crm)
			}
		}
		if random.IntN(8) == 0 {
			i := random.IntN(nodes)
			running[i].kill()
			running[i] = startNode(t, database, "--key-file", key)
			kills++
		}
		time.Sleep(200 * time.Millisecond) // the pace of the changes, nothing waits for it
	}
	for _, crm := range crms {
		crm.Faults.Stop()
	}
	for _, crm := range crms {
		settle(ctx, t, st, crm)
		for _, m := range crm.Models() {
			problems := simulator.Diff(crm.Records(m), heldBy(ctx, t, st, crm, m))
			for i, p := range problems {
				if i == 5 {
					t.Errorf("%s %s: and %d more", crm.Platform(), m, len(problems)-i)
					break
				}
				t.Errorf("%s: %s", crm.Platform(), p)
			}
		}
	}
	t.Logf("equal after %d kills and %s of faults", kills, long)
}

func soakedCRMs(t *testing.T, st *store.Store, seed uint64) []*soaked {
	t.Helper()
	ctx := context.Background()
	org, err := st.CreateOrganization(ctx, "Acme")
	if err != nil {
		t.Fatal(err)
	}
	var crms []*soaked
	for _, p := range platforms {
		crm := &soaked{Server: p.simulator(simulator.Options{Seed: seed, Records: 60, ValidateEvery: -1})}
		crm.Faults.Random(0.25, randomFaults...)
		server := httptest.NewServer(http.Handler(crm.Server))
		t.Cleanup(server.CloseClientConnections)
		platform := p.connector.Info().Platform
		crm.conn, _, err = st.CreateConnection(ctx, org.ID, hub.NewConnection{
			Name: p.name, ExternalAccountID: "4711", Platform: platform, Active: true, Models: pulledModels(platform),
		}, store.IdempotencyKey{})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.PutCredentials(ctx, org.ID, crm.conn.ID, crm.Values(server.URL)); err != nil {
			t.Fatal(err)
		}
		crms = append(crms, crm)
	}
	return crms
}

// churn changes a few rows. It deletes only where the CRM tells of it: the rest is looked for once a day.
func churn(crm *simulator.Server, random *rand.Rand) {
	crm.Update(hub.ModelOpportunity, 1+random.IntN(3))
	crm.Update(hub.ModelUser, 1)
	crm.Insert(hub.ModelOpportunity, random.IntN(2))
	if crm.Platform() != hub.PlatformCompanyCam {
		crm.Update(hub.ModelEngagement, 1+random.IntN(3))
		crm.Touch(hub.ModelAccount, 1)
		crm.Delete(hub.ModelAccount, random.IntN(2))
		crm.Insert(hub.ModelAccount, random.IntN(3))
	}
}

func request(ctx context.Context, t *testing.T, st *store.Store, crm *soaked) {
	t.Helper()
	if err := st.RequestSync(ctx, crm.conn.OrganizationID, crm.conn.ID, nil, nil); err != nil {
		t.Fatal(err)
	}
}

// settle waits for a run that began after the faults and ended well. A killed node's turn is given to another
// when its lease is over, and a CRM's rate may have been used up: both take their time.
func settle(ctx context.Context, t *testing.T, st *store.Store, crm *soaked) {
	t.Helper()
	stopped := time.Now()
	deadline := stopped.Add(150 * time.Second)
	for {
		run, err := latestRun(ctx, st, crm.conn)
		if err != nil {
			t.Fatal(err)
		}
		if run.StartedAt.After(stopped) && !run.EndedAt.IsZero() && run.Error == "" {
			break
		}
		sched, err := st.Schedule(ctx, crm.conn.OrganizationID, crm.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s did not settle: %s; its latest run: %+v", crm.Platform(), sched.Explain(crm.conn, time.Now()), run)
		}
		if sched.LeaseUntil.IsZero() && sched.DueAt.After(time.Now()) {
			request(ctx, t, st, crm)
		}
		time.Sleep(100 * time.Millisecond)
	}
	conn, err := st.Connection(ctx, crm.conn.OrganizationID, crm.conn.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range conn.SyncStatus {
		if s.State != hub.SyncStateUpToDate {
			t.Errorf("%s %s is %s", crm.Platform(), s.Model, s.State)
		}
	}
}

func heldBy(ctx context.Context, t *testing.T, st *store.Store, crm *soaked, m hub.Model) []hub.Record {
	t.Helper()
	var held []hub.Record
	for after := ""; ; {
		page, err := st.Records(ctx, crm.conn.OrganizationID, store.RecordFilter{Model: m, ConnectionID: crm.conn.ID, After: after, Limit: 500, WithDeleted: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return held
		}
		for _, r := range page {
			held = append(held, r.Record)
			after = r.ID
		}
	}
}
