package api_test

import (
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestRunsTellTheirStory shows what a run did of each model, how it ended, and what was sent to the CRM for it.
func TestRunsTellTheirStory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c, id := acme.token, acme.token.create("MERGE").ID
		path := connections + "/" + id
		sched := storetest.Lease(t, w.st, acme.id, id)
		if a := c.do("GET", path+"/runs/"+sched.RunID, "").want(t, 200); !strings.Contains(a.body, `"endedAt":null,"outcome":null`) || !strings.Contains(a.body, `"models":[]`) {
			t.Error(a.body)
		}
		sent := []store.CRMRequest{
			{SentAt: w.clock.read(), Method: "POST", Path: "/token", Failure: "timeout", Took: 30 * time.Second},
			{SentAt: w.clock.read(), Model: hub.ModelAccount, Method: "GET", Path: "/accounts?cursor", Status: 200, Took: 12 * time.Millisecond, Bytes: 99, RateWait: time.Second},
		}
		if err := w.st.EndSyncJob(t.Context(), sched, store.SyncJobResult{
			RunOver: true, RunError: "It failed.", Requests: sent,
			Totals: store.ModelTotals{hub.ModelAccount: {Pages: 2, Changes: store.Changes{Created: 3}, Bytes: 99, RateWait: time.Second}},
		}); err != nil {
			t.Fatal(err)
		}
		c.do("GET", path+"/runs", "").want(t, 200)
		a := c.do("GET", path+"/runs/"+sched.RunID, "").want(t, 200)
		for _, want := range []string{
			`"outcome":"FAILED"`, `"error":"It failed."`,
			`"models":[{"modelName":"ACCOUNT","pages":2,"created":3,"updated":0,"unchanged":0,"deleted":0,"quarantined":0,"missed":0,"bytes":99,"rateLimitWaitMs":1000}]`,
		} {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s is not in %s", want, a.body)
			}
		}
		var page struct {
			Data []struct {
				ID, Method, Path        string
				RunID, ModelName        *string
				Status                  *int
				Failure                 *string
				TookMs, RateLimitWaitMs int
			}
			Cursor *string
		}
		c.do("GET", path+"/requests?pageSize=1&run="+sched.RunID, "").want(t, 200).into(t, &page)
		if q := page.Data[0]; len(page.Data) != 1 || page.Cursor == nil || q.Path != "/accounts?cursor" || *q.ModelName != "ACCOUNT" || *q.RunID != sched.RunID ||
			*q.Status != 200 || q.Failure != nil || q.TookMs != 12 || q.RateLimitWaitMs != 1000 {
			t.Errorf("%+v", page)
		}
		c.do("GET", path+"/requests?pageSize=1&run="+sched.RunID+"&cursor="+*page.Cursor, "").want(t, 200).into(t, &page)
		if q := page.Data[0]; page.Cursor != nil || q.Path != "/token" || q.Status != nil || *q.Failure != "timeout" || q.ModelName != nil {
			t.Errorf("%+v", page)
		}
		if a := c.do("GET", path+"/requests?run="+hub.NewID(), "").want(t, 200); !strings.Contains(a.body, `"data":[]`) {
			t.Error(a.body)
		}
		c.do("GET", path+"/requests?run=x", "").want(t, 400)
		c.do("GET", path+"/runs/x", "").want(t, 404)
		c.do("GET", path+"/runs/"+hub.NewID(), "").want(t, 404)
	})
}

// TestCredentialsOfAnotherAccount puts credentials of another account: they are refused, unless they are said to replace it.
func TestCredentialsOfAnotherAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c, id := acme.token, acme.token.create("MERGE").ID
		path := connections + "/" + id
		c.do("PUT", path+"/credentials", `{"apiKey":"good","account":"one"}`).want(t, 200)
		sched := storetest.Lease(t, w.st, acme.id, id)
		kept := hub.Record{Model: hub.ModelAccount, ExternalID: "1", Name: "of the first"}
		if _, err := w.st.CommitPage(t.Context(), sched, store.PageCommit{State: store.SyncState{Model: hub.ModelAccount}, Records: []hub.Record{kept}}); err != nil {
			t.Fatal(err)
		}
		other := `{"apiKey":"good","account":"two"}`
		if a := c.do("PUT", path+"/credentials", other).want(t, 409); !strings.Contains(a.body, "replaceAccount=true") {
			t.Error(a.body)
		}
		c.do("PUT", path+"/credentials?replaceAccount=maybe", other).want(t, 400)
		if a := c.do("GET", records+"/accounts", "").want(t, 200); !strings.Contains(a.body, "of the first") {
			t.Errorf("refused credentials have changed something: %s", a.body)
		}
		c.do("PUT", path+"/credentials?replaceAccount=true", other).want(t, 200)
		if a := c.do("GET", records+"/accounts", "").want(t, 200); strings.Contains(a.body, "of the first") {
			t.Errorf("records of the other account are shown: %s", a.body)
		}
		if a := c.do("GET", path+"/runs/"+sched.RunID, "").want(t, 200); !strings.Contains(a.body, `"outcome":"REPLACED"`) {
			t.Error(a.body)
		}
		c.do("PUT", path+"/credentials", other).want(t, 200)
	})
}
