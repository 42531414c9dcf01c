package engine_test

import (
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// A recording is linked to a presentation of its time where the rep has no appointment, and what is to be written of it is
// canceled with a sentence.
func TestARecordingOfASession(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		rep, err := r.st.CreateUser(t.Context(), r.conn.OrganizationID, hub.User{FirstName: "Pia", Email: "pia@presents.example"})
		if err != nil {
			t.Fatal(err)
		}
		ingage := storetest.Connection(t, r.st, r.conn.OrganizationID, hub.PlatformIngage)
		start := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
		id := r.record(rep, start, 30)
		storetest.Exec(t, r.st, `UPDATE recordings SET status = 'COMPLETE', processed_at = created_at, analysis = $2 WHERE id = $1`, id,
			`{"summary":[{"id":"1","header":"Needs","content":"A new roof."}]}`)
		if _, err := r.st.TakeSession(t.Context(), r.conn.OrganizationID, ingage.ID, hub.PresentationSession{
			ID: "s1", Rep: hub.Presenter{ID: "7", Email: "Pia@Presents.example"}, Title: "Roofs", StartedAt: start.Add(5 * time.Minute), EndedAt: start.Add(25 * time.Minute),
		}); err != nil {
			t.Fatal(err)
		}
		r.comes(id, "s1", "No appointment fits")
		if l := r.recording(id).Link; l.ConnectionID != ingage.ID || l.By != hub.LinkedByMatching {
			t.Errorf("%+v", l)
		}
		r.conn = ingage
		if d := r.reaches(id, hub.DeliveryCanceled); !strings.Contains(d.Error, "takes nothing") {
			t.Errorf("%+v", d)
		}
	})
}
