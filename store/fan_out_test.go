package store_test

import (
	"fmt"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestFanOutIsShared lets an organization with many endpoints emit many events, and then another one a single one: the first
// look plans that too, and of the others no more than a slice. Nor does it wait for one whose events cannot be planned.
func TestFanOutIsShared(t *testing.T) {
	const many = 60
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		endpoint := func(organization string) {
			t.Helper()
			to := "https://example.com/hook"
			if _, _, err := st.CreateEndpoint(ctx, organization, hub.WebhookPatch{URL: &to}); err != nil {
				t.Fatal(err)
			}
		}
		emit := func(organization string) {
			t.Helper()
			if err := st.Emit(ctx, hub.Recording{ID: hub.NewID(), OrganizationID: organization, ProcessedAt: time.Now()}, hub.EventRecordingProcessed); err != nil {
				t.Fatal(err)
			}
		}
		planned := func(organization string) int {
			return storetest.Count(t, st, `SELECT COUNT(*) FROM event_deliveries WHERE organization_id = $1 AND state = 'PENDING'`, organization)
		}
		odd, large, small := storetest.Organization(t, st), storetest.Organization(t, st), storetest.Organization(t, st)
		for range store.EndpointsMost {
			endpoint(large)
		}
		endpoint(odd)
		endpoint(small)
		emit(odd)
		for range many {
			emit(large)
		}
		emit(small)
		storetest.Exec(t, st, `UPDATE webhook_endpoints SET event_types = 'odd' WHERE organization_id = $1`, odd)
		if _, err := st.FanOut(ctx, 1000); err == nil {
			t.Error("what cannot be read can be planned")
		}
		if n := planned(small); n != 1 {
			t.Errorf("%d of the small one's deliveries are planned, want 1", n)
		}
		if n := planned(large); n == 0 || n > 1000 {
			t.Errorf("%d of the large one's deliveries are planned at once, want 1000 at most", n)
		}
		storetest.Exec(t, st, `UPDATE webhook_endpoints SET event_types = '[]' WHERE organization_id = $1`, odd)
		events := 0
		for n, err := st.FanOut(ctx, 1000); n > 0 || err != nil; n, err = st.FanOut(ctx, 1000) {
			if err != nil {
				t.Fatal(err)
			}
			events += n
		}
		if n := planned(large); n != many*store.EndpointsMost || planned(odd) != 1 || planned(small) != 1 {
			t.Errorf("%d, %d and %d deliveries are planned", n, planned(odd), planned(small))
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM tasks WHERE kind = 'WEBHOOK' AND due_at IS NOT NULL`); n != store.EndpointsMost+2 {
			t.Errorf("%d tasks are due", n)
		}
	})
}

// TestFanOutComesRound has more organizations with events than one look plans those of: each has its turn, also while the
// first of them go on emitting.
func TestFanOutComesRound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		emit := func(organization, round int) {
			storetest.Exec(t, st, `INSERT INTO events (organization_id, id, type, recording_id, sequence, payload, created_at) VALUES ($1, $2, $3, 'r', 1, '{}', 1)`,
				fmt.Sprintf("o%03d", organization), fmt.Sprint(round), string(hub.EventRecordingLinked))
		}
		for i := range 250 {
			emit(i, 0)
		}
		for round := 1; round <= 3; round++ {
			if _, err := st.FanOut(ctx, 10); err != nil {
				t.Fatal(err)
			}
			for i := range 100 {
				emit(i, round)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM events WHERE fanned_out_at IS NULL AND id = '0'`); n != 0 {
			t.Errorf("%d events had no turn", n)
		}
	})
}
