package companycam_test

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/companycam"
)

// vendor answers one project, with what belongs to it.
func vendor(project, users, labels string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := "[]"
		switch first := r.URL.Query().Get("page") == "1"; {
		case !first:
		case strings.HasSuffix(r.URL.Path, "/assigned_users"):
			body = users
		case strings.HasSuffix(r.URL.Path, "/labels"):
			body = labels
		default:
			body = "[" + project + "]"
		}
		answer(http.StatusOK, body).ServeHTTP(w, r)
	})
}

// read reads all records of a model and of what comes with it.
func read(t *testing.T, s *connector.Session, q connector.Query) ([]hub.Record, []connector.Rejected) {
	t.Helper()
	var all []hub.Record
	var rejected []connector.Rejected
	q.Limit = 100
	for {
		page, err := companycam.Connector{}.Fetch(t.Context(), s, q)
		if err != nil {
			t.Fatal(err)
		}
		all, rejected = append(all, page.Records...), append(rejected, page.Rejected...)
		if !page.More {
			return all, rejected
		}
		q.Next = page.Next
	}
}

func TestAProjectAndWhatBelongsToIt(t *testing.T) {
	s := session(t, vendor(
		`{"id":"10","name":"Roof","status":"active","archived":true,"creator_id":"3","creator_type":"User","project_url":"https://app.companycam.com/projects/10",
		"notepad":"Gate code 1","created_at":1700000000,"updated_at":1700000060,"address":{"street_address_1":"1 Oak St","street_address_2":"Unit 2","city":"Reno","state":null},
		"coordinates":{"lat":39.5,"lon":-119.8},"primary_contact":{"id":"77","project_id":"10","name":" Ann Lee ","email":"ann@example.com","phone_number":"+1 555 010 0100"}}`,
		`[{"id":"3","first_name":"Bo"},{"id":"4","first_name":"Cy"}]`, `[{"id":"1","display_value":"Hot lead","value":"hot lead"},{"id":"2","value":"storm"}]`))
	got, rejected := read(t, s, connector.Query{Model: hub.ModelOpportunity})
	archived, lat, lon := true, 39.5, -119.8
	want := []hub.Record{
		{
			Model: hub.ModelOpportunity, ExternalID: "10", ModifiedAt: time.Unix(1700000060, 0).UTC(), Name: "Roof", Refs: hub.Refs{Owner: "3", Contact: "contact:77"},
			Details: hub.Details{
				Archived: &archived, URL: "https://app.companycam.com/projects/10", Description: "Gate code 1", Labels: []string{"Hot lead", "storm"},
				CreatedAt: "2023-11-14T22:13:20.000Z", UpdatedAt: "2023-11-14T22:14:20.000Z", Latitude: &lat, Longitude: &lon,
				Addresses: []hub.Address{{Street: "1 Oak St Unit 2", City: "Reno"}},
			},
		},
		{
			Model: hub.ModelContact, ExternalID: "contact:77", Name: "Ann Lee", Refs: hub.Refs{Opportunity: "10"},
			Details: hub.Details{Email: "ann@example.com", Emails: []string{"ann@example.com"}, Phones: []string{"+1 555 010 0100"}},
		},
		{Model: hub.ModelOpportunityUser, ExternalID: "assigned:2:10:3", Refs: hub.Refs{Opportunity: "10", User: "3"}},
		{Model: hub.ModelOpportunityUser, ExternalID: "assigned:2:10:4", Refs: hub.Refs{Opportunity: "10", User: "4"}},
	}
	if len(rejected) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v\nrejected %+v", got, want, rejected)
	}
}

// TestWhatAProjectLacks holds that what the vendor does not know stays unknown.
func TestWhatAProjectLacks(t *testing.T) {
	for name, c := range map[string]struct {
		project string
		holds   func(hub.Record) bool
	}{
		"no name":                        {`{"id":"1","name":null,"address":{"street_address_1":"7 Elm St"}}`, func(r hub.Record) bool { return r.Name == "7 Elm St" }},
		"a blank name":                   {`{"id":"1","name":"  ","address":{"street_address_1":"7 Elm St","street_address_2":null}}`, func(r hub.Record) bool { return r.Name == "7 Elm St" }},
		"no address":                     {`{"id":"1","address":null}`, func(r hub.Record) bool { return r.Name == "" && r.Details.Addresses == nil }},
		"an empty address":               {`{"id":"1","address":{"city":null,"state":""}}`, func(r hub.Record) bool { return r.Details.Addresses == nil }},
		"0, 0":                           {`{"id":"1","coordinates":{"lat":0,"lon":0.0}}`, noPlace},
		"out of range":                   {`{"id":"1","coordinates":{"lat":2.9e38,"lon":10}}`, noPlace},
		"beyond the date":                {`{"id":"1","coordinates":{"lat":10,"lon":-180.5}}`, noPlace},
		"no coordinates":                 {`{"id":"1","coordinates":null}`, noPlace},
		"on the equator":                 {`{"id":"1","coordinates":{"lat":0,"lon":10}}`, func(r hub.Record) bool { return r.Details.Latitude != nil && *r.Details.Longitude == 10 }},
		"an empty contact":               {`{"id":"1","primary_contact":{"id":"5","name":"","email":null}}`, func(r hub.Record) bool { return r.Refs.Contact == "" }},
		"no contact":                     {`{"id":"1","primary_contact":null}`, func(r hub.Record) bool { return r.Refs.Contact == "" }},
		"a contact, no id":               {`{"id":"1","primary_contact":{"name":"Ann"}}`, func(r hub.Record) bool { return r.Refs.Contact == "contact-of-project:1" }},
		"made, as newer answers say it":  {`{"id":"1","created_at":"2026-03-01T09:00:00Z"}`, func(r hub.Record) bool { return r.Details.CreatedAt == "2026-03-01T09:00:00.000Z" }},
		"changed, in a text":             {`{"id":"1","updated_at":"1772355600"}`, func(r hub.Record) bool { return r.ModifiedAt.Unix() == 1772355600 }},
		"changed, with a fraction":       {`{"id":"1","updated_at":1772355600.75}`, func(r hub.Record) bool { return r.ModifiedAt.Unix() == 1772355600 }},
		"changed beyond the calendar":    {`{"id":"1","updated_at":1e21,"created_at":-5}`, neverChanged},
		"changed, and nobody knows when": {`{"id":"1","updated_at":"yesterday","created_at":{}}`, neverChanged},
		"archived or not":                {`{"id":"1"}`, func(r hub.Record) bool { return r.Details.Archived == nil && r.Details.CreatedAt == "" }},
		"made by a machine":              {`{"id":"1","creator_id":"9","creator_type":"Integration"}`, func(r hub.Record) bool { return r.Refs.Owner == "" }},
		"deleted":                        {`{"id":"1","status":"deleted","primary_contact":{"name":"Ann"}}`, func(r hub.Record) bool { return r.Deleted && r.Refs.Contact == "" }},
	} {
		got, rejected := read(t, session(t, vendor(c.project, "[]", "[]")), connector.Query{Model: hub.ModelOpportunity})
		if len(got) == 0 || len(rejected) > 0 || !c.holds(got[0]) {
			t.Errorf("%s: %+v, rejected %+v", name, got, rejected)
		}
	}
}

func neverChanged(r hub.Record) bool {
	return r.ModifiedAt.IsZero() && r.Details.CreatedAt == "" && r.Details.UpdatedAt == ""
}

func noPlace(r hub.Record) bool { return r.Details.Latitude == nil && r.Details.Longitude == nil }

// TestOnlyWhatChangedCostsRequests has the hub know what belongs to the projects: it is read again of those alone that
// changed, and once a week of each.
func TestOnlyWhatChangedCostsRequests(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 70}, ValidateEvery: 10}))
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	belongings := func() int {
		n := 0
		for path, count := range crm.Requests() {
			if strings.HasSuffix(path, "/assigned_users") || strings.HasSuffix(path, "/labels") {
				n += count
			}
		}
		return n
	}
	held, _ := read(t, s, connector.Query{Model: hub.ModelOpportunity})
	if belongings() < 140 {
		t.Fatalf("what belongs to 70 projects took %d requests", belongings())
	}
	q := connector.Query{Model: hub.ModelOpportunity, Kept: func(_ context.Context, ids []string) ([]hub.Record, error) {
		if len(ids) == 0 {
			t.Error("it asks for nothing")
		}
		return held, nil
	}}
	total := 0
	for range 7 {
		before := belongings()
		again, _ := read(t, s, q)
		if !reflect.DeepEqual(again, held) {
			t.Fatal("read again, they are others")
		}
		read := belongings() - before
		if total += read; read > 100 {
			t.Errorf("with nothing changed what belongs to them took %d requests", read)
		}
		now = now.Add(24 * time.Hour)
	}
	if total < 140 {
		t.Errorf("in a week what belongs to 70 projects took %d requests", total)
	}
	// One whose users were not told keeps those that it had.
	changed := crm.Update(hub.ModelOpportunity, 1)[0]
	crm.Faults.Always(simulator.Fault{Kind: simulator.Forbidden, Match: changed + "/"})
	again, rejected := read(t, s, q)
	if len(rejected) > 0 || usersOf(again, changed) != usersOf(held, changed) {
		t.Errorf("%d users became %d; rejected %+v", usersOf(held, changed), usersOf(again, changed), rejected)
	}
}

// TestWhatWasReadBeforeAFailureIsKept has the labels of one project fail: the projects before it come all the same, and the page
// after them begins with it. Where the CRM asks to be left alone, that is told at once.
func TestWhatWasReadBeforeAFailureIsKept(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 70}}))
	rows := crm.Records(hub.ModelOpportunity)
	slices.Reverse(rows) // the newest come first
	q := connector.Query{Model: hub.ModelOpportunity, Limit: 1000}
	failing := rows[2].ExternalID
	crm.Faults.Always(simulator.Fault{Kind: simulator.ServerError, Match: failing + "/labels"})
	page, err := companycam.Connector{}.Fetch(t.Context(), s, q)
	if err != nil || !page.More || !slices.Equal(idsOf(page, hub.ModelOpportunity), []string{rows[0].ExternalID, rows[1].ExternalID}) {
		t.Fatalf("before the one that fails: %v %v", idsOf(page, hub.ModelOpportunity), err)
	}
	q.Next = page.Next
	if again, err := (companycam.Connector{}).Fetch(t.Context(), s, q); !connector.IsKind(err, connector.Temporary) {
		t.Errorf("the page after them: %v %v", idsOf(again, hub.ModelOpportunity), err)
	}
	q.Tries = 2 // asked for again and again, it comes without them, and the list goes on
	after, err := companycam.Connector{}.Fetch(t.Context(), s, q)
	if ids := idsOf(after, hub.ModelOpportunity); err != nil || !after.More || len(ids) < 3 || ids[0] != failing || ids[1] != rows[3].ExternalID {
		t.Errorf("asked for the third time: %v %v", ids, err)
	}
	if len(after.Rejected) != 1 || after.Rejected[0].ExternalID != failing || usersOf(after.Records, failing) != usersOf(crm.Records(hub.ModelOpportunityUser), failing) {
		t.Errorf("%d users, rejected %+v", usersOf(after.Records, failing), after.Rejected)
	}
	crm.Faults.Stop()
	if next, err := (companycam.Connector{}).Fetch(t.Context(), s, q); err != nil || len(next.Rejected) > 0 || idsOf(next, hub.ModelOpportunity)[0] != failing {
		t.Errorf("when it fails no longer: %v %v", idsOf(next, hub.ModelOpportunity), err)
	}
	for _, lasting := range []simulator.Fault{{Kind: simulator.Unauthorized}, {Kind: simulator.RateLimited}} {
		lasting.Match = failing + "/"
		crm.Faults.Always(lasting)
		if _, err := (companycam.Connector{}).Fetch(t.Context(), s, q); err == nil {
			t.Errorf("%s is taken for one project's", lasting.Kind)
		}
		crm.Faults.Stop()
	}
	crm.Faults.Always(simulator.Fault{Kind: simulator.Unavailable, RetryAfter: "7", Match: failing + "/labels"})
	if _, err := (companycam.Connector{}).Fetch(t.Context(), s, q); !connector.AsksToWait(err) {
		t.Errorf("asked for the third time, it is not told that the CRM asks to be left alone: %v", err)
	}
	q.Next, q.Tries = "", 0
	if _, err := (companycam.Connector{}).Fetch(t.Context(), s, q); !connector.AsksToWait(err) {
		t.Errorf("it is not told that the CRM asks to be left alone: %v", err)
	}
}

func idsOf(page connector.Page, m hub.Model) []string {
	var ids []string
	for _, r := range page.Records {
		if r.Model == m {
			ids = append(ids, r.ExternalID)
		}
	}
	return ids
}

func usersOf(records []hub.Record, project string) int {
	n := 0
	for _, r := range records {
		if r.Model == hub.ModelOpportunityUser && r.Refs.Opportunity == project {
			n++
		}
	}
	return n
}

func TestFindProjects(t *testing.T) {
	crm, s := standIn(t, simulated.New(simulator.Options{Counts: map[hub.Model]int{hub.ModelOpportunity: 20}}))
	merged, into := crm.Merge(hub.ModelOpportunity)
	page, err := companycam.Connector{}.Find(t.Context(), s, hub.ModelOpportunity, []string{merged, into})
	if err != nil || len(page.Rejected) > 0 || len(page.Records) == 0 || page.Records[0].ExternalID != into {
		t.Fatalf("%+v %v", page, err)
	}
	wanted := 0
	for _, m := range []hub.Model{hub.ModelOpportunity, hub.ModelContact, hub.ModelOpportunityUser} {
		for _, r := range crm.Records(m) {
			if r.ExternalID == into || r.Refs.Opportunity == into {
				wanted++
			}
		}
	}
	if len(page.Records) != wanted {
		t.Errorf("it came with %d records, not %d", len(page.Records), wanted)
	}
}
