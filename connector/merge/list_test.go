package merge_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/merge"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/merge"
)

// vendor is Merge's stand-in with other answers to some requests.
type vendor struct {
	*simulator.Server
	// bodies and codes are the answers, by the end of the path.
	bodies map[string]string
	codes  map[string]int
	// onlyPost is the code of answers to POST.
	onlyPost int
	// asked are the requests, by method and path.
	asked []*http.Request
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.asked = append(v.asked, r)
	path := strings.TrimPrefix(r.URL.Path, "/api/crm/v1/")
	body, ok := v.bodies[r.Method+" "+path]
	if !ok && v.codes[path] == 0 {
		v.Server.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	code := max(v.codes[path], http.StatusOK)
	if r.Method == http.MethodPost {
		code = v.onlyPost
	}
	w.WriteHeader(code)
	_, _ = w.Write([]byte(body))
}

// queries are those of the requests for a list.
func (v *vendor) queries(path string) []url.Values {
	var all []url.Values
	for _, r := range v.asked {
		if r.URL.Path == "/api/crm/v1/"+path {
			all = append(all, r.URL.Query())
		}
	}
	return all
}

func newVendor(t *testing.T) (*vendor, *connector.Session) {
	t.Helper()
	v := &vendor{Server: simulated.New(simulator.Options{Records: 120}), bodies: map[string]string{}, codes: map[string]int{}}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	t.Cleanup(func() {
		for _, problem := range v.Violations() {
			t.Error(problem)
		}
	})
	return v, &connector.Session{HTTP: server.Client(), Values: v.Values(server.URL), Now: time.Now}
}

// statusf makes the vendor tell the status of one model.
func (v *vendor) statusf(format string, args ...any) {
	v.bodies["GET sync-status"] = `{"next":null,"results":[{"model_name":"Account","model_id":"crm.Account","status":"DONE","is_initial_sync":false},` + fmt.Sprintf(format, args...) + `]}`
}

func TestAnIncrementEndsWithTheLastSync(t *testing.T) {
	v, s := newVendor(t)
	finished := time.Date(2026, 3, 1, 10, 0, 0, 123456000, time.UTC)
	v.statusf(`{"model_name":"Contact","model_id":"crm.Contact","status":"SYNCING","last_sync_result":"DONE","is_initial_sync":false,"last_sync_finished":"2026-03-01T10:00:00.123456Z"}`)
	since := finished.Add(-700 * 24 * time.Hour)
	q := connector.Query{Model: hub.ModelContact, Since: since, Limit: 50}
	first, err := merge.Connector{}.Fetch(t.Context(), s, q)
	if err != nil || !first.More || !first.AsOf.Equal(finished) || first.Note != "" {
		t.Fatalf("more %t, as of %s, note %q, %v", first.More, first.AsOf, first.Note, err)
	}
	// The bound stays for all pages of the run, also where a sync ends meanwhile.
	v.statusf(`{"model_name":"Contact","model_id":"crm.Contact","status":"DONE","is_initial_sync":false,"last_sync_finished":"2026-03-01T11:00:00Z"}`)
	q.Next = first.Next
	if _, err := (merge.Connector{}).Fetch(t.Context(), s, q); err != nil {
		t.Fatal(err)
	}
	for _, query := range v.queries("contacts") {
		if query.Get("modified_before") != "2026-03-01T10:00:00.123456Z" || query.Get("modified_after") != hub.WireTime(since) || query.Get("page_size") != "50" {
			t.Errorf("it asked for %v", query)
		}
	}
	if n := len(v.queries("sync-status")); n != 1 {
		t.Errorf("it asked for the status %d times", n)
	}
	// A whole reading has no bound: what is being synced is there too.
	if page, err := (merge.Connector{}).Fetch(t.Context(), s, connector.Query{Model: hub.ModelContact, Limit: 500}); err != nil || len(page.Records) != 100 {
		t.Errorf("%d records, %v", len(page.Records), err)
	}
	if last := v.queries("contacts"); last[len(last)-1].Has("modified_before") || last[len(last)-1].Get("include_deleted_data") != "true" {
		t.Errorf("it asked for %v", last[len(last)-1])
	}
}

// TestHowASyncStands holds what is said of Merge's own sync, and how far the copy is taken to be whole.
func TestHowASyncStands(t *testing.T) {
	finished := `"last_sync_finished":"2026-03-01T10:00:00Z"`
	for name, c := range map[string]struct {
		status string
		note   string
		never  bool
	}{
		"done":             {`"status":"DONE","is_initial_sync":false,` + finished, "", false},
		"syncing":          {`"status":"SYNCING","last_sync_result":"DONE","is_initial_sync":false,` + finished, "", false},
		"after a failure":  {`"status":"SYNCING","last_sync_result":"FAILED","is_initial_sync":false,` + finished, "failed", false},
		"failed":           {`"status":"FAILED","is_initial_sync":false,` + finished, "failed", false},
		"partially synced": {`"status":"PARTIALLY_SYNCED","is_initial_sync":false,` + finished, "only a part", false},
		"paused":           {`"status":"PAUSED","is_initial_sync":false,` + finished, "paused", false},
		"switched off":     {`"status":"DISABLED","is_initial_sync":false`, "switched off", false},
		"never done":       {`"status":"SYNCING","is_initial_sync":true`, "first sync", true},
		"never, failed":    {`"status":"FAILED","is_initial_sync":true`, "failed", true},
		"never, null":      {`"status":"SYNCING","is_initial_sync":true,"last_sync_finished":null`, "first sync", true},
	} {
		v, s := newVendor(t)
		v.statusf(`{"model_name":"Lead","model_id":"crm.Lead",%s}`, c.status)
		page, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelLead, Limit: 100})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if (page.Note == "") != (c.note == "") || !strings.Contains(page.Note, c.note) || page.Note != "" && !strings.HasPrefix(page.Note, "Merge: ") {
			t.Errorf("%s: it says %q", name, page.Note)
		}
		if page.AsOf.Year() == 1970 != c.never || page.AsOf.IsZero() {
			t.Errorf("%s: as of %s", name, page.AsOf)
		}
		if !c.never && strings.Contains(c.status, finished) && page.AsOf.Hour() != 10 {
			t.Errorf("%s: as of %s", name, page.AsOf)
		}
	}
}

// TestAModelFailsAlone holds what keeps one model from being read, and what does not.
func TestAModelFailsAlone(t *testing.T) {
	v, s := newVendor(t)
	fetch := func(m hub.Model, next string) error {
		_, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: m, Next: next, Limit: 10})
		return err
	}
	v.codes["leads"] = http.StatusForbidden
	if err := fetch(hub.ModelLead, ""); !connector.IsKind(err, connector.Forbidden) {
		t.Errorf("403: %v", err)
	}
	v.codes["leads"] = http.StatusNotFound
	if err := fetch(hub.ModelLead, ""); !connector.IsKind(err, connector.Forbidden) || !strings.Contains(err.Error(), "leads") {
		t.Errorf("404: %v", err)
	}
	for _, code := range []int{http.StatusNotFound, http.StatusBadRequest, http.StatusGone} {
		v.codes["leads"] = code
		if err := fetch(hub.ModelLead, "100"); !connector.IsKind(err, connector.Refused) || connector.Status(err) != code {
			t.Errorf("%d for a cursor: %v", code, err)
		}
	}
	for _, code := range []int{http.StatusNotFound, http.StatusForbidden} {
		v.codes["sync-status"] = code
		if err := fetch(hub.ModelContact, ""); err != nil {
			t.Errorf("without a status, %d: %v", code, err)
		}
	}
	delete(v.codes, "sync-status")
	for _, body := range []string{`{"error":"temporarily unavailable"}`, `{"detail":"try later"}`, `{"results":null}`, `{"next":null}`, `{}`, `null`, `{"results":{}}`} {
		v.bodies["GET contacts"] = body
		if err := fetch(hub.ModelContact, ""); !connector.IsKind(err, connector.Malformed) {
			t.Errorf("%s: %v", body, err)
		}
		v.bodies["GET notes"] = body
		if _, err := (merge.Connector{}).WriteNote(t.Context(), s, connector.Note{Target: hub.ModelContact, ExternalID: "x", Marker: "m"}); !connector.IsKind(err, connector.Malformed) {
			t.Errorf("notes, %s: %v", body, err)
		}
	}
}

// TestListsBesideTheRecordsEnd has lists that are read to their end, whose pages go round at ever new cursors: they are given up, and
// what is on the first page is not taken for all.
func TestListsBesideTheRecordsEnd(t *testing.T) {
	for path, read := range map[string]func(*connector.Session) error{
		"sync-status": func(s *connector.Session) error {
			_, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelContact, Limit: 10})
			return err
		},
		"notes": func(s *connector.Session) error {
			_, err := merge.Connector{}.FindNote(t.Context(), s, connector.NoteQuery{Target: hub.ModelContact, ExternalID: "x", Markers: []string{"m"}})
			return err
		},
	} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked > 10 || !strings.HasSuffix(r.URL.Path, "/"+path) {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"next":"%d","results":[{"id":"1","model_id":"crm.X"},{"id":"2","model_id":"crm.Y"}]}`, asked)
		}))
		s := &connector.Session{HTTP: server.Client(), Values: map[string]string{"baseURL": server.URL}, Now: time.Now}
		if err := read(s); !connector.IsKind(err, connector.Malformed) || asked != 2 {
			t.Errorf("%s is asked for %d times: %v", path, asked, err)
		}
		server.Close()
	}
}

func TestAPlaceOfAnOlderVersion(t *testing.T) {
	v, s := newVendor(t)
	page, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelContact, Next: "100", Limit: 100})
	if err != nil || len(page.Records) != 20 || v.queries("contacts")[0].Get("cursor") != "100" {
		t.Errorf("%d records, %v", len(page.Records), err)
	}
}

func TestFind(t *testing.T) {
	v, s := newVendor(t)
	for _, m := range (merge.Connector{}).Info().Models {
		rows := v.Records(m.Model)
		gone := v.Delete(m.Model, 1)[0]
		there := rows[slices.IndexFunc(rows, func(r hub.Record) bool { return r.ExternalID != gone })].ExternalID
		page, err := merge.Connector{}.Find(t.Context(), s, m.Model, []string{there, gone, "5a8d1f4e-4bb0-4f0e-9d0d-0000000fffff"})
		if err != nil || len(page.Rejected) > 0 {
			t.Fatalf("%s: %+v %v", m.Model, page.Rejected, err)
		}
		found := map[string]bool{}
		for _, r := range page.Records {
			found[r.ExternalID] = r.Deleted
		}
		want := map[string]bool{there: false, gone: true}
		if m.Model == hub.ModelEngagementType { // which has no mark
			delete(want, gone)
		}
		if !reflect.DeepEqual(found, want) {
			t.Errorf("%s: %v, not %v", m.Model, found, want)
		}
	}
}

// TestOneRecord holds which of the vendor's fields go where, and that what it does not know stays unknown.
func TestOneRecord(t *testing.T) {
	active := false
	for name, c := range map[string]struct {
		model hub.Model
		item  string
		holds func(hub.Record) bool
	}{
		"both ids": {hub.ModelContact, `"remote_id":"003xx","contact_url":"https://crm.example.com/003xx"`, func(r hub.Record) bool {
			return r.ExternalID == "1" && r.Details.RemoteID == "003xx" && r.Details.URL == "https://crm.example.com/003xx"
		}},
		"an inactive":   {hub.ModelUser, `"is_active":false`, func(r hub.Record) bool { return reflect.DeepEqual(r.Details.Active, &active) && !r.Deleted }},
		"active or not": {hub.ModelUser, `"is_active":null`, func(r hub.Record) bool { return r.Details.Active == nil }},
		"a company": {hub.ModelAccount, `"industry":"Roofs","website":"https://a.example.com","description":"Big"`, func(r hub.Record) bool {
			return r.Details.Industry == "Roofs" && r.Details.Website == "https://a.example.com" && r.Details.Description == "Big"
		}},
		"a lead": {hub.ModelLead, `"status":"UNQUALIFIED","company":"Roofs Inc"`, func(r hub.Record) bool {
			return r.Details.Status == "UNQUALIFIED" && r.Details.Disposition == "" && r.Name == "Roofs Inc"
		}},
		"its stage":    {hub.ModelOpportunity, `"stage":{"id":"7","name":"Offered"},"status":"WON"`, func(r hub.Record) bool { return r.Details.Stage == "Offered" && r.Details.Disposition == "WON" }},
		"a stage's id": {hub.ModelOpportunity, `"stage":"5a8d1f4e-4bb0-4f0e-9d0d-100000000001"`, func(r hub.Record) bool { return r.Details.Stage == "Inspected" }},
		"no stage":     {hub.ModelOpportunity, `"stage":null,"amount":null`, func(r hub.Record) bool { return r.Details.Stage == "" && r.Details.Amount == nil }},
		"many contacts": {hub.ModelEngagement, `"contacts":["a","b","c"]`, func(r hub.Record) bool {
			return r.Refs.Contact == "a" && slices.Equal(r.Details.OtherContacts, []string{"b", "c"})
		}},
		"empty is none": {hub.ModelContact, `"email_addresses":[{"email_address":null},{"email_address":"a@example.com"}],"phone_numbers":[{"phone_number":null}],"addresses":[{"street_1":null}]`, func(r hub.Record) bool {
			return slices.Equal(r.Details.Emails, []string{"a@example.com"}) && r.Details.Email == "a@example.com" && r.Details.Phones == nil && r.Details.Addresses == nil
		}},
		"null is no time": {hub.ModelEngagement, `"start_time":null,"end_time":null`, func(r hub.Record) bool { return r.StartTime.IsZero() && r.EndTime.IsZero() }},
	} {
		v, s := newVendor(t)
		path := map[hub.Model]string{
			hub.ModelUser: "users", hub.ModelAccount: "accounts", hub.ModelContact: "contacts", hub.ModelLead: "leads", hub.ModelOpportunity: "opportunities", hub.ModelEngagement: "engagements",
		}[c.model]
		v.codes["tasks"] = http.StatusNotFound
		v.bodies["GET "+path] = `{"next":null,"results":[{"id":"1",` + c.item + `}]}`
		page, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: c.model, Limit: 10})
		if err != nil || len(page.Records) != 1 || !c.holds(page.Records[0]) {
			t.Errorf("%s: %+v, rejected %+v, %v", name, page.Records, page.Rejected, err)
		}
	}
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		details string
		note    string
		refused bool
	}{
		"in order":      {`"category":"crm","status":"COMPLETE"`, "", false},
		"no category":   {`"category":null,"status":"COMPLETE"`, "", false},
		"no CRM":        {`"category":"hris","status":"COMPLETE"`, "", true},
		"link broken":   {`"category":"crm","status":"RELINK_NEEDED"`, "linked again", false},
		"not linked up": {`"category":"crm","status":"INCOMPLETE"`, "to the end", false},
	} {
		v, s := newVendor(t)
		v.bodies["GET account-details"] = `{"id":"5a8d1f4e-4bb0-4f0e-9d0d-000000000002","end_user_organization_name":"Acme",` + c.details + `}`
		account, err := merge.Connector{}.Check(t.Context(), s)
		if c.refused != connector.IsKind(err, connector.Refused) || c.refused && !strings.Contains(err.Error(), "hris") {
			t.Errorf("%s: %v", name, err)
		}
		if !c.refused && (err != nil || account.ID != "5a8d1f4e-4bb0-4f0e-9d0d-000000000002" || account.Name != "Acme") {
			t.Errorf("%s: %+v %v", name, account, err)
		}
		if (account.Note == "") != (c.note == "") || !strings.Contains(account.Note, c.note) {
			t.Errorf("%s: it says %q", name, account.Note)
		}
	}
}

// TestTimesOfChangesThatCannotBeRead keeps an account of which nobody can tell when it was made or changed.
func TestTimesOfChangesThatCannotBeRead(t *testing.T) {
	v, s := newVendor(t)
	v.bodies["GET accounts"] = `{"next":null,"results":[{"id":"1","name":"Ada","modified_at":"yesterday","remote_created_at":1772355600,"last_activity_at":"2026-02-30T00:00:00Z"}]}`
	page, err := merge.Connector{}.Fetch(t.Context(), s, connector.Query{Model: hub.ModelAccount, Limit: 10})
	if err != nil || len(page.Rejected) != 0 || len(page.Records) != 1 || !page.Records[0].ModifiedAt.IsZero() || page.Records[0].Name != "Ada" {
		t.Errorf("%v %+v, rejected %+v", err, page.Records, page.Rejected)
	}
}

// TestAnEndBeforeItsStart keeps an engagement that ends before it starts, without an end.
func TestAnEndBeforeItsStart(t *testing.T) {
	crm, s := standIn(t)
	id := crm.Rows(hub.ModelEngagement)[0]
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	crm.Change(hub.ModelEngagement, id, func(r *hub.Record) { r.StartTime, r.EndTime = start, start.Add(-time.Hour) })
	page, err := merge.Connector{}.Find(t.Context(), s, hub.ModelEngagement, []string{id})
	if err != nil || len(page.Rejected) != 0 || len(page.Records) != 1 || !page.Records[0].EndTime.IsZero() || !page.Records[0].StartTime.Equal(start) {
		t.Errorf("%v %+v, rejected %+v", err, page.Records, page.Rejected)
	}
}
