package engine_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"sirocco/hub"
	"sirocco/simulator"
)

func (r *hubRig) disable(disabled bool) {
	r.t.Helper()
	if _, err := r.st.UpdateOrganization(r.t.Context(), r.conn.OrganizationID, "", hub.OrganizationPatch{Disabled: &disabled}); err != nil {
		r.t.Fatal(err)
	}
}

// TestADisabledOrganizationStandsStill disables one in the middle of a run: the run stops, what is to be written
// back is held, and all goes on when it is enabled.
func TestADisabledOrganizationStandsStill(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		before := r.synced("")
		user, _ := r.rep()
		hanging, once := make(chan struct{}), sync.Once{}
		r.crm.Before(func(*http.Request) { once.Do(func() { close(hanging) }) })
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.Hang})
		changed := r.crm.Update(hub.ModelOpportunity, 1)[0]
		if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, nil); err != nil {
			t.Fatal(err)
		}
		<-hanging
		r.disable(true)
		until(t, "the run has stopped", func() bool {
			sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
			return err == nil && sched.LeaseUntil.IsZero() && sched.DueAt.IsZero() &&
				strings.Contains(sched.Explain(r.conn, r.now()), "organization is disabled")
		})
		if err := r.st.RequestSync(t.Context(), r.conn.OrganizationID, r.conn.ID, nil, nil); !errors.Is(err, hub.ErrDisabled) {
			t.Errorf("a sync that is asked for: %v", err)
		}
		r.crm.Faults.Stop()
		id := r.processed(user, "A talk", hub.ModelOpportunity, changed)
		r.idle()
		if d := r.delivery(id); d.State != hub.DeliveryPending || len(r.crm.Notes.All()) != 0 {
			t.Errorf("%+v, %d notes", d, len(r.crm.Notes.All()))
		}
		r.disable(false)
		r.reaches(id, hub.DeliverySent)
		if run := r.synced(before.ID); run.Updated == 0 {
			t.Errorf("%+v", run)
		}
	})
}
