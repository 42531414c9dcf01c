package engine_test

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/connector/declared"
	"sirocco/connector/leadperfection"
	"sirocco/connector/merge"
	"sirocco/connector/salesforce"
	"sirocco/connector/servicetitan"
	"sirocco/connector/spotio"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedcompanycam "sirocco/simulator/companycam"
	simulatedjobnimbus "sirocco/simulator/jobnimbus"
	simulatedleadperfection "sirocco/simulator/leadperfection"
	simulatedmerge "sirocco/simulator/merge"
	simulatedsalesforce "sirocco/simulator/salesforce"
	simulatedservicetitan "sirocco/simulator/servicetitan"
	simulatedspotio "sirocco/simulator/spotio"
	"sirocco/store"
	"sirocco/store/storetest"
)

// jobNimbus is a platform that is written as a file.
var jobNimbus = declared.JobNimbus().Connector()

// salesForce has two stand-ins: one of them gives large objects by Bulk jobs.
var salesForce = struct {
	unhurried
	connector.Authorizer
	connector.Finder
	connector.FieldSetter
	connector.NoteFinder
	connector.NoteChanger
	connector.NoteRemover
	connector.Confirmer
}{
	unhurried{salesforce.Connector{}}, salesforce.Connector{}, salesforce.Connector{}, salesforce.Connector{}, salesforce.Connector{}, salesforce.Connector{},
	salesforce.Connector{}, salesforce.Connector{},
}

// pulledCRM is a connector with its stand-in.
type pulledCRM struct {
	name      string
	connector connector.Connector
	crm       func(simulator.Options) *simulator.Server
}

// pulledFrom is the first of pulled for a platform.
func pulledFrom(p hub.Platform) pulledCRM {
	return pulled[slices.IndexFunc(pulled, func(c pulledCRM) bool { return c.connector.Info().Platform == p })]
}

// pulled are the connectors with their stand-ins.
var pulled = []pulledCRM{
	{"merge", struct {
		unhurried
		connector.FieldSetter
		connector.NoteFinder
		connector.NoteRepeater
	}{unhurried{merge.Connector{}}, merge.Connector{}, merge.Connector{}, merge.Connector{}}, simulatedmerge.New},
	{"servicetitan", struct {
		unhurried
		connector.Authorizer
		connector.FieldSetter
		connector.NoteFinder
		connector.NoteRemover
		connector.Confirmer
	}{unhurried{servicetitan.Connector{}}, servicetitan.Connector{}, servicetitan.Connector{}, servicetitan.Connector{}, servicetitan.Connector{}, servicetitan.Connector{}}, simulatedservicetitan.New},
	{"companycam", struct {
		unhurried
		connector.Finder
		connector.NoteFinder
		connector.Confirmer
	}{unhurried{companycam.Connector{}}, companycam.Connector{}, companycam.Connector{}, companycam.Connector{}}, simulatedcompanycam.New},
	{"spotio", struct {
		unhurried
		connector.Authorizer
		connector.Finder
		connector.NoteFinder
		connector.NoteChanger
		connector.Confirmer
	}{unhurried{spotio.Connector{}}, spotio.Connector{}, spotio.Connector{}, spotio.Connector{}, spotio.Connector{}, spotio.Connector{}}, simulatedspotio.NewWide},
	{"leadperfection", struct {
		unhurried
		connector.Authorizer
		connector.Finder
		connector.NoteFinder
		connector.Confirmer
	}{
		unhurried{leadperfection.Connector{}}, leadperfection.Connector{}, leadperfection.Connector{}, leadperfection.Connector{}, leadperfection.Connector{},
	}, simulatedleadperfection.NewPartial},
	{"salesforce", salesForce, simulatedsalesforce.New},
	{"salesforce in bulk", salesForce, simulatedsalesforce.NewBulk},
	{"jobnimbus", struct {
		unhurried
		connector.Finder
		connector.NoteFinder
		connector.Confirmer
	}{unhurried{jobNimbus}, jobNimbus.(connector.Finder), jobNimbus.(connector.NoteFinder), jobNimbus.(connector.Confirmer)}, simulatedjobnimbus.New},
}

// unhurried is a connector whose vendor allows any number of requests, and soon has prepared what is asked for: neither its rate
// nor its haste is what is tested.
type unhurried struct{ connector.Connector }

func (u unhurried) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	page, err := u.Connector.Fetch(ctx, s, q)
	page.Wait /= 20
	return page, err
}

func (u unhurried) Info() hub.PlatformInfo {
	info := u.Connector.Info()
	info.Rate = hub.Rate{}
	return info
}

// hubRig is a hub with one connection to a stand-in.
type hubRig struct {
	t     *testing.T
	st    *store.Store
	conn  hub.Connection
	crm   *simulator.Server
	ahead atomic.Int64 // how far the hub's clock is ahead
	e     *engine.Engine
	info  hub.PlatformInfo
	lag   time.Duration // how long the CRM may leave a note out of its lists
}

func newHubRig(t *testing.T, url string, c connector.Connector, crm *simulator.Server, configure ...func(*engine.Config)) *hubRig {
	t.Helper()
	r := &hubRig{t: t, crm: crm}
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	r.st = storetest.Open(t, url, r.now)
	r.info = c.Info()
	info := r.info
	r.lag = cmp.Or(info.NoteLag, 15*time.Minute)
	var models []hub.Model
	for _, m := range info.Models {
		models = append(models, m.Model)
	}
	r.conn = storetest.Connection(t, r.st, storetest.Organization(t, r.st), info.Platform, models...)
	if err := r.st.PutCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, crm.Values(server.URL)); err != nil {
		t.Fatal(err)
	}
	r.e = r.start(c, configure...)
	t.Cleanup(func() { stop(t, r.e) })
	return r
}

// start starts an engine with the connector.
func (r *hubRig) start(c connector.Connector, configure ...func(*engine.Config)) *engine.Engine {
	r.t.Helper()
	cfg := engine.Config{
		Store: r.st, Connectors: map[hub.Platform]connector.Connector{r.info.Platform: c},
		Logger: slog.New(slog.DiscardHandler), Clock: r.now, PageSize: 40, Targets: hub.Targets{Any: true},
	}
	for _, set := range configure {
		set(&cfg)
	}
	e, err := engine.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := e.Start(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	return e
}

// main is the model that the CRM's reps work on, and which takes notes.
func (r *hubRig) main() hub.Model {
	for _, m := range []hub.Model{hub.ModelOpportunity, hub.ModelLead} {
		if slices.Contains(r.info.NoteTargets, m) && slices.Contains(r.crm.Models(), m) {
			return m
		}
	}
	return hub.ModelAccount
}

// asksToWrite reports whether a request asks the CRM to write something: one vendor reads by POST, too.
func asksToWrite(q *http.Request) bool {
	reads := strings.HasPrefix(q.URL.Path, "/api/Customers/") || strings.HasSuffix(q.URL.Path, "/ListSalesReps") || strings.HasSuffix(q.URL.Path, "token")
	return q.Method == http.MethodPost && !reads
}

// asksToRead reports whether a request asks the CRM for records.
func asksToRead(q *http.Request) bool {
	return !asksToWrite(q) && !strings.HasSuffix(q.URL.Path, "token")
}

func (r *hubRig) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// skipToDue puts the clock ahead to when the connection is due, unless it is worked on: time that passes in the middle of a job
// would end its lease, and another one would do the same again. It reports whether nothing was to be done before.
func skipToDue(t *testing.T, st *store.Store, conn hub.Connection, ahead *atomic.Int64) (rested bool) {
	t.Helper()
	s, err := st.Schedule(t.Context(), conn.OrganizationID, conn.ID)
	if err != nil {
		t.Fatal(err)
	}
	wait := s.DueAt.Sub(st.Now())
	if !s.LeaseUntil.IsZero() || wait <= 0 {
		return false
	}
	ahead.Add(int64(wait))
	return true
}

// latest returns the latest run.
func (r *hubRig) latest() store.SyncRun {
	r.t.Helper()
	runs, err := r.st.SyncRuns(context.Background(), r.conn.OrganizationID, r.conn.ID, "", 1)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(runs) == 0 {
		return store.SyncRun{}
	}
	return runs[0]
}

// synced waits for a run to end well that began after the one before, asking for it until it does.
func (r *hubRig) synced(before string) store.SyncRun {
	r.t.Helper()
	var run store.SyncRun
	until(r.t, "a sync ends well", func() bool {
		// Read before the run: one that ended between the two would be followed by another that nobody waits for, and which
		// a later wait would take for its own.
		sched, err := r.st.Schedule(context.Background(), r.conn.OrganizationID, r.conn.ID)
		if run = r.latest(); run.ID != before && !run.EndedAt.IsZero() && run.Error == "" {
			return true
		}
		// One that rests, as it waits for what the CRM prepares, goes on by itself: what is asked for meanwhile is a run more.
		idle := run.ID == before || !run.EndedAt.IsZero()
		if err == nil && idle && sched.LeaseUntil.IsZero() && (sched.DueAt.IsZero() || sched.DueAt.After(r.now())) {
			r.request()
		}
		return false
	})
	return run
}

// readTwice lets two whole readings pass that are due, an interval apart: one alone proves no absence where the CRM
// cannot be asked by id.
func (r *hubRig) readTwice(before string) store.SyncRun {
	r.t.Helper()
	first := r.synced(before)
	r.ahead.Add(int64(10 * time.Minute))
	return r.synced(first.ID)
}

func (r *hubRig) request() {
	r.t.Helper()
	if err := r.st.RequestSync(context.Background(), r.conn.OrganizationID, r.conn.ID, nil, nil); err != nil {
		r.t.Fatal(err)
	}
}

// equal holds the hub against the CRM, record by record.
func (r *hubRig) equal() {
	r.t.Helper()
	for _, m := range r.crm.Models() {
		var held []hub.Record
		for after := ""; ; {
			page, err := r.st.Records(context.Background(), r.conn.OrganizationID, store.RecordFilter{Model: m, After: after, Limit: 500, WithDeleted: true})
			if err != nil {
				r.t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, rec := range page {
				held = append(held, rec.Record)
				after = rec.ID
			}
		}
		problems := simulator.Diff(r.crm.Records(m), held)
		for i, p := range problems {
			if i == 5 {
				r.t.Errorf("%s: and %d more", m, len(problems)-i)
				break
			}
			r.t.Error(p)
		}
	}
}

// eachConnector runs a test with each connector, or with two of them where the tests are to be short.
func eachConnector(t *testing.T, o simulator.Options, test func(t *testing.T, r *hubRig)) {
	t.Helper()
	t.Parallel()
	for i, p := range pulled {
		if testing.Short() && i == 2 { // one with a key, and one with tokens
			break
		}
		t.Run(p.name, func(t *testing.T) {
			storetest.Alternately(t, i, func(t *testing.T, url string) { test(t, newHubRig(t, url, p.connector, p.crm(o))) })
		})
	}
}

// TestWholeSyncs takes each connector through a first sync, one of nothing, one of changes, and one that finds
// what the CRM deleted without a word.
func TestWholeSyncs(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 20, Records: 130, ValidateEvery: 5}, func(t *testing.T, r *hubRig) {
		first := r.synced("")
		r.equal()
		if first.Created == 0 || first.Updated+first.Quarantined != 0 || first.Bytes == 0 {
			t.Errorf("first run: %+v", first)
		}
		quiet := r.synced(first.ID)
		if quiet.Created+quiet.Updated+quiet.Deleted != 0 {
			t.Errorf("a run of nothing new: %+v", quiet)
		}
		r.crm.Churn(60)
		r.crm.Touch(r.main(), 10)
		changed := r.synced(quiet.ID)
		if changed.Updated == 0 {
			t.Errorf("after changes: %+v", changed)
		}
		r.ahead.Store(int64(25 * time.Hour)) // deletions without a word are looked for once a day
		r.readTwice(changed.ID)
		r.equal()
		for _, v := range r.crm.Violations() {
			t.Error(v)
		}
		conn, err := r.st.Connection(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range conn.SyncStatus {
			if s.State != hub.SyncStateUpToDate || s.ModifiedAfter.IsZero() {
				t.Errorf("%s is %s at %s", s.Model, s.State, s.ModifiedAfter)
			}
		}
	})
}

// TestFaultsLoseNothing lets the CRM fail in every way while its records change, with its clock behind ours.
func TestFaultsLoseNothing(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 21, Records: 90, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		behind := func() { r.crm.SetClockOffset(time.Duration(r.ahead.Load()) - 3*time.Minute) }
		behind()
		r.crm.Faults.Random(0.4,
			simulator.Fault{Kind: simulator.ServerError}, simulator.Fault{Kind: simulator.Unavailable, RetryAfter: "1"},
			simulator.Fault{Kind: simulator.RateLimited}, simulator.Fault{Kind: simulator.RateLimited, RetryAfter: "1"},
			simulator.Fault{Kind: simulator.Drop}, simulator.Fault{Kind: simulator.Truncated}, simulator.Fault{Kind: simulator.Malformed},
			simulator.Fault{Kind: simulator.WrongType}, simulator.Fault{Kind: simulator.OddZones}, simulator.Fault{Kind: simulator.RepeatCursor, Match: "/"})
		for range 25 {
			r.crm.Churn(8)
			before := r.latest().Pages
			r.request()
			until(t, "the engine does something, or waits", func() bool { return r.latest().Pages != before || skipToDue(t, r.st, r.conn, &r.ahead) })
			behind()
		}
		r.crm.Faults.Stop()
		r.synced(r.synced("").ID)
		last := r.latest().ID
		r.ahead.Add(int64(25 * time.Hour))
		r.readTwice(last)
		r.equal()
	})
}
