package servicetitan_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sirocco/connector"
	"sirocco/connector/servicetitan"
	"sirocco/hub"
	"sirocco/simulator"
)

// one reads the one record of a model whose lists answer as given, by the end of their paths.
func one(t *testing.T, m hub.Model, lists map[string][]any) hub.Record {
	t.Helper()
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		data := []any{}
		for path, rows := range lists {
			if strings.HasSuffix(r.URL.Path, "/"+path) && rows != nil {
				data = rows
			}
		}
		write(w, map[string]any{"data": data, "hasMore": false})
	})
	page, err := servicetitan.Connector{}.Fetch(t.Context(), session, connector.Query{Model: m, Limit: 10})
	if err != nil || len(page.Records) != 1 {
		t.Fatalf("%+v %v", page, err)
	}
	return page.Records[0]
}

// TestOutcomes says of jobs and their estimates what became of them.
func TestOutcomes(t *testing.T) {
	offer := func(id int, status string, subtotal float64, by any) map[string]any {
		return map[string]any{"id": id, "jobId": 1, "active": true, "status": map[string]any{"value": 0, "name": status}, "subtotal": subtotal, "soldBy": by, "soldOn": "2026-01-0" + string(rune('0'+id)) + "T00:00:00Z"}
	}
	removed := offer(2, "Sold", 5000, 9)
	removed["active"] = false
	ofAnother := offer(1, "Sold", 5000, 9)
	ofAnother["jobId"] = 2
	for name, test := range map[string]struct {
		status      string
		total       any
		offers      []any
		disposition string
		amount      float64 // 0 is none
		owner       string
	}{
		"planned":                        {"Scheduled", 0, nil, "OPEN", 0, "7"},
		"done, nothing known":            {"Completed", 0, nil, "", 0, "7"},
		"done, no total":                 {"Completed", nil, nil, "", 0, "7"},
		"done and billed":                {"Completed", 350.5, nil, "", 350.5, "7"},
		"done, still offered":            {"Completed", 0, []any{offer(1, "Open", 900, nil)}, "OPEN", 0, "7"},
		"done, dismissed":                {"Completed", 0, []any{offer(1, "Dismissed", 900, nil)}, "LOST", 0, "7"},
		"done, sold":                     {"Completed", 0, []any{offer(1, "Sold", 900, 8), offer(2, "Open", 100, nil)}, "WON", 900, "8"},
		"sold before it is done":         {"InProgress", 100, []any{offer(1, "Sold", 900, nil)}, "WON", 900, "7"},
		"two sold, the later by another": {"Completed", 0, []any{offer(2, "Sold", 50, 8), offer(1, "Sold", 900, 9)}, "WON", 950, "8"},
		"sold, taken back":               {"Completed", 0, []any{removed}, "", 0, "7"},
		"sold, but of another job":       {"Completed", 0, []any{ofAnother}, "", 0, "7"},
		"not done, sold by another job":  {"Scheduled", 0, []any{ofAnother}, "OPEN", 0, "7"},
		"done, an estimate not read":     {"Completed", 0, []any{offer(1, "Dismissed", 900, nil), map[string]any{"id": 2, "jobId": "?"}}, "", 0, "7"},
		"called off":                     {"Canceled", 0, []any{offer(1, "Sold", 900, 8)}, "LOST", 900, "8"},
	} {
		ids := []int{}
		for i := range test.offers {
			ids = append(ids, i+1)
		}
		job := map[string]any{"id": 1, "jobStatus": test.status, "total": test.total, "soldById": 7, "estimateIds": ids, "summary": "x"}
		r := one(t, hub.ModelOpportunity, map[string][]any{"jobs": {job}, "estimates": test.offers})
		amount := 0.0
		if r.Details.Amount != nil {
			amount = *r.Details.Amount
		}
		if r.Details.Disposition != test.disposition || amount != test.amount || r.Refs.Owner != test.owner || r.Details.Amount != nil && amount == 0 {
			t.Errorf("%s: %q, %v, by %q", name, r.Details.Disposition, amount, r.Refs.Owner)
		}
	}
}

// TestSellers tells an employee who sold from a technician.
func TestSellers(t *testing.T) {
	for name, test := range map[string]struct {
		technicians, employees []any
		owner                  string
	}{
		"a technician": {[]any{map[string]any{"id": 7}}, nil, "7"},
		"an employee":  {nil, []any{map[string]any{"id": 7}}, "employee:7"},
		"nobody known": {nil, nil, "7"},
	} {
		job := map[string]any{"id": 1, "jobStatus": "Scheduled", "soldById": 7}
		r := one(t, hub.ModelOpportunity, map[string][]any{"jobs": {job}, "technicians": test.technicians, "employees": test.employees})
		if r.Refs.Owner != test.owner {
			t.Errorf("%s: %q", name, r.Refs.Owner)
		}
	}
}

// TestPlaces takes the place of a job from its location, and none from what is no place or from the address for bills.
func TestPlaces(t *testing.T) {
	for name, test := range map[string]struct {
		latitude, longitude any
		known               bool
	}{
		"a place": {40.5, -80.25, true}, "nowhere": {0, 0, false}, "null": {nil, nil, false}, "one half": {40.5, nil, false}, "beyond": {2.9e38, 1, false},
	} {
		at := map[string]any{"street": "1 Oak St", "unit": "B", "city": "Reno", "state": "NV", "zip": "1", "country": "US", "latitude": test.latitude, "longitude": test.longitude}
		r := one(t, hub.ModelOpportunity, map[string][]any{
			"jobs": {map[string]any{"id": 1, "locationId": 5, "jobStatus": "Scheduled"}}, "locations": {map[string]any{"id": 5, "address": at}},
		})
		if (r.Details.Latitude != nil && *r.Details.Latitude == 40.5) != test.known || (r.Details.Longitude != nil) != test.known || r.Details.Addresses[0].Street != "1 Oak St B" {
			t.Errorf("%s: %+v", name, r.Details)
		}
		c := one(t, hub.ModelAccount, map[string][]any{"customers": {map[string]any{"id": 1, "active": true, "name": "Ann", "address": at}}})
		if c.Details.Latitude != nil || c.Details.Addresses[0].City != "Reno" {
			t.Errorf("%s: the customer has %+v", name, c.Details)
		}
	}
}

// TestChangesBeside changes an estimate, a location and a contact whose job and customer stay as they are.
func TestChangesBeside(t *testing.T) {
	crm, session := standIn(t, simulator.Options{Records: 40})
	all := read(t, session, connector.Query{Model: hub.ModelOpportunity, Limit: 100})
	var job hub.Record
	for _, r := range crm.Records(hub.ModelOpportunity) {
		if r.Details.Disposition == "OPEN" {
			job = r
		}
	}
	estimate := func(r hub.Record) string {
		for _, id := range crm.Rows(simulator.Estimate) {
			if row, _ := crm.Get(simulator.Estimate, id); row.Refs.Opportunity == r.ExternalID {
				return id
			}
		}
		t.Fatal("there is no estimate")
		return ""
	}
	crm.Change(simulator.Estimate, estimate(job), func(r *hub.Record) { r.Details.Disposition = "WON" })
	now, _ := crm.Get(simulator.Estimate, estimate(job))
	found := read(t, session, connector.Query{Model: hub.ModelOpportunity, Limit: 100, Since: now.ModifiedAt})
	if r := found[job.ExternalID]; len(found) != 1 || r.Details.Disposition != "WON" || all[job.ExternalID].Details.Disposition != "OPEN" {
		t.Errorf("after the sale it reads %+v", found)
	}
	place := crm.Rows(simulator.Location)[3]
	x, y := 12.5, 13.5
	crm.Change(simulator.Location, place, func(r *hub.Record) { r.Details.Latitude, r.Details.Longitude = &x, &y })
	moved, _ := crm.Get(simulator.Location, place)
	q := connector.Query{Model: hub.ModelOpportunity, Limit: 100, Since: moved.ModifiedAt}
	want := 0
	for _, r := range crm.Records(hub.ModelOpportunity) {
		if r.Details.Latitude != nil && *r.Details.Latitude == x {
			want++
		}
	}
	if found := read(t, session, q); len(found) != want || want == 0 {
		t.Errorf("after the place was mended %d jobs are read, of %d", len(found), want)
	}
	if found := read(t, session, connector.Query{Model: hub.ModelOpportunity, Limit: 100, Since: moved.ModifiedAt.Add(time.Second)}); len(found) != 0 {
		t.Errorf("with nothing new %d jobs are read", len(found))
	}
}

// TestALead reads one with all that is told of it, and one of which nothing is.
func TestALead(t *testing.T) {
	for name, test := range map[string]struct {
		lead map[string]any
		want hub.Record
	}{
		"all of it": {map[string]any{
			"id": 7, "status": "Dismissed", "customerId": 8, "summary": "<p>A new<br>roof</p>", "leadCustomerName": "Ann", "leadPhone": "555-0100", "leadEmail": "ann@example.com",
			"leadStreet": "1 Oak St", "leadUnit": "B", "leadCity": "Reno", "leadState": "NV", "leadZip": "1", "leadCountry": "US", "createdOn": "2026-01-02T00:00:00Z", "modifiedOn": "2026-01-03T00:00:00Z",
		}, hub.Record{
			Model: hub.ModelLead, ExternalID: "7", Name: "A new roof", ModifiedAt: time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC), Refs: hub.Refs{Account: "8"},
			Details: hub.Details{
				Disposition: "LOST", Addresses: []hub.Address{{Street: "1 Oak St B", City: "Reno", State: "NV", Zip: "1", Country: "US"}}, Email: "ann@example.com", Emails: []string{"ann@example.com"},
				Phones: []string{"555-0100"}, CreatedAt: "2026-01-02T00:00:00.000Z", UpdatedAt: "2026-01-03T00:00:00.000Z",
			},
		}},
		"its name alone": {map[string]any{"id": 7, "status": "Converted", "leadCustomerName": "Ann"}, hub.Record{Model: hub.ModelLead, ExternalID: "7", Name: "Ann"}},
		"nothing":        {map[string]any{"id": 7}, hub.Record{Model: hub.ModelLead, ExternalID: "7"}},
	} {
		if diff := cmp.Diff(test.want, one(t, hub.ModelLead, map[string][]any{"leads": {test.lead}})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestWhatIsAskedBeforeANote asks for a record alone, for an appointment with who goes and what it is about, and for an event without.
func TestWhatIsAskedBeforeANote(t *testing.T) {
	for _, test := range []struct {
		of       hub.RecordRef
		asked    []string
		records  []string
		children []hub.Model
	}{
		{hub.RecordRef{Model: hub.ModelLead, ExternalID: "7"}, []string{"leads"}, []string{"LEAD 7"}, nil},
		{hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: "7"}, []string{"jobs"}, []string{"OPPORTUNITY 7"}, nil},
		{hub.RecordRef{Model: hub.ModelEngagement, ExternalID: "nonjob:7"}, []string{"non-job-appointments"}, []string{"ENGAGEMENT nonjob:7"}, nil},
		{hub.RecordRef{Model: hub.ModelEngagement, ExternalID: "7"}, []string{"appointments", "appointment-assignments", "jobs"}, []string{"ENGAGEMENT 7", "OPPORTUNITY 9", "ENGAGEMENT_USER 11"}, []hub.Model{hub.ModelEngagementUser}},
		{hub.RecordRef{Model: hub.ModelEngagement, ExternalID: "8"}, []string{"appointments"}, nil, nil},
	} {
		var asked []string
		session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
			list := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
			asked = append(asked, list)
			data := []any{}
			for id, row := range map[string]map[string]any{
				"leads 7": {"id": 7}, "jobs 7": {"id": 7, "jobStatus": "Scheduled"}, "jobs 9": {"id": 9, "jobStatus": "Scheduled"},
				"non-job-appointments 7":    {"id": 7, "technicianId": 3, "name": "Lunch", "start": "2026-01-02T12:00:00Z", "duration": "01:00:00", "active": true},
				"appointments 7":            {"id": 7, "jobId": 9, "start": "2026-01-02T00:00:00Z", "end": "2026-01-02T01:00:00Z", "status": "Scheduled"},
				"appointment-assignments 7": {"id": 11, "appointmentId": 7, "technicianId": 3, "active": true},
			} {
				if q := r.URL.Query(); id == list+" "+q.Get("ids")+q.Get("appointmentIds") {
					data = append(data, row)
				}
			}
			write(w, map[string]any{"data": data, "hasMore": false})
		})
		found, err := servicetitan.Connector{}.Confirm(t.Context(), session, test.of)
		var records []string
		for _, r := range found.Records {
			records = append(records, string(r.Model)+" "+r.ExternalID)
		}
		if err != nil || !slices.Equal(asked, test.asked) || !slices.Equal(records, test.records) || !slices.Equal(found.Children, test.children) {
			t.Errorf("%s %s: asked for %q, found %q with %v: %v", test.of.Model, test.of.ExternalID, asked, records, found.Children, err)
		}
	}
}
