package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// agedCRM has two pages of accounts, and two of users, which are read whole. It always fails at the place that its first beginning
// gave for the second one.
type agedCRM struct{ begun, failed map[hub.Model]int }

func (c *agedCRM) Info() hub.PlatformInfo {
	return hub.PlatformInfo{Platform: hub.PlatformMerge, Name: "Aged CRM", Models: []hub.ModelInfo{{Model: hub.ModelUser}, {Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}}}
}

func (c *agedCRM) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{ID: "aged"}, nil
}

func (c *agedCRM) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

func (c *agedCRM) Fetch(_ context.Context, _ *connector.Session, q connector.Query) (connector.Page, error) {
	record := func(page string) []hub.Record {
		id := page + " " + string(q.Model)
		return []hub.Record{{Model: q.Model, ExternalID: id, Name: id, ModifiedAt: virtualStart}}
	}
	switch q.Next {
	case "":
		c.begun[q.Model]++
		return connector.Page{Records: record("first"), More: true, Next: fmt.Sprint("scroll ", c.begun[q.Model])}, nil
	case "scroll 1":
		c.failed[q.Model]++
		err := connector.Fail(connector.Temporary, "Aged CRM", "the service has a problem")
		err.Status = 500
		return connector.Page{}, err
	}
	return connector.Page{Records: record("second")}, nil
}

// TestAPlaceThatAlwaysFailsIsDoubted lets the CRM answer 500 for a place that is too old: after some tries the pages are read
// from the beginning, by itself.
func TestAPlaceThatAlwaysFailsIsDoubted(t *testing.T) {
	crm := &agedCRM{begun: map[hub.Model]int{}, failed: map[hub.Model]int{}}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		c := l.connect(crm.Info(), map[string]string{})
		l.pass(2 * time.Hour)
		for _, m := range []hub.Model{hub.ModelUser, hub.ModelAccount} {
			if n := l.held(c, "second "+string(m)); n != 1 || crm.failed[m] != placeTries {
				t.Errorf("%s: it is asked %d times, begun %d times, and %d of the second page are in", m, crm.failed[m], crm.begun[m], n)
			}
		}
		l.ended(c)
	})
}
