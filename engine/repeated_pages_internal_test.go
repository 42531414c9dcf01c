package engine

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// roundCRM has two pages of accounts, and two of users, which are read whole. It goes round on the second one until it is well.
type roundCRM struct {
	users, accounts atomic.Int64 // how often their pages were begun
	well            atomic.Bool
}

func (c *roundCRM) Info() hub.PlatformInfo {
	return hub.PlatformInfo{Platform: hub.PlatformMerge, Name: "Round CRM", Models: []hub.ModelInfo{{Model: hub.ModelUser}, {Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}}}
}

func (c *roundCRM) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{ID: "round"}, nil
}

func (c *roundCRM) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

func (c *roundCRM) Fetch(_ context.Context, _ *connector.Session, q connector.Query) (connector.Page, error) {
	record := func(page string) []hub.Record {
		id := page + " " + string(q.Model)
		return []hub.Record{{Model: q.Model, ExternalID: id, Name: id, ModifiedAt: virtualStart}}
	}
	switch {
	case q.Next == "":
		map[hub.Model]*atomic.Int64{hub.ModelUser: &c.users, hub.ModelAccount: &c.accounts}[q.Model].Add(1)
		return connector.Page{Records: record("first"), More: true, Next: "2"}, nil
	case c.well.Load():
		return connector.Page{Records: record("second")}, nil
	}
	return connector.Page{Records: record("first"), More: true, Next: "2"}, nil
}

// TestPagesThatGoRoundAreReadFromTheCursor has the pages of a model lead back to themselves: each further try begins where the run did, and not
// at the page that led nowhere, and is made ever later. What was read stays, but for what of a whole reading says nothing.
func TestPagesThatGoRoundAreReadFromTheCursor(t *testing.T) {
	crm := &roundCRM{}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(3 * time.Minute)
		states, err := l.st.SyncStates(t.Context(), c.OrganizationID, c.ID)
		if err != nil || len(states) != 2 {
			t.Fatal(states, err)
		}
		for _, st := range states {
			begun := map[hub.Model]int64{hub.ModelUser: crm.users.Load(), hub.ModelAccount: crm.accounts.Load()}[st.Model]
			if begun < 4 || begun > 7 || begun != int64(st.Failures) || st.InRun || st.Next != "" || st.Barren != 0 || l.held(c, "first "+string(st.Model)) != 1 {
				t.Errorf("%s was begun %d times, and there are %d of its first page: %+v", st.Model, begun, l.held(c, "first "+string(st.Model)), st)
			}
		}
		crm.well.Store(true)
		l.pass(time.Hour)
		for _, page := range []string{"first USER", "second USER", "first ACCOUNT", "second ACCOUNT"} {
			if n := l.held(c, page); n != 1 {
				t.Errorf("of the page %s there are %d", page, n)
			}
		}
		l.ended(c)
	})
}
