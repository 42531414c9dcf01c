package main

import (
	"context"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestSoak runs real nodes against all CRMs, which fail at random while their records change, and a subscriber to
// webhooks that does, too. Recordings come, connections are paused and resumed, and nodes are killed: at random, and
// at the worst moments, which are when a CRM has kept a note that the hub does not know of yet, when a subscriber
// answers, and in the middle of a look for links. Links move, answers to notes are lost, and analyses come again. When the faults
// stop, the hub must hold what the CRMs have, record by record; what the CRMs' own appointments say a recording is of must be what it
// is linked to, link by link; and every recording must have one true note on its record, note by note.
// SIROCCO_SOAK is how long the faults go on (four seconds without it; make soak: five minutes), SIROCCO_TEST_SEED replays a run.
func TestSoak(t *testing.T) {
	storetest.Long(t)
	long := 4 * time.Second
	if text := os.Getenv("SIROCCO_SOAK"); text != "" {
		var err error
		if long, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	storetest.Each(t, func(t *testing.T, database string) {
		nodes := 1
		if strings.HasPrefix(database, "postgres") {
			nodes = 2
		}
		soak(t, database, nodes, long)
	})
}

// soaked is a CRM, the hub's connection to it, and what kills nodes in the middle of a delivery.
type soaked struct {
	*simulator.Server
	*cut
	conn hub.Connection
}

// main is the model that the CRM's reps work on, objectType what an upload calls it.
func (s *soaked) main() hub.Model {
	if slices.Contains(s.Models(), hub.ModelOpportunity) {
		return hub.ModelOpportunity
	}
	return hub.ModelLead
}

func (s *soaked) objectType() string {
	return map[hub.Model]string{hub.ModelOpportunity: "Opportunity", hub.ModelLead: "Lead"}[s.main()]
}

func soak(t *testing.T, database string, nodes int, long time.Duration) {
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 9))
	key := filepath.Join(t.TempDir(), "key")
	keys, _, err := store.KeysFromFile(key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	st := storetest.OpenWith(t, database, store.Options{Keys: keys})
	org, err := st.CreateOrganization(ctx, "Acme")
	if err != nil {
		t.Fatal(err)
	}
	s := &soaking{
		cluster: startCluster(t, database, nodes, random, "--key-file", key, "--audio", "file://"+filepath.ToSlash(t.TempDir())),
		st:      st, organization: org.ID, analysed: map[string]int{}, appointments: map[*soaked][]string{}, paused: map[*soaked]bool{},
	}
	s.signIn()
	s.subscribe(seed)
	s.connect(seed)
	t.Cleanup(s.standing)
	s.employ()
	s.cutLook()
	began := time.Now()
	for time.Since(began) < long {
		for _, crm := range s.crms {
			churn(crm, random)
			if random.IntN(4) == 0 && !s.paused[crm] {
				s.request(crm)
			}
		}
		s.live(time.Duration(len(s.made))*long/recordingsMost < time.Since(began))
		if random.IntN(8) == 0 {
			s.kill(random.IntN(nodes))
		}
		s.revive()
		time.Sleep(200 * time.Millisecond) // the pace of the changes, nothing waits for it
	}
	for _, crm := range s.crms {
		crm.Faults.Stop()
		s.pause(crm, false)
	}
	s.subscriber.failing.Store(false)
	s.cutEach()
	for _, crm := range s.crms {
		s.settle(crm)
	}
	s.meetLast()
	s.written()
	s.repeat()
	s.written()
	s.told()
	s.idle()
	for _, crm := range s.crms {
		s.compare(crm)
	}
	recordings := s.recordings()
	s.checkRecordings(recordings)
	s.checkTruth(recordings)
	s.checkNotes(recordings)
	s.checkEvents(recordings)
	t.Logf("equal after %d kills and %s of faults", s.kills(), long)
}

// cutEach makes sure that nodes were killed in the middle of a delivery to each CRM, and while a subscriber answered.
func (s *soaking) cutEach() {
	s.t.Helper()
	for _, crm := range s.crms {
		if crm.done.Load() == 0 {
			crm.armed.Store(true)
			o, ok := "", false
			s.until("the hub knows an opportunity", func() bool {
				o, ok = s.opportunity(crm)
				return ok
			})
			id := s.upload(crm, recordedFrom.AddDate(1, 0, 0), []map[string]any{{"objectType": crm.objectType(), "objectId": o}})
			s.made = append(s.made, id)
			s.analyse(id)
			s.until("a node is killed in the middle of a delivery", func() bool { return crm.done.Load() > 0 })
		}
		crm.armed.Store(false)
	}
	if s.subscriber.done.Load() == 0 {
		s.subscriber.armed.Store(true)
		s.must("POST", endpointsPath+"/"+s.subscriber.endpoint+"/test", s.token, map[string]any{"eventType": hub.EventRecordingLinked}, nil)
		s.until("a node is killed while a subscriber answers", func() bool { return s.subscriber.done.Load() > 0 })
	}
	s.subscriber.armed.Store(false)
}

// compare makes sure that the hub has what the CRM has.
func (s *soaking) compare(crm *soaked) {
	s.t.Helper()
	for _, m := range crm.Models() {
		problems := simulator.Diff(crm.Records(m), s.heldBy(crm, m))
		for i, p := range problems {
			if i == 5 {
				s.t.Errorf("%s %s: and %d more", crm.Platform(), m, len(problems)-i)
				break
			}
			s.t.Errorf("%s: %s", crm.Platform(), p)
		}
	}
}

// connect starts the CRMs and makes a connection to each.
func (s *soaking) connect(seed uint64) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, p := range shownPlatforms() {
		crm := &soaked{Server: p.simulator(simulator.Options{Seed: seed, Records: 60, ValidateEvery: -1})}
		crm.cut = &cut{crm: crm.Server, cluster: s.cluster}
		crm.armed.Store(true)
		crm.losing.Store(true)
		crm.Faults.Random(0.25, randomFaults...)
		server := httptest.NewServer(crm.cut)
		s.t.Cleanup(server.CloseClientConnections)
		platform := p.connector.Info().Platform
		var err error
		crm.conn, err = s.st.CreateConnection(ctx, s.organization, hub.NewConnection{
			Name: p.name, ExternalAccountID: "4711", Platform: platform, Active: true, Models: pulledModels(platform),
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if err := s.st.PutCredentials(ctx, s.organization, crm.conn.ID, crm.Values(server.URL)); err != nil {
			s.t.Fatal(err)
		}
		s.crms = append(s.crms, crm)
	}
}

// churn changes a few rows. It deletes only where the CRM tells of it: the rest is looked for once a day.
func churn(crm *soaked, random *rand.Rand) {
	crm.Update(crm.main(), 1+random.IntN(3))
	crm.Update(hub.ModelUser, 1)
	crm.Insert(crm.main(), random.IntN(2))
	if slices.Contains(crm.Models(), hub.ModelEngagement) && crm.Platform() != hub.PlatformLeadPerfection { // which shows them of its leads
		crm.Update(hub.ModelEngagement, 1+random.IntN(3))
	}
	if slices.Contains(crm.Models(), hub.ModelAccount) {
		crm.Touch(hub.ModelAccount, 1)
		if crm.Platform() != hub.PlatformLeadPerfection {
			crm.Delete(hub.ModelAccount, random.IntN(2))
		}
		crm.Insert(hub.ModelAccount, random.IntN(3))
	}
}

func (s *soaking) request(crm *soaked) {
	s.t.Helper()
	if err := s.st.RequestSync(s.t.Context(), s.organization, crm.conn.ID, nil, nil); err != nil {
		s.t.Fatal(err)
	}
}

// standing prints where each connection's sync stands when a soak has failed: what never came true is told by it.
func (s *soaking) standing() {
	if !s.t.Failed() {
		return
	}
	ctx := context.Background() // the test's own is over
	for _, crm := range s.crms {
		sched, err := s.st.Schedule(ctx, s.organization, crm.conn.ID)
		if err != nil {
			s.t.Error(err)
			continue
		}
		run, err := latestRun(ctx, s.st, crm.conn)
		s.t.Logf("%s stands at %+v; its latest run: %+v %v", crm.Platform(), sched, run, err)
	}
}

// settle waits until all that the CRM now has must be in. A run goes on where one before it was cut off, with pages that
// it read before the last changes: what changed since is the next run's.
func (s *soaking) settle(crm *soaked) {
	s.t.Helper()
	s.runs(crm)
	s.runs(crm)
	conn, err := s.st.Connection(s.t.Context(), s.organization, crm.conn.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, m := range conn.SyncStatus {
		if m.State != hub.SyncStateUpToDate {
			s.t.Errorf("%s %s is %s", crm.Platform(), m.Model, m.State)
		}
	}
}

// runs waits for a run that begins from now on and ends well. A killed node's job is given to another when its lease is
// over, and a CRM's rate may have been used up: both take their time.
func (s *soaking) runs(crm *soaked) {
	s.t.Helper()
	ctx, from := s.t.Context(), time.Now()
	s.until(string(crm.Platform())+" is synced", func() bool {
		run, err := latestRun(ctx, s.st, crm.conn)
		if err != nil {
			s.t.Fatal(err)
		}
		if run.StartedAt.After(from) && !run.EndedAt.IsZero() && run.Error == "" {
			return true
		}
		sched, err := s.st.Schedule(ctx, s.organization, crm.conn.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		if sched.LeaseUntil.IsZero() && sched.DueAt.After(time.Now()) {
			s.request(crm)
		}
		return false
	})
}

func (s *soaking) heldBy(crm *soaked, m hub.Model) []hub.Record {
	s.t.Helper()
	var held []hub.Record
	for after := ""; ; {
		page, err := s.st.Records(s.t.Context(), s.organization, store.RecordFilter{Model: m, ConnectionID: crm.conn.ID, After: after, Limit: 500, WithDeleted: true})
		if err != nil {
			s.t.Fatal(err)
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
