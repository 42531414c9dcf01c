package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sirocco/store/storetest"
)

func TestPatchConnection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		made := c.create("MERGE")
		if !made.IsActive || made.SyncTranscript || len(made.SyncStatus) != 2 || made.SyncStatus[0]["modelModifiedAfter"] != nil {
			t.Fatalf("as made: %+v", made)
		}
		path := connections + "/" + made.ID
		last := made
		for _, body := range []string{
			`{"name":"new"}`, `{"isActive":false}`, `{"syncTranscript":true}`,
			`{"name":"é","isActive":true,"syncTranscript":false}`, `{"name":"` + strings.Repeat("é", 256) + `"}`, `{"isActive":false,"unknown":{"x":1}}`,
		} {
			var got connection
			a := c.do("PATCH", path, body).want(t, 200)
			a.into(t, &got)
			if got.UpdatedAt <= last.UpdatedAt {
				t.Errorf("%s: updatedAt %s after %s, with a clock that stands still", body, got.UpdatedAt, last.UpdatedAt)
			}
			if got.CreatedAt != made.CreatedAt || a.header.Get("ETag") == "" {
				t.Errorf("%s: %+v %v", body, got, a.header)
			}
			if again := c.do("GET", path, "").want(t, 200); again.body != a.body {
				t.Errorf("GET after PATCH: %s, want %s", again.body, a.body)
			}
			last = got
		}
		if last.Name != strings.Repeat("é", 256) || last.IsActive || last.SyncTranscript {
			t.Errorf("the patches together: %+v", last)
		}
		for _, body := range []string{`{}`, `{"isActive":false}`, `{"unknown":1}`} {
			var got connection
			c.do("PATCH", path, body).want(t, 200).into(t, &got)
			if got.UpdatedAt != last.UpdatedAt {
				t.Errorf("%s changes nothing, but updatedAt moved", body)
			}
		}
		if a, b := c.do("GET", path, ""), c.do("GET", "/api-externalApi"+path, ""); a.body != b.body || b.status != 200 {
			t.Errorf("the two prefixes answer differently: %s, %s", a.body, b.body)
		}
	})
}

func TestBadInput(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		path := connections + "/" + c.create("MERGE").ID
		json := "application/json"
		for _, tt := range []struct {
			name, method, path, body, mediaType string
			status                              int
			says                                []string
		}{
			{"wrong type", "PATCH", path, `{"isActive":"yes"}`, json, 400, []string{`isActive`, `expected boolean`, `received string`}},
			{"number for a name", "PATCH", path, `{"name":7}`, json, 400, []string{`name`, `expected string`, `number`}},
			{"null", "PATCH", path, `{"name":null}`, json, 400, []string{`name`, `expected string`, `null`}},
			{"null in a create", "POST", connections, `{"name":"n","integrationPlatform":"SPOTIO","externalAccountId":"a","isActive":null}`, json, 400, []string{`isActive`, `null`}},
			{"empty name", "PATCH", path, `{"name":""}`, json, 400, []string{`name`}},
			{"blank name", "PATCH", path, `{"name":"  "}`, json, 400, []string{`name`, `white space`}},
			{"control character", "PATCH", path, `{"name":"a\u0007b"}`, json, 400, []string{`name`, `control`}},
			{"NUL", "PATCH", path, `{"name":"a\u0000b"}`, json, 400, []string{`name`, `U+0000`}},
			{"NUL in a list", "POST", endpoints, `{"url":"https://example.com","eventTypes":["a\u0000"]}`, json, 400, []string{`eventTypes[0]`, `U+0000`}},
			{"NUL in a parameter", "GET", connections + "?externalAccountId=a%00b", ``, "", 400, []string{`externalAccountId`, `U+0000`}},
			{"no text in a parameter", "GET", connections + "?externalAccountId=%ff", ``, "", 400, []string{`externalAccountId`, `UTF-8`}},
			{"name twice", "PATCH", path, `{"name":"a","name":"b"}`, json, 400, []string{`duplicate`, `name`}},
			{"another case counts as another name", "POST", connections, `{"name":"n","externalAccountId":"a","IntegrationPlatform":"MERGE"}`, json, 400, []string{`integrationPlatform`, `missing`}},
			{"null in another case", "PUT", users + "/01a21018-67c6-7df2-a6bc-2b5a77be7047", `{"firstname":null}`, json, 404, []string{`No such user`}},
			{"number beyond its type", "PATCH", path + "/sync", `{"intervalSeconds":1e30}`, json, 400, []string{`intervalSeconds`}},
			{"long name", "PATCH", path, `{"name":"` + strings.Repeat("é", 257) + `"}`, json, 400, []string{`name`, `256`, `257`}},
			{"malformed", "PATCH", path, `{"name":`, json, 400, []string{`not valid JSON`}},
			{"array", "PATCH", path, `[]`, json, 400, []string{`expected object`, `array`}},
			{"trailing garbage", "PATCH", path, `{} x`, json, 400, []string{`not valid JSON`}},
			{"two objects", "PATCH", path, `{}{}`, json, 400, []string{`not valid JSON`}},
			{"empty body", "PATCH", path, ``, json, 400, []string{`empty`}},
			{"media type", "PATCH", path, `{}`, "text/xml", 415, []string{`text/xml`, `application/json`}},
			{"too large", "PATCH", path, `{"x":"` + strings.Repeat("a", 1<<20) + `"}`, json, 413, []string{`1048576`}},
			{"missing field", "POST", connections, `{"integrationPlatform":"MERGE","externalAccountId":"a"}`, json, 400, []string{`name`, `missing`}},
			{"platform", "POST", connections, `{"name":"n","integrationPlatform":"FOO","externalAccountId":"a"}`, json, 400, []string{`integrationPlatform`, `FOO`, `SPOTIO`}},
			{"platform made by other means", "POST", connections, `{"name":"n","integrationPlatform":"SALESFORCE","externalAccountId":"a"}`, json, 400, []string{`SALESFORCE`}},
			{"page size", "GET", connections + "?pageSize=1001", ``, "", 400, []string{`pageSize`, `1000`}},
			{"page size 0", "GET", connections + "?pageSize=0", ``, "", 400, []string{`pageSize`}},
			{"page size x", "GET", connections + "?pageSize=x", ``, "", 400, []string{`pageSize`}},
			{"cursor", "GET", connections + "?cursor=x", ``, "", 400, []string{`cursor`}},
			{"filter", "GET", connections + "?integrationPlatform=FOO", ``, "", 400, []string{`integrationPlatform`, `FOO`}},
			{"method", "PUT", path, `{}`, json, 405, []string{`PUT`, `PATCH`}},
			{"no such path", "GET", "/v1/core/nothing", ``, "", 404, []string{`no such path`}},
			{"doubled slash", "GET", "//v1/core/integrations/connections", ``, "", 404, []string{`no such path`}},
			{"doubled slash within", "GET", "/v1/core//integrations/connections", ``, "", 404, []string{`no such path`}},
			{"query", "GET", connections + "?cursor=%%%", ``, "", 400, []string{`query cannot be read`, `%%%`}},
			{"missing parameters", "GET", "/v1/core/oauth/apps", ``, "", 422, []string{`"path":["organizationId"],"message":"is missing; it is required","received":"undefined"`, `owner`}},
			{"time", "GET", "/v1/core/oauth/apps?organizationId=x&owner=y&fromDate=now", ``, "", 422, []string{`expected a time in RFC 3339`, `\"now\"`}},
			{"number", "GET", connections + "?pageSize=many", ``, "", 400, []string{`expected a whole number, received \"many\"`}},
			{"empty text", "POST", "/v1/core/oauth/apps", `{"appName":"","owner":"x","organizationId":"x"}`, json, 422, []string{`expected at least 1 character, received 0 characters`}},
			{"neither form", "POST", records + "/accounts", `{"externalId":"a","latitude":1}`, json, 400, []string{`expected either externalId, latitude, longitude; or externalId, addresses`}},
			{"wrong in a form", "POST", records + "/accounts", `{"externalId":"a","latitude":1e308,"longitude":1}`, json, 400, []string{`latitude expected a number of at most 90`}},
			{"beyond a type", "PUT", recordings + "/x/analysis", strings.Replace(analysis, `"score":4`, `"score":1e30`, 1), json, 400, []string{`followups[0].score expected a number of at most 5`}},
			{"several parameters", "GET", recordings + "?pageSize=0&cursor=x&createdAt:gt=now&updatedAt:lt=then", ``, "", 400,
				[]string{`pageSize`, `cursor`, `createdAt:gt is \"now\"`, `updatedAt:lt is \"then\"`}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				req, err := http.NewRequest(tt.method, w.server.URL+tt.path, strings.NewReader(tt.body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+c.token)
				if tt.mediaType != "" {
					req.Header.Set("Content-Type", tt.mediaType)
				}
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = resp.Body.Close() }()
				text, err := io.ReadAll(resp.Body)
				if err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode != tt.status {
					t.Fatalf("answered %d, want %d: %s", resp.StatusCode, tt.status, text)
				}
				for _, says := range tt.says {
					if !strings.Contains(string(text), says) {
						t.Errorf("%s does not say %q", text, says)
					}
				}
				if tt.status == 405 && resp.Header.Get("Allow") != "DELETE, GET, HEAD, PATCH" {
					t.Errorf("Allow: %s", resp.Header.Get("Allow"))
				}
				if tt.status != 405 && tt.status != 404 && tt.name != "query" {
					w.validate(req, resp, text)
				}
			})
		}
		padding := strings.Repeat("a", 1<<20-len(`{"x":""}`))
		c.do("PATCH", path, `{"x":"`+padding+`"}`).want(t, 200) // exactly 1 MiB
	})
}

func TestPlainTextErrors(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		c.create("MERGE")
		for _, a := range []answer{
			c.do("POST", connections, `{"name":"n","integrationPlatform":"MERGE","externalAccountId":"b"}`).want(t, 409),
			c.do("POST", connections, `{"name":"n","integrationPlatform":"FOO","externalAccountId":"b"}`).want(t, 400),
			c.do("GET", connections+"/x", "").want(t, 404),
			c.do("PATCH", connections+"/01a20a18-526c-7479-84d2-acc401f95e3f", "{}").want(t, 404),
			c.do("DELETE", connections+"/01a20a18-526c-7479-84d2-acc401f95e3f", "").want(t, 404),
		} {
			if !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") || strings.HasPrefix(a.body, "{") {
				t.Errorf("%d should be a sentence in plain text: %s %s", a.status, a.header.Get("Content-Type"), a.body)
			}
		}
	})
}

func TestDeleteConnection(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		made := c.create("MERGE")
		path := connections + "/" + made.ID
		before := c.do("GET", path, "")
		if a := c.do("DELETE", path, "").want(t, 200); a.body != before.body {
			t.Errorf("deleted: %s, want it as it was: %s", a.body, before.body)
		}
		for _, method := range []string{"GET", "DELETE"} {
			c.do(method, path, "").want(t, 404)
		}
		c.do("PATCH", path, `{"name":"x"}`).want(t, 404)
		if a := c.do("GET", connections, "").want(t, 200); strings.Contains(a.body, made.ID) {
			t.Errorf("still listed: %s", a.body)
		}
		if again := c.create("MERGE"); again.ID == made.ID {
			t.Error("a new connection has the id of the deleted one")
		}
	})
}

func TestPreconditions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		path := connections + "/" + c.create("MERGE").ID
		first := c.do("GET", path, "").header.Get("ETag")
		second := c.do("PATCH", path, `{"name":"x"}`, header{"If-Match", first}).want(t, 200).header.Get("ETag")
		for _, stale := range []string{first, `"other"`, "W/" + second, `x`, first + `, "y"`} {
			c.do("PATCH", path, `{"name":"y"}`, header{"If-Match", stale}).want(t, 412)
			c.do("PATCH", path, `{}`, header{"If-Match", stale}).want(t, 412)
			c.do("DELETE", path, "", header{"If-Match", stale}).want(t, 412)
		}
		if got := c.do("GET", path, "").header.Get("ETag"); got != second {
			t.Errorf("a refused change changed something: %s, want %s", got, second)
		}
		c.do("PATCH", path, `{"name":"z"}`, header{"If-Match", first + ", " + second}).want(t, 200)
		c.do("PATCH", path, `{"name":"q"}`, header{"If-Match", "*"}).want(t, 200)
		c.do("DELETE", path, "", header{"If-Match", c.do("GET", path, "").header.Get("ETag")}).want(t, 200)
	})
}

func TestIdempotencyKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		a, b := w.tenant("Acme").token, w.tenant("Other").token
		body := `{"name":"n","integrationPlatform":"MERGE","externalAccountId":"a"}`
		key := header{"Idempotency-Key", "k1"}
		answers := make([]answer, 8)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = a.do("POST", connections, body, key) })
		}
		wg.Wait()
		made := 0
		for _, got := range answers {
			if got.status != 201 || got.body != answers[0].body {
				t.Fatalf("answered %d %s, want the same 201 as %s", got.status, got.body, answers[0].body)
			}
			if got.header.Get("Idempotency-Replayed") == "" {
				made++
			}
		}
		if made != 1 {
			t.Errorf("%d of the requests with one key made a connection", made)
		}
		var first connection
		answers[0].into(t, &first)
		a.do("PATCH", connections+"/"+first.ID, `{"name":"later"}`).want(t, 200)
		if got := a.do("POST", connections, body, key).want(t, 201); got.body != answers[0].body {
			t.Errorf("the replay shows a later state: %s", got.body)
		}
		a.do("POST", connections, strings.Replace(body, `"n"`, `"m"`, 1), key).want(t, 422)
		if got := b.do("POST", connections, body, key).want(t, 201); got.body == answers[0].body {
			t.Error("a key of another organization was replayed")
		}
		w.clock.advance(25 * time.Hour)
		a.do("POST", connections, body, key).want(t, 409) // the key is forgotten, the connection is not
	})
}

func TestConcurrentPatchesOfDifferentFields(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		path := connections + "/" + c.create("MERGE").ID
		for round := range 30 {
			var wg sync.WaitGroup
			wg.Go(func() { c.do("PATCH", path, fmt.Sprintf(`{"name":"n%d"}`, round)) })
			wg.Go(func() { c.do("PATCH", path, fmt.Sprintf(`{"isActive":%v}`, round%2 == 0)) })
			wg.Go(func() { c.do("PATCH", path, fmt.Sprintf(`{"syncTranscript":%v}`, round%2 == 1)) })
			wg.Wait()
			var got connection
			c.do("GET", path, "").into(t, &got)
			if got.Name != fmt.Sprintf("n%d", round) || got.IsActive != (round%2 == 0) || got.SyncTranscript != (round%2 == 1) {
				t.Fatalf("round %d: %+v", round, got)
			}
		}
	})
}

func TestPaging(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		c := w.tenant("Acme").token
		var ids []string
		platforms := []string{"MERGE", "SPOTIO", "INGAGE", "COMPANY_CAM", "SERVICE_TITAN"}
		for _, p := range platforms {
			ids = append(ids, c.create(p).ID)
		}
		page := func(query string) (got []string, cursor *string) {
			var list struct {
				Data   []connection
				Cursor *string
			}
			c.do("GET", connections+query, "").want(t, 200).into(t, &list)
			for _, x := range list.Data {
				got = append(got, x.ID)
			}
			return got, list.Cursor
		}
		got, cursor := page("?pageSize=2")
		if fmt.Sprint(got) != fmt.Sprint(ids[:2]) || cursor == nil {
			t.Fatalf("first page: %v", got)
		}
		c.do("DELETE", connections+"/"+ids[1], "").want(t, 200) // the one the cursor stands on
		c.do("DELETE", connections+"/"+ids[2], "").want(t, 200)
		added := c.create("LEAD_PERFECTION").ID
		got, cursor = page("?pageSize=2&cursor=" + *cursor)
		if fmt.Sprint(got) != fmt.Sprint(ids[3:5]) || cursor == nil {
			t.Fatalf("second page: %v, want %v", got, ids[3:5])
		}
		got, cursor = page("?pageSize=2&cursor=" + *cursor)
		if fmt.Sprint(got) != fmt.Sprint([]string{added}) || cursor != nil {
			t.Fatalf("last page: %v", got)
		}
		if got, cursor = page("?pageSize=4"); len(got) != 4 || cursor != nil {
			t.Errorf("a page that holds all has no cursor: %v %v", got, cursor)
		}
		if got, _ = page("?integrationPlatform=SERVICE_TITAN"); fmt.Sprint(got) != fmt.Sprint(ids[4:]) {
			t.Errorf("filtered: %v", got)
		}
		if got, _ = page("?integrationPlatform=KNOCK"); len(got) != 0 {
			t.Errorf("filtered: %v", got)
		}
	})
}
