package servicetitan

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
)

// tokenLife is how long an access token lasts whose answer does not say: the shortest that was seen.
const tokenLife = 15 * time.Minute

// Authorize implements connector.Authorizer.
func (Connector) Authorize(ctx context.Context, s *connector.Session) (connector.Token, error) {
	var answer struct {
		Token     string          `json:"access_token"`
		ExpiresIn json.RawMessage `json:"expires_in"`
	}
	_, err := connector.PostJSON(ctx, s, connector.Request{
		Service: service, BaseURL: s.Values["authURL"], Path: "/connect/token", Problem: tokenProblem,
		Body: url.Values{"grant_type": {"client_credentials"}, "client_id": {s.Values["clientId"]}, "client_secret": {s.Values["clientSecret"]}},
	}, &answer)
	if err != nil {
		return connector.Token{}, err
	}
	life, ok := lifeOf(answer.ExpiresIn)
	if answer.Token == "" || !ok {
		return connector.Token{}, connector.Fail(connector.Malformed, service, "the answer to the request for an access token has none that can be used")
	}
	return connector.Token{Value: answer.Token, Expires: s.Now().Add(life)}, nil
}

// lifeOf reads seconds that are written as a number or a text, or left out.
func lifeOf(expiresIn json.RawMessage) (time.Duration, bool) {
	text := strings.Trim(string(bytes.TrimSpace(expiresIn)), `"`)
	if text == "" || text == "null" {
		return tokenLife, true
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds > 0 && seconds <= (365*24*time.Hour).Seconds()) {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// tokenProblem tells a refusal, which OAuth answers with status 400 and one of a few words, from an outage that looks
// like one.
func tokenProblem(status int, body []byte) (connector.Kind, string) {
	if status != http.StatusBadRequest {
		return "", ""
	}
	var refusal struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &refusal) == nil {
		switch refusal.Error {
		case "invalid_client", "invalid_grant", "unauthorized_client":
			return connector.Unauthorized, "the client id and client secret are not accepted (" + refusal.Error + "); those of production are not those of the integration environment"
		}
	}
	return connector.Temporary, "the service that gives access tokens has a problem"
}

// request asks api, one of the vendor's, for a path of the tenant. right is the scope that it takes.
func request(s *connector.Session, api, path, right string, query url.Values) connector.Request {
	return connector.Request{
		Service: service, Path: "/" + api + "/v2/tenant/" + url.PathEscape(tenantOf(s)) + "/" + path, Query: query,
		Header:  http.Header{"Authorization": {"Bearer " + s.Token}, "St-App-Key": {s.Values["appKey"]}},
		Problem: func(status int, body []byte) (connector.Kind, string) { return problem(right, status, body) },
	}
}

// tenantOf is the number of the tenant that the session reads.
func tenantOf(s *connector.Session) string {
	if tenant := s.Values["tenant"]; tenant != "" {
		return tenant
	}
	return s.ExternalAccountID
}

// problem reads the vendor's problem details.
func problem(right string, status int, body []byte) (connector.Kind, string) {
	lower := strings.ToLower(string(body))
	switch status {
	case http.StatusUnauthorized:
		if strings.Contains(lower, "application key") || strings.Contains(lower, "st-app-key") {
			return connector.Unauthorized, "the app key is not accepted"
		}
	case http.StatusForbidden:
		if !strings.Contains(lower, "scope") && (strings.Contains(lower, "limit") || strings.Contains(lower, "too many") || strings.Contains(lower, "throttl")) {
			return connector.RateLimited, "too many requests"
		}
		return connector.Forbidden, "the app lacks the scope " + right + ", which the tenant has to approve after it was added"
	case http.StatusConflict:
		if strings.Contains(lower, "not active") { // which is no lock: it does not pass
			return connector.Refused, "what it is about is not active"
		}
	case http.StatusBadRequest, http.StatusNotFound:
		return connector.Refused, refusal(status, body)
	}
	return "", ""
}

// refusal says which fields are at fault and what the vendor's support finds the request by; the vendor's own words may
// repeat what was sent, so they are left out.
func refusal(status int, body []byte) string {
	meaning := "the request is not accepted"
	if status == http.StatusNotFound {
		meaning = "there is no such thing"
	}
	var details struct {
		TraceID string                     `json:"traceId"`
		Errors  map[string]json.RawMessage `json:"errors"`
	}
	if json.Unmarshal(body, &details) != nil {
		return meaning
	}
	if names := fieldNames(details.Errors); names != "" {
		meaning += ", because of " + names
	}
	if plainID(details.TraceID) {
		meaning += " (trace " + details.TraceID + ")"
	}
	return meaning
}

// answer is a page of anything.
type answer struct {
	rows []json.RawMessage
	more bool
	// next is where an export feed goes on.
	next string
	date time.Time
}

// ask asks for a page of a list.
func ask(ctx context.Context, s *connector.Session, l list, query url.Values) (answer, error) {
	maps.Copy(query, l.query)
	r := request(s, l.api, l.path, l.right, query)
	var fields map[string]json.RawMessage
	got, err := connector.GetJSON(ctx, s, r, &fields)
	if err != nil {
		return answer{}, err
	}
	a := answer{date: got.Date}
	if a.rows, err = connector.Rows(r, fields, "data"); err != nil {
		return answer{}, err
	}
	var more *bool
	if json.Unmarshal(fields["hasMore"], &more) != nil || more == nil {
		return answer{}, connector.Fail(connector.Malformed, service, "%s was answered without saying whether there is more", r.Path)
	}
	a.more = *more
	if raw, ok := fields["continueFrom"]; ok && json.Unmarshal(raw, &a.next) != nil {
		return answer{}, connector.Fail(connector.Malformed, service, "%s was answered with a place to continue from that is no text", r.Path)
	}
	return a, nil
}

// askByIDs asks for all rows of a list whose ids, or what else the parameter names, are among some.
func askByIDs(ctx context.Context, s *connector.Session, l list, parameter string, ids []string) ([]json.RawMessage, error) {
	var all []json.RawMessage
	for len(ids) > 0 {
		some := ids[:min(idsMost, len(ids))]
		ids = ids[len(some):]
		for number := 1; ; number++ {
			if number > maxPartPages {
				return nil, connector.Fail(connector.Malformed, service, "the %s of %d ids fill more than %d pages", l.path, len(some), maxPartPages)
			}
			query := url.Values{parameter: {strings.Join(some, ",")}, "page": {strconv.Itoa(number)}, "pageSize": {strconv.Itoa(partSize)}}
			got, err := ask(ctx, s, l, query)
			if err != nil {
				return nil, err
			}
			all = append(all, got.rows...)
			if !got.more {
				break
			}
		}
	}
	return all, nil
}

// rowsByID asks a list for some of its rows, each by its id. denied is why the app may not read them; none is known then.
func rowsByID[T any](ctx context.Context, s *connector.Session, l list, ids []string, idOf func(T) number) (known map[number]T, denied, err error) {
	rows, err := askByIDs(ctx, s, l, "ids", ids)
	if connector.IsKind(err, connector.Forbidden) {
		return nil, err, nil
	}
	known = map[number]T{}
	for _, row := range decodeEach[T](rows) {
		known[idOf(row)] = row
	}
	return known, nil, err
}
