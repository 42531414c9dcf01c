package leadperfection_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/leadperfection"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/leadperfection"
)

// session is a session with a handler that stands for the vendor.
func session(t *testing.T, h http.Handler) *connector.Session {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &connector.Session{HTTP: server.Client(), Now: time.Now, Token: "token", Values: map[string]string{
		"clientId": "acme", "username": "api-user-of-the-simulator", "password": "password-of-the-simulator", "appKey": "app-key-of-the-simulator",
		"timeZone": "America/New_York", "baseURL": server.URL,
	}}
}

// standIn is the stand-in with a session at it, which must not be asked what is not known of the vendor.
func standIn(t *testing.T, crm *simulator.Server) *connector.Session {
	t.Helper()
	t.Cleanup(func() {
		for _, v := range crm.Violations() {
			t.Error(v)
		}
	})
	s := session(t, crm)
	token, err := leadperfection.Connector{}.Authorize(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	s.Token = token.Value
	return s
}

// answers are what is answered to each path.
func answers(of map[string]string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		text, ok := of[r.URL.Path]
		switch {
		case !ok:
			text = `[]`
		case r.PostFormValue("StartIndex") != "" && r.PostFormValue("StartIndex") != "1":
			text = `[]`
		}
		_, _ = fmt.Fprint(w, text)
	})
}

const (
	leadPath = "/api/Customers/GetLead"
	repsPath = "/api/SalesApi/ListSalesReps"
)

// fetched reads the first page of the accounts, as an answer has them.
func fetched(t *testing.T, s *connector.Session) (connector.Page, error) {
	t.Helper()
	return leadperfection.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelAccount, Since: time.Now(), Limit: 50})
}

// TestKeysOfAnyCase reads one customer, with all that may be inside it, whatever the case of the keys, the name of an id, and
// what holds the list.
func TestKeysOfAnyCase(t *testing.T) {
	small := `{"cst_id":7,"firstname":"Ada","lastname":"Abbott","phone1":"555-0100","altphones":[{"phone":"555-0101"}],"address1":"1 Oak St","city":"Albany","state":"NY","zip":"12207",
		"leads":[{"id":70,"disposition":"Set","apptset":true,"apptdate":"2026-12-01T10:00:00","sold":true,"gsa":12500.5,"salesrepname":"Quinn Jensen","source":"Web","entrydate":"2026-11-01T09:00:00","lastchangedon":"2026-11-20T09:00:00",
		"appointments":[{"ils_id":5,"apptdate":"2026-12-09T10:00:00"},{"ils_id":6,"apptdate":"2026-12-01T10:00:00"},{"apptdate":"2026-12-10T10:00:00"}],
		"jobs":[{"id":700,"jobstatus":"Open","grossamount":"$12,500.50","salesrepname":"Jensen, Quinn","lastchangedon":"11/21/2026 9:00:00 AM"}]}]}`
	large := strings.NewReplacer("cst_id", "ProspectID", `"id":70,`, `"LeadID":"70",`, `"id":700`, `"JOB_ID":"700"`, "firstname", "FirstName", "lastname", "LASTNAME", "leads", "Leads",
		"apptdate", "ApptDate", "sold\":true", "SOLD\":\"True\"", "salesrepname", "SalesRepName", "lastchangedon", "LastChangedOn", "phone1", "Phone1", "jobs", "Jobs").Replace(small)
	for _, text := range []string{"[" + small + "]", "[" + large + "]", `{"data":[` + small + `]}`, `{"Results":[` + large + `]}`, `{"items":[` + small + `]}`, `{"leads":[` + small + `]}`, small} {
		page, err := fetched(t, session(t, answers(map[string]string{leadPath: text, repsPath: `[{"SlrID":3,"Name":"QUINN  JENSEN"},{"SlrID":4,"Name":"Noor Ito"}]`})))
		if err != nil || len(page.Rejected) > 0 || len(page.Records) != 5 {
			t.Fatalf("%s\n%+v %v", text, page, err)
		}
		by := map[string]hub.Record{}
		for _, r := range page.Records {
			by[string(r.Model)+" "+r.ExternalID] = r
		}
		account, lead, visit, later, job := by["ACCOUNT 7"], by["LEAD 70"], by["ENGAGEMENT 70"], by["ENGAGEMENT issued:5"], by["OPPORTUNITY 700"]
		if account.Name != "Ada Abbott" || !slices.Equal(account.Details.Phones, []string{"555-0100", "555-0101"}) || account.Details.Addresses[0].Zip != "12207" {
			t.Errorf("%+v", account)
		}
		if lead.Refs != (hub.Refs{Account: "7", Owner: "3"}) || *lead.Details.Amount != 12500.5 || lead.Details.Disposition != "WON" || lead.Details.Status != "Set" || lead.Details.CreatedAt != "2026-11-01T14:00:00.000Z" {
			t.Errorf("%+v", lead)
		}
		if visit.Refs != (hub.Refs{Account: "7", Lead: "70", Owner: "3"}) || hub.WireTime(visit.StartTime) != "2026-12-01T15:00:00.000Z" || hub.WireTime(later.StartTime) != "2026-12-09T15:00:00.000Z" {
			t.Errorf("%+v\n%+v", visit, later)
		}
		if job.Refs != (hub.Refs{Account: "7", Lead: "70", Owner: "3"}) || *job.Details.Amount != 12500.5 || hub.WireTime(job.ModifiedAt) != "2026-11-21T14:00:00.000Z" || job.Details.URL != "https://acme.leadperfection.com/jobdetail.html?jobid=700" {
			t.Errorf("%+v", job)
		}
	}
}

// TestAmountsThatAreNone reads amounts that are written as no number is: they are not known, and the customer comes.
func TestAmountsThatAreNone(t *testing.T) {
	for _, amount := range []string{`"NaN"`, `"-Infinity"`, `0`, `"$0.00"`, `"soon"`, `""`, `null`} {
		text := fmt.Sprintf(`[{"cst_id":7,"firstname":"Ada","leads":[{"id":70,"gsa":%s,"jobs":[{"id":700,"grossamount":%s}]}]}]`, amount, amount)
		page, err := fetched(t, session(t, answers(map[string]string{leadPath: text})))
		if err != nil || len(page.Rejected) > 0 || len(page.Records) != 3 {
			t.Fatalf("%s: %+v %v", amount, page, err)
		}
		for _, r := range page.Records {
			if r.Details.Amount != nil {
				t.Errorf("%s: %s %s has the amount %v", amount, r.Model, r.ExternalID, *r.Details.Amount)
			}
		}
	}
}

// TestDatesOfChangesThatCannotBeRead reads a lead and a job of which nobody can tell when they were made or changed: they come.
func TestDatesOfChangesThatCannotBeRead(t *testing.T) {
	text := `[{"cst_id":7,"firstname":"Ada","leads":[{"id":70,"entrydate":"soon","lastchangedon":"13/45/2026","jobs":[{"id":700,"entrydate":"soon","lastchangedon":"never"}]}]}]`
	page, err := fetched(t, session(t, answers(map[string]string{leadPath: text})))
	if err != nil || len(page.Rejected) > 0 || len(page.Records) != 3 {
		t.Fatalf("%+v %v", page, err)
	}
}

// TestOtherAppointmentsOfAnyForm keeps a lead's own appointment, whatever is in the place of those that it lists beside it.
func TestOtherAppointmentsOfAnyForm(t *testing.T) {
	for _, others := range []string{`null`, `"none"`, `[]`, `{}`, `7`, `[7]`} {
		text := `[{"cst_id":7,"firstname":"Ada","leads":[{"id":70,"apptset":true,"apptdate":"2026-12-01T10:00:00","appointments":` + others + `}]}]`
		page, err := fetched(t, session(t, answers(map[string]string{leadPath: text, repsPath: `[]`})))
		if err != nil || len(page.Rejected) > 0 || !slices.ContainsFunc(page.Records, func(r hub.Record) bool { return r.Model == hub.ModelEngagement && r.ExternalID == "70" }) {
			t.Errorf("%s: %+v %v", others, page, err)
		}
	}
}

// TestWhatARefusalMeans reads refusals, inside answers of 200 too: a missing right is named, a 403 without one is of the
// token, and no error is an empty list or shows the vendor's words.
func TestWhatARefusalMeans(t *testing.T) {
	for _, test := range []struct {
		status     int
		body, says string
		kind       connector.Kind
	}{
		{200, `[{"Result":0,"Message":"Error: Invalid object name s3cret."}]`, "an error", connector.Temporary},
		{200, `{"RESULT":"0","message":"Error: s3cret"}`, "an error", connector.Temporary},
		{200, `[{"Result":0,"Message":"User does not have permission to execute action 'GetLead'."}]`, "GetLead", connector.Forbidden},
		{403, `{"Message":"User does not have permission to execute action 'GetLead'. s3cret"}`, "execute the action GetLead", connector.Forbidden},
		{401, `"User does not have permission to execute action GetLead"`, "GetLead", connector.Forbidden},
		{403, `{"Message":"Authorization has been denied for this request."}`, "token", connector.Unauthorized},
		{403, `<html>s3cret</html>`, "token", connector.Unauthorized},
		{401, ``, "not accepted", connector.Unauthorized},
		{429, `{"retryAfterSeconds":17}`, "too many", connector.RateLimited},
		{200, `"UPDATED SUCCESSFULLY!"`, "without a list", connector.Malformed},
		{200, `{"data":null}`, "without a list", connector.Malformed},
		{200, `{}`, "without a list", connector.Malformed},
	} {
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(test.status)
			_, _ = fmt.Fprint(w, test.body)
		}))
		page, err := fetched(t, s)
		if !connector.IsKind(err, test.kind) || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "s3cret") || len(page.Records) > 0 {
			t.Errorf("%d %s: %v", test.status, test.body, err)
		}
		if e, ok := err.(*connector.Error); test.status == 429 && (!ok || e.RetryAfter != 17*time.Second) { //nolint:errorlint // made by the connector
			t.Errorf("it asks to be left alone for 17 s: %v", err)
		}
	}
}

// TestWhatIsLackingIsNotGone lets a window bring of a customer only what happened in it: what was there before is asked for
// with the customer, and a list that ignores that says nothing.
func TestWhatIsLackingIsNotGone(t *testing.T) {
	whole := `[{"cst_id":7,"leads":[{"id":70},{"id":71}]}]`
	s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path != leadPath || r.PostFormValue("StartIndex") != "1":
			_, _ = fmt.Fprint(w, `[]`)
		case r.PostFormValue("cst_id") == "7":
			_, _ = fmt.Fprint(w, whole)
		default:
			_, _ = fmt.Fprint(w, `[{"cst_id":7,"leads":[{"id":71}]}]`)
		}
	}))
	kept := func(leads ...string) func(q *connector.Query) {
		return func(q *connector.Query) {
			q.Kept = func(_ context.Context, _ []string) ([]hub.Record, error) {
				all := []hub.Record{{Model: hub.ModelAccount, ExternalID: "7"}}
				for _, id := range leads {
					all = append(all, hub.Record{Model: hub.ModelLead, ExternalID: id, Refs: hub.Refs{Account: "7"}})
				}
				return all, nil
			}
		}
	}
	for _, test := range []struct {
		kept []string
		want int
	}{{nil, 2}, {[]string{"71"}, 2}, {[]string{"70", "71"}, 3}, {[]string{"70", "71", "72"}, 3}} {
		q := connector.Query{Model: hub.ModelAccount, Since: time.Now(), Limit: 50}
		kept(test.kept...)(&q)
		page, err := leadperfection.Connector{}.Fetch(t.Context(), s, q)
		if err != nil || len(page.Records) != test.want {
			t.Errorf("of %v kept, %d records came: %v", test.kept, len(page.Records), err)
		}
	}
	for _, whole = range []string{`[{"cst_id":7,"leads":[{"id":70}]},{"cst_id":8}]`, `[{"cst_id":8}]`, `[]`, `{}`} {
		q := connector.Query{Model: hub.ModelAccount, Since: time.Now(), Limit: 50}
		kept("70", "71")(&q)
		page, err := leadperfection.Connector{}.Fetch(t.Context(), s, q)
		if err != nil || len(page.Records) > 0 || len(page.Rejected) != 1 || page.Rejected[0].ExternalID != "7" {
			t.Errorf("asked for the customer, the CRM answers %s: %+v %v", whole, page, err)
		}
	}
}

// TestWhatIsNotToldIsNotGone has customers come without the lists that their leads and jobs were in, also when they are asked for by
// their ids: that is one word of nothing, and the customer is told of as it was. An empty list says that nothing is in it.
func TestWhatIsNotToldIsNotGone(t *testing.T) {
	var answer string
	s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != leadPath || r.PostFormValue("StartIndex") != "1" {
			_, _ = fmt.Fprint(w, `[]`)
			return
		}
		_, _ = fmt.Fprint(w, answer)
	}))
	kept := func(context.Context, []string) ([]hub.Record, error) {
		return []hub.Record{
			{Model: hub.ModelAccount, ExternalID: "7"}, {Model: hub.ModelLead, ExternalID: "70", Refs: hub.Refs{Account: "7"}},
			{Model: hub.ModelOpportunity, ExternalID: "700", Refs: hub.Refs{Account: "7", Lead: "70"}},
		}, nil
	}
	for _, test := range []struct {
		answer string
		told   bool
	}{
		{`[{"cst_id":7}]`, false},
		{`[{"cst_id":7,"leads":null}]`, false},
		{`[{"cst_id":7,"leads":[{"id":70}]}]`, false},
		{`[{"cst_id":7,"leads":[{"id":70,"jobs":null}]}]`, false},
		{`[{"cst_id":7,"leads":[{"id":70,"jobs":[]}]}]`, true},
		{`[{"cst_id":7,"leads":[]}]`, true},
		{`[{"cst_id":7,"leads":[{"id":71}]}]`, true},
	} {
		answer = test.answer
		page, err := leadperfection.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelAccount, Since: time.Now(), Limit: 50, Kept: kept})
		if err != nil || (len(page.Rejected) == 0) != test.told || (len(page.Records) > 0) != test.told {
			t.Errorf("%s: %+v %v", answer, page, err)
		}
	}
	for _, answer = range []string{`[{"cst_id":7}]`, `[{"cst_id":7,"leads":null}]`} {
		for _, of := range []hub.RecordRef{{Model: hub.ModelLead, ExternalID: "70"}, {Model: hub.ModelEngagement, ExternalID: "70"}} {
			if got, err := (leadperfection.Connector{}).Confirm(t.Context(), s, of); !connector.IsKind(err, connector.Malformed) {
				t.Errorf("%s of %s: %+v %v", of.Model, answer, got, err)
			}
		}
	}
}

// TestACustomerThatAlwaysFails has the CRM fail whenever one customer is asked for by its id, of which a window brings a part: the
// page fails with it twice, and then comes without that customer, who is told of.
func TestACustomerThatAlwaysFails(t *testing.T) {
	s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.PostFormValue("cst_id") == "7":
			http.Error(w, `{}`, http.StatusInternalServerError)
		case r.URL.Path != leadPath || r.PostFormValue("StartIndex") != "1":
			_, _ = fmt.Fprint(w, `[]`)
		default:
			_, _ = fmt.Fprint(w, `[{"cst_id":7,"leads":[{"id":71}]},{"cst_id":8,"leads":[{"id":80}]}]`)
		}
	}))
	q := connector.Query{Model: hub.ModelAccount, Since: time.Now(), Limit: 50, Kept: func(context.Context, []string) ([]hub.Record, error) {
		return []hub.Record{{Model: hub.ModelAccount, ExternalID: "7"}, {Model: hub.ModelLead, ExternalID: "70", Refs: hub.Refs{Account: "7"}}}, nil
	}}
	for q.Tries = range 2 {
		if page, err := (leadperfection.Connector{}).Fetch(t.Context(), s, q); !connector.IsKind(err, connector.Temporary) {
			t.Errorf("asked for in vain %d times: %+v %v", q.Tries, page, err)
		}
	}
	q.Tries = 2
	page, err := leadperfection.Connector{}.Fetch(t.Context(), s, q)
	if err != nil || len(page.Records) != 2 || page.Records[0].ExternalID != "8" || len(page.Rejected) != 1 || page.Rejected[0].ExternalID != "7" || !strings.Contains(page.Rejected[0].Reason, "500") {
		t.Errorf("%+v %v", page, err)
	}
}

// TestWhatCannotBeReadIsTold puts a customer of whose leads, appointments or jobs something cannot be read into quarantine, and a rep, each with
// what it is.
func TestWhatCannotBeReadIsTold(t *testing.T) {
	for _, test := range []struct{ leads, reason string }{
		{`7`, "its leads are no list"}, {`[7]`, "one of its leads is no object"}, {`[{"disposition":"Set"}]`, "one of its leads has no id"},
		{`[{"id":70,"apptset":true,"apptdate":"soon"}]`, "the time of an appointment has a form that is not known"},
		{`[{"id":70,"jobs":7}]`, "its jobs are no list"}, {`[{"id":70,"jobs":[7]}]`, "one of its jobs is no object"}, {`[{"id":70,"jobs":[{"jobstatus":"Open"}]}]`, "one of its jobs has no id"},
	} {
		page, err := fetched(t, session(t, answers(map[string]string{leadPath: `[{"cst_id":7,"firstname":"Ada","leads":` + test.leads + `}]`})))
		if err != nil || len(page.Records) > 0 || len(page.Rejected) != 1 || page.Rejected[0].ExternalID != "7" || !strings.Contains(page.Rejected[0].Reason, test.reason) {
			t.Errorf("%s: %+v %v", test.leads, page, err)
		}
	}
	s := session(t, answers(map[string]string{repsPath: `[{"emp_id":9,"salesrepname":"Quinn Jensen"},{"salesrepname":"Noor Ito"}]`}))
	users, err := leadperfection.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 50})
	const why = "the CRM sent a sales rep that cannot be kept: "
	if err != nil || len(users.Records) != 1 || len(users.Rejected) != 1 || !strings.HasPrefix(users.Rejected[0].Reason, why) || len(users.Rejected[0].Reason) == len(why) {
		t.Errorf("%+v %v", users, err)
	}
}

// TestRepsWithoutIDs knows reps by their names where none has an id; one without an id among others is rejected; and two of
// one name have nothing.
func TestRepsWithoutIDs(t *testing.T) {
	customer := `[{"cst_id":7,"leads":[{"id":70,"salesrepname":"Quinn Jensen"}]}]`
	for _, test := range []struct {
		reps, owner string
		users, bad  int
	}{
		{`[{"salesrepname":"Quinn Jensen"},{"salesrepname":"Noor Ito"}]`, "name:quinn jensen", 2, 0},
		{`[{"FirstName":"Quinn","LastName":"Jensen","EmpID":"9"},{"salesrepname":"Noor Ito"}]`, "9", 1, 1},
		{`[{"emp_id":9,"salesrepname":"Quinn Jensen"},{"emp_id":10,"salesrepname":"quinn jensen"}]`, "", 2, 0},
		{`[]`, "", 0, 0},
	} {
		s := session(t, answers(map[string]string{leadPath: customer, repsPath: test.reps}))
		users, err := leadperfection.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelUser, Limit: 50})
		if err != nil || len(users.Records) != test.users || len(users.Rejected) != test.bad {
			t.Errorf("%s: %+v %v", test.reps, users, err)
		}
		page, err := fetched(t, s)
		if err != nil || len(page.Records) != 2 || page.Records[1].Refs.Owner != test.owner {
			t.Errorf("%s: %+v %v", test.reps, page, err)
		}
	}
	// Of one who is not in the list nobody is asked but the list.
	if page, err := (leadperfection.Connector{}).Find(t.Context(), session(t, answers(map[string]string{repsPath: `[{"emp_id":9,"salesrepname":"Quinn Jensen"}]`})), hub.ModelUser, []string{"9", "10"}); err != nil || !page.Listed || len(page.Records) != 1 {
		t.Errorf("%+v %v", page, err)
	}
	// Without the right to read them nobody has anything, and a sentence says so.
	s := session(t, answers(map[string]string{leadPath: customer, repsPath: `[{"Result":0,"Message":"User does not have permission to execute action 'ListSalesReps'."}]`}))
	if page, err := fetched(t, s); err != nil || len(page.Records) != 2 || !strings.Contains(page.Note, "ListSalesReps") {
		t.Errorf("%+v %v", page, err)
	}
}

// TestSilentLists takes lists that are silently empty for what they are: a whole reading says so, and of a customer it is
// asked a second way.
func TestSilentLists(t *testing.T) {
	crm := simulated.NewWith(simulator.Options{Seed: 3, Records: 20}, simulated.Habits{Silent: true})
	s := standIn(t, crm)
	page, err := leadperfection.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelAccount, Limit: 50})
	if err != nil || page.More || !strings.Contains(page.Note, "no customer at all") {
		t.Errorf("%+v %v", page, err)
	}
	there, gone := crm.Rows(hub.ModelAccount)[0], crm.Delete(hub.ModelAccount, 1)[0]
	found, err := leadperfection.Connector{}.Find(t.Context(), s, hub.ModelAccount, []string{there, gone})
	if err != nil || len(found.Records) > 0 || len(found.Rejected) != 1 || found.Rejected[0].ExternalID != there {
		t.Errorf("%+v %v", found, err)
	}
	note := connector.NoteQuery{Target: hub.ModelAccount, Markers: []string{"sirocco:1"}}
	for id, kind := range map[string]connector.Kind{there: connector.Malformed, gone: connector.Refused} {
		note.ExternalID = id
		if found, err := (leadperfection.Connector{}).FindNote(t.Context(), s, note); !connector.IsKind(err, kind) {
			t.Errorf("the notes of %s: %+v %v", id, found, err)
		}
	}
}

// TestPagesThatDoNotGoOn has servers that give fewer rows than were asked for, or the first page again and again.
func TestPagesThatDoNotGoOn(t *testing.T) {
	for name, test := range map[string]struct {
		habits simulated.Habits
		whole  bool
	}{"capped": {simulated.Habits{Capped: 3}, true}, "first page only": {simulated.Habits{FirstPageOnly: true}, false}} {
		crm := simulated.NewWith(simulator.Options{Seed: 3, Records: 60}, test.habits)
		crm.Together(hub.ModelAccount, 30)
		s := standIn(t, crm)
		met := map[string]bool{}
		q, err := connector.Query{Model: hub.ModelAccount, Since: time.Now(), Limit: 20}, error(nil)
		for more := true; more && err == nil; {
			var page connector.Page
			page, err = leadperfection.Connector{}.Fetch(t.Context(), s, q)
			for _, r := range page.Records {
				if r.Model == hub.ModelAccount {
					met[r.ExternalID] = true
				}
			}
			q.Next, more = page.Next, page.More
		}
		if test.whole && (err != nil || len(met) < 30) || !test.whole && !connector.IsKind(err, connector.Malformed) {
			t.Errorf("%s: %d of 30 came: %v", name, len(met), err)
		}
	}
}

// TestTokens asks for an access token: one that lasts for as long as is told, and a day at most; or credentials that are refused,
// told from a place that is out of order.
func TestTokens(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		status int
		body   string
		kind   connector.Kind // empty where there is a token
		life   time.Duration
	}{
		"a token":                 {200, `{"access_token":"x","expires_in":900}`, "", 15 * time.Minute},
		"its seconds as text":     {200, `{"access_token":"x","expires_in":"900"}`, "", 15 * time.Minute},
		"one that lasts long":     {200, `{"access_token":"x","expires_in":1e300}`, "", 23 * time.Hour},
		"one without its end":     {200, `{"access_token":"x"}`, "", 23 * time.Hour},
		"one whose end is none":   {200, `{"access_token":"x","expires_in":0}`, "", 23 * time.Hour},
		"no token":                {200, `{"expires_in":900}`, connector.Malformed, 0},
		"a page as 200":           {200, `<html>`, connector.Malformed, 0},
		"a refused grant":         {400, `{"error":"invalid_grant"}`, connector.Unauthorized, 0},
		"a refused client as 404": {404, `{"error":"invalid_client"}`, connector.Unauthorized, 0},
		"a 400 that passes":       {400, `{"error":"temporarily_unavailable"}`, connector.Temporary, 0},
		"a 400 without a reason":  {400, `{}`, connector.Temporary, 0},
		"a 404 of a gateway":      {404, `<html>invalid_grant`, connector.Temporary, 0},
		"a 401":                   {401, ``, connector.Unauthorized, 0},
		"a 403":                   {403, ``, connector.Unauthorized, 0},
		"a 503":                   {503, `{"error":"invalid_grant"}`, connector.Temporary, 0},
	} {
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(test.status)
			_, _ = fmt.Fprint(w, test.body)
		}))
		s.Now = func() time.Time { return now }
		token, err := leadperfection.Connector{}.Authorize(t.Context(), s)
		switch {
		case test.kind != "":
			if !connector.IsKind(err, test.kind) {
				t.Errorf("%s: %v is not %s", name, err, test.kind)
			}
		case err != nil || token.Value != "x" || token.Expires.Sub(now) != test.life:
			t.Errorf("%s: %+v %v", name, token, err)
		}
	}
}

// TestAListThatIgnoresWhoIsAskedFor answers with customers that were not asked for: that says nothing of the one that was, neither
// that it is there nor that it is gone.
func TestAListThatIgnoresWhoIsAskedFor(t *testing.T) {
	for _, test := range []struct {
		of   hub.RecordRef
		list string
		kind connector.Kind // empty where the answer tells
		has  int
	}{
		{hub.RecordRef{Model: hub.ModelAccount, ExternalID: "7"}, `[{"cst_id":7}]`, "", 1},
		{hub.RecordRef{Model: hub.ModelAccount, ExternalID: "7"}, `[]`, "", 0},
		{hub.RecordRef{Model: hub.ModelAccount, ExternalID: "7"}, `[{"cst_id":8}]`, connector.Malformed, 0},
		{hub.RecordRef{Model: hub.ModelAccount, ExternalID: "7"}, `[{"cst_id":7},{"cst_id":8}]`, connector.Malformed, 0},
		{hub.RecordRef{Model: hub.ModelLead, ExternalID: "70"}, `[{"cst_id":7,"leads":[{"id":70}]}]`, "", 2},
		{hub.RecordRef{Model: hub.ModelLead, ExternalID: "70"}, `[{"cst_id":7,"leads":[{"id":70}]},{"cst_id":8}]`, connector.Malformed, 0},
		{hub.RecordRef{Model: hub.ModelEngagement, ExternalID: "issued:5"}, `[{"cst_id":7},{"cst_id":8}]`, connector.Malformed, 0},
	} {
		s := session(t, answers(map[string]string{leadPath: test.list}))
		c := leadperfection.Connector{}
		told, err := c.Confirm(t.Context(), s, test.of)
		if (err == nil) != (test.kind == "") || err != nil && !connector.IsKind(err, test.kind) || len(told.Records) != test.has {
			t.Errorf("%s %s is confirmed by %s: %+v %v", test.of.Model, test.of.ExternalID, test.list, told, err)
		}
		if test.of.Model != hub.ModelAccount {
			continue
		}
		found, err := c.Find(t.Context(), s, hub.ModelAccount, []string{test.of.ExternalID})
		if (err == nil) != (test.kind == "") || err != nil && !connector.IsKind(err, test.kind) || len(found.Records) != test.has {
			t.Errorf("%s is found in %s: %+v %v", test.of.ExternalID, test.list, found, err)
		}
	}
}

// TestWhatBecomesOfEachCustomerThatIsAskedFor asks for customers by their ids: one that comes is asked for once, one that does not a second
// way, and where nobody can tell then, that is told and none is taken for gone.
func TestWhatBecomesOfEachCustomerThatIsAskedFor(t *testing.T) {
	const byIDPath = "/api/Customers/GetCustomersByProspectID"
	for name, test := range map[string]struct {
		status       int
		second       string // the second way's answer
		kind         connector.Kind
		says         string
		rejected     []string
		secondAsking []string
	}{
		"gone":             {200, `[]`, "", "", nil, []string{"8"}},
		"there":            {200, `[{"ProspectID":8}]`, "", "", []string{"8"}, []string{"8"}},
		"no list":          {200, `"UPDATED SUCCESSFULLY!"`, connector.Refused, "whether a customer is gone cannot be asked: LeadPerfection: ", nil, []string{"8"}},
		"no right":         {200, `[{"Result":0,"Message":"User does not have permission to execute action 'GetCustomersByProspectID'."}]`, connector.Refused, "whether a customer is gone cannot be asked: LeadPerfection: ", nil, []string{"8"}},
		"a vendor is away": {503, `{}`, connector.Temporary, "503", nil, []string{"8"}},
	} {
		var asked []string
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			switch {
			case r.URL.Path == byIDPath:
				asked = append(asked, r.PostFormValue("ProspectID"))
				w.WriteHeader(test.status)
				_, _ = fmt.Fprint(w, test.second)
			case r.URL.Path == leadPath && r.PostFormValue("cst_id") != "8":
				_, _ = fmt.Fprintf(w, `[{"cst_id":%s,"firstname":"Ada"}]`, r.PostFormValue("cst_id"))
			default:
				_, _ = fmt.Fprint(w, `[]`)
			}
		}))
		found, err := leadperfection.Connector{}.Find(t.Context(), s, hub.ModelAccount, []string{"7", "8", "9"})
		var rejected []string
		for _, r := range found.Rejected {
			rejected = append(rejected, r.ExternalID)
		}
		if (err == nil) != (test.kind == "") || err != nil && (!connector.IsKind(err, test.kind) || !strings.Contains(err.Error(), test.says) || len(found.Records) > 0) {
			t.Errorf("%s: %+v %v", name, found, err)
		}
		if err == nil && (len(found.Records) != 2 || found.Records[0].ExternalID != "7" || found.Records[1].ExternalID != "9") || !slices.Equal(rejected, test.rejected) || !slices.Equal(asked, test.secondAsking) {
			t.Errorf("%s: %+v, a second way was asked for %q", name, found, asked)
		}
	}
}

// TestAZoneThatIsNone fails whatever is asked for of customers, none included, where the account's time zone is none.
func TestAZoneThatIsNone(t *testing.T) {
	s := session(t, answers(nil))
	s.Values["timeZone"] = "Nowhere/At_All"
	for _, ids := range [][]string{nil, {"7"}} {
		if found, err := (leadperfection.Connector{}).Find(t.Context(), s, hub.ModelAccount, ids); err == nil {
			t.Errorf("asked for %q: %+v", ids, found)
		}
	}
	if page, err := fetched(t, s); err == nil {
		t.Errorf("%+v", page)
	}
	for _, m := range []hub.Model{hub.ModelAccount, hub.ModelLead, hub.ModelEngagement} {
		if told, err := (leadperfection.Connector{}).Confirm(t.Context(), s, hub.RecordRef{Model: m, ExternalID: "7"}); !connector.IsKind(err, connector.Refused) || !strings.Contains(err.Error(), "timeZone") {
			t.Errorf("before a note on %s: %+v %v", m, told, err)
		}
	}
}

// TestAPageEndsWithItsTime reads days in which nothing happened, each request taking so long: the page ends with the request that its time
// is over by, and the next one goes on. Fast ones come to the first day.
func TestAPageEndsWithItsTime(t *testing.T) {
	for took, want := range map[time.Duration]int{time.Second: 14, 5 * time.Second: 4, 7 * time.Second: 3, 10 * time.Second: 2, 20 * time.Second: 1} {
		now, asked := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), 0
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			asked++
			now = now.Add(took)
			_, _ = fmt.Fprint(w, `[]`)
		}))
		s.Now = func() time.Time { return now }
		page, err := leadperfection.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelAccount, Limit: 50})
		if err != nil || asked != want || (took > time.Second) != page.More {
			t.Errorf("where each takes %s it asks %d times, and not %d: %+v %v", took, asked, want, page, err)
		}
	}
}
