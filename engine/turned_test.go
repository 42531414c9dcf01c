package engine_test

import (
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
	simulatedsalesforce "sirocco/simulator/salesforce"
	simulatedspotio "sirocco/simulator/spotio"
	"sirocco/store/storetest"
)

// turn makes rows of the CRM something else, or what they were.
func (c *crm) turn(into bool, at time.Time, ids ...string) {
	for _, id := range ids {
		c.put(id, "turned "+id, at)
		c.mu.Lock()
		if c.turned == nil {
			c.turned = map[string]bool{}
		}
		c.turned[id] = into
		c.mu.Unlock()
	}
}

// TestWhatTurnsIsGoneAtOnce lets rows turn into something that is no record: the increment that shows it takes them away, also where
// its page has nothing else, and they live again once they are what they were.
func TestWhatTurnsIsGoneAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(100), false)
		f.after(t, time.Hour)
		f.crm.turn(true, f.now(), "3", "4")
		if run := f.after(t, time.Second); run.Deleted != 2 || len(f.living(t)) != 98 {
			t.Errorf("%+v, %d live", run, len(f.living(t)))
		}
		f.crm.turn(false, f.now(), "4")
		if run := f.after(t, time.Second); run.Updated != 1 || f.living(t)["4"] == "" || f.living(t)["3"] != "" {
			t.Errorf("%+v, %d live", run, len(f.living(t)))
		}
		f.crm.turn(true, f.now(), "a row that was never one")
		if run := f.after(t, time.Second); run.Deleted+run.Created != 0 || run.Error != "" {
			t.Errorf("%+v", run)
		}
	})
}

// TestALargePartThatTurnsIsHeld lets a fifth of a model turn, which goes, and then half of it, which waits for a person.
func TestALargePartThatTurnsIsHeld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(120), true)
		f.after(t, time.Hour)
		f.crm.turn(true, f.now(), numbers(20)...)
		if run := f.after(t, time.Second); run.Deleted != 20 {
			t.Errorf("20 of 120: %+v", run)
		}
		f.crm.turn(true, f.now(), numbers(70)...)
		if run := f.after(t, time.Second); run.Deleted != 0 || len(f.living(t)) != 100 {
			t.Errorf("50 of 100: %+v", run)
		}
		if n, text := f.held(t); n != 50 || !strings.Contains(text, "waits for a decision") {
			t.Errorf("%d are held: %s", n, text)
		}
		f.after(t, day)
		if n, _ := f.held(t); n != 50 {
			t.Errorf("after a whole reading %d are held", n)
		}
		if n, err := f.st.DecideDeletions(t.Context(), f.org, f.conn.ID, nil, true); err != nil || n != 50 {
			t.Fatal(n, err)
		}
		until(t, "they are deleted", func() bool { return len(f.living(t)) == 50 })
	})
}

// TestTurnedRowsOfConnectors lets rows of real platforms turn to and fro: after each sync the hub has what the CRM has.
func TestTurnedRowsOfConnectors(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for _, p := range pulled {
		o := simulator.Options{Seed: 34, Records: 60, ValidateEvery: 3}
		crm := p.crm(o)
		if len(crm.Turning()) == 0 {
			continue
		}
		if p.name == "spotio" { // whose increments are of what is around now
			crm = simulatedspotio.New(o)
		}
		t.Run(p.name, func(t *testing.T) {
			storetest.Needs(t, "sqlite")
			r := newHubRig(t, storetest.SQLite(t), p.connector, crm)
			last := r.synced("")
			gone := 0
			for range 4 {
				crm.Turn(hub.ModelEngagement, 8)
				last = r.synced(last.ID)
				gone += last.Deleted
				r.equal()
			}
			if gone == 0 {
				t.Error("nothing turned")
			}
		})
	}
}

// TestSalesforceRowsThatTurn lets an invitation pass from a user to a contact, who is no user of an engagement here, and an event become
// the row of an invitee, which doubles another one: both go with the next sync, and live again once they are what they were.
func TestSalesforceRowsThatTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		crm := simulatedsalesforce.New(simulator.Options{Seed: 35, Records: 60, ValidateEvery: 3})
		r := newHubRig(t, url, salesForce, crm)
		last := r.synced("")
		there := func(m hub.Model, id string) int {
			return storetest.Count(t, r.st, `SELECT COUNT(*) FROM records WHERE connection_id = $1 AND model = $2 AND external_id = $3 AND deleted_at IS NULL`, r.conn.ID, string(m), id)
		}
		living := func(m hub.Model) hub.Record {
			for _, row := range crm.Rows(m) {
				if there(m, row) == 1 {
					full, _ := crm.Get(m, row)
					return full
				}
			}
			t.Fatalf("no %s lives", m)
			return hub.Record{}
		}
		invitation, event, contact := living(hub.ModelEngagementUser), living(hub.ModelEngagement), crm.Rows(hub.ModelContact)[0]
		turn := func(user, disposition string) {
			crm.Change(hub.ModelEngagementUser, invitation.ExternalID, func(row *hub.Record) { row.Refs.User = user })
			crm.Change(hub.ModelEngagement, event.ExternalID, func(row *hub.Record) { row.Details.Disposition = disposition })
		}
		turn(contact, "CHILD")
		last = r.synced(last.ID)
		if n := there(hub.ModelEngagementUser, invitation.ExternalID) + there(hub.ModelEngagement, event.ExternalID); n != 0 || last.Deleted < 2 {
			t.Errorf("%d of both still live, %d are deleted", n, last.Deleted)
		}
		turn(invitation.Refs.User, event.Details.Disposition)
		r.synced(last.ID)
		if n := there(hub.ModelEngagementUser, invitation.ExternalID) + there(hub.ModelEngagement, event.ExternalID); n != 2 {
			t.Errorf("%d of both live again", n)
		}
		r.equal()
	})
}
