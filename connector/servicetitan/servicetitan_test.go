package servicetitan_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/connectortest"
	"sirocco/connector/servicetitan"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/servicetitan"
)

func TestConformance(t *testing.T) { connectortest.Run(t, servicetitan.Connector{}, simulated.New) }

// standIn is ServiceTitan's stand-in with a session at it.
func standIn(t *testing.T, o simulator.Options) (*simulator.Server, *connector.Session) {
	t.Helper()
	crm := simulated.New(o)
	server := httptest.NewServer(crm)
	t.Cleanup(server.Close)
	c := servicetitan.Connector{}
	values, err := c.Info().CompleteCredentials(crm.Values(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	session := &connector.Session{HTTP: server.Client(), Values: values, Now: time.Now}
	token, err := c.Authorize(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	session.Token = token.Value
	return crm, session
}

// read reads all pages of a model, by external id.
func read(t *testing.T, session *connector.Session, q connector.Query) map[string]hub.Record {
	t.Helper()
	all := map[string]hub.Record{}
	for range 10 {
		page, err := servicetitan.Connector{}.Fetch(t.Context(), session, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			if r.Model == q.Model {
				all[r.ExternalID] = r
			}
		}
		if !page.More {
			return all
		}
		q.Next = page.Next
	}
	t.Fatal("its pages do not end")
	return nil
}

// TestMoreTechniciansThanAPage reads technicians who are on two pages, in no order of their creation.
func TestMoreTechniciansThanAPage(t *testing.T) {
	_, session := standIn(t, simulator.Options{Counts: map[hub.Model]int{hub.ModelUser: 5100}, ValidateEvery: -1})
	if n := len(read(t, session, connector.Query{Model: hub.ModelUser, Limit: 200})); n != 5102 {
		t.Errorf("%d users of 5100 technicians and 2 employees were read", n)
	}
}

// TestCanceledAppointments cancels an appointment, and takes that back.
func TestCanceledAppointments(t *testing.T) {
	crm, session := standIn(t, simulator.Options{Records: 40})
	q := connector.Query{Model: hub.ModelEngagement, Limit: 100}
	canceled := 0
	for _, r := range read(t, session, q) {
		if r.Deleted {
			canceled++
		}
	}
	if canceled != 2 {
		t.Errorf("%d appointments of 40 are canceled", canceled)
	}
	id := crm.Records(hub.ModelEngagement)[0].ExternalID
	for _, disposition := range []string{"LOST", ""} {
		crm.Change(hub.ModelEngagement, id, func(r *hub.Record) { r.Details.Disposition = disposition })
		row, _ := crm.Get(hub.ModelEngagement, id)
		q.Since = row.ModifiedAt
		if found := read(t, session, q); len(found) != 1 || found[id].Deleted != (disposition == "LOST") {
			t.Errorf("with the disposition %q it reads %+v", disposition, found)
		}
	}
}

// TestFieldsOfAJob sets what a job has besides custom fields, and a custom field that nobody has used yet, by its name and its number.
func TestFieldsOfAJob(t *testing.T) {
	c := servicetitan.Connector{}
	crm, session := standIn(t, simulator.Options{Records: 20})
	job, budget := crm.Records(hub.ModelOpportunity)[1].ExternalID, crm.Fields.Defined(hub.ModelOpportunity)[0]
	set := func(values map[string]any) error {
		return c.SetFields(t.Context(), session, connector.Fields{Target: hub.ModelOpportunity, ExternalID: job, Values: values})
	}
	if err := set(map[string]any{"No such field": 12000.0}); !connector.IsKind(err, connector.Refused) {
		t.Errorf("a name that no field has: %v", err)
	}
	if err := set(map[string]any{budget.Name: 11000.0}); err != nil {
		t.Fatal(err)
	}
	if err := set(map[string]any{budget.ID: 12000.0, "summary": "Slate roof"}); err != nil {
		t.Fatal(err)
	}
	row, _ := crm.Get(hub.ModelOpportunity, job)
	if got := crm.Fields.Of(hub.ModelOpportunity, job); row.Name != "Slate roof" || !reflect.DeepEqual(got, map[string]any{budget.Key: "12000"}) {
		t.Errorf("%q with %v", row.Name, got)
	}
	if err := set(map[string]any{"summary": "Tin roof"}); err != nil {
		t.Fatal(err)
	}
	if got := crm.Fields.Of(hub.ModelOpportunity, job); len(got) != 1 {
		t.Errorf("setting the summary left %v", got)
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}

// TestFieldsThatAreThere sets fields to what they are, alone and beside one that is not: as the vendor takes all custom fields of
// a record at once, a write that changes nothing could only undo what somebody else sets meanwhile.
func TestFieldsThatAreThere(t *testing.T) {
	var sent []string
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			body, _ := io.ReadAll(r.Body)
			sent = append(sent, string(body))
		}
		if strings.HasSuffix(r.URL.Path, "/custom-fields") {
			simulator.WriteJSON(w, http.StatusOK, map[string]any{"hasMore": false, "data": []any{
				map[string]any{"id": 1, "name": "Gate"}, map[string]any{"id": 2, "name": "Roof"}, map[string]any{"id": 3, "name": "Dog"},
			}})
			return
		}
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"summary": "1 &lt; 2<br>soon", "customFields": []any{
			map[string]any{"typeId": 1, "name": "Gate", "value": "4711"}, map[string]any{"typeId": 2, "name": "Roof", "value": "tin"},
		}})
	})
	for _, values := range []map[string]any{
		{"Roof": "tin"},
		{"Roof": "tin", "Gate": 4711.0, "summary": "1 < 2\nsoon"},
		{"Roof": "slate", "summary": "1 < 2\nsoon"},
		{"Roof": "tin", "summary": "later"},
	} {
		set := connector.Fields{Target: hub.ModelOpportunity, ExternalID: "1", Values: values}
		if err := (servicetitan.Connector{}).SetFields(t.Context(), session, set); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`{"customFields":[{"typeId":1,"value":"4711"},{"typeId":2,"value":"slate"}]}`, `{"summary":"later"}`}
	if !slices.Equal(sent, want) {
		t.Errorf("it sends %q, not %q", sent, want)
	}
}

// TestFieldsThatAreNothing sets a field of a job and leaves one that has no value without one.
func TestFieldsThatAreNothing(t *testing.T) {
	var sent string
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			body, _ := io.ReadAll(r.Body)
			sent = string(body)
		}
		if strings.HasSuffix(r.URL.Path, "/custom-fields") {
			simulator.WriteJSON(w, http.StatusOK, map[string]any{"hasMore": false, "data": []any{
				map[string]any{"id": 1, "name": "Gate"}, map[string]any{"id": 2, "name": "Roof"}, map[string]any{"id": 3, "name": "Dog"},
			}})
			return
		}
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"customFields": []any{
			map[string]any{"typeId": 1, "name": "Gate", "value": nil}, map[string]any{"typeId": 2, "name": "Roof", "value": "tin"}, map[string]any{"typeId": 3, "name": "Dog", "value": ""},
		}})
	})
	set := connector.Fields{Target: hub.ModelOpportunity, ExternalID: "1", Values: map[string]any{"Roof": "slate", "summary": "1 < 2\nsoon"}}
	if err := (servicetitan.Connector{}).SetFields(t.Context(), session, set); err != nil {
		t.Fatal(err)
	}
	want := `{"customFields":[{"typeId":2,"value":"slate"},{"typeId":3,"value":""}],"summary":"1 \u0026lt; 2\u003cbr\u003esoon"}`
	if sent != want {
		t.Errorf("it sends %s, not %s", sent, want)
	}
}

// TestFieldsOfOneName has two custom fields of one name, which the vendor allows: the one is set that is called exactly so, or none, with
// words that say how to name it. That the record has a value in one of them says nothing of which is meant.
func TestFieldsOfOneName(t *testing.T) {
	var sent string
	session := vendor(t, func(w http.ResponseWriter, r *http.Request) {
		switch page := r.URL.Query().Get("page"); {
		case r.Method == http.MethodPatch:
			body, _ := io.ReadAll(r.Body)
			sent = string(body)
			simulator.WriteJSON(w, http.StatusOK, map[string]any{})
		case strings.HasSuffix(r.URL.Path, "/custom-fields") && page == "1":
			simulator.WriteJSON(w, http.StatusOK, map[string]any{"hasMore": true, "data": []any{map[string]any{"id": 1, "name": "Roof"}, map[string]any{"id": 2, "name": "Gate"}}})
		case strings.HasSuffix(r.URL.Path, "/custom-fields"):
			simulator.WriteJSON(w, http.StatusOK, map[string]any{"hasMore": false, "data": []any{map[string]any{"id": 3, "name": "Roof"}, map[string]any{"id": 4, "name": "gate"}, map[string]any{"id": 5, "name": "2"}}})
		default:
			simulator.WriteJSON(w, http.StatusOK, map[string]any{"customFields": []any{map[string]any{"typeId": 1, "name": "Roof", "value": "tin"}}})
		}
	})
	for name, want := range map[string]string{
		"Gate": `{"customFields":[{"typeId":1,"value":"tin"},{"typeId":2,"value":"slate"}]}`, "gate": `{"customFields":[{"typeId":1,"value":"tin"},{"typeId":4,"value":"slate"}]}`,
		"3": `{"customFields":[{"typeId":1,"value":"tin"},{"typeId":3,"value":"slate"}]}`, "2": `{"customFields":[{"typeId":1,"value":"tin"},{"typeId":2,"value":"slate"}]}`,
		"Roof": "2 custom fields are called \"Roof\"; which is meant, says the number of its type, such as 1 or 3", "GATE": "2 custom fields are called \"GATE\"", "Dog": "there is no custom field",
	} {
		sent = ""
		err := (servicetitan.Connector{}).SetFields(t.Context(), session, connector.Fields{Target: hub.ModelOpportunity, ExternalID: "1", Values: map[string]any{name: "slate"}})
		if isRefused := !strings.HasPrefix(want, "{"); isRefused != connector.IsKind(err, connector.Refused) || isRefused && (!strings.Contains(err.Error(), want) || sent != "") || !isRefused && sent != want {
			t.Errorf("%s: %v, it sends %s", name, err, sent)
		}
	}
}
