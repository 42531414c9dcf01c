package hub

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The domain's errors. A caller tests with errors.Is or errors.As; api maps them to statuses and
// engine to retry, park or fail, each in one place.
var (
	// ErrNotFound: no such thing in this organization; whether another organization has it is never told.
	ErrNotFound = errors.New("not found")
	// ErrStale: the caller's version of the thing is no longer the current one.
	ErrStale = errors.New("stale")
	// ErrPaused: the connection is not active.
	ErrPaused = errors.New("connection is paused")
	// ErrDisabled: the connection's organization is disabled, and with it every connection is paused.
	ErrDisabled = fmt.Errorf("organization is disabled: %w", ErrPaused)
	// ErrNeedsCredentials: the connection has no credentials that its CRM accepts.
	ErrNeedsCredentials = errors.New("connection needs credentials")
	// ErrWrongSecret: an app's secret is not the one it was made with.
	ErrWrongSecret = Forbidden("The clientSecret is not the one that the app was made with.")
	// ErrKeyReused: an idempotency key came again with another body.
	ErrKeyReused = errors.New("idempotency key was used with another body")
)

// ConflictError says that the request cannot be done beside what already exists. Its message is for the client.
type ConflictError struct{ Message string }

func (e *ConflictError) Error() string { return e.Message }

// Conflict returns a ConflictError with a formatted message.
func Conflict(format string, args ...any) error {
	return &ConflictError{Message: fmt.Sprintf(format, args...)}
}

// Issue is one thing wrong with an input.
type Issue struct {
	// Field is the path of the field, in the client's spelling.
	Field string
	// Problem says what was wrong, Want what would be right.
	Problem, Want string
}

// InvalidError lists everything that is wrong with an input.
type InvalidError struct{ Issues []Issue }

func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Issues))
	for i, is := range e.Issues {
		parts[i] = fmt.Sprintf("%s %s; expected %s", is.Field, is.Problem, is.Want)
	}
	return strings.Join(parts, ", ")
}

// Invalid returns an InvalidError with one issue.
func Invalid(field, problem, want string) error {
	return &InvalidError{Issues: []Issue{{Field: field, Problem: problem, Want: want}}}
}

// SubField is the path of a field within another; an empty one is the body itself.
func SubField(of, field string) string {
	if of == "" || strings.HasSuffix(of, ".") {
		return of + field
	}
	return of + "." + field
}

// UnavailableError says that the database, or what Who names, cannot serve now; the same request may succeed after
// RetryAfter.
type UnavailableError struct {
	// Who cannot serve, as in "CRM"; empty is the database.
	Who string
	// Reason is a short sentence for the operator: what is wrong and, where known, what would mend it.
	Reason     string
	RetryAfter time.Duration
	// OutcomeUnknown says that the change may have been made, though its answer did not come. In all other cases nothing was changed.
	OutcomeUnknown bool
	Err            error
}

func (e *UnavailableError) Error() string { return e.Reason }
func (e *UnavailableError) Unwrap() error { return e.Err }

// Quoted shows the start of what the client sent.
func Quoted(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return strconv.Quote(s)
}
