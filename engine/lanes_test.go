package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// stall is a host that is asked at /name/what, where nothing whose name begins with an h is answered until it heals. It
// is a CRM with one account for each connection, and a receiver of events.
type stall struct {
	server *httptest.Server
	// timeout is how long a hub waits for an answer; zero is for as long as the test runs.
	timeout time.Duration

	mu sync.Mutex
	// asked counts the requests by path, hanging those that hang now, ended those that hung and ended, most how many hung at
	// once since it was last set to zero.
	asked                map[string]int
	hanging, ended, most int
	healed               chan struct{}
}

func newStall(t *testing.T, timeout time.Duration) *stall {
	s := &stall{timeout: timeout, asked: map[string]int{}, healed: make(chan struct{})}
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.server.Close)
	t.Cleanup(s.server.CloseClientConnections)
	return s
}

func (s *stall) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.Path]++
	healed := s.healed
	s.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, "/h") {
		_, _ = http.MaxBytesReader(w, r.Body, 1<<20).Read(make([]byte, 1<<20)) // only then the end of a connection is noticed
		s.count(1, 0)
		select {
		case <-r.Context().Done():
		case <-healed:
		}
		s.count(-1, 1)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}"))
}

func (s *stall) count(hanging, ended int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hanging, s.ended = s.hanging+hanging, s.ended+ended
	s.most = max(s.most, s.hanging)
}

// look returns how often a path was asked for, and how many requests hang and have ended hanging.
func (s *stall) look(path string) (asked, hanging, ended int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path], s.hanging, s.ended
}

func (s *stall) Info() hub.PlatformInfo {
	timeout := s.timeout
	if timeout == 0 {
		timeout = time.Hour
	}
	return hub.PlatformInfo{
		Platform: hub.PlatformMerge, Name: "Stall", Models: []hub.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}},
		Credentials: []hub.CredentialField{{Name: "baseURL"}}, RequestTimeout: timeout, NoteTargets: []hub.Model{hub.ModelAccount},
	}
}

func (s *stall) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{}, nil
}

func (s *stall) Fetch(ctx context.Context, session *connector.Session, _ connector.Query) (connector.Page, error) {
	var answer struct{}
	_, err := connector.GetJSON(ctx, session, connector.Request{Service: "Stall", Path: "/page"}, &answer)
	return connector.Page{Records: []hub.Record{{Model: hub.ModelAccount, ExternalID: "1", Name: "n", ModifiedAt: epoch}}}, err
}

func (s *stall) WriteNote(ctx context.Context, session *connector.Session, _ connector.Note) (connector.NoteRef, error) {
	var answer struct{}
	_, err := connector.PostJSON(ctx, session, connector.Request{Service: "Stall", Path: "/note"}, &answer)
	return connector.NoteRef{ExternalID: "n"}, err
}

// tenant is an organization with a connection to the host.
type tenant struct {
	org  string
	conn hub.Connection
}

func (s *stall) tenant(t *testing.T, st *store.Store, name string) tenant {
	t.Helper()
	org := storetest.Organization(t, st)
	conn := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount)
	if err := st.PutCredentials(t.Context(), org, conn.ID, map[string]string{"baseURL": s.server.URL + "/" + name}); err != nil {
		t.Fatal(err)
	}
	return tenant{org, conn}
}

func (s *stall) start(t *testing.T, st *store.Store) {
	t.Helper()
	e, err := engine.New(engine.Config{
		Store: st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformMerge: s}, Clock: time.Now, WebhookTimeout: time.Hour, Targets: hub.Targets{Any: true},
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, e) })
}

// begins waits until the path was asked for, and holds that no request that hangs has ended.
func (s *stall) begins(t *testing.T, path string) {
	t.Helper()
	until(t, path+" is asked for beside those that hang", func() bool { n, _, _ := s.look(path); return n > 0 })
	if _, hanging, ended := s.look(path); ended > 0 || hanging == 0 {
		t.Errorf("when %s was asked for %d requests hung, %d had ended", path, hanging, ended)
	}
}

// The group of organizations that the tests let hang: as many connections, and as many endpoints.
const (
	hangingConnections   = 40
	hangingOrganizations = 6
	hangingEndpoints     = 50 // of each of them
)

// TestHangingCRMsDoNotSilenceAnother syncs the connection of one tenant while those of a group, at the same host, hang
// for ever, all of them for the first time.
func TestHangingCRMsDoNotSilenceAnother(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		s, st := newStall(t, 0), storetest.Open(t, url, nil)
		for i := range hangingConnections {
			s.tenant(t, st, fmt.Sprintf("h%d", i))
		}
		s.start(t, st)
		until(t, "some hang", func() bool { _, hanging, _ := s.look(""); return hanging > 0 })
		s.tenant(t, st, "well")
		s.begins(t, "/well/page")
	})
}

// TestHangingReceiversDoNotSilenceAnother is the same for webhooks.
func TestHangingReceiversDoNotSilenceAnother(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		s, st := newStall(t, 0), storetest.Open(t, url, nil)
		tell := func(org, name string, endpoints int) {
			t.Helper()
			for i := range endpoints {
				url := fmt.Sprintf("%s/%s%d", s.server.URL, name, i)
				if _, _, err := st.CreateEndpoint(t.Context(), org, hub.WebhookPatch{URL: &url, EventTypes: &[]hub.EventType{hub.EventRecordingProcessed}}); err != nil {
					t.Fatal(err)
				}
			}
			if err := st.Emit(t.Context(), hub.Recording{ID: hub.NewID(), OrganizationID: org, UserID: hub.NewID(), ProcessedAt: time.Now()}, hub.EventRecordingProcessed); err != nil {
				t.Fatal(err)
			}
		}
		s.start(t, st)
		for i := range hangingOrganizations {
			tell(storetest.Organization(t, st), fmt.Sprintf("h%d-", i), hangingEndpoints)
		}
		until(t, "some hang", func() bool { _, hanging, _ := s.look(""); return hanging > 0 })
		tell(storetest.Organization(t, st), "well", 1)
		s.begins(t, "/well0")
	})
}

// TestHangingNotesDoNotSilenceAnother is the same for write-back: all CRMs can be read, and hang where notes are written.
func TestHangingNotesDoNotSilenceAnother(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		s, st := newStall(t, 0), storetest.Open(t, url, nil)
		close(s.healed)
		tenants := make([]tenant, hangingConnections+1)
		for i := range tenants {
			tenants[i] = s.tenant(t, st, fmt.Sprintf("h%d", i))
		}
		s.start(t, st)
		for _, w := range tenants {
			until(t, "the accounts are there", func() bool {
				c, err := st.Connection(t.Context(), w.org, w.conn.ID)
				return err == nil && c.SyncStatus[0].State == hub.SyncStateUpToDate
			})
		}
		well := tenants[hangingConnections]
		if err := st.PutCredentials(t.Context(), well.org, well.conn.ID, map[string]string{"baseURL": s.server.URL + "/well"}); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.healed, s.ended = make(chan struct{}), 0
		s.mu.Unlock()
		for _, w := range tenants {
			recording := storetest.Recording(t, st, w.org, hub.NewID(), epoch, time.Hour)
			storetest.Exec(t, st, `UPDATE recordings SET link_connection_id = $3, link_model = 'ACCOUNT', link_external_id = '1' WHERE organization_id = $1 AND id = $2`, w.org, recording, w.conn.ID)
			storetest.Exec(t, st, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at)
				VALUES ($1, $2, $3, $4, 'ACCOUNT', '1', 'PENDING', 0, 1, '', '', 1, 1)`, w.org, w.conn.ID, hub.NewID(), recording)
			storetest.Exec(t, st, `INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) VALUES ($1, 'WRITE_BACK', $2, 1, 0)`, w.org, w.conn.ID)
		}
		s.begins(t, "/well/note")
	})
}

// TestWhatHangsWaitsInALane lets 20 of 21 connections to a host time out, on PostgreSQL over two nodes. From then on they
// are asked one after another, however often somebody asks for a sync, while the other one is synced; and each goes on
// as if nothing had been once it was answered.
func TestWhatHangsWaitsInALane(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		s, st := newStall(t, 200*time.Millisecond), storetest.Open(t, url, nil)
		well := s.tenant(t, st, "well")
		hanging := make([]tenant, 20)
		for i := range hanging {
			hanging[i] = s.tenant(t, st, fmt.Sprintf("h%d", i))
		}
		s.start(t, st)
		if strings.HasPrefix(url, "postgres") {
			s.start(t, st)
		}
		inLane := func() int { return storetest.Count(t, st, `SELECT COUNT(*) FROM schedules WHERE timeouts > 0`) }
		until(t, "all of them have timed out", func() bool { _, now, _ := s.look(""); return inLane() == len(hanging) && now == 0 })
		s.mu.Lock()
		s.most, s.ended = 0, 0
		s.mu.Unlock()
		ask := func(tenants ...tenant) {
			t.Helper()
			for _, w := range tenants {
				if err := st.RequestSync(t.Context(), w.org, w.conn.ID, nil, nil); err != nil && !errors.Is(err, hub.ErrNotFound) {
					t.Fatal(err)
				}
			}
		}
		ask(hanging...)
		for range 5 { // it is synced as if they were not there
			before, _, _ := s.look("/well/page")
			ask(well)
			until(t, "the other one is synced", func() bool { n, _, _ := s.look("/well/page"); return n > before })
		}
		until(t, "the lane has moved", func() bool { _, _, ended := s.look(""); return ended >= 10 })
		s.mu.Lock()
		most := s.most
		s.mu.Unlock()
		// Two nodes that look at the same moment may each find the lane free.
		if nodes := 1 + strings.Count(url, "postgres"); most > nodes {
			t.Errorf("%d requests hung at once", most)
		}
		close(s.healed)
		ask(hanging...)
		until(t, "all have left the lane", func() bool { return inLane() == 0 })
	})
}
