package engine

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// answeringCRM is pagedCRM whose pages of all of a model are answered otherwise, as long as something is said of them.
type answeringCRM struct {
	pagedCRM
	answer func(q connector.Query, page connector.Page) (connector.Page, error)
}

func (c *answeringCRM) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	page, err := c.pagedCRM.Fetch(ctx, s, q)
	if err == nil && c.answer != nil && q.Since.IsZero() {
		return c.answer(q, page)
	}
	return page, err
}

// comesToReading lets time pass to when a connection is due whose models were all read whole two days ago.
func (l *life) comesToReading(c hub.Connection) {
	l.t.Helper()
	l.pass(dailyReading / 2)
	storetest.Exec(l.t, l.st, `UPDATE sync_states SET enumerated_at = $1`, time.Now().Add(-2*dailyReading).UnixMicro())
	time.Sleep(time.Until(l.schedule(c).DueAt)) // virtual
}

// TestAWholeReadingWaits has a CRM that wants a whole reading to come again later: one that prepares the next page, one that does not know a place
// any more and asks to be left alone, and one that only does the former. Nothing of it is asked for before, and no run fails by that.
func TestAWholeReadingWaits(t *testing.T) {
	const wait = 7 * time.Minute
	for name, test := range map[string]struct {
		answer  func(q connector.Query, page connector.Page) (connector.Page, error) // to the first request that is behind page 1
		asked   []string                                                             // the pages of the reading, with how long after the first
		waiting string
	}{
		"it prepares the page": {
			func(_ connector.Query, _ connector.Page) (connector.Page, error) {
				return connector.Page{More: true, Next: "2", Wait: wait}, nil
			}, []string{" 0s", "2 0s", "2 7m0s", "3 7m0s"}, "waits for what Paged CRM prepares of ACCOUNT",
		},
		"it refuses the place": {
			func(connector.Query, connector.Page) (connector.Page, error) {
				return connector.Page{}, &connector.Error{Kind: connector.Refused, Status: 404, Message: "no such cursor"}
			}, []string{" 0s", "2 0s", " 0s", "2 0s", "3 0s"}, "",
		},
		"it refuses the place, and asks to be left alone": {
			func(connector.Query, connector.Page) (connector.Page, error) {
				return connector.Page{}, &connector.Error{Kind: connector.Refused, Status: 404, RetryAfter: wait, Message: "no such cursor"}
			}, []string{" 0s", "2 0s", " 7m0s", "2 7m0s", "3 7m0s"}, rateLimit,
		},
	} {
		t.Run(name, func(t *testing.T) {
			crm := &answeringCRM{pages: 3, before: func(int, connector.Query) {}}
			lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
				t := l.t
				c := l.connect(crm.Info(), map[string]string{})
				l.comesToReading(c)
				begun, said := time.Now(), false
				var asked []string
				crm.answer = func(q connector.Query, page connector.Page) (connector.Page, error) {
					asked = append(asked, q.Next+" "+time.Since(begun).Round(time.Second).String())
					if q.Next == "2" && !said {
						said = true
						return test.answer(q, page)
					}
					return page, nil
				}
				l.work()
				if waiting := l.schedule(c).Waiting; !strings.HasPrefix(waiting, test.waiting) || (waiting == "") != (test.waiting == "") {
					t.Errorf("it says that it %q", waiting)
				}
				l.pass(wait + time.Minute)
				if !slices.Equal(asked, test.asked) {
					t.Errorf("it asked for %q, not for %q", asked, test.asked)
				}
				for _, run := range l.runs(c) {
					if run.Error != "" && !strings.Contains(run.Error, "no such cursor") || run.Deleted != 0 {
						t.Errorf("%+v", run)
					}
				}
				if n := storetest.Count(t, l.st, `SELECT COUNT(*) FROM absences`); n != 0 || l.held(c, "1") != 1 {
					t.Errorf("%d records are absent", n)
				}
				l.ended(c)
			})
		})
	}
}

// TestWhatIsPreparedForAWholeReadingIsWaitedFor has a CRM that prepares a page of a whole reading for longer than the interval of the connection:
// it is not asked for that page before it said, what is new comes in meanwhile, and the reading ends once the page is there.
func TestWhatIsPreparedForAWholeReadingIsWaitedFor(t *testing.T) {
	const wait, prepared = 2 * time.Minute, time.Hour
	crm := &answeringCRM{pages: 3, before: func(int, connector.Query) {}}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		l.comesToReading(c)
		begun := time.Now()
		var asked []time.Time // for what is prepared
		early, ended, changes := 0, 0, 0
		crm.before = func(_ int, q connector.Query) {
			if !q.Since.IsZero() && time.Since(begun) < prepared {
				changes++
			}
		}
		crm.answer = func(q connector.Query, page connector.Page) (connector.Page, error) {
			if q.Next == "3" {
				ended++
			}
			if q.Next != "2" {
				return page, nil
			}
			asked = append(asked, time.Now())
			if n := len(asked); n > 1 && asked[n-1].Sub(asked[n-2]) < wait {
				early++
			} else if time.Since(begun) < prepared {
				return connector.Page{More: true, Next: "2", Wait: wait}, nil
			}
			return page, nil
		}
		l.pass(2 * prepared)
		if early > 0 || len(asked) < 10 || ended != 1 || changes < 4*crm.pages {
			t.Errorf("it was asked %d times for what it prepares, %d times before it said; %d readings ended, and meanwhile there were %d looks for changes", len(asked), early, ended, changes)
		}
		for _, run := range l.runs(c) {
			if run.Error != "" {
				t.Errorf("a run from %s on fails: %s", run.StartedAt, run.Error)
			}
		}
		l.ended(c)
	})
}
