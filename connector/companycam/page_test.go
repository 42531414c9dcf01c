package companycam_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/companycam"
)

// TestAShortPageIsNotTheLast reads lists whose pages have fewer rows than is asked for.
func TestAShortPageIsNotTheLast(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads thousands of rows")
	}
	for _, rows := range []int{50, 30, 1} {
		n := min(437, 60*rows)
		_, s := standIn(t, simulated.NewFixed(rows)(simulator.Options{Counts: map[hub.Model]int{hub.ModelUser: n, hub.ModelOpportunity: n}, ValidateEvery: 10}))
		for _, m := range []hub.Model{hub.ModelUser, hub.ModelOpportunity} {
			if got := walk(t, s, m, time.Time{}); len(got.records) != n {
				t.Errorf("of %d %s in pages of %d it read %d", n, m, rows, len(got.records))
			}
		}
	}
}

// TestRowsThatGoHideNoOthers deletes rows of pages that were read, so that others move into these.
func TestRowsThatGoHideNoOthers(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads thousands of rows")
	}
	for _, gone := range []int{1, 7, 50, 120} {
		crm, s := standIn(t, simulated.New(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 501}, ValidateEvery: 10}))
		newest := crm.Records(hub.ModelOpportunity)
		slices.Reverse(newest)
		done := map[string]bool{"5": false, "11": false}
		crm.Before(func(r *http.Request) {
			n := pageOf(r)
			if before, ok := done[n]; ok && !before {
				done[n] = true
				for _, row := range newest[:gone] {
					crm.Change(hub.ModelOpportunity, row.ExternalID, func(r *hub.Record) { r.Deleted = true })
				}
				newest = newest[gone:]
			}
		})
		got := walk(t, s, hub.ModelOpportunity, time.Time{})
		for _, row := range newest {
			if _, ok := got.records[row.ExternalID]; !ok {
				t.Errorf("with %d rows gone twice: %s is hidden", gone, row.ExternalID)
			}
		}
	}
}

// TestTheEndMovesForward deletes a row of the only page before the next is found empty: the one row behind moved into it.
func TestTheEndMovesForward(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 51}}))
	rows := crm.Records(hub.ModelOpportunity)
	crm.Before(func(r *http.Request) {
		if pageOf(r) == "2" {
			crm.Change(hub.ModelOpportunity, rows[50].ExternalID, func(r *hub.Record) { r.Deleted = true })
		}
	})
	if _, ok := walk(t, s, hub.ModelOpportunity, time.Time{}).records[rows[0].ExternalID]; !ok {
		t.Error("the last row is hidden")
	}
}

// TestRowsThatMoveToTheFrontAreMet has activity on rows that the walk has not come to yet: they are at the front when it
// comes to where they were.
func TestRowsThatMoveToTheFrontAreMet(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 400}, ValidateEvery: 10}))
	rows := crm.Records(hub.ModelOpportunity)
	moved := 0
	crm.Before(func(r *http.Request) {
		if n, _ := strconv.Atoi(pageOf(r)); n >= 3 && moved < 70 {
			for _, row := range rows[moved : moved+10] { // the oldest
				crm.Change(hub.ModelOpportunity, row.ExternalID, func(*hub.Record) {})
			}
			moved += 10
		}
	})
	if got := walk(t, s, hub.ModelOpportunity, time.Time{}); len(got.records) != 400 || moved != 70 {
		t.Errorf("with %d rows that moved it read %d of 400", moved, len(got.records))
	}
}

// TestAVendorWithOnePage ends where every number brings the same page.
func TestAVendorWithOnePage(t *testing.T) {
	s := session(t, answer(http.StatusOK, `[{"id":"1","name":"One","updated_at":1700000000},{"id":"2","name":"Two","updated_at":1700000000}]`))
	if got := walk(t, s, hub.ModelOpportunity, time.Time{}); len(got.records) != 2 || got.pages > 3 {
		t.Errorf("%d records in %d pages", len(got.records), got.pages)
	}
}

// TestOnlyChangesAreRead counts the requests of an increment, and changes more rows than a page has.
func TestOnlyChangesAreRead(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 1000}, ValidateEvery: 10}))
	rows := crm.Records(hub.ModelOpportunity)
	since := rows[len(rows)-1].ModifiedAt.Add(time.Minute)
	if got := walk(t, s, hub.ModelOpportunity, since); len(got.records) != 0 || crm.Requests()["GET /v2/projects"] != 1 {
		t.Errorf("with nothing new it read %d records in %d requests", len(got.records), crm.Requests()["GET /v2/projects"])
	}
	for _, row := range rows[:80] {
		crm.Change(hub.ModelOpportunity, row.ExternalID, func(r *hub.Record) { r.Name = "Changed #1" })
	}
	if got := walk(t, s, hub.ModelOpportunity, since); len(got.records) != 80 || got.records[rows[0].ExternalID].Name != "Changed #1" {
		t.Errorf("of 80 changed projects it read %d", len(got.records))
	}
	if n := crm.Requests()["GET /v2/projects"]; n > 24 {
		t.Errorf("it took %d requests", n)
	}
}

// TestOldRowsAmongNewOnes has projects with new activity that did not change in front of one that did.
func TestOldRowsAmongNewOnes(t *testing.T) {
	var items []string
	for i := range 24 {
		items = append(items, `{"id":"old`+strconv.Itoa(i)+`","updated_at":1700000000}`)
	}
	items = append(items, `{"id":"new","name":"New","updated_at":1800000000}`)
	for i := range 25 {
		items = append(items, `{"id":"older`+strconv.Itoa(i)+`","updated_at":1600000000}`)
	}
	s := session(t, answer(http.StatusOK, "["+strings.Join(items, ",")+"]"))
	if got := walk(t, s, hub.ModelOpportunity, time.Unix(1750000000, 0)); len(got.records) != 1 || got.pages != 1 {
		t.Errorf("it read %d records in %d pages", len(got.records), got.pages)
	}
}

// TestNoListIsNoEmptyList holds answers that have no list in them, and those that are no answers.
func TestNoListIsNoEmptyList(t *testing.T) {
	for _, body := range []string{`null`, `{}`, `{"error":"temporarily unavailable"}`, `{"errors":["Unauthorized"]}`, `"[]"`, `0`} {
		s := session(t, answer(http.StatusOK, body))
		for _, m := range []hub.Model{hub.ModelUser, hub.ModelOpportunity} {
			if _, err := (companycam.Connector{}).Fetch(t.Context(), s, connector.Query{Model: m, Limit: 50}); !connector.IsKind(err, connector.Malformed) {
				t.Errorf("%s, for %s: %v", body, m, err)
			}
		}
	}
	s := session(t, http.RedirectHandler("https://app.example.com/login", http.StatusFound))
	const sent = "it sends to its login page, which is no answer; the base URL may be wrong"
	if _, err := (companycam.Connector{}).Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 50}); !connector.IsKind(err, connector.Malformed) || !strings.Contains(err.Error(), sent) {
		t.Errorf("a login page: %v", err)
	}
	if _, err := (companycam.Connector{}).Find(t.Context(), s, hub.ModelOpportunity, []string{"1"}); !connector.IsKind(err, connector.Malformed) || !strings.Contains(err.Error(), sent) {
		t.Errorf("a login page for one project: %v", err)
	}
}

// TestPlaces holds places of older versions, and those that are none.
func TestPlaces(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 120}}))
	newest := crm.Records(hub.ModelOpportunity)
	page, err := companycam.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelOpportunity, Next: "3", Limit: 50})
	if err != nil || len(page.Records) == 0 || page.Records[0].ExternalID != newest[19].ExternalID || !strings.HasPrefix(page.Next, `{"page":4,`) || crm.Requests()["GET /v2/projects"] != 1 {
		t.Errorf("%d records in %d requests, and then %s: %v", len(page.Records), crm.Requests()["GET /v2/projects"], page.Next, err)
	}
	for _, next := range []string{"x", `{"page":0}`, "-1", "{}x"} {
		_, err := companycam.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelOpportunity, Next: next, Limit: 50})
		if !connector.IsKind(err, connector.Refused) || connector.Status(err) != http.StatusBadRequest {
			t.Errorf("%q: %v", next, err)
		}
	}
}

// pageOf is the number of the page of projects that is asked for; empty for another request.
func pageOf(r *http.Request) string {
	if !strings.HasSuffix(r.URL.Path, "/projects") {
		return ""
	}
	return r.URL.Query().Get("page")
}

// answer answers all requests alike.
func answer(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})
}
