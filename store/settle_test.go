package store_test

import (
	"errors"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestWhatAPersonSettles settles a note that is not proven, wanted and withdrawn, there and not: the delivery says all that is known of it.
func TestWhatAPersonSettles(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newFailWorld(t, url)
		task, d := w.deliver()
		w.must(only(w.st.BeginNote(w.Context(), task, d, hub.DeliveredNote{On: hub.RecordRef{Model: hub.ModelAccount, ExternalID: "1"}, Marker: "sirocco:m", Print: "p"}, w.now)))
		for _, c := range []struct {
			there     bool
			withdrawn string
			state     hub.DeliveryState
			said      string
		}{
			{true, "", hub.DeliverySent, "One stays on 2."},
			{true, "The link moved.", hub.DeliverySent, "The link moved. Its note stands there. One stays on 2."},
			{false, "", hub.DeliveryPending, "One stays on 2."},
			{false, "The link moved.", hub.DeliveryCanceled, "The link moved. One stays on 2."},
		} {
			storetest.Exec(t, w.st, `UPDATE deliveries SET state = 'CONFIRMING', withdrawn = $1, remains = 'One stays on 2.'`, c.withdrawn)
			settled, err := w.st.SettleDelivery(w.Context(), w.org, d.ID, c.there, "n")
			if err != nil || settled.State != c.state || settled.Error != c.said || settled.Withdrawn != "" || settled.DueAt.IsZero() != (c.state != hub.DeliveryPending) {
				t.Errorf("there: %t, withdrawn: %q: %+v, %v", c.there, c.withdrawn, settled, err)
			}
		}
	})
}

// TestWhoLostTheTaskEndsNoDelivery lets a job that does not hold its task any more keep what came of an attempt, of each kind: it is told so, and
// nothing is kept.
func TestWhoLostTheTaskEndsNoDelivery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newFailWorld(t, url)
		task, d := w.deliver()
		lost := task
		lost.Fence--
		for _, state := range []hub.DeliveryState{hub.DeliverySent, hub.DeliveryPending, hub.DeliveryFailed, hub.DeliveryCanceled} {
			before := rowsKept(t, w.st)
			if err := w.st.EndDelivery(w.Context(), lost, d, store.DeliveryEnd{State: state, At: w.now}); !errors.Is(err, store.ErrLeaseLost) {
				t.Errorf("%s: %v", state, err)
			}
			for table, rows := range rowsKept(t, w.st) {
				if before[table] != rows {
					t.Errorf("%s: %s has\n%s\nand had\n%s", state, table, rows, before[table])
				}
			}
		}
		w.must(w.st.EndDelivery(w.Context(), task, d, store.DeliveryEnd{State: hub.DeliverySent, At: w.now}))
	})
}

// TestWhatIsSettledLetsOthersLook ends an attempt at a note that is not proven, for which another connection's waits: that one looks again at
// once, unless it is no more proven than before.
func TestWhatIsSettledLetsOthersLook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newFailWorld(t, url)
		task, d := w.deliver()
		w.must(only(w.st.BeginNote(w.Context(), task, d, hub.DeliveredNote{Marker: "sirocco:m", Print: "p"}, w.now)))
		other := storetest.Connection(t, w.st, w.org, hub.PlatformSpotio, hub.ModelLead).ID
		later := w.now.Add(time.Hour)
		storetest.Exec(t, w.st, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, created_at, updated_at)
			VALUES ($1, $2, 'w', $3, 'LEAD', '1', 'PENDING', 0, $4, '', '', 1, 1)`, w.org, other, w.recording, later.UnixMicro())
		for state, want := range map[hub.DeliveryState]int{hub.DeliveryConfirming: 0, hub.DeliveryCanceled: 1, hub.DeliverySent: 1} {
			storetest.Exec(t, w.st, `UPDATE deliveries SET state = 'CONFIRMING', asked_at = 1 WHERE id = 'd'`)
			storetest.Exec(t, w.st, `DELETE FROM tasks WHERE object_id = $1`, other)
			d, err := w.st.Delivery(w.Context(), w.org, "d")
			w.must(err)
			w.must(w.st.EndDelivery(w.Context(), task, d, store.DeliveryEnd{State: state, At: w.now, DueAt: later}))
			if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM tasks WHERE kind = 'WRITE_BACK' AND object_id = $1 AND due_at IS NOT NULL`, other); n != want {
				t.Errorf("%s: it looks again: %d, want %d", state, n, want)
			}
		}
	})
}

// TestNothingToSendIsNoTask sets credentials of a connection over which nothing waits, and then something: only that asks for a job.
func TestNothingToSendIsNoTask(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newFailWorld(t, url)
		tasks := func() int {
			return storetest.Count(t, w.st, `SELECT COUNT(*) FROM tasks WHERE kind = 'WRITE_BACK' AND object_id = $1`, w.connection)
		}
		w.must(w.setAccount(t.Context(), "a"))
		if n := tasks(); n != 0 {
			t.Errorf("%d jobs with nothing to send", n)
		}
		w.deliver()
		if n := tasks(); n != 1 {
			t.Errorf("%d jobs with something to send", n)
		}
	})
}
