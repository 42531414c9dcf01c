package spotio

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
)

// tokenLife is how long an access token is used whose own end cannot be read.
const tokenLife = 24 * time.Hour

// Authorize implements connector.Authorizer.
func (Connector) Authorize(ctx context.Context, s *connector.Session) (connector.Token, error) {
	var answer struct {
		Token string `json:"accessToken"`
	}
	_, err := connector.PostJSON(ctx, s, connector.Request{
		Service: service, Path: "/api/users/apitoken", Problem: tokenProblem,
		Body: map[string]string{"clientId": s.Values["clientId"], "secret": s.Values["secret"]},
	}, &answer)
	if err != nil {
		return connector.Token{}, err
	}
	if answer.Token == "" {
		return connector.Token{}, connector.Fail(connector.Malformed, service, "the answer to the request for an access token has none")
	}
	expires := endOf(answer.Token)
	if now := s.Now(); !expires.After(now) { // not told, or by a clock that differs from ours by the token's whole life
		expires = now.Add(tokenLife)
	}
	return connector.Token{Value: answer.Token, Expires: expires}, nil
}

// endOf reads when a JSON Web Token ends; the zero time where that cannot be read.
func endOf(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		End float64 `json:"exp"`
	}
	if json.Unmarshal(text, &claims) != nil || claims.End <= 0 || claims.End > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(claims.End), 0).UTC()
}

// tokenProblem tells a key that is not accepted from an outage that looks like one: the vendor says so in JSON.
func tokenProblem(status int, body []byte) (connector.Kind, string) {
	const words = "the client id and secret are not accepted; a key ends when its user is suspended"
	switch status {
	case http.StatusUnauthorized:
		return connector.Unauthorized, words
	case http.StatusForbidden:
		return connector.Unauthorized, words
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity:
		var refusal struct {
			Errors json.RawMessage `json:"errors"`
		}
		if json.Unmarshal(body, &refusal) == nil && len(refusal.Errors) > 0 {
			return connector.Unauthorized, words
		}
		return connector.Temporary, "the service that gives access tokens has a problem, or the base URL is wrong"
	}
	return "", ""
}

func request(s *connector.Session, path string, query url.Values) connector.Request {
	return connector.Request{Service: service, Path: path, Query: query, Header: http.Header{"Authorization": {"Bearer " + s.Token}}, Problem: problem}
}

// problem says what the vendor's refusals mean. The vendor's own words may repeat what was sent, so only the names of the
// fields at fault are told.
func problem(status int, body []byte) (connector.Kind, string) {
	switch status {
	case http.StatusForbidden:
		return connector.Forbidden, "the role of the user who made the API key does not allow it"
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType:
		var refusal struct {
			Errors map[string]json.RawMessage `json:"errors"`
		}
		if json.Unmarshal(body, &refusal) != nil {
			return "", ""
		}
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(refusal.Errors)), func(name string) bool { return !plainName(name) })
		if len(names) > 0 {
			return connector.Refused, "the request is not accepted, because of " + strings.Join(names[:min(5, len(names))], ", ")
		}
	}
	return "", ""
}

// plainName reports whether text is the name of a field and nothing else.
func plainName(text string) bool {
	return text != "_" && text != "" && len(text) <= 40 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.[]") == ""
}

// part is a page of a list that scrolls.
type part struct {
	items []json.RawMessage
	// scroll is where the list goes on; empty at its end.
	scroll string
	date   time.Time
}

// list reads a page of a list whose items are under a name. An answer without that list is no empty one, though the
// vendor's description allows null.
func list(ctx context.Context, s *connector.Session, path, name string, query url.Values) (part, error) {
	r := request(s, path, query)
	var answer map[string]json.RawMessage
	got, err := connector.GetJSON(ctx, s, r, &answer)
	if err != nil {
		return part{}, err
	}
	p := part{date: got.Date}
	if p.items, err = connector.Rows(r, answer, name); err != nil {
		return part{}, err
	}
	if raw, ok := answer["scrollId"]; ok && json.Unmarshal(raw, &p.scroll) != nil {
		return part{}, connector.Fail(connector.Malformed, service, "%s was answered with a scrollId that is no text", path)
	}
	if len(p.items) == 0 { // an end, whether or not it has a name
		p.scroll = ""
	}
	return p, nil
}

// scrollLife is how old a scroll may be before a failure of the vendor's counts as its end: how long one lives is not known.
const scrollLife = 10 * time.Minute

// aged turns an error of a scroll that was given at a time into one that says that it has aged, where it has.
func aged(err error, given, now time.Time) error {
	e, ok := errors.AsType[*connector.Error](err)
	if !ok || e.Kind != connector.Temporary || e.Status != http.StatusInternalServerError || now.Sub(given) < scrollLife {
		return err
	}
	old := connector.Fail(connector.Refused, service, "a list cannot be read on from where it was left %s ago; it is read anew", now.Sub(given).Round(time.Minute))
	old.Status, old.Err = http.StatusGone, e
	return old
}
