package leadperfection

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
)

// TestWhatHoldsAList finds the items of an answer, however they are held; what has no list is not taken for an empty one, and neither
// is an empty one beside an error.
func TestWhatHoldsAList(t *testing.T) {
	for answer, want := range map[string]int{ // -1 is malformed
		`[]`: 0, `[{"cst_id":7}]`: 1, `{"cst_id":7}`: 1, `{"CST_ID":"7","data":[]}`: 1, `{"cst_id":0}`: -1,
		`{"data":[1,2]}`: 2, `{"Leads":[1]}`: 1, `{"RESULTS":[1]}`: 1, `{"items":[1]}`: 1, `{"data":[]}`: 0, `{"data":null,"items":[1]}`: 1,
		`{"data":[],"error":"away"}`: -1, `{"data":[],"success":false}`: -1, `{"data":[],"error":""}`: 0, `{"data":[1],"error":"away"}`: 1,
		`null`: -1, `{}`: -1, `7`: -1, `"done"`: -1, `{"data":null}`: -1, `{"data":{}}`: -1, `{"others":[1]}`: -1,
	} {
		items, err := rows(leadPath, json.RawMessage(answer))
		if want < 0 != connector.IsKind(err, connector.Malformed) || len(items) != max(want, 0) {
			t.Errorf("%s has %d items: %v", answer, len(items), err)
		}
	}
}

// TestWaitsThatABodyAsksFor reads how long a refusal asks to be left alone; what is no time that lies ahead asks for nothing.
func TestWaitsThatABodyAsksFor(t *testing.T) {
	for body, want := range map[string]time.Duration{
		`{"retryAfterSeconds":17}`: 17 * time.Second, `{"RetryAfterSeconds":"2.5"}`: 2500 * time.Millisecond, `{"retryAfterSeconds":1e300}`: longestWait, `{"retryAfterSeconds":"Infinity"}`: longestWait,
		`{"retryAfterSeconds":0}`: 0, `{"retryAfterSeconds":-5}`: 0, `{"retryAfterSeconds":"NaN"}`: 0, `{"retryAfterSeconds":"soon"}`: 0, `{"retryAfterSeconds":null}`: 0, `{}`: 0, `<html>`: 0, ``: 0,
	} {
		if got := askedWait([]byte(body)); got != want {
			t.Errorf("%s asks for %s, and not %s", body, got, want)
		}
	}
}

// TestRefusals tells what an answer of 200 says that is an error: of a note that it is refused, of what was asked for that it did not come. What
// says nothing of the kind is an answer.
func TestRefusals(t *testing.T) {
	const none = "LeadPerfection: %s was answered with an error in the place of what was asked for"
	const may = "LeadPerfection: %s was refused: the API user may not execute the action 42; give it the right in LeadPerfection"
	for _, test := range []struct {
		path, answer string
		want         connector.Error // without a kind where there is none
	}{
		{leadPath, `[]`, connector.Error{}},
		{leadPath, `"done"`, connector.Error{}},
		{leadPath, `[{"cst_id":7}]`, connector.Error{}},
		{leadPath, `{"Message":"Error: twice"}`, connector.Error{}},
		{notePath, `{"Result":1,"Message":"Note added"}`, connector.Error{}},
		{notePath, `[{"Result":0},{"Result":0}]`, connector.Error{}},
		{leadPath, `{"Result":0,"Message":"Error: twice"}`, connector.Error{Kind: connector.Temporary, Message: none}},
		{leadPath, `{"Result":0,"Message":"The note is too long, at most 500 characters"}`, connector.Error{Kind: connector.Temporary, Message: none}},
		{notePath, `{"Result":0,"Message":"The record is locked"}`, connector.Error{Kind: connector.Refused, Message: none}},
		{notePath, `[{"result":"0","message":"The note is too long, at most 500 characters"}]`, connector.Error{Kind: connector.Refused, Message: none, TooLong: true, Most: 500}},
		{notePath, `{"Result":0,"Message":""}`, connector.Error{Kind: connector.Refused, Message: none, Unexplained: true}},
		{notePath, `[{"Result":0,"Message":"User does not have permission to execute action '42'"}]`, connector.Error{Kind: connector.Forbidden, Message: may}},
		{leadPath, `{"Message":"User does not have permission to execute action 42"}`, connector.Error{Kind: connector.Forbidden, Message: may}},
	} {
		want := test.want
		if want.Kind != "" {
			want.Status, want.Message = http.StatusOK, fmt.Sprintf(want.Message, test.path)
		}
		err := refusal(test.path, json.RawMessage(test.answer))
		var got connector.Error
		if told, ok := errors.AsType[*connector.Error](err); ok {
			got = *told
		}
		if got != want || (err == nil) != (want.Kind == "") {
			t.Errorf("%s on %s is %#v, and not %#v", test.answer, test.path, got, want)
		}
	}
}

// TestFieldsThatCannotBeRead names the field, by its usual spelling, whatever the one that it came under.
func TestFieldsThatCannotBeRead(t *testing.T) {
	read := map[string]func(o object) error{
		"its apptdate has a form that is not known": func(o object) error { _, err := o.time(apptDate, time.UTC); return err },
		"its jobs are no list":                      func(o object) error { _, err := o.list(jobsOf); return err },
		"one of its jobs is no object":              func(o object) error { _, err := o.objects(jobsOf); return err },
	}
	for text, want := range map[string]string{
		`{"apptdate":"soon"}`: "its apptdate has a form that is not known", `{"Appt_Date":"13/45/2026"}`: "its apptdate has a form that is not known", `{"jobs":7}`: "its jobs are no list", `{"Jobs":[{},7]}`: "one of its jobs is no object",
		`{}`: "", `{"apptdate":null,"jobs":null}`: "", `{"apptdate":"2026-12-01T10:00:00","jobs":[{}]}`: "",
	} {
		var o object
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		for problem, of := range read {
			err := of(o)
			said := ""
			if err != nil {
				said = err.Error()
			}
			if problem == want != (said == problem) || want == "" && said != "" {
				t.Errorf("%s: it says %q, and not %q", text, said, want)
			}
		}
	}
}

// TestActiveReps says of a rep whether the vendor counts on them, where it tells.
func TestActiveReps(t *testing.T) {
	for text, want := range map[string]string{
		`{"active":true}`: "true", `{"IsActive":"True"}`: "true", `{"active":false}`: "false", `{"active":"FALSE"}`: "false", `{"active":"yes"}`: "", `{"active":null}`: "", `{}`: "",
	} {
		var o object
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		got := ""
		if active := rep(o, false).Details.Active; active != nil {
			got = map[bool]string{true: "true", false: "false"}[*active]
		}
		if got != want {
			t.Errorf("%s is read as %q, and not %q", text, got, want)
		}
	}
}

// TestNamesOfReps takes a name from the field that has it whole, or else puts it together.
func TestNamesOfReps(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"Quinn Jensen","firstname":"Q","lastname":"J"}`: "Quinn Jensen", `{"firstname":"Quinn","lastname":"Jensen"}`: "Quinn Jensen", `{"lastname":"Jensen"}`: "Jensen", `{"firstname":"Quinn"}`: "Quinn", `{}`: "",
	} {
		var o object
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			t.Fatal(err)
		}
		r := rep(o, true)
		if id := "name:" + strings.ToLower(want); r.Name != want || want != "" && r.ExternalID != id || want == "" && r.ExternalID != "" {
			t.Errorf("%s is %q, known by %q", text, r.Name, r.ExternalID)
		}
	}
}
