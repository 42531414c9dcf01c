package connector_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"sirocco/connector"
)

// TestWhatARefusalSaysOfLength reads the words of refusals, as vendors write them.
func TestWhatARefusalSaysOfLength(t *testing.T) {
	for words, want := range map[string]struct{ tooLong, unexplained bool }{
		`[{"message":"Description: data value too large (max length=32000)","errorCode":"STRING_TOO_LONG","fields":["Description"]}]`: {true, false},
		`STRING_TOO_LONG`: {true, true},
		`{"errors":{"Text":["The field Text must be a string with a maximum length of 4000."]},"title":"One or more validation errors occurred."}`: {true, false},
		`{"errors":["Content is too long (maximum is 1000 characters)"]}`:                                                                          {true, false},
		`{"message":"notes may have at most 512 characters"}`:                                                                                      {true, false},
		`{"detail":"Ensure this field has no more than 255 characters."}`:                                                                          {true, false},
		`{"error":"payload size exceeded"}`:                                                                                                        {true, false},
		`{"error":{"code":"TEXT_TOO_LONG"}}`:                                                                                                       {true, true},
		`{"error":"The customer is not active"}`:                                                                                                   {false, false},
		`{"errors":["Record not found"]}`:                                                                                                          {false, false},
		`[{"errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION"}]`:                                                                                      {false, false},
		`{"message":"dataObjectId is required"}`:                                                                                                   {false, false},
		`{"message":"an emphasized name is missing"}`:                                                                                              {false, false},
		`{"message":"The character is not allowed in this field"}`:                                                                                 {false, false},
		``:                         {false, true},
		`{}`:                       {false, true},
		`{"detail":"Bad Request"}`: {false, true},
		`{"type":"https://tools.ietf.org/html/rfc7231#section-6.5.1","title":"One or more validation errors occurred.","status":400,"traceId":"00-84c1fd4063c38d9f3900d06e56542d48-85d1d4-00"}`: {false, true},
		`<html><head><title>400 Bad Request</title><style>body { width: 1em }</style></head><body><h1>Bad Request</h1></body></html>`:                                                           {false, true},
		`{"error":"invalid_request"}`: {false, true},
	} {
		e := connector.Error{Kind: connector.Refused}
		if e.Says(words); e.TooLong != want.tooLong || !e.TooLong && e.Unexplained != want.unexplained {
			t.Errorf("%s: too long %t, unexplained %t", words, e.TooLong, e.Unexplained)
		}
	}
}

// TestWhatARefusalSaysOfARecord reads in the words of refusals that a record is not there, and nothing of the kind in others.
func TestWhatARefusalSaysOfARecord(t *testing.T) {
	for words, want := range map[string]bool{
		`[{"message":"entity is deleted","errorCode":"ENTITY_IS_DELETED","fields":[]}]`: true,
		`ENTITY_IS_DELETED`: true,
		`[{"message":"invalid cross reference id","errorCode":"INVALID_CROSS_REFERENCE_KEY"}]`: true,
		`{"errors":["Record not found"]}`:                                                 true,
		`{"detail":"The contact could not be found."}`:                                    true,
		`{"error":"Customer 7 does not exist"}`:                                           true,
		`{"error":"This project doesn't exist anymore"}`:                                  true,
		`{"message":"the account has been merged into 12"}`:                               true,
		`{"message":"it is no longer available"}`:                                         true,
		`{"message":"The field Stage does not exist"}`:                                    false,
		`[{"message":"No such column 'X' on entity 'Task'","errorCode":"INVALID_FIELD"}]`: false,
		`{"error":"The method does not exist"}`:                                           false,
		`{"error":"The customer is not active"}`:                                          false,
		`{"message":"Description: data value too large"}`:                                 false,
		`{"detail":"Bad Request"}`:                                                        false,
		``:                                                                                false,
	} {
		e := connector.Error{Kind: connector.Refused}
		if e.Says(words); e.Absent != want {
			t.Errorf("%s: absent %t", words, e.Absent)
		}
	}
}

// TestWhatARefusalNames finds in answers how long a text may be, as vendors say it.
func TestWhatARefusalNames(t *testing.T) {
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
		if e, ok := errors.AsType[*connector.Error](err); !ok || e.Most != want {
			t.Errorf("%s names %d (%v), not %d", answer, e.Most, err, want)
		}
		vendor.Close()
	}
}
