package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store"
	"sirocco/store/storetest"
)

// halfRead is a connector that gets one appointment, and the others only once they are let through.
type halfRead struct {
	connector.Connector
	first   string
	through chan struct{}
}

func (h halfRead) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	const others = "the others"
	if q.Model != hub.ModelEngagement || q.Next != "" && q.Next != others {
		return h.Connector.Fetch(ctx, s, q)
	}
	if q.Next == others {
		select {
		case <-h.through:
		case <-ctx.Done():
			return connector.Page{}, ctx.Err()
		}
		q.Next = ""
		return h.Connector.Fetch(ctx, s, q)
	}
	page, err := h.Connector.Fetch(ctx, s, q)
	for _, r := range page.Records {
		if r.ExternalID == h.first {
			page.Records = []hub.Record{r}
		}
	}
	page.Next, page.More = others, true
	return page, err
}

// TestANoteWaitsForTheFirstReading links a recording while the CRM's appointments are read for the first time, to the only one that
// is known: the note waits, and goes to the one that comes with the rest and fits better.
func TestANoteWaitsForTheFirstReading(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		crm := pulled[0].crm(simulator.Options{Seed: 45, Records: 30, ValidateEvery: -1})
		day, rep := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC), crm.Records(hub.ModelUser)[0].ExternalID
		made := &hubRig{t: t, crm: crm}
		known := made.meets(0, rep, "MEETING", day.Add(20*time.Minute), 60)
		right := made.meets(1, rep, "MEETING", day, 60)
		through := make(chan struct{})
		r := newHubRig(t, url, halfRead{pulled[0].connector, known, through}, crm)
		user, _ := r.rep()
		until(t, "the first appointment is known", func() bool {
			records, err := r.st.RecordsByKey(t.Context(), r.conn.OrganizationID, []store.RecordKey{{ConnectionID: r.conn.ID, Model: hub.ModelEngagement, ExternalID: known}})
			return err == nil && len(records) == 1
		})
		recording := r.record(user, day.Add(2*time.Minute), 57)
		r.comes(recording, known, "It is of the appointment")
		r.analyze(recording)
		until(t, "its note waits", func() bool {
			ds := r.deliveries(recording)
			return len(ds) == 1 && ds[0].State == hub.DeliveryPending && strings.HasPrefix(ds[0].Error, "It waits until ")
		})
		close(through)
		r.comes(recording, right, "It is of the appointment")
		until(t, "its note is sent, and none for the first one", func() bool {
			ds := r.deliveries(recording)
			return len(ds) == 2 && !slices.ContainsFunc(ds, func(d hub.Delivery) bool {
				return d.ExternalID == right && d.State != hub.DeliverySent || d.ExternalID == known && d.State != hub.DeliveryCanceled
			})
		})
		if n := len(r.crm.Notes.All()); n != 1 {
			t.Errorf("%d notes", n)
		}
	})
}
