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

// TestANoteThatWasHeldWaitsForTheNextReading pauses a connection, lets the appointment be another rep's at the CRM meanwhile, and resumes it:
// what was held is not sent over the link before all is read, though that fails at first.
func TestANoteThatWasHeldWaitsForTheNextReading(t *testing.T) {
	onMerge(t, func(t *testing.T, r *hubRig) {
		user, rep := r.rep()
		day := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
		visit := r.meets(0, rep, "MEETING", day, 60)
		r.synced("")
		recording := r.record(user, day.Add(2*time.Minute), 57)
		r.comes(recording, visit, "It is of the appointment")
		r.patch(hub.ConnectionPatch{Active: &no})
		r.analyze(recording)
		users := r.crm.Records(hub.ModelUser)
		other := users[slices.IndexFunc(users, func(u hub.Record) bool { return u.ExternalID != rep && !u.Deleted })].ExternalID
		r.crm.Change(hub.ModelEngagement, visit, func(e *hub.Record) { e.Refs.Owner = other })
		r.pass(3 * time.Hour)
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: "/engagements"})
		r.patch(hub.ConnectionPatch{Active: &yes})
		r.waitsToBeRead(recording)
		r.crm.Faults.Stop()
		until(t, "it is not sent", func() bool {
			skipToDue(t, r.st, r.conn, &r.ahead)
			return r.delivery(recording).State != hub.DeliveryPending
		})
		if d := r.delivery(recording); d.State != hub.DeliveryCanceled || len(r.crm.Notes.All()) != 0 {
			t.Errorf("%d notes: %+v", len(r.crm.Notes.All()), d)
		}
	})
}

// waitsToBeRead waits until the recording's note was looked at, and was not sent but waits until the CRM is read.
func (r *hubRig) waitsToBeRead(recording string) {
	r.t.Helper()
	var d hub.Delivery
	until(r.t, "its note was looked at", func() bool { d = r.delivery(recording); return d.State != hub.DeliveryPending || d.Error != "" })
	if d.State != hub.DeliveryPending || d.Attempts != 0 || !strings.HasPrefix(d.Error, "It waits until ") {
		r.t.Fatalf("%+v", d)
	}
}

// TestANoteThatWasHeldWaitsThoughItsLinkCanBeAsked pauses a connection for a moment, and resumes it while the CRM cannot be read: what the link is
// to could be asked for by itself, but nothing tells whether another fits better by now.
func TestANoteThatWasHeldWaitsThoughItsLinkCanBeAsked(t *testing.T) {
	eachConfirmer(t, true, func(t *testing.T, r *hubRig) {
		visit, who := r.planned()
		recording := r.recorded(visit, who)
		r.patch(hub.ConnectionPatch{Active: &no})
		r.analyze(recording)
		r.crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError})
		r.patch(hub.ConnectionPatch{Active: &yes})
		r.waitsToBeRead(recording)
	})
}
