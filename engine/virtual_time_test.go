package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/connector/declared"
	"sirocco/connector/leadperfection"
	"sirocco/connector/merge"
	"sirocco/connector/salesforce"
	"sirocco/connector/servicetitan"
	"sirocco/connector/spotio"
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

// Virtual time: what takes minutes to weeks is lived in testing/synctest, where the clock moves on whenever everything
// waits. The engine, the store and SQLite are real, and the stand-ins are reached in process, as a socket is waited for in
// real time. River does not run: it would look for jobs four times a virtual second. Its part is played by life, which
// claims what is due when it is and works on it, one job after another. What SQL itself calls now (River's own leases and
// retention), PostgreSQL, and jobs side by side are tested in real time, by the other tests of this folder and the soak.

// life is one node's engine over a SQLite database, with connections whose jobs are worked on when they are due.
type life struct {
	t     *testing.T
	e     *Engine
	st    *store.Store
	conns []hub.Connection
	hosts inProcess
}

// virtualStart is when each life begins: a week before the clocks change in New York.
var virtualStart = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// lives runs a test in virtual time.
func lives(t *testing.T, connectors map[hub.Platform]connector.Connector, test func(l *life)) {
	t.Helper()
	t.Parallel()
	storetest.Long(t)
	storetest.Needs(t, "sqlite")
	database := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(virtualStart))
		l := &life{t: t, hosts: inProcess{}}
		l.st = storetest.Open(t, database, time.Now)
		var err error
		l.e, err = New(Config{Store: l.st, Connectors: connectors, Logger: slog.New(slog.DiscardHandler), Clock: time.Now, PageSize: 50})
		if err != nil {
			t.Fatal(err)
		}
		l.e.vendors = l.hosts
		test(l)
	})
}

// connect makes a connection of an organization of its own, with credentials.
func (l *life) connect(info hub.PlatformInfo, values map[string]string) hub.Connection {
	l.t.Helper()
	var models []hub.Model
	for _, m := range info.Models {
		models = append(models, m.Model)
	}
	conn := storetest.Connection(l.t, l.st, storetest.Organization(l.t, l.st), info.Platform, models...)
	if err := l.st.PutCredentials(l.t.Context(), conn.OrganizationID, conn.ID, values); err != nil {
		l.t.Fatal(err)
	}
	l.conns = append(l.conns, conn)
	return conn
}

// meet makes a connection to a stand-in.
func (l *life) meet(c connector.Connector, crm *simulator.Server) hub.Connection {
	l.t.Helper()
	host := strings.ToLower(string(crm.Platform())) + ".invalid"
	l.hosts[host] = crm
	return l.connect(c.Info(), crm.Values("http://"+host))
}

// pass lets time pass, with whatever is due in it.
func (l *life) pass(d time.Duration) {
	l.t.Helper()
	for end := time.Now().Add(d); ; {
		next := end
		for _, c := range l.conns {
			if sched := l.schedule(c); !sched.DueAt.IsZero() && sched.DueAt.Before(next) {
				next = sched.DueAt
			}
		}
		time.Sleep(time.Until(next))
		if !time.Now().Before(end) {
			return
		}
		if l.work() == 0 {
			time.Sleep(time.Second) // what is due is not let in yet
		}
	}
}

// work claims what is due, works on it, and returns how much that was.
func (l *life) work() int {
	l.t.Helper()
	var claimed []store.Schedule
	_, _, err := l.st.ClaimSchedules(l.t.Context(), store.Room{Workers: 100, Lane: 100}, queueLease, func(_ store.Tx, due []store.Schedule) error {
		claimed = slices.Clone(due)
		return nil
	})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, s := range claimed {
		if err := l.e.workSync(l.t.Context(), SyncArgs{Organization: s.OrganizationID, Connection: s.ConnectionID, Fence: s.Fence}); err != nil {
			l.t.Fatal(err)
		}
	}
	for _, tidy := range []func(context.Context) (bool, error){l.e.tidy, l.e.purge} {
		for more := true; more; {
			if more, err = tidy(l.t.Context()); err != nil {
				l.t.Fatal(err)
			}
		}
	}
	return len(claimed)
}

func (l *life) schedule(c hub.Connection) store.Schedule {
	l.t.Helper()
	sched, err := l.st.Schedule(l.t.Context(), c.OrganizationID, c.ID)
	if err != nil {
		l.t.Fatal(err)
	}
	return sched
}

func (l *life) runs(c hub.Connection) []store.SyncRun {
	l.t.Helper()
	runs, err := l.st.SyncRuns(l.t.Context(), c.OrganizationID, c.ID, "", 1000)
	if err != nil {
		l.t.Fatal(err)
	}
	return runs
}

// held counts the living records of the connection with the external id.
func (l *life) held(c hub.Connection, id string) int {
	l.t.Helper()
	return storetest.Count(l.t, l.st, `SELECT COUNT(*) FROM records WHERE connection_id = $1 AND external_id = $2 AND deleted_at IS NULL`, c.ID, id)
}

// ended holds that each run but the one in progress has ended, and says how.
func (l *life) ended(c hub.Connection) {
	l.t.Helper()
	going := l.schedule(c).RunID
	for _, run := range l.runs(c) {
		switch {
		case run.ID == going && run.EndedAt.IsZero():
		case run.EndedAt.IsZero() || run.Outcome == "" || (run.Outcome == store.RunDone) != (run.Error == ""):
			l.t.Errorf("a run is left: %+v", run)
		}
	}
}

// inProcess are hosts that answer without a socket.
type inProcess map[string]http.Handler

// RoundTrip implements http.RoundTripper. A handler that aborts breaks the answer off.
func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	handler, ok := p[r.URL.Host]
	if !ok {
		return nil, errors.New("no such host: " + r.URL.Host)
	}
	asked := r.Clone(r.Context())
	asked.RequestURI, asked.Host, asked.RemoteAddr = r.URL.RequestURI(), r.URL.Host, "in-process"
	if asked.Body == nil {
		asked.Body = http.NoBody
	}
	asked.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	answer := make(chan *http.Response, 1)
	go func() {
		recorded := httptest.NewRecorder()
		defer func() {
			if recover() != nil {
				answer <- nil
				return
			}
			answer <- recorded.Result()
		}()
		handler.ServeHTTP(recorded, asked)
	}()
	select {
	case resp := <-answer:
		if resp == nil {
			return nil, io.ErrUnexpectedEOF
		}
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// lateCRM is a CRM of accounts that come to be shown some time after they were changed.
type lateCRM struct {
	mu   sync.Mutex
	rows map[string]lateRow
}

type lateRow struct{ modified, shown time.Time }

func (c *lateCRM) put(id string, modified, shown time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows[id] = lateRow{modified, shown}
}

func (c *lateCRM) Info() hub.PlatformInfo {
	return hub.PlatformInfo{Platform: hub.PlatformMerge, Name: "Late CRM", Models: []hub.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}}}
}

func (c *lateCRM) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{ID: "late"}, nil
}

func (c *lateCRM) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

func (c *lateCRM) Fetch(_ context.Context, _ *connector.Session, q connector.Query) (connector.Page, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	const most = 1000
	var p connector.Page
	for _, id := range slices.Sorted(maps.Keys(c.rows)) {
		row := c.rows[id]
		if id <= q.Next || row.shown.After(time.Now()) || row.modified.Before(q.Since) {
			continue
		}
		if len(p.Records) == most {
			p.Next, p.More = p.Records[most-1].ExternalID, true
			break
		}
		p.Records = append(p.Records, hub.Record{Model: hub.ModelAccount, ExternalID: id, Name: id, ModifiedAt: row.modified})
	}
	return p, nil
}

// TestALargeModelIsReadWholeOnceAWeek lets a row of a model of more than 10,000 be shown hours after its time: the next days do not
// bring it, the whole reading of the week does, and counts it as missed.
func TestALargeModelIsReadWholeOnceAWeek(t *testing.T) {
	crm := &lateCRM{rows: map[string]lateRow{}}
	for i := range 10_100 {
		crm.put(fmt.Sprint("row ", i), virtualStart.Add(-time.Hour), virtualStart)
	}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		c := l.connect(crm.Info(), map[string]string{})
		if err := l.st.SetSyncInterval(l.t.Context(), c.OrganizationID, c.ID, 6*time.Hour); err != nil {
			t.Fatal(err)
		}
		l.pass(time.Hour)
		crm.put("hours", time.Now(), time.Now().Add(8*time.Hour))
		l.pass(5 * 24 * time.Hour)
		if l.held(c, "hours") != 0 {
			t.Error("all of it was read again within five days")
		}
		l.pass(3 * 24 * time.Hour)
		missed := 0
		for _, run := range l.runs(c) {
			missed += run.Missed
		}
		if l.held(c, "hours") != 1 || missed != 1 {
			t.Errorf("what shows hours later: %d in, %d counted as missed", l.held(c, "hours"), missed)
		}
	})
}

// TestLateRowsComeInVirtualTime lets rows be shown after minutes and hours: within the look-back the next increment has them, later
// ones the next whole reading, which counts them as missed.
func TestLateRowsComeInVirtualTime(t *testing.T) {
	crm := &lateCRM{rows: map[string]lateRow{"first": {modified: virtualStart.Add(-time.Hour), shown: virtualStart.Add(-time.Hour)}}}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(time.Hour)
		now := time.Now()
		crm.put("minutes", now, now.Add(9*time.Minute))
		crm.put("hours", now, now.Add(3*time.Hour))
		l.pass(9*time.Minute + store.DefaultSyncInterval*11/10 + time.Minute) // an interval is up to a tenth longer
		if l.held(c, "minutes") != 1 {
			t.Error("what shows within the look-back is not in after the next increment")
		}
		l.pass(3 * time.Hour)
		if l.held(c, "hours") != 0 {
			t.Error("what shows after the look-back is in: this shows nothing")
		}
		l.pass(24 * time.Hour)
		missed := 0
		for _, run := range l.runs(c) {
			missed += run.Missed
		}
		if l.held(c, "hours") != 1 || missed != 1 {
			t.Errorf("what shows hours later: %d in, %d counted as missed", l.held(c, "hours"), missed)
		}
		l.ended(c)
	})
}

// TestRefusalsOfHoursInVirtualTime lets the CRM refuse the credentials for half a day: it is asked less and less, at least
// once an hour, each of the runs ends, and an hour after it takes them again all is well. What was sent is then kept for a day.
func TestRefusalsOfHoursInVirtualTime(t *testing.T) {
	crm := simulatedmerge.New(simulator.Options{Seed: 5, Records: 20, ValidateEvery: -1})
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: merge.Connector{}}, func(l *life) {
		c := l.meet(merge.Connector{}, crm)
		l.pass(time.Hour)
		crm.Faults.Always(simulator.Fault{Kind: simulator.Unauthorized})
		l.pass(6 * time.Hour)
		var attempts atomic.Int64
		crm.Before(func(q *http.Request) {
			if strings.HasSuffix(q.URL.Path, "/sync-status") { // once in each; whose the credentials are may be asked twice
				attempts.Add(1)
			}
		})
		l.pass(6 * time.Hour)
		if n := attempts.Load(); n < 4 || n > 9 { // an hour, a quarter more or less
			t.Errorf("in the second six hours it is asked %d times", n)
		}
		if text := l.schedule(c).Explain(c, time.Now()); !strings.Contains(text, "needs new credentials") {
			t.Errorf("it says %q", text)
		}
		crm.Faults.Stop()
		crm.Update(hub.ModelAccount, 3)
		l.pass(80 * time.Minute)
		if run := l.runs(c)[0]; run.Outcome != store.RunDone {
			t.Errorf("an hour later: %+v", run)
		}
		l.equal(crm, c)
		l.ended(c)
		paused := false
		if _, err := l.st.PatchConnection(l.t.Context(), c.OrganizationID, c.ID, hub.ConnectionPatch{Active: &paused}); err != nil {
			t.Fatal(err)
		}
		for _, left := range []bool{true, false} {
			kept := storetest.Count(t, l.st, `SELECT COUNT(*) FROM crm_requests`)
			if (kept > 0) != left {
				t.Errorf("%d requests are kept", kept)
			}
			l.pass(25 * time.Hour)
			l.work()
		}
	})
}

// TestTokensEndInVirtualTime lets access tokens end for a day: each is got in time, and no run notices.
func TestTokensEndInVirtualTime(t *testing.T) {
	crm := simulatedservicetitan.New(simulator.Options{Seed: 6, Records: 10, ValidateEvery: -1})
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformServiceTitan: servicetitan.Connector{}}, func(l *life) {
		c := l.meet(servicetitan.Connector{}, crm)
		l.pass(12 * time.Hour)
		tokens := 0
		for request, times := range crm.Requests() {
			if strings.Contains(request, "token") {
				tokens += times
			}
		}
		// One lasts for a quarter of an hour, and the next is got by the first sync that needs it, up to an interval later.
		if most := 15*time.Minute + store.DefaultSyncInterval; tokens < int(12*time.Hour/most) || tokens > 12*60/5 {
			t.Errorf("%d tokens", tokens)
		}
		for _, run := range l.runs(c) {
			if run.Outcome != store.RunDone {
				t.Errorf("%+v", run)
			}
		}
	})
}

// equal holds the hub against the CRM, record by record.
func (l *life) equal(crm *simulator.Server, c hub.Connection) {
	l.t.Helper()
	for _, m := range crm.Models() {
		var held []hub.Record
		for after := ""; ; {
			page, err := l.st.Records(l.t.Context(), c.OrganizationID, store.RecordFilter{Model: m, After: after, Limit: 500, WithDeleted: true})
			if err != nil {
				l.t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, rec := range page {
				held = append(held, rec.Record)
				after = rec.ID
			}
		}
		problems := simulator.Diff(crm.Records(m), held)
		if len(problems) > 5 {
			problems = append(problems[:5], "and more")
		}
		for _, p := range problems {
			l.t.Errorf("%s: %s", crm.Platform(), p)
		}
	}
}

// standIns are the connectors with their stand-ins.
var standIns = []struct {
	connector connector.Connector
	crm       func(simulator.Options) *simulator.Server
}{
	{merge.Connector{}, simulatedmerge.New}, {servicetitan.Connector{}, simulatedservicetitan.New}, {companycam.Connector{}, simulatedcompanycam.New},
	{spotio.Connector{}, simulatedspotio.NewWide}, {leadperfection.Connector{}, simulatedleadperfection.NewPartial}, {salesforce.Connector{}, simulatedsalesforce.New},
	{declared.JobNimbus().Connector(), simulatedjobnimbus.New},
}
