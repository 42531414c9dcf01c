package api_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"sirocco/store/storetest"
)

// TestHostileKeysStayApart pushes users of engagements whose ids are made to be taken for one another, and makes
// connections under Idempotency-Keys that are: each thing is its own.
func TestHostileKeysStayApart(t *testing.T) {
	storetest.Long(t)
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.pusher("Acme")
		ids := rapid.StringOfN(rapid.SampledFrom([]rune{':', '1', 'a', '|', '/'}), 1, 4, -1)
		rapid.Check(t, func(rt *rapid.T) {
			want := map[string]string{} // by engagement: its one user
			for range 4 {
				engagement, user := ids.Draw(rt, "engagement"), ids.Draw(rt, "user")
				if _, ok := want[engagement]; ok {
					continue
				}
				want[engagement] = user
				e, _ := json.Marshal(engagement)
				u, _ := json.Marshal(user)
				c.push("/sync/engagements", fmt.Sprintf(`{"externalId":%s,"engagementUsers":[{"externalId":%s}]}`, e, u))
			}
			for engagement, user := range want {
				joined := storetest.Count(t, w.st, `SELECT COUNT(*) FROM records WHERE model = 'ENGAGEMENT_USER' AND engagement_ref = $1 AND user_ref = $2`, engagement, user)
				if joined != 1 {
					rt.Errorf("%q has %q %d times", engagement, user, joined)
				}
			}
		})
	})
}

// TestPushIsBounded names too many records at once: that is said before anything is written.
func TestPushIsBounded(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	c := w.pusher("Acme")
	var batch []map[string]any
	for i := range 30 {
		var users []map[string]any
		for j := range 100 {
			users = append(users, map[string]any{"externalId": fmt.Sprintf("u%d-%d", i, j)})
		}
		batch = append(batch, map[string]any{"externalId": fmt.Sprint(i), "engagementUsers": users})
	}
	body, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	c.do("PUT", records+"/sync/batch/engagements", string(body)).want(t, 400)
	if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM records`); n != 0 {
		t.Errorf("%d records were written of a push that was refused", n)
	}
	if body, err = json.Marshal(batch[:4]); err != nil {
		t.Fatal(err)
	}
	c.do("PUT", records+"/sync/batch/engagements", string(body)).want(t, 200)
	var from []string
	for i := range 1001 {
		from = append(from, fmt.Sprint("m", i))
	}
	merged, err := json.Marshal(map[string]any{"externalId": "x", "account": map[string]any{"externalId": "a", "mergedFromExternalIds": from}})
	if err != nil {
		t.Fatal(err)
	}
	c.do("PUT", records+"/sync/engagements", string(merged)).want(t, 400)
}

// TestOddInputsAreRefused sends what used to be answered as a fault of the server.
func TestOddInputsAreRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		for _, op := range operations(t, w) {
			if bodySchema(op.doc["requestBody"]) == nil || surfaceOf(op.doc) == "user" {
				continue
			}
			if a := c.do(op.method, op.path, `{}`, header{"Content-Type", "text/plain"}); a.status != 415 {
				t.Errorf("%s %s as text/plain: %d %s", op.method, op.path, a.status, a.body)
			}
		}
		for _, number := range []string{"NaN", "Inf", "-inf", "0x10", "1_0", ""} {
			if a := c.do("GET", records+"/users/01a20d93-18da-7722-934a-80bcd74300ab/engagements?limit="+number, ""); a.status != 400 && (number != "" || a.status != 404) {
				t.Errorf("limit=%s: %d %s", number, a.status, a.body)
			}
		}
		for _, key := range []string{"\xff\xfe", "\xe9", "\x80"} {
			c.do("POST", connections, `{"name":"n","integrationPlatform":"MERGE","externalAccountId":"a"}`, header{"Idempotency-Key", key}).want(t, 400)
		}
	})
}
