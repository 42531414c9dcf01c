package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
	"sirocco/store/storetest"
)

// TestAnAccountThatChanges lets the credentials of each platform open another account than they did, while the connection runs: nothing of
// it is read from the next time on that they are asked about, nor a note written to it, and all goes on where they open the same one
// again. To read the other one in its place takes a person's word.
func TestAnAccountThatChanges(t *testing.T) {
	eachConnector(t, simulator.Options{Seed: 46, Records: 40, ValidateEvery: -1}, func(t *testing.T, r *hubRig) {
		first := r.synced("")
		creds, err := r.st.Credentials(t.Context(), r.conn.OrganizationID, r.conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		if creds.AccountID == "" {
			t.Skip("the vendor does not tell whose account it is")
		}
		of := func(account string) {
			t.Helper()
			storetest.Exec(t, r.st, `UPDATE credentials SET account_id = $2, account_name = '' WHERE connection_id = $1`, r.conn.ID, account)
		}
		of("another one")
		asked := r.asked()
		second := r.synced(first.ID) // they are not asked about that often
		if r.asked() == asked {
			t.Error("nothing is asked")
		}
		r.ahead.Add(int64(2 * time.Hour))
		asked = r.asked()
		r.request()
		until(t, "it says so", func() bool {
			return strings.Contains(r.explanation(), "come to open") && strings.Contains(r.explanation(), `is of the account "another one"`) && strings.Contains(r.explanation(), "replaceAccount")
		})
		user, _ := r.rep()
		id := r.processed(user, "A talk", r.main(), r.crm.Records(r.main())[0].ExternalID)
		until(t, "the note waits", func() bool { return strings.Contains(r.delivery(id).Error, "come to open") })
		r.request()
		until(t, "it asks again", func() bool {
			sched, err := r.st.Schedule(t.Context(), r.conn.OrganizationID, r.conn.ID)
			return err == nil && sched.LeaseUntil.IsZero() && sched.DueAt.After(r.now())
		})
		run := r.latest()
		if run.ID == second.ID || run.Pages != 0 || run.EndedAt.IsZero() || !strings.Contains(run.Error, "nothing is read or written") || r.asked()-asked > 8 || r.delivery(id).State != hub.DeliveryPending {
			t.Errorf("%d requests: %+v; %+v", r.asked()-asked, run, r.delivery(id))
		}
		if notes := r.crm.Notes.On(r.main(), r.delivery(id).ExternalID); len(notes) != 0 {
			t.Errorf("%+v", notes)
		}
		var conflict *hub.ConflictError
		if _, err := r.st.SetCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values, false, r.e.Check); !errors.As(err, &conflict) {
			t.Errorf("the same credentials again: %v", err)
		}
		of(creds.AccountID)
		r.synced(run.ID)
		r.equal()
		r.pass(15 * time.Minute)
		until(t, "the note is sent", func() bool {
			if r.delivery(id).State == hub.DeliveryConfirming {
				r.pass(r.lag / 2)
			}
			return r.delivery(id).State == hub.DeliverySent
		})
		of("another one")
		r.ahead.Add(int64(2 * time.Hour))
		r.request()
		until(t, "it says so again", func() bool { return strings.Contains(r.explanation(), "come to open") })
		if _, err := r.st.SetCredentials(t.Context(), r.conn.OrganizationID, r.conn.ID, creds.Values, true, r.e.Check); err != nil {
			t.Error(err)
		}
		r.synced(r.latest().ID)
		r.equal()
	})
}

// TestAnAccountThatIsNotTold lets the CRM not say whose the credentials are: the sync goes on, unless they were known to open another
// account the last time that it did.
func TestAnAccountThatIsNotTold(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		c := newCRM(20)
		c.account = "a"
		f := newLater(t, url, c, false)
		says := func(account string, err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.account, c.checkFails = account, nil
			if err != nil {
				c.checkFails = func() error { return err }
			}
		}
		f.after(t, 2*time.Hour)
		for _, kind := range []connector.Kind{connector.Unauthorized, connector.Forbidden, connector.Temporary, connector.Malformed, connector.Refused} {
			says("", connector.Fail(kind, "Test CRM", "not now"))
			if run := f.after(t, 2*time.Hour); run.Error != "" || run.Pages == 0 {
				t.Errorf("%s: %+v", kind, run)
			}
		}
		says("", nil)
		if run := f.after(t, 2*time.Hour); run.Error != "" {
			t.Errorf("without an id: %+v", run)
		}
		says("b", nil)
		c.put("of b", "of b", time.Now())
		for _, err := range []error{nil, connector.Fail(connector.Temporary, "Test CRM", "not now")} {
			if run := f.after(t, 2*time.Hour); run.Pages != 0 || !strings.Contains(run.Error, `open the account "b"`) || len(f.living(t)) != 20 {
				t.Errorf("%v: %+v", err, run)
			}
			says("", err)
		}
		says("a", nil)
		if run := f.after(t, 0); run.Error != "" || run.Pages == 0 {
			t.Errorf("%+v", run)
		}
		f.upToDate(t)
	})
}
