package spotio_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/spotio"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/spotio"
)

// wide is a stand-in whose activities take place within years, with many of them.
func wide(t *testing.T) (*simulator.Server, *connector.Session) {
	t.Helper()
	return standIn(t, simulated.NewWide(simulator.Options{Seed: 3, Records: 600, ValidateEvery: 10}))
}

// TestAWholeReadingHasAllDays reads what takes place at any time, ghosts included, and tells of each item that is none.
func TestAWholeReadingHasAllDays(t *testing.T) {
	crm, s := wide(t)
	passed := 0
	held := pass(t, s, hub.ModelEngagement, time.Time{}, func(p connector.Page) { passed += len(p.Passed) })
	for _, problem := range simulator.Diff(crm.Records(hub.ModelEngagement), all(held)) {
		t.Error(problem)
	}
	if visits := len(crm.Rows(hub.ModelEngagement)) - len(held); passed != visits || visits == 0 {
		t.Errorf("%d items were passed, %d are no appointments", passed, visits)
	}
}

// TestAnIncrementHasWhatIsAround holds which days are read: those around now, and from an earlier time on where that is asked for.
func TestAnIncrementHasWhatIsAround(t *testing.T) {
	crm, s := wide(t)
	now := time.Now()
	for _, since := range []time.Time{now.Add(-time.Hour), now.AddDate(0, 0, -14), now.AddDate(-1, 0, 0), time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		from, until := now.AddDate(0, 0, -14), now.AddDate(0, 0, 90)
		if since.Before(from) {
			from = since
		}
		got := pass(t, s, hub.ModelEngagement, since, nil)
		for _, r := range crm.Records(hub.ModelEngagement) {
			if _, there := got[r.ExternalID]; !there && !r.StartTime.Before(from) && r.StartTime.Before(until) {
				t.Errorf("since %s: the appointment at %s did not come", since, r.StartTime)
			}
		}
		for _, r := range got {
			if r.StartTime.Before(from.AddDate(0, 0, -2)) || r.StartTime.After(until.AddDate(0, 0, 2)) {
				t.Errorf("since %s: the appointment at %s came", since, r.StartTime)
			}
		}
	}
}

// TestAnAgedScrollBeginsItsSliceAgain lets so much time pass between the pages that no scroll can be gone on with: all comes.
func TestAnAgedScrollBeginsItsSliceAgain(t *testing.T) {
	crm, s := wide(t)
	pages := 0
	held := pass(t, s, hub.ModelEngagement, time.Time{}, func(p connector.Page) {
		if pages++; pages%2 == 1 { // a page in the middle of a slice would else be begun again for ever
			crm.SetClockOffset(time.Duration(pages) * 10 * time.Minute)
		}
	})
	for _, problem := range simulator.Diff(crm.Records(hub.ModelEngagement), all(held)) {
		t.Error(problem)
	}
	if pages < 5 {
		t.Errorf("it took %d pages", pages)
	}
}

// TestAnAgedScrollOfLeads holds that the engine is told to begin anew, also by a vendor that has a problem with what is old.
func TestAnAgedScrollOfLeads(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Records: 300, ValidateEvery: 10}))
	q := connector.Query{Model: hub.ModelLead, Limit: 40}
	page, err := spotio.Connector{}.Fetch(t.Context(), s, q)
	if err != nil || !page.More {
		t.Fatalf("%v, more: %t", err, page.More)
	}
	q.Next = page.Next
	for _, test := range []struct {
		later time.Duration
		fault simulator.Fault
		kind  connector.Kind
	}{
		{0, simulator.Fault{Kind: simulator.ServerError}, connector.Temporary},
		{11 * time.Minute, simulator.Fault{Kind: simulator.ServerError}, connector.Refused},
		{11 * time.Minute, simulator.Fault{Kind: simulator.Unavailable}, connector.Temporary},
	} {
		test.fault.Match = "/Exports/"
		crm.Faults.Always(test.fault)
		s.Now = func() time.Time { return time.Now().Add(test.later) }
		if _, err := (spotio.Connector{}).Fetch(t.Context(), s, q); !connector.IsKind(err, test.kind) {
			t.Errorf("%s after %s is taken for %v", test.fault.Kind, test.later, err)
		}
	}
	crm.Faults.Stop()
	crm.SetClockOffset(10 * time.Minute)
	if _, err := (spotio.Connector{}).Fetch(t.Context(), s, q); !connector.IsKind(err, connector.Refused) {
		t.Errorf("what is too old is taken for %v", err)
	}
}

// TestAnAppointmentIsFoundAsTheFeedHasIt asks for activities by id: those that are there, gone, and no appointments.
func TestAnAppointmentIsFoundAsTheFeedHasIt(t *testing.T) {
	crm, s := wide(t)
	want := map[string]hub.Record{}
	var ids []string
	for _, r := range crm.Records(hub.ModelEngagement)[:40] {
		ids = append(ids, r.ExternalID)
		if !r.Deleted {
			want[r.ExternalID] = r
		}
	}
	gone := crm.Records(hub.ModelEngagement)[0].ExternalID
	crm.Change(hub.ModelEngagement, gone, func(r *hub.Record) { r.Deleted = true })
	delete(want, gone)
	visit := simulator.ObjectID(hub.ModelEngagement, 4)
	page, err := spotio.Connector{}.Find(t.Context(), s, hub.ModelEngagement, append(ids, visit))
	if err != nil || len(page.Rejected) > 0 {
		t.Fatalf("%v %+v", err, page.Rejected)
	}
	for _, r := range page.Records {
		if w, there := want[r.ExternalID]; !r.Deleted && (!there || w.Hash() != r.Hash()) {
			t.Errorf("%+v, not %+v", r, w)
		}
		delete(want, r.ExternalID)
	}
	if len(want) > 0 {
		t.Errorf("%d were not found", len(want))
	}
}

// TestAListThatIgnoresIDs says nothing of the users who are missing.
func TestAListThatIgnoresIDs(t *testing.T) {
	s := session(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"items":[{"id":"7","firstName":"Ada"}],"scrollId":null}`)
	}))
	if _, err := (spotio.Connector{}).Find(t.Context(), s, hub.ModelUser, []string{"8"}); !connector.IsKind(err, connector.Refused) {
		t.Errorf("it answers %v", err)
	}
}

// TestATemplateThatIsNotListed says nothing of what an activity is: one that the hub has as an appointment is there and cannot
// be read, others are passed. A template without an id is no list of templates at all.
func TestATemplateThatIsNotListed(t *testing.T) {
	templates := `[{"id":"1","name":"Appointment","systemRole":"Appointment"}]`
	s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const item = `{"id":"a","activityTemplateId":"9","date":"2026-05-01T10:00:00Z"}`
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/api/workflow/activityTemplates":
			_, _ = fmt.Fprint(w, templates)
		case r.URL.Path == "/api/v2/activities/a":
			_, _ = fmt.Fprint(w, item)
		default:
			_, _ = fmt.Fprint(w, `{"items":[`+item+`,{"id":"b","activityTemplateId":"9"},{},null],"scrollId":null}`)
		}
	}))
	q := connector.Query{Model: hub.ModelEngagement, Since: time.Now(), Limit: 100, Kept: func(_ context.Context, ids []string) ([]hub.Record, error) {
		return []hub.Record{{Model: hub.ModelEngagement, ExternalID: ids[0]}}, nil
	}}
	page, err := spotio.Connector{}.Fetch(t.Context(), s, q)
	if err != nil || len(page.Passed) != 2 || len(page.Records) != 0 || len(page.Rejected) != 3 || page.Rejected[0].ExternalID+page.Rejected[1].ExternalID != "" || page.Rejected[2].ExternalID != "a" {
		t.Errorf("%+v %v", page, err)
	}
	if found, err := (spotio.Connector{}).Find(t.Context(), s, hub.ModelEngagement, []string{"a"}); err != nil || len(found.Rejected) != 1 || found.Rejected[0].ExternalID != "a" {
		t.Errorf("by its id: %+v %v", found, err)
	}
	templates = `[{"id":null,"name":"Appointment","systemRole":"Appointment"}]`
	if page, err := (spotio.Connector{}).Fetch(t.Context(), s, q); !connector.IsKind(err, connector.Malformed) {
		t.Errorf("without an id: %+v %v", page, err)
	}
}

// TestAnAppointmentThatLosesItsDate is something else as soon as it is listed so; one whose date is left out, or cannot be read, is not.
func TestAnAppointmentThatLosesItsDate(t *testing.T) {
	s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/api/workflow/activityTemplates" {
			_, _ = fmt.Fprint(w, `[{"id":"1","name":"Appointment","systemRole":"Appointment"}]`)
			return
		}
		_, _ = fmt.Fprint(w, `{"items":[{"id":"null","activityTemplateId":"1","date":null},{"id":"none","activityTemplateId":"1"},
			{"id":"odd","activityTemplateId":"1","date":{}},{"id":"there","activityTemplateId":"1","date":"2026-05-01T10:00:00Z"}],"scrollId":null}`)
	}))
	page, err := spotio.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelEngagement, Since: time.Now(), Limit: 100})
	if err != nil || fmt.Sprint(page.Passed, page.Others) != "[null] [null]" || len(page.Records) != 2 || len(page.Rejected) != 1 || page.Rejected[0].ExternalID != "odd" {
		t.Errorf("%+v %v", page, err)
	}
}
