package engine_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// slow is a connector whose vendor allows one request in 20 s.
type slow struct{ connector.Connector }

func (s slow) Info() hub.PlatformInfo {
	info := s.Connector.Info()
	info.Rate = hub.Rate{Requests: 1, Per: 20 * time.Second}
	return info
}

func TestItSaysThatItWaitsForTheRateLimit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		r := newHubRig(t, url, slow{pulled[0].connector}, pulled[0].crm(simulator.Options{Seed: 30, Records: 130, ValidateEvery: -1}))
		until(t, "it says so", func() bool {
			return strings.HasPrefix(r.explanation(), "It waits for the CRM's rate limit; the next attempt is at ")
		})
	})
}

// TestItSaysWhyAConnectorWaits lets a connector wait by itself, as for a share of the day's calls: the sentence has its numbers.
func TestItSaysWhyAConnectorWaits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		f := newLater(t, url, newCRM(20), false)
		f.crm.set(func(context.Context, connector.Query) error {
			e := connector.Fail(connector.RateLimited, f.crm.Info().Name, "85 of the 100 calls are used")
			e.RetryAfter = 15 * time.Minute
			return e
		})
		f.sync(t)
		until(t, "it says so", func() bool {
			sched, err := f.st.Schedule(t.Context(), f.org, f.conn.ID)
			return err == nil && strings.HasPrefix(sched.Explain(f.conn, f.now()), "It waits for the CRM's rate limit: 85 of the 100 calls are used; the next attempt is at ")
		})
	})
}

// TestWhatIsPlannedMeanwhileWaitsAsTheCRMAsked plans a delivery while the CRM wants to be left alone because of another.
func TestWhatIsPlannedMeanwhileWaitsAsTheCRMAsked(t *testing.T) {
	storetest.Long(t)
	eachConnector(t, simulator.Options{Seed: 44, Records: 60, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		jobs := r.crm.Records(r.main())
		const pause = 10 * time.Minute // longer than any connector lets a request wait for its turn
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.RateLimited, RetryAfter: strconv.Itoa(int(pause.Seconds()))})
		first := r.processed(user, "first", r.main(), jobs[0].ExternalID)
		until(t, "the CRM refuses", func() bool { return r.delivery(first).Error != "" })
		asked := r.asked()
		second := r.processed(user, "second", r.main(), jobs[1].ExternalID)
		until(t, "it was its turn", func() bool { return r.delivery(second).Error != "" || r.delivery(second).State == hub.DeliverySent })
		if n := r.asked(); n != asked || r.delivery(second).State != hub.DeliveryPending {
			t.Errorf("the CRM was asked %d times more: %+v", n-asked, r.delivery(second))
		}
		r.ahead.Add(int64(pause + time.Second))
		r.reaches(first, hub.DeliverySent)
		if d := r.reaches(second, hub.DeliverySent); d.Attempts != 1 {
			t.Errorf("waiting used up an attempt: %+v", d)
		}
	})
}

// TestWhatACRMAskedForOutlivesANode lets a CRM ask to be left alone, once as a note was written and once as the sync read, and the
// node be another one afterwards: neither the notes nor the sync ask it before, and both go on then.
func TestWhatACRMAskedForOutlivesANode(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		user, _ := r.rep()
		rows := r.crm.Records(r.main())
		const pause = 10 * time.Minute
		limited := simulator.Fault{Kind: simulator.Unavailable, RetryAfter: strconv.Itoa(int(pause.Seconds()))}
		again := func() {
			t.Helper()
			stop(t, r.e)
			r.e = r.start(pulled[0].connector)
		}
		r.crm.Faults.Script(limited)
		first := r.processed(user, "first", r.main(), rows[0].ExternalID)
		until(t, "the CRM refuses", func() bool { return r.delivery(first).Error != "" })
		again()
		asked := r.asked()
		r.request()
		second := r.processed(user, "second", r.main(), rows[1].ExternalID)
		until(t, "it was its turn", func() bool { return r.delivery(second).Error != "" || r.delivery(second).State == hub.DeliverySent })
		if n := r.asked(); n != asked || !strings.HasPrefix(r.explanation(), "It waits for the CRM's rate limit") {
			t.Errorf("the CRM was asked %d times more: %+v; %s", n-asked, r.delivery(second), r.explanation())
		}
		before := r.latest().ID
		r.ahead.Add(int64(pause + time.Second))
		r.reaches(first, hub.DeliverySent)
		r.reaches(second, hub.DeliverySent)
		until(t, "the sync goes on", func() bool { run := r.latest(); return run.ID != before && !run.EndedAt.IsZero() && run.Error == "" })

		r.crm.Faults.Script(limited)
		r.request()
		until(t, "the CRM refuses the sync", func() bool { return strings.Contains(r.explanation(), "the next attempt is at") })
		again()
		asked = r.asked()
		third := r.processed(user, "third", r.main(), rows[2].ExternalID)
		until(t, "it was its turn", func() bool { return r.delivery(third).Error != "" || r.delivery(third).State == hub.DeliverySent })
		if n := r.asked(); n != asked || r.delivery(third).State != hub.DeliveryPending {
			t.Errorf("the CRM was asked %d times more: %+v", n-asked, r.delivery(third))
		}
		r.ahead.Add(int64(pause + time.Second))
		r.reaches(third, hub.DeliverySent)
	})
}

// TestARetryAfterHoldsAllOfAnAccount lets a CRM ask to be left alone by one connection of an account, and another node work at another
// one: it does not ask either before that is over, and connections that get other credentials meanwhile are tried.
func TestARetryAfterHoldsAllOfAnAccount(t *testing.T) {
	storetest.Long(t)
	onMerge(t, func(t *testing.T, r *hubRig) {
		r.quiet()
		creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		first := r.conn
		connects := func() hub.Connection {
			t.Helper()
			var models []hub.Model
			for _, m := range r.info.Models {
				models = append(models, m.Model)
			}
			r.conn = storetest.Connection(t, r.st, storetest.Organization(t, r.st), r.info.Platform, models...)
			if err := r.st.PutCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values); err != nil {
				t.Fatal(err)
			}
			r.quiet()
			return r.conn
		}
		second := connects()
		r.conn = first
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.Unavailable, RetryAfter: "3000"})
		r.request()
		until(t, "the CRM refuses", func() bool { return strings.Contains(r.explanation(), "the next attempt is at") })
		stop(t, r.e)
		r.e = r.start(pulled[0].connector)
		r.conn = second
		asked, before := r.asked(), r.latest().ID
		r.request()
		until(t, "the other one waits", func() bool { return strings.HasPrefix(r.explanation(), "It waits for the CRM's rate limit") })
		if n := r.asked(); n != asked {
			t.Errorf("the CRM was asked %d times more", n-asked)
		}
		third := connects()
		if third.ID == second.ID || r.asked() == asked {
			t.Error("credentials that were set since then are not tried")
		}
		r.conn = second
		r.ahead.Add(int64(time.Hour))
		until(t, "it goes on", func() bool { run := r.latest(); return run.ID != before && !run.EndedAt.IsZero() && run.Error == "" })
	})
}

// asked is how often the CRM was asked for anything.
func (r *hubRig) asked() (n int) {
	for _, times := range r.crm.Requests() {
		n += times
	}
	return n
}

// TestAFullQuarantineStopsNothing gives a model very many items that cannot be kept: the good ones come in, later ones too.
func TestAFullQuarantineStopsNothing(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		c := newCRM(0)
		bad := func(n int, share float64, at time.Time) {
			c.mu.Lock()
			defer c.mu.Unlock()
			for i := range n {
				id := fmt.Sprintf("bad %d", i)
				c.rows[id] = hub.Record{Model: hub.ModelAccount, ExternalID: id, Details: hub.Details{ShareOfSale: &share}, ModifiedAt: at.Add(time.Duration(i) * time.Microsecond)}
			}
		}
		bad(1200, 2, epoch)
		c.put("good", "good", epoch.Add(time.Hour))
		f := newFixture(t, url, c)
		e := f.start(t)
		defer stop(t, e)
		f.upToDate(t)
		if r := f.runs(t)[0]; r.Quarantined != 1200 || r.Created != 1 || r.Error != "" {
			t.Errorf("%+v", r)
		}
		c.put("new", "new", time.Now())
		f.syncAgain(t)
		if r := f.runs(t)[0]; r.Created != 1 || r.Error != "" {
			t.Errorf("a good one that came later: %+v", r)
		}
		bad(1200, 0.5, time.Now()) // the CRM is mended
		f.syncAgain(t)
		counts, err := f.st.QuarantineCounts(t.Context(), f.org, f.conn.ID)
		if err != nil || counts[hub.ModelAccount] != 0 {
			t.Errorf("%v are left in quarantine, %v", counts, err)
		}
	})
}
