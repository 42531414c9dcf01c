package engine

import (
	"slices"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/merge"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedmerge "sirocco/simulator/merge"
	"sirocco/store"
)

// TestASyncAskedForAsARetryBegins asks for a sync just as a job that tries again what failed has begun, and has not looked at
// its models yet. That takes the times away until which what failed waits: the run tries it all the same, and does not end
// well without a model that is not in.
func TestASyncAskedForAsARetryBegins(t *testing.T) {
	crm := simulatedmerge.New(simulator.Options{Seed: 7, Records: 20, ValidateEvery: -1})
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: merge.Connector{}}, func(l *life) {
		c := l.meet(merge.Connector{}, crm)
		crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/opportunities"})
		l.pass(time.Second)
		if run := l.runs(c)[0]; run.Error == "" {
			t.Fatalf("nothing fails: %+v", run)
		}
		crm.Faults.Stop()
		time.Sleep(time.Until(l.schedule(c).DueAt))
		var due []store.Schedule
		if _, _, err := l.st.ClaimSchedules(l.t.Context(), store.Room{Workers: 1}, queueLease, func(_ store.Tx, claimed []store.Schedule) error {
			due = slices.Clone(claimed)
			return nil
		}); err != nil || len(due) != 1 {
			t.Fatal(due, err)
		}
		sched, conn, err := l.st.BeginSyncJob(l.t.Context(), c.OrganizationID, c.ID, due[0].Fence, syncLease)
		if err != nil || !sched.Retrying {
			t.Fatalf("%v: it does not only try again: %+v", err, sched)
		}
		if err := l.st.RequestSync(l.t.Context(), c.OrganizationID, c.ID, nil, nil); err != nil {
			t.Fatal(err)
		}
		j := &syncJob{engine: l.e, sched: sched, conn: conn, started: time.Now(), pending: store.ModelTotals{}, log: l.e.Logger}
		if err := j.run(l.t.Context()); err != nil {
			t.Fatal(err)
		}
		run := l.runs(c)[0]
		if opportunity := crm.Records(hub.ModelOpportunity)[0].ExternalID; run.Outcome != store.RunDone || l.held(c, opportunity) != 1 {
			t.Errorf("%d are in after %+v", l.held(c, opportunity), run)
		}
	})
}
