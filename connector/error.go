package connector

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
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
	Status int
	// Most is how many characters a text has at most, where the answer names such a number; else zero.
	Most    int
	Message string
	// TooLong says that the vendor refuses what was sent for its length, Unexplained that it does not say why it refuses.
	TooLong, Unexplained bool
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
	e.Status, e.RetryAfter, e.Most = status, wait, mostNamed(body)
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		e.Says(string(body))
	case http.StatusRequestEntityTooLarge:
		e.TooLong = true
	}
	return e
}

// mostSaid are the ways in which vendors name how long a text may be, and answerRead is how much of an answer is searched for them.
var mostSaid = []*regexp.Regexp{
	regexp.MustCompile(`(?i)(?:\bmax\w*|\bmost|limit\w*|exceed\w*|\bthan|\bup to|\ballow\w*)[^0-9]{0,40}?([0-9]{1,3}(?:[,.' ][0-9]{3})+|[0-9]+)`),
	regexp.MustCompile(`(?i)([0-9]{1,3}(?:[,.' ][0-9]{3})+|[0-9]+)[ -]?(?:char|byte)`),
}

const answerRead = 4 << 10

// mostNamed is the least number of characters, of at least 100, that an answer names as the most that it takes; zero where it names none.
func mostNamed(answer []byte) int {
	answer = answer[:min(len(answer), answerRead)]
	least := 0
	for _, said := range mostSaid {
		for _, found := range said.FindAllSubmatch(answer, -1) {
			n, err := strconv.Atoi(strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, string(found[1])))
			if err == nil && n >= 100 && (least == 0 || n < least) {
				least = n
			}
		}
	}
	return least
}

// MostCharacters is how many characters a text has at most by the answer that err is about, or by what it says of the vendor's words;
// zero where no number is named.
func MostCharacters(err error) int {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return 0
	}
	return cmp.Or(e.Most, mostNamed([]byte(e.Message)))
}
