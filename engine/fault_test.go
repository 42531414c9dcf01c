package engine_test

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// onMerge runs the test with the first of the connectors, on both databases.
func onMerge(t *testing.T, test func(t *testing.T, r *hubRig)) {
	storetest.Each(t, func(t *testing.T, url string) {
		test(t, newHubRig(t, url, pulled[0].connector, pulled[0].crm(simulator.Options{Seed: 30, Records: 130, ValidateEvery: -1})))
	})
}

// states are what the connection shows of its models.
func (r *hubRig) states() map[hub.Model]hub.SyncState {
	r.t.Helper()
	c, err := r.st.Connection(r.t.Context(), r.conn.OrganizationID, r.conn.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	all := map[hub.Model]hub.SyncState{}
	for _, s := range c.SyncStatus {
		all[s.Model] = s.State
	}
	return all
}

// explanation is the sentence that says what the sync does.
func (r *hubRig) explanation() string {
	r.t.Helper()
	sched, err := r.st.Schedule(r.t.Context(), r.conn.OrganizationID, r.conn.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return sched.Explain(r.conn, r.now())
}

func TestRefusedCredentialsWaitForNewOnes(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		first := r.synced("")
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Unauthorized})
		r.request()
		until(t, "it says that it needs new ones", func() bool {
			if strings.Contains(r.explanation(), "needs new credentials") {
				return true
			}
			skipToDue(t, r.st, r.conn, &r.ahead)
			return false
		})
		for model, s := range r.states() {
			if s != hub.SyncStateError {
				t.Errorf("%s is %s", model, s)
			}
		}
		if s, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID); err != nil || s.DueAt.IsZero() || s.DueAt.After(r.now().Add(90*time.Minute)) {
			t.Errorf("it is not tried again now and then: due at %s: %v", s.DueAt, err)
		}
		if n := r.crm.Faults.Taken(simulator.Unauthorized); n < 8 || n > 16 { // each time for a list, and for whose they are
			t.Errorf("the CRM was asked %d times with refused credentials", n)
		}
		r.crm.Faults.Stop()
		creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.st.PutCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values); err != nil {
			t.Fatal(err)
		}
		r.synced(first.ID)
		r.equal()
	})
}

func TestOneFailingModelDoesNotStopTheOthers(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Malformed, Match: "/contacts"})
		until(t, "contacts fail, what comes after them does not", func() bool {
			s := r.states()
			return s[hub.ModelContact] == hub.SyncStateError && s[hub.ModelEngagement] == hub.SyncStateUpToDate
		})
		until(t, "it says why", func() bool { return strings.Contains(r.explanation(), "tries again after a failure: Merge") })
		r.crm.Faults.Stop()
		r.synced("")
		r.equal()
	})
}

func TestRepeatedPagesEnd(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.RepeatCursor, Match: "/accounts"})
		until(t, "accounts fail", func() bool { return r.states()[hub.ModelAccount] == hub.SyncStateError })
		until(t, "the run says why", func() bool { return strings.Contains(r.latest().Error, "repeat themselves") })
		r.crm.Faults.Stop()
		r.synced("")
		r.equal()
	})
}

func TestQuarantine(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		first := r.synced("")
		r.crm.Together(hub.ModelAccount, 5)
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.BadRecord, Match: "/accounts"})
		bad := r.synced(first.ID)
		if bad.Quarantined != 1 {
			t.Errorf("%+v", bad)
		}
		held, err := r.st.Quarantine(t.Context(), r.conn.OrganizationID, r.conn.ID, "", 10)
		if err != nil || len(held) != 1 || held[0].Reason == "" || !strings.Contains(held[0].Raw, "remote_id") {
			t.Fatalf("%v %+v", err, held)
		}
		if n, err := r.st.RetryQuarantine(t.Context(), r.conn.OrganizationID, r.conn.ID, nil); err != nil || n != 1 {
			t.Errorf("%d %v", n, err)
		}
		if log, err := r.st.Audit(t.Context(), r.conn.OrganizationID, store.AuditFilter{Limit: 1}); err != nil || len(log) != 1 || log[0].Action != "retryQuarantine" || log[0].ObjectID != r.conn.ID {
			t.Errorf("the audit log has %+v, %v", log, err)
		}
		r.synced(bad.ID)
		r.equal()
		if held, err := r.st.Quarantine(t.Context(), r.conn.OrganizationID, r.conn.ID, "", 10); err != nil || len(held) != 0 {
			t.Errorf("%v %+v", err, held)
		}
	})
}

// TestOneThatAlwaysFailsHoldsUpNoOther has the labels of one project that changed fail whenever they are asked for: all other projects
// come, and so does that one, with the labels that it had. It is told of, and once its labels can be read it has them.
func TestOneThatAlwaysFailsHoldsUpNoOther(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		p := pulled[2]
		r := newHubRig(t, url, p.connector, p.crm(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 70}, ValidateEvery: -1}))
		first := r.synced("")
		all := func(of []store.Record) map[string]hub.Record {
			byID := map[string]hub.Record{}
			for _, p := range of {
				byID[p.ExternalID] = p.Record
			}
			return byID
		}
		before := all(r.living(hub.ModelOpportunity))
		failing := ""
		for _, p := range r.crm.Records(hub.ModelOpportunity) {
			if len(before[p.ExternalID].Details.Labels) > 0 {
				failing = p.ExternalID
			}
		}
		quarantined := func() []store.Quarantined {
			held, err := r.st.Quarantine(t.Context(), r.conn.OrganizationID, r.conn.ID, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			return held
		}
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: failing + "/labels"})
		others := r.crm.Update(hub.ModelOpportunity, 5)
		r.crm.Change(hub.ModelOpportunity, failing, func(p *hub.Record) { p.Details.Disposition = "OPEN" })
		r.request()
		until(t, "the list goes on past it", func() bool {
			r.ahead.Add(int64(10 * time.Second))
			run := r.latest()
			return run.ID != first.ID && !run.EndedAt.IsZero() && r.states()[hub.ModelOpportunity] == hub.SyncStateUpToDate && len(quarantined()) == 1
		})
		now := all(r.living(hub.ModelOpportunity))
		for _, id := range others {
			if !now[id].ModifiedAt.After(before[id].ModifiedAt) {
				t.Errorf("%s is as it was", id)
			}
		}
		if got, had := now[failing], before[failing]; !got.ModifiedAt.After(had.ModifiedAt) || !slices.Equal(got.Details.Labels, had.Details.Labels) {
			t.Errorf("it is of %s with the labels %q; it was of %s with %q", got.ModifiedAt, got.Details.Labels, had.ModifiedAt, had.Details.Labels)
		}
		if held := quarantined(); held[0].ExternalID != failing || !strings.Contains(held[0].Reason, "500") {
			t.Errorf("%+v", held)
		}
		r.crm.Faults.Stop()
		r.ahead.Add(int64(25 * time.Hour))
		until(t, "it is read again", func() bool {
			r.ahead.Add(int64(time.Minute))
			return len(quarantined()) == 0
		})
		if got := all(r.living(hub.ModelOpportunity))[failing]; len(got.Details.Labels) != 0 {
			t.Errorf("read again, its labels are %q", got.Details.Labels)
		}
		r.equal()
	})
}

// TestTextThatADatabaseRefuses lets records come with NUL in them: where a column would have it the record goes into
// quarantine, and all the others come in.
func TestTextThatADatabaseRefuses(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		first := r.synced("")
		bad := r.crm.Records(hub.ModelAccount)[3].ExternalID
		r.crm.Change(hub.ModelAccount, bad, func(a *hub.Record) { a.Name = "Acme\x00Roofing" })
		good := r.crm.Records(hub.ModelEngagement)[3].ExternalID
		r.crm.Change(hub.ModelEngagement, good, func(e *hub.Record) { e.Details.Content = "They said\x00nothing" })
		r.crm.Update(hub.ModelOpportunity, 1)
		run := r.synced(first.ID)
		held, err := r.st.Quarantine(t.Context(), r.conn.OrganizationID, r.conn.ID, "", 10)
		if err != nil || run.Quarantined != 1 || run.Updated != 2 || len(held) != 1 || held[0].ExternalID != bad || !strings.Contains(held[0].Reason, "NUL") {
			t.Errorf("%+v %v %+v", run, err, held)
		}
		r.crm.Change(hub.ModelAccount, bad, func(a *hub.Record) { a.Name = "Acme Roofing" })
		r.synced(run.ID)
		r.equal()
	})
}

func TestAnOlderVersionThatComesLaterIsNotTaken(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		first := r.synced("")
		for _, id := range r.crm.Update(hub.ModelAccount, 3) {
			r.crm.Update(hub.ModelAccount, 1)
			r.crm.Replay(hub.ModelAccount, id)
		}
		r.synced(first.ID)
		r.equal()
	})
}

// TestACutEnumerationDeletesNothing cuts a whole reading in the middle: what it did not meet is still there.
func TestACutEnumerationDeletesNothing(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[2].connector, pulled[2].crm(simulator.Options{Seed: 31, Records: 200, ValidateEvery: -1}))
		first := r.synced("")
		r.ahead.Store(int64(25 * time.Hour))
		var cut atomic.Bool
		r.crm.Before(func(q *http.Request) {
			if q.URL.Path == "/v2/projects" && q.URL.Query().Get("page") == "3" && cut.CompareAndSwap(false, true) {
				r.crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/projects"})
			}
		})
		r.request()
		until(t, "the reading is cut", func() bool { return r.latest().ID != first.ID && r.latest().Error != "" })
		if run := r.latest(); run.Deleted != 0 {
			t.Errorf("it deleted %d", run.Deleted)
		}
		r.equal()
		r.crm.Before(nil)
		r.crm.Faults.Stop()
		gone := len(r.crm.Delete(hub.ModelUser, 1))
		last := r.synced(r.latest().ID)
		if last.Deleted != gone {
			t.Errorf("it deleted %d of %d", last.Deleted, gone)
		}
		r.equal()
	})
}

// TestAnEnumerationDeletesNothingThatIsThere lets rows change and go while all is read, as in a CRM that people work in.
func TestAnEnumerationDeletesNothingThatIsThere(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 32, Records: 200, Counts: map[hub.Model]int{hub.ModelUser: 150}, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		first := r.synced("")
		r.ahead.Store(int64(25 * time.Hour))
		var requests atomic.Int64
		r.crm.Before(func(q *http.Request) {
			if !asksToRead(q) {
				return
			}
			n := requests.Add(1)
			switch {
			case n > 100: // else what takes a request for each row would find none left
			case n%2 == 0:
				r.crm.Touch(r.main(), 3)
				r.crm.Update(hub.ModelUser, 2)
			default:
				r.crm.Delete(r.main(), 1)
				if n < 30 { // fewer than a person would have to decide about
					r.crm.Delete(hub.ModelUser, 1)
				}
			}
		})
		second := r.synced(first.ID)
		r.crm.Before(nil)
		for _, m := range []hub.Model{hub.ModelUser, r.main()} {
			there := map[string]bool{}
			for _, row := range r.crm.Records(m) {
				there[row.ExternalID] = !row.Deleted
			}
			held, err := r.st.Records(t.Context(), r.conn.OrganizationID, store.RecordFilter{Model: m, Limit: 1000, WithDeleted: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, record := range held {
				if record.Deleted && there[record.ExternalID] {
					t.Errorf("%s %s is there and was deleted", m, record.ExternalID)
				}
			}
		}
		r.ahead.Store(int64(50 * time.Hour))
		r.readTwice(second.ID)
		r.equal()
	})
}

// TestLookingForWhatIsMissingGivesWay lets it take more than one job to ask for what an enumeration did not meet: the
// jobs after do not read all again.
func TestLookingForWhatIsMissingGivesWay(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, pulled[2].connector, pulled[2].crm(simulator.Options{Seed: 33, Records: 200, ValidateEvery: -1}))
		first := r.synced("")
		gone := map[string]bool{}
		for len(gone) < 50 {
			gone[r.crm.Delete(hub.ModelOpportunity, 1)[0]] = true
		}
		r.ahead.Store(int64(25 * time.Hour))
		var asked atomic.Int64
		r.crm.Before(func(q *http.Request) {
			if strings.HasPrefix(q.URL.Path, "/v2/projects/") && strings.Count(q.URL.Path, "/") == 3 && asked.Add(1)%20 == 1 {
				r.ahead.Add(int64(6 * time.Second)) // longer than a job goes on
			}
		})
		before := r.crm.Requests()["GET /v2/projects"]
		r.request()
		until(t, "a run ends", func() bool { return r.latest().ID != first.ID && !r.latest().EndedAt.IsZero() })
		belonging := 0
		for _, m := range []hub.Model{hub.ModelContact, hub.ModelOpportunityUser} {
			for _, record := range r.crm.Records(m) {
				if gone[record.Refs.Opportunity] {
					belonging++
				}
			}
		}
		if run := r.latest(); run.Deleted != 50+belonging || run.Error != "" {
			t.Errorf("with %d records that belong to the projects: %+v", belonging, run)
		}
		r.crm.Before(nil)
		if n := r.crm.Requests()["GET /v2/projects"] - before; n > 20 || asked.Load() != 50 {
			t.Errorf("it read %d pages and asked for %d projects", n, asked.Load())
		}
		r.equal()
	})
}

// TestResetDuringASync asks for a sync from the beginning while one runs: it comes after, and nothing is written twice.
// TestResetDuringASync holds that a reset that comes while a model is read lets all of it be read once more from its
// beginning, and nothing be kept twice, whether the run goes on by itself (its slice was over) or another one follows.
func TestResetDuringASync(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		inside, goOn := make(chan struct{}), make(chan struct{})
		var first atomic.Bool
		var beginnings atomic.Int64
		r.crm.Before(func(q *http.Request) {
			query := q.URL.Query()
			if !strings.HasSuffix(q.URL.Path, "/contacts") || query.Get("modified_after") != "" || query.Get("cursor") != "" {
				return
			}
			if first.CompareAndSwap(false, true) {
				close(inside)
				<-goOn
				return
			}
			beginnings.Add(1)
		})
		<-inside
		var beginning time.Time
		if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, &beginning); err != nil {
			t.Fatal(err)
		}
		close(goOn)
		until(t, "contacts are read from their beginning again", func() bool { return beginnings.Load() > 0 })
		r.synced(r.latest().ID)
		runs, err := r.st.SyncRuns(t.Context(), r.conn.OrganizationID, r.conn.ID, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		created := 0
		for _, run := range runs {
			created += run.Created
		}
		kept := 0
		for _, m := range r.crm.Models() {
			kept += len(r.crm.Records(m))
		}
		if created != kept {
			t.Errorf("%d records were created, of %d", created, kept)
		}
		r.equal()
	})
}
