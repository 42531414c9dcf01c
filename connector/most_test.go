package connector_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"sirocco/connector"
)

// TestMostCharacters finds in answers how long a text may be, as vendors say it.
func TestMostCharacters(t *testing.T) {
	for answer, want := range map[string]int{
		`{"error":"text is too long (maximum is 200 characters)"}`:                                                    200,
		`{"content":["Ensure this field has no more than 1000 characters."]}`:                                         1000,
		`{"code":400,"message":"The note has 3872 characters, and at most 255 are allowed"}`:                          255,
		`{"errors":[{"field":"note","maxLength":4000}]}`:                                                              4000,
		`[{"errorCode":"STRING_TOO_LONG","message":"Description: data value too large: A talk (max length=32,000)"}]`: 32000,
		`{"detail":"String should have at most 500 characters","ctx":{"max_length":500}}`:                             500,
		`{"message":"limit of 65'536 bytes exceeded"}`:                                                                65536,
		`{"message":"500 chars max"}`:                                                                                 500,
		`{"error":"text is too long"}`:                                                                                0,
		`{"code":400,"id":"200"}`:                                                                                     0,
		`{"error":"at most 3 notes"}`:                                                                                 0,
		`{"error":"at most 99999999999999999999999 characters"}`:                                                      0,
		``: 0,
	} {
		vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = fmt.Fprint(w, answer)
		}))
		_, err := connector.PostJSON(t.Context(), &connector.Session{HTTP: vendor.Client()}, connector.Request{Service: "Tiny CRM", BaseURL: vendor.URL, Path: "/notes", Body: map[string]any{}}, nil)
		if got := connector.MostCharacters(err); got != want {
			t.Errorf("%s names %d, not %d (%v)", answer, got, want, err)
		}
		vendor.Close()
	}
	if n := connector.MostCharacters(connector.Fail(connector.Refused, "Tiny CRM", "the CRM behind it did not take the note: it has more than 300 characters")); n != 300 {
		t.Errorf("what the CRM behind says names %d", n)
	}
	if n := connector.MostCharacters(nil); n != 0 {
		t.Errorf("no error names %d", n)
	}
}
