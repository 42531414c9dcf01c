package merge_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/merge"
	"sirocco/hub"
	"sirocco/simulator"
)

// engagements are the ids of a page's records.
func engagements(page connector.Page) (ids []string) {
	for _, r := range page.Records {
		ids = append(ids, r.ExternalID)
	}
	return ids
}

// TestATaskIsNoAppointment holds what of a task goes where: it is due until a time, and takes none.
func TestATaskIsNoAppointment(t *testing.T) {
	v, s := newVendor(t)
	v.bodies["GET engagements"] = `{"next":null,"results":[{"id":"7","remote_id":"00U7"}]}`
	v.bodies["GET tasks"] = `{"next":null,"results":[
		{"id":"7","remote_id":"00T7","subject":"Call back","content":"About the gutters","owner":"u","account":"a","opportunity":"o","contact":"c","status":"CLOSED",
			"due_date":"2026-05-01T15:00:00Z","completed_date":"2026-05-01T14:00:00Z","task_url":"https://crm.example.com/00T7","modified_at":"2026-05-01T14:00:01Z"},
		{"id":"8","remote_was_deleted":true,"subject":null,"status":null,"due_date":null,"completed_date":null},
		{"id":"9","due_date":"tomorrow"},{"id":null,"subject":"Of nobody knows which"}]}`
	page, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelEngagement, Limit: 100})
	if err != nil || page.More || !slices.Equal(engagements(page), []string{"7", "task:7", "task:8"}) {
		t.Fatalf("%v, more %t, %v", engagements(page), page.More, err)
	}
	if len(page.Rejected) != 2 || page.Rejected[0].ExternalID != "task:9" || page.Rejected[1].ExternalID != "" {
		t.Errorf("rejected %+v", page.Rejected)
	}
	r := page.Records[1]
	if r.Name != "Call back" || r.Details.Content != "About the gutters" || r.Details.Status != "CLOSED" || r.Details.ClosedAt != "2026-05-01T14:00:00.000Z" ||
		r.ShownID() != "00T7" || r.Details.URL != "https://crm.example.com/00T7" || r.Refs != (hub.Refs{Account: "a", Contact: "c", Opportunity: "o", Owner: "u"}) {
		t.Errorf("%+v", r)
	}
	if !r.StartTime.IsZero() || !r.EndTime.Equal(time.Date(2026, 5, 1, 15, 0, 0, 0, time.UTC)) || hub.CountsAsAppointment(r.Details.ActivityType) || r.Details.ActivityType == "" {
		t.Errorf("from %s to %s, %q", r.StartTime, r.EndTime, r.Details.ActivityType)
	}
	if r := page.Records[2]; !r.Deleted || !r.EndTime.IsZero() || r.Details.ClosedAt != "" || r.Details.Status != "" {
		t.Errorf("%+v", r)
	}
}

// TestTasksComeAfterEngagements reads both lists to their ends, each up to its own sync's.
func TestTasksComeAfterEngagements(t *testing.T) {
	v, s := newVendor(t)
	v.statusf(`{"model_name":"Engagement","model_id":"crm.Engagement","status":"DONE","is_initial_sync":false,"last_sync_finished":"2026-03-01T10:00:00Z"},` +
		`{"model_name":"Task","model_id":"crm.Task","status":"DONE","is_initial_sync":false,"last_sync_finished":"2026-03-01T09:00:00Z"}`)
	q := connector.Query{Model: hub.ModelEngagement, Since: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), Limit: 100}
	tasks := 0
	for pages := 0; ; pages++ {
		page, err := merge.Connector{}.Fetch(t.Context(), s, q)
		if err != nil || pages > 10 {
			t.Fatal(pages, err)
		}
		if pages == 0 && page.AsOf.Hour() != 9 {
			t.Errorf("as of %s: a task that changed since is not there", page.AsOf)
		}
		for _, id := range engagements(page) {
			if strings.HasPrefix(id, "task:") {
				tasks++
			}
		}
		if !page.More {
			break
		}
		q.Next = page.Next
	}
	if want := len(v.Rows(simulator.Task)); tasks != want {
		t.Errorf("%d tasks of %d", tasks, want)
	}
	for path, before := range map[string]string{"engagements": "2026-03-01T10:00:00Z", "tasks": "2026-03-01T09:00:00Z"} {
		if asked := v.queries(path); len(asked) == 0 || asked[0].Get("modified_before") != before {
			t.Errorf("%s: it asked for %v", path, asked)
		}
	}
	// A full page of engagements ends before the tasks.
	v, s = newVendor(t)
	var rows []string
	for i := range 3 {
		rows = append(rows, fmt.Sprintf(`{"id":"%d"}`, 1+i))
	}
	v.bodies["GET engagements"] = `{"next":null,"results":[` + strings.Join(rows, ",") + `]}`
	first, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelEngagement, Limit: 3})
	if err != nil || !first.More || len(first.Records) != 3 {
		t.Fatalf("%d records, more %t, %v", len(first.Records), first.More, err)
	}
	second, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelEngagement, Limit: 3, Next: first.Next})
	if err != nil || len(second.Records) != 3 || !strings.HasPrefix(second.Records[0].ExternalID, "task:") || len(v.queries("engagements")) != 1 {
		t.Errorf("%v, %v", engagements(second), err)
	}
}

// TestRowsThatCannotBeReadFillAPage counts engagements that cannot be read to a page that is full: it ends before the tasks, as one does that
// has them all.
func TestRowsThatCannotBeReadFillAPage(t *testing.T) {
	for list, full := range map[string]bool{
		`{"id":"1"},{"id":"2","start_time":7},{"id":"3"}`:                true,
		`{"id":"1","start_time":7},{"id":"2","start_time":7},{"id":"3"}`: true,
		`{"id":"1"},{"id":"2","start_time":7}`:                           false,
	} {
		v, s := newVendor(t)
		v.bodies["GET engagements"] = `{"next":null,"results":[` + list + `]}`
		page, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelEngagement, Limit: 3})
		if asked := len(v.queries("tasks")); err != nil || !page.More || len(page.Rejected) == 0 || (asked == 0) != full {
			t.Errorf("%s: %v, %d rejected, more %t, tasks are asked for %d times: %v", list, engagements(page), len(page.Rejected), page.More, asked, err)
		}
	}
}

// TestWithoutTasks holds that engagements go on where the CRM behind has no tasks, or does not show them, and that nothing
// then says that a task is gone.
func TestWithoutTasks(t *testing.T) {
	for _, code := range []int{http.StatusNotFound, http.StatusForbidden} {
		v, s := newVendor(t)
		v.codes["tasks"], v.codes["tasks/x"] = code, code
		q := connector.Query{Model: hub.ModelEngagement, Limit: 100}
		page, err := merge.Connector{}.Fetch(t.Context(), s, q)
		if err != nil || len(page.Records) != 100 {
			t.Fatalf("%d: %d records, %v", code, len(page.Records), err)
		}
		q.Next = page.Next
		if page, err = (merge.Connector{}).Fetch(t.Context(), s, q); err != nil || page.More || len(page.Records) != 20 {
			t.Errorf("%d: %d records, more %t, %v", code, len(page.Records), page.More, err)
		}
		found, err := merge.Connector{}.Find(t.Context(), s, hub.ModelEngagement, []string{"task:x"})
		if err != nil || len(found.Records) != 0 || (len(found.Rejected) == 1) != (code == http.StatusForbidden) {
			t.Errorf("%d: %+v %v", code, found, err)
		}
	}
	// What fails otherwise is no end.
	v, s := newVendor(t)
	v.codes["tasks"] = http.StatusInternalServerError
	v.bodies["GET engagements"] = `{"next":null,"results":[]}`
	if page, err := (merge.Connector{}).Fetch(t.Context(), s, connector.Query{Model: hub.ModelEngagement, Limit: 100}); err == nil {
		t.Errorf("%+v", page)
	}
}

// TestHowASyncOfTasksStands holds how far one that does not end holds engagements back.
func TestHowASyncOfTasksStands(t *testing.T) {
	for name, c := range map[string]struct {
		status string
		year   int
		note   string
	}{
		"goes on for the first time": {`"status":"SYNCING","is_initial_sync":true`, 1970, "first sync of tasks"},
		"never worked":               {`"status":"FAILED","is_initial_sync":true`, 2026, "tasks"},
		"switched off":               {`"status":"DISABLED","is_initial_sync":false`, 2026, "tasks"},
		"is older":                   {`"status":"DONE","is_initial_sync":false,"last_sync_finished":"2025-12-01T10:00:00Z"`, 2025, ""},
	} {
		v, s := newVendor(t)
		v.statusf(`{"model_name":"Engagement","model_id":"crm.Engagement","status":"DONE","is_initial_sync":false,"last_sync_finished":"2026-03-01T10:00:00Z"},{"model_name":"Task","model_id":"crm.Task",%s}`, c.status)
		page, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelEngagement, Limit: 100})
		if err != nil || page.AsOf.Year() != c.year {
			t.Errorf("%s: as of %s, %v", name, page.AsOf, err)
		}
		if (page.Note == "") != (c.note == "") || !strings.Contains(page.Note, c.note) {
			t.Errorf("%s: it says %q", name, page.Note)
		}
	}
}

// TestATaskAlone asks for one task, and tries to set a field of it, which the vendor has nothing for.
func TestATaskAlone(t *testing.T) {
	v, s := newVendor(t)
	id := v.Rows(simulator.Task)[3]
	page, err := merge.Connector{}.Find(t.Context(), s, hub.ModelEngagement, []string{"task:" + id, "task:5a8d1f4e-4bb0-4f0e-9d0d-0000000fffff"})
	if err != nil || !slices.Equal(engagements(page), []string{"task:" + id}) || len(page.Rejected) > 0 {
		t.Errorf("%+v %v", page, err)
	}
	err = merge.Connector{}.SetFields(t.Context(), s, connector.Fields{Target: hub.ModelEngagement, ExternalID: "task:" + id, Values: map[string]any{"subject": "x"}})
	if !connector.IsKind(err, connector.Refused) || !strings.Contains(err.Error(), "task") {
		t.Error(err)
	}
}
