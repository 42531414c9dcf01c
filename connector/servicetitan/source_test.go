package servicetitan_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/servicetitan"
	"sirocco/hub"
	"sirocco/simulator"
)

// row is a job of the vendors below, made on the n-th of January.
func row(n int) map[string]any {
	at := fmt.Sprintf("2026-01-%02dT00:00:00Z", n)
	return map[string]any{"id": n, "jobNumber": fmt.Sprint(n), "jobStatus": "Scheduled", "createdOn": at, "modifiedOn": at}
}

// TestIgnoredQuestions reads a list that knows no question but for its pages: it ends, has all rows, and takes no old ones
// for news.
func TestIgnoredQuestions(t *testing.T) {
	asked := 0
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		var number, size int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
		_, _ = fmt.Sscan(r.URL.Query().Get("pageSize"), &size)
		data := []any{}
		for n := (number-1)*size + 1; n <= min(number*size, 25); n++ {
			data = append(data, row(n))
		}
		write(w, map[string]any{"data": data, "hasMore": number*size < 25})
	})
	q := connector.Query{Model: hub.ModelOpportunity, Limit: 10}
	if found := read(t, session, q); len(found) != 25 {
		t.Errorf("%d jobs of 25 were read in %d requests", len(found), asked)
	}
	c := servicetitan.Connector{}
	if page, err := c.Find(t.Context(), session, hub.ModelOpportunity, []string{"99"}); !connector.IsKind(err, connector.Malformed) {
		t.Errorf("asked for job 99 it finds %d jobs: %v", len(page.Records), err)
	}
	leads := connector.Query{Model: hub.ModelLead, Limit: 10, Since: time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC)}
	if found := read(t, session, leads); len(found) != 6 {
		t.Errorf("%d leads of 6 are news", len(found))
	}
}

// TestListsInNoOrder reads lists that heed times of creation, and no order: nothing behind an older row is passed over.
func TestListsInNoOrder(t *testing.T) {
	days := []int{20, 3, 17, 9, 25, 1, 12, 6, 22, 15, 2, 28, 5, 11, 8}
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		var number, size int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
		_, _ = fmt.Sscan(r.URL.Query().Get("pageSize"), &size)
		from, _ := time.Parse(time.RFC3339, r.URL.Query().Get("createdOnOrAfter"))
		all := []any{}
		for _, day := range days {
			if !time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC).Before(from) {
				all = append(all, row(day))
			}
		}
		part, _, more := simulator.Part(all, (number-1)*size, size)
		write(w, map[string]any{"data": part, "hasMore": more})
	})
	for _, size := range []int{3, 4, 7} {
		if found := read(t, session, connector.Query{Model: hub.ModelLead, Limit: size}); len(found) != len(days) {
			t.Errorf("in pages of %d it reads %d leads of %d", size, len(found), len(days))
		}
	}
}

// TestRowsOfOneInstantThatGo reads customers who were all made at one instant, as by an import, while some of the first page go: none of the
// others is passed over.
func TestRowsOfOneInstantThatGo(t *testing.T) {
	const all, size, gone = 45, 10, 4
	asked := 0
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/customers") {
			write(w, map[string]any{"data": []any{}, "hasMore": false})
			return
		}
		first := 1
		if asked++; asked > 3 {
			first += gone
		}
		var number int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
		data := []any{}
		for n := first + (number-1)*size; n < min(first+number*size, all+1); n++ {
			data = append(data, map[string]any{"id": n, "name": "Ann", "active": true, "createdOn": "2026-01-02T00:00:00Z", "modifiedOn": "2026-01-02T00:00:00Z"})
		}
		write(w, map[string]any{"data": data, "hasMore": first+number*size <= all})
	})
	found := read(t, session, connector.Query{Model: hub.ModelAccount, Limit: size})
	for n := gone + 1; n <= all; n++ {
		if id := fmt.Sprint(n); found[id].ExternalID != id {
			t.Errorf("customer %d was passed over", n)
		}
	}
}

// TestListsThatTakeNoOrder reads lists whose pages can only be counted, by their numbers, each with the one before once more, also where
// their rows say when they were made, in whatever order.
func TestListsThatTakeNoOrder(t *testing.T) {
	for name, days := range map[string][]int{"in the order of creation": {1, 2, 3, 4}, "in none": {3, 1, 4, 2}} {
		var asked []int
		session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
			data, number := []any{}, 0
			_, _ = fmt.Sscan(r.URL.Query().Get("page"), &number)
			if strings.HasSuffix(r.URL.Path, "/technicians") {
				asked = append(asked, number)
				at := fmt.Sprintf("2026-01-%02dT00:00:00Z", days[number-1])
				data = append(data, map[string]any{"id": number, "name": "Ada", "active": true, "createdOn": at, "modifiedOn": at})
			}
			if q := r.URL.Query(); q.Has("sort") || q.Has("createdOnOrAfter") {
				t.Errorf("it asks for %v", q)
			}
			write(w, map[string]any{"data": data, "hasMore": len(data) > 0 && number < len(days)})
		})
		if found := read(t, session, connector.Query{Model: hub.ModelUser, Limit: 50}); len(found) != len(days) || !slices.Equal(asked, []int{1, 2, 1, 3, 2, 4, 3}) {
			t.Errorf("%s: of %d technicians %d were read from the pages %v", name, len(days), len(found), asked)
		}
	}
}

// TestUnreadableRowsOfSecondLists gives rows that cannot be read the ids that their records have, also from lists whose ids
// are of a kind of their own: they are there, and not gone.
func TestUnreadableRowsOfSecondLists(t *testing.T) {
	session := vendor(t, func(w http.ResponseWriter, _ *http.Request) {
		write(w, map[string]any{"data": []any{map[string]any{"id": 5, "name": map[string]any{}, "start": 7}}, "hasMore": false})
	})
	c := servicetitan.Connector{}
	for m, prefix := range map[hub.Model]string{hub.ModelUser: "employee:", hub.ModelEngagement: "nonjob:"} {
		page, err := c.Fetch(t.Context(), session, connector.Query{Model: m, Limit: 10})
		if err != nil || len(page.Rejected) != 2 || page.Rejected[0].ExternalID != "5" || page.Rejected[1].ExternalID != prefix+"5" {
			t.Errorf("%s: %+v, %v", m, page.Rejected, err)
		}
		found, err := c.Find(t.Context(), session, m, []string{prefix + "5"})
		if err != nil || len(found.Rejected) != 1 || found.Rejected[0].ExternalID != prefix+"5" {
			t.Errorf("%s by its id: %+v, %v", m, found.Rejected, err)
		}
	}
}

// TestTimesOfChangesThatCannotBeRead reads what nobody can tell of when it was made or changed: it comes.
func TestTimesOfChangesThatCannotBeRead(t *testing.T) {
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		rows := []any{}
		if strings.HasSuffix(r.URL.Path, "/customers") {
			rows = append(rows, map[string]any{"id": 5, "name": "Ada", "active": true, "createdOn": 1772355600, "modifiedOn": "yesterday"})
		}
		write(w, map[string]any{"data": rows, "hasMore": false})
	})
	page, err := servicetitan.Connector{}.Fetch(t.Context(), session, connector.Query{Model: hub.ModelAccount, Limit: 10, Since: time.Now()})
	if err != nil || len(page.Rejected) != 0 || len(page.Records) != 1 || page.Records[0].Name != "Ada" {
		t.Errorf("%v %+v, rejected %+v", err, page.Records, page.Rejected)
	}
}

// TestPlacesOfOlderVersions goes on where a run of an earlier version stopped.
func TestPlacesOfOlderVersions(t *testing.T) {
	_, session := standIn(t, simulator.Options{Records: 40})
	q := connector.Query{Model: hub.ModelOpportunity, Limit: 100, Next: "2010-01-01T00:00:10.000Z|1"}
	if found := read(t, session, q); len(found) != 30 {
		t.Errorf("%d jobs of 30 were read", len(found))
	}
}

// TestFind asks for records of each model by their ids, of both of its lists.
func TestFind(t *testing.T) {
	crm, session := standIn(t, simulator.Options{Records: 120})
	c := servicetitan.Connector{}
	for _, m := range c.Info().Models {
		want := map[string]hub.Record{}
		var ids []string
		for _, r := range crm.Records(m.Model) {
			want[r.ExternalID] = r
			ids = append(ids, r.ExternalID)
		}
		page, err := c.Find(t.Context(), session, m.Model, append(ids, "1999999999"))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			if w := want[r.ExternalID]; w.Hash() != r.Hash() {
				t.Errorf("%s: %+v is found as %+v", m.Model, w, r)
			}
			delete(want, r.ExternalID)
		}
		if len(want) > 0 {
			t.Errorf("%s: %d are not found", m.Model, len(want))
		}
	}
	gone := crm.Delete(hub.ModelLead, 1)[0]
	if page, err := c.Find(t.Context(), session, hub.ModelLead, []string{gone}); err != nil || len(page.Records) != 0 {
		t.Errorf("a lead that is gone is found as %v, %v", page.Records, err)
	}
}

// TestReassigned gives an appointment to another technician, which leaves the appointment as it is.
func TestReassigned(t *testing.T) {
	crm, session := standIn(t, simulator.Options{Records: 40})
	old := crm.Records(hub.ModelEngagementUser)[0]
	users := crm.Records(hub.ModelUser)
	before, _ := crm.Get(hub.ModelEngagement, old.Refs.Engagement)
	crm.Change(hub.ModelEngagementUser, old.ExternalID, func(r *hub.Record) { r.Deleted = true })
	made := crm.Insert(hub.ModelEngagementUser, 1)[0]
	crm.Change(hub.ModelEngagementUser, made, func(r *hub.Record) {
		r.Refs = hub.Refs{Engagement: old.Refs.Engagement, User: users[1].ExternalID}
	})
	row, _ := crm.Get(hub.ModelEngagementUser, old.ExternalID)
	found := read(t, session, connector.Query{Model: hub.ModelEngagementUser, Limit: 100, Since: row.ModifiedAt})
	if len(found) != 2 || !found[old.ExternalID].Deleted || found[made].Refs.User != users[1].ExternalID || found[made].Deleted {
		t.Errorf("it reads %+v", found)
	}
	if after, _ := crm.Get(hub.ModelEngagement, old.Refs.Engagement); !after.ModifiedAt.Equal(before.ModifiedAt) {
		t.Error("the appointment changed")
	}
}

// TestDeletedAppointments deletes an appointment, of which the next read tells.
func TestDeletedAppointments(t *testing.T) {
	crm, session := standIn(t, simulator.Options{Records: 40})
	gone := crm.Delete(hub.ModelEngagement, 1)[0]
	row, _ := crm.Get(hub.ModelEngagement, gone)
	found := read(t, session, connector.Query{Model: hub.ModelEngagement, Limit: 100, Since: row.ModifiedAt})
	if len(found) != 1 || !found[gone].Deleted {
		t.Errorf("it reads %+v", found)
	}
}

// TestWhatWasReadBeforeAFailureIsKept has the second of a model's lists fail, for as long as one likes: what the first one has comes,
// and the page after it meets the failure. Where the vendor asks to be left alone, that is told at once.
func TestWhatWasReadBeforeAFailureIsKept(t *testing.T) {
	wait := ""
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		for _, second := range []string{"/employees", "/contacts", "/estimates", "/non-job-appointments"} {
			if strings.HasSuffix(r.URL.Path, second) && !r.URL.Query().Has("customerIds") && !r.URL.Query().Has("ids") {
				w.Header().Set("Retry-After", wait)
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
		}
		data := []any{}
		if !strings.HasSuffix(r.URL.Path, "/contacts") {
			data = append(data, row(7))
		}
		write(w, map[string]any{"data": data, "hasMore": false})
	})
	c := servicetitan.Connector{}
	for _, m := range []hub.Model{hub.ModelUser, hub.ModelAccount, hub.ModelOpportunity, hub.ModelEngagement} {
		wait = ""
		q := connector.Query{Model: m, Limit: 10, Since: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
		page, err := c.Fetch(t.Context(), session, q)
		if err != nil || len(page.Records) != 1 || page.Records[0].ExternalID != "7" || !page.More {
			t.Errorf("%s: %+v %v", m, page, err)
			continue
		}
		q.Next = page.Next
		if again, err := c.Fetch(t.Context(), session, q); !connector.IsKind(err, connector.Temporary) {
			t.Errorf("the page of %s after it: %+v %v", m, again, err)
		}
		q.Next, wait = "", "7"
		if page, err := c.Fetch(t.Context(), session, q); !connector.AsksToWait(err) {
			t.Errorf("%s, of a vendor that asks to be left alone: %+v %v", m, page, err)
		}
	}
}
