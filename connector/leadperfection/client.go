package leadperfection

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"sirocco/connector"
)

const (
	leadPath = "/api/Customers/GetLead"
	byIDPath = "/api/Customers/GetCustomersByProspectID"
	repsPath = "/api/SalesApi/ListSalesReps"
	notePath = "/api/SalesApi/AddNotes"
	// tokenLife is how long an access token is used whose own end is not told.
	tokenLife = 23 * time.Hour
	// longestWait is the longest wait that an answer's body is believed to ask for.
	longestWait = time.Hour
)

// Authorize implements connector.Authorizer.
func (Connector) Authorize(ctx context.Context, s *connector.Session) (connector.Token, error) {
	var answer struct {
		Token   string      `json:"access_token"`
		Seconds json.Number `json:"expires_in"`
	}
	_, err := connector.PostJSON(ctx, s, connector.Request{
		Service: service, Path: "/token", Problem: tokenProblem,
		Body: url.Values{
			"grant_type": {"password"}, "username": {s.Values["username"]}, "password": {s.Values["password"]},
			"clientid": {s.Values["clientId"]}, "appkey": {s.Values["appKey"]},
		},
	}, &answer)
	if err != nil {
		return connector.Token{}, err
	}
	if answer.Token == "" {
		return connector.Token{}, connector.Fail(connector.Malformed, service, "the answer to the request for an access token has none")
	}
	life := tokenLife
	if seconds, err := answer.Seconds.Float64(); err == nil && seconds > 0 {
		life = time.Duration(min(seconds, tokenLife.Seconds()) * float64(time.Second))
	}
	return connector.Token{Value: answer.Token, Expires: s.Now().Add(life)}, nil
}

// tokenProblem tells credentials that are not accepted from an outage that looks like it: the vendor says so in JSON.
func tokenProblem(status int, body []byte) (connector.Kind, string) {
	const words = "the user name, password, client id and app key are not accepted together; each account lives on one of the vendor's servers, so the base URL may be another's"
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return connector.Unauthorized, words
	case http.StatusBadRequest, http.StatusNotFound:
		var refusal struct {
			Error string `json:"error"`
		}
		if json.Unmarshal(body, &refusal) == nil && strings.HasPrefix(refusal.Error, "invalid_") {
			return connector.Unauthorized, words
		}
		return connector.Temporary, "the service that gives access tokens has a problem, or the base URL is wrong"
	}
	return "", ""
}

// call posts a form and returns what was answered. A refusal inside of an answer of 200 is an error.
func call(ctx context.Context, s *connector.Session, path string, form url.Values) (json.RawMessage, time.Time, error) {
	var raw json.RawMessage
	var asked time.Duration
	got, err := connector.PostJSON(ctx, s, connector.Request{
		Service: service, Path: path, Body: form, Header: http.Header{"Authorization": {"Bearer " + s.Token}},
		Problem: func(status int, body []byte) (connector.Kind, string) {
			asked = askedWait(body)
			return problem(status, body)
		},
	}, &raw)
	if e, ok := errors.AsType[*connector.Error](err); ok && e.Kind == connector.RateLimited && e.RetryAfter == 0 {
		e.RetryAfter = asked
	}
	if err == nil {
		err = refusal(path, raw)
	}
	return raw, got.Date, err
}

// permission is how the vendor says that a right is missing.
var permission = regexp.MustCompile(`(?i)does not have permission to execute action\s*['"]*([A-Za-z0-9_./]{0,60})`)

// missingRight is what a refusal means that names an action which the user may not take; empty where it names none.
func missingRight(body []byte) string {
	named := permission.FindSubmatch(body)
	switch {
	case named == nil:
		return ""
	case len(named[1]) == 0:
		return "the API user may not do that; give it the right in LeadPerfection"
	}
	return "the API user may not execute the action " + string(named[1]) + "; give it the right in LeadPerfection"
}

// problem says what the vendor's refusals mean. A 403 is a missing right where it says so, and else an access token that is no
// good any more. The vendor's words may repeat what was sent, so none are told.
func problem(status int, body []byte) (connector.Kind, string) {
	if right := missingRight(body); right != "" {
		return connector.Forbidden, right
	}
	if status == http.StatusForbidden {
		return connector.Unauthorized, "the access token is not accepted"
	}
	return "", ""
}

// askedWait is how long a refusal asks to be left alone by its body; zero where it does not.
func askedWait(body []byte) time.Duration {
	var o object
	if json.Unmarshal(body, &o) != nil {
		return 0
	}
	seconds, err := json.Number(o.text(seen("retryAfterSeconds"))).Float64()
	if err != nil || !(seconds > 0) { // nor by NaN
		return 0
	}
	return time.Duration(min(seconds, longestWait.Seconds()) * float64(time.Second))
}

// refusal is the error that an answer of 200 is: an object, alone or in a list, with Result 0 and a message.
func refusal(path string, raw json.RawMessage) error {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) == nil && len(items) == 1 {
		raw = items[0]
	}
	var o object
	_ = json.Unmarshal(raw, &o) // what is no object says nothing
	_, hasResult := o["result"]
	message := o.text(seen("Message"))
	right := missingRight([]byte(message))
	switch {
	case !hasResult && right == "", o.text(seen("Result")) != "0" && right == "":
		return nil
	case right != "":
		return &connector.Error{Kind: connector.Forbidden, Status: http.StatusOK, Message: connector.Fail(connector.Forbidden, service, "%s was refused: %s", path, right).Message}
	}
	e := connector.Fail(connector.Temporary, service, "%s was answered with an error in the place of what was asked for", path)
	if path == notePath {
		e.Kind = connector.Refused
		e.Says(message)
	}
	e.Status = http.StatusOK
	return e
}

// envelopes are under what a list may be held.
var envelopes = []string{"data", "leads", "results", "items"}

// rows returns the items of an answer, which is a list, or holds one, or is the only item. Any other answer is malformed, and
// not one without items.
func rows(path string, raw json.RawMessage) ([]json.RawMessage, error) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) == nil && items != nil {
		return items, nil
	}
	var o object
	if json.Unmarshal(raw, &o) == nil {
		if o.id(customerID) != "" {
			return []json.RawMessage{raw}, nil
		}
		for _, name := range envelopes {
			if json.Unmarshal(o[name], &items) == nil && items != nil && (len(items) > 0 || !connector.TellsError(o)) {
				return items, nil
			}
		}
	}
	return nil, connector.Fail(connector.Malformed, service, "%s was answered without a list", path)
}
