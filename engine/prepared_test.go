package engine_test

import (
	"strings"
	"testing"

	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
	simulatedsalesforce "sirocco/simulator/salesforce"
	"sirocco/store/storetest"
)

// TestWhatACRMPreparesIsWaitedFor lets a CRM prepare its large models, and another node go on with what the first asked for: the
// small models are in meanwhile, the sentence says what is waited for, and nothing is asked for twice.
func TestWhatACRMPreparesIsWaitedFor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		crm, organization := simulatedsalesforce.NewOrganization(simulator.Options{Seed: 22, Records: 60, Counts: map[hub.Model]int{hub.ModelLead: 20}, ValidateEvery: -1})
		organization.ReadInBulk()
		organization.StickJobs(true)
		r := newHubRig(t, url, salesforce.Connector{}, crm) // which takes its time, so that the wait shows
		until(t, "it waits", func() bool {
			sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
			return err == nil && strings.Contains(sched.Explain(r.conn, r.now()), "It waits for what Salesforce prepares of ")
		})
		conn, err := r.st.Connection(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range conn.SyncStatus {
			want := hub.SyncStateSyncing
			if s.Model == hub.ModelLead {
				want = hub.SyncStateUpToDate
			}
			if (s.Model == hub.ModelLead || s.Model == hub.ModelAccount) && s.State != want {
				t.Errorf("meanwhile %s is %s", s.Model, s.State)
			}
		}
		made, _, _ := organization.Jobs()
		stop(t, r.e)
		r.e = r.start(salesforce.Connector{})
		organization.StickJobs(false)
		run := r.synced("")
		r.equal()
		if again, deleted, left := organization.Jobs(); made == 0 || again != made || deleted != made || len(left) != 0 || run.Error != "" {
			t.Errorf("%d jobs were made, %d after another node went on; %d are deleted, %v left; the run says %q", made, again, deleted, left, run.Error)
		}
	})
}
