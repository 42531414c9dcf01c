package connector

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"sirocco/hub"
)

// Kind says what the engine should do about an Error.
type Kind string

// The kinds of errors, each with what it asks of the engine.
const (
	// Unauthorized: the vendor does not accept the credentials. Often nothing but new credentials helps.
	Unauthorized Kind = "unauthorized"
	// Forbidden: the credentials are accepted, but do not allow this one thing. Others may be allowed.
	Forbidden Kind = "forbidden"
	// RateLimited: too many requests. Wait for RetryAfter, or back off where it is zero.
	RateLimited Kind = "rate-limited"
	// Temporary: the vendor is down, slow or unreachable. Back off and try again.
	Temporary Kind = "temporary"
	// Busy: what was asked about is locked or is being changed by somebody else. It passes: try again.
	Busy Kind = "busy"
	// Malformed: the vendor answered what cannot be read. A retry may help once; a person should know.
	Malformed Kind = "malformed"
	// Refused: the vendor understood the request and will not do it. The same request never succeeds.
	Refused Kind = "refused"
)

// Error is what every method of a Connector fails with, except that a cancelled context is passed on
// as it is. Its text is a sentence for people that begins with the vendor's name; it holds no
// credential, no query string and no body.
type Error struct {
	Kind Kind
	// RetryAfter is how long the vendor asks to wait; zero where it does not say.
	RetryAfter time.Duration
	// Status is the HTTP status; zero when no answer came.
	Status  int
	Message string
	// TooLong says that the vendor refuses what was sent for its length, Unexplained that it does not say why it refuses.
	TooLong, Unexplained bool
	// Absent says that the vendor refuses what was sent as the record that it is about is not there: it is deleted, or merged into another.
	Absent bool
	// Most is how many characters the vendor says that a text has at most; zero where it does not.
	Most int
	// Err is what lies beneath, where something does.
	Err error
}

func (e *Error) Error() string { return e.Message }
func (e *Error) Unwrap() error { return e.Err }

// Fail returns an Error whose text is the service's name and a sentence about it; the vendor's words may be in it.
func Fail(kind Kind, service, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: hub.Storable(service + ": " + fmt.Sprintf(format, args...))}
}

// IsKind reports whether err is an Error of the kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// AsksToWait reports whether err is an answer by which the vendor asks to be left alone for a while: nothing may be sent before
// that is over, so it must reach the engine at once.
func AsksToWait(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.RetryAfter > 0
}

// Status is the HTTP status of the answer that err is about; zero where there was none, or none that failed.
func Status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// statusError returns what an answer other than 2xx means. wait is what the vendor asks for, or zero.
func statusError(r Request, method string, status int, body []byte, wait time.Duration) *Error {
	kind, meaning := Refused, "the request is not accepted"
	switch {
	case status == http.StatusUnauthorized:
		kind, meaning = Unauthorized, "the credentials are not accepted"
	case status == http.StatusForbidden:
		kind, meaning = Forbidden, "the credentials do not allow it"
		if wait > 0 { // who is never allowed is not asked to come again
			kind, meaning = RateLimited, "too many requests"
		}
	case status == http.StatusTooManyRequests:
		kind, meaning = RateLimited, "too many requests"
	case status == http.StatusRequestTimeout, status >= 500:
		kind, meaning = Temporary, "the service has a problem"
	case status == http.StatusConflict, status == http.StatusLocked, status == http.StatusTooEarly:
		kind, meaning = Busy, "somebody else is at it"
	case status == http.StatusNotFound:
		meaning = "there is no such thing"
	case status >= 300 && status < 400: // as to a page to sign in on: no answer to what was asked, and no proof of what was done
		kind, meaning = Malformed, "it points to another address, which is not followed because credentials would go there"
	}
	if r.Problem != nil {
		// A 403 that says when to come again stays a limit, whatever its body seems to say.
		if k, words := r.Problem(status, body); k != "" && (k != Forbidden || kind != RateLimited) {
			kind = k
			if words != "" {
				meaning = words
			}
		}
	}
	e := Fail(kind, r.Service, "%s %s was answered with status %d: %s", method, r.Path, status, meaning)
	e.Status, e.RetryAfter = status, wait
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge:
		e.Says(string(body))
		e.TooLong = e.TooLong || status == http.StatusRequestEntityTooLarge
	}
	return e
}
