package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
)

// exchange is a request and its answer.
type exchange struct {
	method, url  string
	header       map[string]string
	body, answer any
	status       int
	contentType  string
	// sent is the body as it is sent, where it is not JSON.
	sent *string
}

// vendor is a description with an exchange that is right, and what makes it wrong.
type vendor struct {
	files []string
	// good are right as they are.
	good map[string]exchange
	// requests and answers are what is wrong with one of the good, by what is wrong.
	requests, answers map[string]mistake
}

type mistake struct {
	of string
	// change makes it; what it changes is a copy.
	change func(*exchange)
}

func from(text string) any {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(err)
	}
	return v
}

// at sets what is at a path such as "data.0.name"; nothing removes it.
func at(root any, path string, value any) {
	names := strings.Split(path, ".")
	for i, name := range names {
		last := i == len(names)-1
		switch node := root.(type) {
		case map[string]any:
			if last && value == nothing {
				delete(node, name)
			} else if last {
				node[name] = value
			}
			root = node[name]
		case []any:
			n, err := strconv.Atoi(name)
			if err != nil {
				panic(err)
			}
			if last {
				node[n] = value
			}
			root = node[n]
		default:
			panic("nothing at " + path)
		}
	}
}

type remove struct{}

var nothing any = remove{}

func body(path string, value any) func(*exchange) {
	return func(e *exchange) { at(e.body, path, value) }
}

func answered(path string, value any) func(*exchange) {
	return func(e *exchange) { at(e.answer, path, value) }
}

func query(text string) func(*exchange) {
	return func(e *exchange) {
		if strings.Contains(e.url, "?") {
			e.url += "&" + text
		} else {
			e.url += "?" + text
		}
	}
}

func headed(name, value string) func(*exchange) {
	return func(e *exchange) {
		if value == "" {
			delete(e.header, name)
		} else {
			e.header[name] = value
		}
	}
}

func asked(method, url string) func(*exchange) {
	return func(e *exchange) { e.method, e.url = method, url }
}

func sent(text string) func(*exchange) { return func(e *exchange) { e.sent = &text } }

func status(code int) func(*exchange) { return func(e *exchange) { e.status = code } }

func typed(contentType string) func(*exchange) {
	return func(e *exchange) { e.contentType = contentType }
}

// vendors has, for each description, what must be refused.
var vendors = map[string]vendor{
	"merge": {
		files: []string{"merge/openapi.json"},
		good: map[string]exchange{
			"users": {
				method: "GET", url: "/api/crm/v1/users?page_size=10&modified_after=2026-01-02T03:04:05Z&include_deleted_data=true",
				header: map[string]string{"Authorization": "Bearer x", "X-Account-Token": "y"}, status: 200,
				answer: from(`{"next":null,"previous":null,"results":[{"id":"0b1a0bb0-6f2c-5c57-9a0d-2f4f1a3c7d11","remote_id":"1","created_at":"2026-01-02T03:04:05.000Z",
					"modified_at":"2026-01-02T03:04:05.000Z","name":"Ada","email":null,"is_active":true,"user_url":"https://example.com/ada","field_mappings":null,"remote_was_deleted":false}]}`),
			},
			"note": {
				method: "POST", url: "/api/crm/v1/notes", status: 201,
				header: map[string]string{"Authorization": "Bearer x", "X-Account-Token": "y", "Content-Type": "application/json"},
				body:   from(`{"model":{"content":"said","account":"0b1a0bb0-6f2c-5c57-9a0d-2f4f1a3c7d11","owner":null}}`),
				answer: from(`{"model":{"id":"0b1a0bb0-6f2c-5c57-9a0d-2f4f1a3c7d11","content":"said"},"warnings":[],"errors":[]}`),
			},
			"fields": {
				method: "PATCH", url: "/api/crm/v1/accounts/0b1a0bb0-6f2c-5c57-9a0d-2f4f1a3c7d11", status: 200,
				header: map[string]string{"Authorization": "Bearer x", "X-Account-Token": "y", "Content-Type": "application/json"},
				body:   from(`{"model":{"remote_fields":[{"remote_field_class":"0b1a0bb0-6f2c-5c57-9a0d-2f4f1a3c7d11","value":3}]}}`),
				answer: from(`{"model":{"id":"0b1a0bb0-6f2c-5c57-9a0d-2f4f1a3c7d11","addresses":[{"city":"Oslo","country":"NO"}],
					"remote_fields":[{"remote_field_class":{"id":"1"},"value":null}]},"warnings":[],"errors":[]}`),
			},
		},
		requests: map[string]mistake{
			"undeclared query parameter":    {"users", query("per_page=1")},
			"query parameter of wrong type": {"users", query("include_shell_data=perhaps")},
			"number that is none":           {"users", func(e *exchange) { e.url = "/api/crm/v1/users?page_size=ten" }},
			"query parameter's format":      {"users", func(e *exchange) { e.url = "/api/crm/v1/users?modified_after=yesterday" }},
			"required header missing":       {"users", headed("X-Account-Token", "")},
			"undeclared header":             {"users", headed("X-Whatever", "1")},
			"undeclared cookie":             {"users", headed("Cookie", "a=b")},
			"undeclared path":               {"users", asked("GET", "/api/crm/v1/invoices")},
			"path outside the server's":     {"users", asked("GET", "/crm/v1/users")},
			"undeclared method":             {"users", asked("DELETE", "/api/crm/v1/users")},
			"required property missing":     {"note", body("model", nothing)},
			"wrong type":                    {"note", body("model.content", 3.0)},
			"null where none may be":        {"note", body("model", nil)},
			"format":                        {"note", body("model.account", "one")},
			"undeclared property":           {"note", body("extra", true)},
			"undeclared property, deep":     {"note", body("model.extra", true)},
			"undeclared property, in list":  {"fields", body("model.remote_fields.0.extra", true)},
			"required, in list":             {"fields", body("model.remote_fields.0.remote_field_class", nothing)},
			"list that is none":             {"fields", body("model.remote_fields", from(`{"a":1}`))},
			"not JSON":                      {"note", sent(`{"model":`)},
			"content type":                  {"note", headed("Content-Type", "text/plain")},
		},
		answers: map[string]mistake{
			"wrong type":                   {"users", answered("results.0.is_active", "yes")},
			"wrong type of the list":       {"users", answered("results", from(`{}`))},
			"null where none may be":       {"users", answered("results.0.id", nil)},
			"format: uuid":                 {"users", answered("results.0.id", "7")},
			"format: date-time":            {"users", answered("results.0.created_at", "2026-01-02 03:04:05")},
			"format: date that is none":    {"users", answered("results.0.created_at", "2026-02-30T03:04:05Z")},
			"format: uri":                  {"users", answered("results.0.user_url", "ada")},
			"undeclared property":          {"users", answered("count", 1.0)},
			"undeclared property, in list": {"users", answered("results.0.extra", nil)},
			"undeclared, in what was any":  {"users", answered("results.0.field_mappings", from(`{"organization_defined_targets":{},"linked_account_defined_targets":{},"x":1}`))},
			"one of none":                  {"users", answered("results.0.field_mappings", "x")},
			"required property missing":    {"note", answered("model", nothing)},
			"country that is none":         {"fields", answered("model.addresses.0.country", "Norway")},
			"undeclared status":            {"users", status(202)},
			"status of another operation":  {"note", status(200)},
			"content type":                 {"users", typed("text/html")},
			"no content type":              {"users", typed("")},
			"no body":                      {"users", sent("")},
			"not JSON":                     {"users", sent("<html>")},
			"undeclared path":              {"users", asked("GET", "/api/crm/v1/invoices")},
		},
	},
	"companycam": {
		files: []string{"companycam/openapi.json"},
		good: map[string]exchange{
			"users": {
				method: "GET", url: "/v2/users?page=1&per_page=50", header: map[string]string{"Authorization": "Bearer x"}, status: 200,
				answer: from(`[{"id":"1","company_id":"1","email_address":"a@example.com","status":"active","first_name":"Ada","last_name":"A","phone_number":null,"created_at":1,"updated_at":2}]`),
			},
			"current": {
				method: "GET", url: "/v2/users/current", header: map[string]string{"Authorization": "Bearer x"}, status: 200,
				answer: from(`{"id":"1","company_id":"1","first_name":"Ada","last_name":"A","status":"active"}`),
			},
			"comment": {
				method: "POST", url: "/v2/projects/1/comments", header: map[string]string{"Authorization": "Bearer x", "Content-Type": "application/json"}, status: 201,
				body: from(`{"comment":{"content":"said"}}`), answer: from(`{"id":"1","content":"said","created_at":1,"updated_at":1}`),
			},
		},
		requests: map[string]mistake{
			"undeclared query parameter":     {"users", query("limit=1")},
			"query parameter of wrong type":  {"users", func(e *exchange) { e.url = "/v2/users?page=first" }},
			"no credentials":                 {"users", headed("Authorization", "")},
			"credentials of another kind":    {"users", headed("Authorization", "Basic x")},
			"undeclared header":              {"users", headed("X-Whatever", "1")},
			"undeclared path":                {"users", asked("GET", "/v2/photos")},
			"undeclared method":              {"users", asked("PUT", "/v2/users")},
			"wrong type":                     {"comment", body("comment.content", 1.0)},
			"wrong type of an object":        {"comment", body("comment", "said")},
			"undeclared property":            {"comment", body("comment.extra", "x")},
			"undeclared property at the top": {"comment", body("extra", "x")},
			"not JSON":                       {"comment", sent("content=said")},
			"content type":                   {"comment", headed("Content-Type", "application/x-www-form-urlencoded")},
		},
		answers: map[string]mistake{
			"wrong type":                {"users", answered("0.id", 1.0)},
			"not a list":                {"users", func(e *exchange) { e.answer = from(`{"data":[]}`) }},
			"not in the enumeration":    {"users", answered("0.status", "asleep")},
			"undeclared property":       {"users", answered("0.extra", 1.0)},
			"format: int32":             {"users", answered("0.created_at", 3e9)},
			"number that is not whole":  {"users", answered("0.created_at", 1.5)},
			"text where a number is":    {"users", answered("0.created_at", "2026-01-02T03:04:05Z")},
			"undeclared status":         {"users", status(202)},
			"status of another request": {"comment", status(200)},
			"content type":              {"users", typed("text/plain")},
			"no body":                   {"current", sent("")},
			"not JSON":                  {"current", sent("ok")},
		},
	},
	"servicetitan": {
		files: []string{"servicetitan/settings.json", "servicetitan/crm.json", "servicetitan/jpm.json", "servicetitan/dispatch.json"},
		good: map[string]exchange{
			"jobs": { // in the third document
				method: "GET", url: "/jpm/v2/tenant/12/jobs?page=1&pageSize=50&modifiedOnOrAfter=2026-01-02T03:04:05Z", status: 200,
				header: map[string]string{"Authorization": "Bearer x", "ST-App-Key": "y"},
				answer: from(`{"page":1,"pageSize":50,"hasMore":false,"totalCount":null,"data":[]}`),
			},
			"assignments": { // in the fourth
				method: "GET", url: "/dispatch/v2/tenant/12/appointment-assignments?appointmentIds=1,2", status: 200,
				header: map[string]string{"Authorization": "Bearer x", "ST-App-Key": "y"},
				answer: from(`{"page":1,"pageSize":50,"hasMore":false,"totalCount":null,"data":[{"id":1,"technicianId":2,"technicianName":"Ada","assignedById":3,
					"assignedOn":"2026-01-02T03:04:05Z","status":"Scheduled","isPaused":false,"jobId":4,"appointmentId":5,"createdOn":"2026-01-02T03:04:05Z","modifiedOn":"2026-01-02T03:04:05Z","active":true}]}`),
			},
			"note": {
				method: "POST", url: "/jpm/v2/tenant/12/jobs/7/notes", status: 200,
				header: map[string]string{"Authorization": "Bearer x", "ST-App-Key": "y", "Content-Type": "application/json"},
				body:   from(`{"text":"said","pinToTop":false}`),
				answer: from(`{"text":"said","isPinned":false,"createdById":1,"createdOn":"2026-01-02T03:04:05Z","modifiedOn":"2026-01-02T03:04:05Z"}`),
			},
		},
		requests: map[string]mistake{
			"undeclared query parameter":    {"jobs", query("limit=1")},
			"query parameter of wrong type": {"jobs", query("customerId=one")},
			"query parameter's format":      {"jobs", func(e *exchange) { e.url = "/jpm/v2/tenant/12/jobs?modifiedOnOrAfter=now" }},
			"path parameter of wrong type":  {"jobs", asked("GET", "/jpm/v2/tenant/acme/jobs")},
			"path parameter's format":       {"note", asked("POST", "/jpm/v2/tenant/12/jobs/99999999999999999999/notes")},
			"undeclared header":             {"jobs", headed("X-Whatever", "1")},
			"undeclared path":               {"jobs", asked("GET", "/jpm/v2/tenant/12/invoices")},
			"undeclared method":             {"jobs", asked("DELETE", "/jpm/v2/tenant/12/jobs/1")},
			"no credentials": {"jobs", func(e *exchange) {
				delete(e.header, "Authorization")
				delete(e.header, "ST-App-Key")
			}},
			"wrong type":                {"note", body("text", 1.0)},
			"required property missing": {"note", body("text", nothing)},
			"undeclared property":       {"note", body("extra", true)},
			"not JSON":                  {"note", sent("said")},
			"content type":              {"note", headed("Content-Type", "text/plain")},
		},
		answers: map[string]mistake{
			"wrong type":                {"assignments", answered("data.0.id", "1")},
			"required property missing": {"assignments", answered("data.0.technicianId", nothing)},
			"null where none may be":    {"assignments", answered("data.0.technicianId", nil)},
			"not in the enumeration":    {"assignments", answered("data.0.status", "Perhaps")},
			"format: date-time":         {"assignments", answered("data.0.assignedOn", "2026-01-02")},
			"format: int32":             {"assignments", answered("page", 3e9)},
			"undeclared property":       {"assignments", answered("data.0.extra", 1.0)},
			"undeclared at the top":     {"assignments", answered("extra", 1.0)},
			"undeclared status":         {"jobs", status(202)},
			"content type":              {"jobs", typed("text/plain")},
			"no body":                   {"jobs", sent("")},
			"not JSON":                  {"note", sent("ok")},
		},
	},
}

// TestSpecRefuses: a description lets pass what is right, and nothing that is wrong in any one way.
func TestSpecRefuses(t *testing.T) {
	for name, v := range vendors {
		t.Run(name, func(t *testing.T) {
			spec := specOf(t, v.files)
			for name, good := range v.good {
				t.Run("good/"+name, func(t *testing.T) {
					if problem := good.copied().requested(spec); problem != "" {
						t.Error(problem)
					}
					if problem := good.copied().answered(spec); problem != "" {
						t.Error(problem)
					}
				})
			}
			for name, m := range v.requests {
				t.Run("request/"+name, func(t *testing.T) {
					e := v.good[m.of].copied()
					m.change(&e)
					problem := e.requested(spec)
					if problem == "" {
						t.Error("it was let pass")
					}
					t.Log(problem)
				})
			}
			for name, m := range v.answers {
				t.Run("answer/"+name, func(t *testing.T) {
					e := v.good[m.of].copied()
					m.change(&e)
					problem := e.answered(spec)
					if problem == "" {
						t.Error("it was let pass")
					}
					t.Log(problem)
				})
			}
		})
	}
}

func specOf(tb testing.TB, files []string) *Spec {
	tb.Helper()
	texts := make([][]byte, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		texts[i] = text
	}
	return NewSpec(texts...)
}

// copied returns e with bodies and headers of its own.
func (e exchange) copied() exchange {
	e.header = maps.Clone(e.header)
	if e.body != nil {
		e.body = from(text(e.body))
	}
	if e.contentType == "" {
		e.contentType = "application/json"
	}
	e.answer = from(text(e.answer))
	return e
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (e exchange) request() (*http.Request, string) {
	sent := ""
	switch {
	case e.sent != nil:
		sent = *e.sent
	case e.body != nil:
		sent = text(e.body)
	}
	r := httptest.NewRequest(e.method, e.url, strings.NewReader(sent))
	for name, value := range e.header {
		r.Header.Set(name, value)
	}
	return r, sent
}

func (e exchange) requested(spec *Spec) string {
	r, sent := e.request()
	return spec.request(r, []byte(sent))
}

func (e exchange) answered(spec *Spec) string {
	r, _ := e.request()
	w := httptest.NewRecorder()
	if e.contentType != "" {
		w.Header().Set("Content-Type", e.contentType)
	} else {
		w.Header()["Content-Type"] = nil // and none is guessed
	}
	w.WriteHeader(e.status)
	if e.sent != nil {
		_, _ = w.WriteString(*e.sent)
	} else {
		_, _ = w.WriteString(text(e.answer))
	}
	return spec.answer(r, w)
}
