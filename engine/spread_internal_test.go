package engine

import (
	"context"
	"sync"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// countedCRM has one account, and notes when all of it is read for which connection.
type countedCRM struct {
	mu    sync.Mutex
	whole map[string][]time.Time
}

func (c *countedCRM) Info() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformMerge, Name: "Counted CRM", Models: []hub.ModelInfo{{Model: hub.ModelAccount, Incremental: true, ReportsDeletes: true}},
		Credentials: []hub.CredentialField{{Name: "name"}},
	}
}

func (c *countedCRM) Check(context.Context, *connector.Session) (connector.Account, error) {
	return connector.Account{}, nil
}

func (c *countedCRM) WriteNote(context.Context, *connector.Session, connector.Note) (connector.NoteRef, error) {
	return connector.NoteRef{}, nil
}

func (c *countedCRM) Fetch(_ context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	if !q.Since.IsZero() {
		return connector.Page{}, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole[s.Values["name"]] = append(c.whole[s.Values["name"]], time.Now())
	return connector.Page{Records: []hub.Record{{Model: hub.ModelAccount, ExternalID: "a", Name: "a", ModifiedAt: virtualStart}}}, nil
}

// TestWholeReadingsAreSpread lets connections be made at the same time. Each is read whole once within the last quarter of the day after,
// but not all at one time: their intervals alone put them within minutes of each other.
func TestWholeReadingsAreSpread(t *testing.T) {
	const connections, interval = 12, 10 * time.Minute
	crm := &countedCRM{whole: map[string][]time.Time{}}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		for i := range connections {
			c := l.connect(crm.Info(), map[string]string{"name": string(rune('a' + i))})
			if err := l.st.SetSyncInterval(l.t.Context(), c.OrganizationID, c.ID, interval); err != nil {
				l.t.Fatal(err)
			}
		}
		l.pass(dailyReading + 2*interval)
		var first, last time.Duration
		for name, times := range crm.whole {
			if len(times) != 2 {
				l.t.Fatalf("%s is read whole at %v", name, times)
			}
			after := times[1].Sub(times[0])
			if after < dailyReading*3/4 || after > dailyReading+2*interval {
				l.t.Errorf("%s is read whole again after %s", name, after)
			}
			if first == 0 || after < first {
				first = after
			}
			last = max(last, after)
		}
		if len(crm.whole) != connections || last-first < 6*interval { // chance alone puts all of them within that once in a hundred million
			l.t.Errorf("%d connections are read whole again within %s", len(crm.whole), last-first)
		}
	})
}
