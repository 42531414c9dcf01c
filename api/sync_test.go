package api_test

import (
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// TestSyncOperations walks the operations about a connection's sync, without an engine behind them.
func TestSyncOperations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		path := connections + "/" + c.create("MERGE").ID
		var status struct {
			Explanation     string
			IntervalSeconds int
			NextAt          *string
			Run             any
		}
		c.do("GET", path+"/sync", "").want(t, 200).into(t, &status)
		if !strings.Contains(status.Explanation, "about to sync") || status.IntervalSeconds != 300 || status.NextAt == nil || status.Run != nil {
			t.Errorf("at first: %+v", status)
		}

		if a := c.do("PUT", path+"/credentials", `{"apiKey":"bad"}`).want(t, 400); !strings.Contains(a.body, "apiKey was not accepted") {
			t.Error(a.body)
		}
		c.do("PUT", path+"/credentials", `{"apiKey":7}`).want(t, 400)
		c.do("PUT", path+"/credentials", `{"apiKey":null}`).want(t, 400)
		c.do("PUT", path+"/credentials", `[]`).want(t, 400)
		if a := c.do("PUT", path+"/credentials", `{"apiKey":"later"}`).want(t, 503); a.header.Get("Retry-After") != "5" {
			t.Errorf("%v", a.header)
		}
		if log := w.log.String(); !strings.Contains(log, "CRM unavailable") || strings.Contains(log, "database unavailable") {
			t.Errorf("of a CRM that does not answer the log says:\n%s", log)
		}
		if a := c.do("PUT", path+"/credentials", `{"apiKey":"good"}`).want(t, 200); strings.Contains(a.body, "good") {
			t.Errorf("the credentials came out: %s", a.body)
		}
		if strings.Contains(w.log.String(), "good") {
			t.Error("the credentials are in the log")
		}

		c.do("PATCH", path+"/sync", `{"intervalSeconds":9}`).want(t, 400)
		c.do("PATCH", path+"/sync", `{"intervalSeconds":60}`).want(t, 200).into(t, &status)
		if status.IntervalSeconds != 60 {
			t.Errorf("%+v", status)
		}
		c.do("POST", path+"/sync", `{}`).want(t, 202)
		c.do("POST", path+"/sync", "").want(t, 202)
		c.do("POST", path+"/quarantine/retry", "").want(t, 200)
		storetest.Exec(t, w.st, `INSERT INTO absences (organization_id, connection_id, model, external_id, noted_at, state)
			SELECT organization_id, id, 'ACCOUNT', 'a1', 0, 'HELD' FROM connections WHERE id = $1`, path[strings.LastIndex(path, "/")+1:])
		if a := c.do("GET", path+"/deletions", "").want(t, 200); !strings.Contains(a.body, `{"limitPercent":30,"data":[{"modelName":"ACCOUNT","records":1,"externalIds":["a1"]}]}`) {
			t.Error(a.body)
		}
		c.do("GET", path+"/sync", "").want(t, 200).into(t, &status)
		if !strings.Contains(status.Explanation, "Of ACCOUNT, 1 are no longer shown by the CRM") || !strings.HasSuffix(status.Explanation, "Decide by "+path+"/deletions.") {
			t.Errorf("%+v", status)
		}
		c.do("POST", path+"/deletions", `{"decision":"perhaps"}`).want(t, 400)
		if a := c.do("POST", path+"/deletions", `{"decision":"keep","models":["LEAD"]}`).want(t, 200); !strings.Contains(a.body, `"decided":0`) {
			t.Error(a.body)
		}
		if a := c.do("POST", path+"/deletions", `{"decision":"keep"}`).want(t, 200); !strings.Contains(a.body, `"decided":1`) {
			t.Error(a.body)
		}
		c.do("PATCH", path+"/deletions", `{"limitPercent":101}`).want(t, 400)
		if a := c.do("PATCH", path+"/deletions", `{"limitPercent":50}`).want(t, 200); !strings.Contains(a.body, `{"limitPercent":50,"data":[]}`) {
			t.Error(a.body)
		}
		c.do("POST", path+"/sync", `{"models":["ACCOUNT"],"from":"2026-01-01T00:00:00Z"}`).want(t, 202)
		if a := c.do("POST", path+"/sync", `{"models":["DEAL"],"from":"2026-01-01T00:00:00Z"}`).want(t, 400); !strings.Contains(a.body, "models[0]") {
			t.Error(a.body)
		}
		if a := c.do("POST", path+"/sync", `{"models":["ACCOUNT","FOO"]}`).want(t, 400); !strings.Contains(a.body, `models[1] is \"FOO\"`) {
			t.Error(a.body)
		}
		c.do("POST", path+"/sync", `{"from":"yesterday"}`).want(t, 400)
		if a := c.do("POST", path+"/sync", `{"from":"9999-12-31T23:59:59Z"}`).want(t, 400); !strings.Contains(a.body, "ahead of now") {
			t.Error(a.body)
		}

		c.do("PATCH", path, `{"isActive":false}`).want(t, 200)
		if a := c.do("POST", path+"/sync", `{}`).want(t, 409); !strings.Contains(a.body, "paused") {
			t.Error(a.body)
		}
		c.do("GET", path+"/sync", "").want(t, 200).into(t, &status)
		if !strings.Contains(status.Explanation, "paused") {
			t.Errorf("paused: %+v", status)
		}
		c.do("GET", path+"/runs", "").want(t, 200)
		c.do("GET", path+"/quarantine?pageSize=5", "").want(t, 200)
		c.do("POST", path+"/quarantine/retry", `{}`).want(t, 409)

		pushed := connections + "/" + c.create("SIRO_CUSTOM_INPUT").ID
		c.do("GET", pushed+"/sync", "").want(t, 200).into(t, &status)
		if !strings.Contains(status.Explanation, "pushed") {
			t.Errorf("pushed: %+v", status)
		}
		c.do("POST", pushed+"/sync", `{}`).want(t, 409)
	})
}
