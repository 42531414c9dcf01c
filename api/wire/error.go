package wire

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
)

// ErrorBody is the body of an error answer.
type ErrorBody struct {
	Message string  `json:"error" doc:"What was wrong, for a person."`
	Issues  []Issue `json:"issues,omitempty" doc:"Each thing that was wrong with the input."`
}

// Issue is one thing wrong with the input.
type Issue struct {
	Code     string `json:"code" doc:"The kind of problem, for a program."`
	Path     []any  `json:"path" doc:"Where it is: names of fields and indexes of arrays, or the name of a parameter."`
	Message  string `json:"message" doc:"What was wrong and what would be right, for a person."`
	Expected string `json:"expected,omitempty"`
	Received string `json:"received,omitempty"`
}

// Sentence is the body of an error answer that has nothing to list.
type Sentence struct {
	Message string `json:"error" doc:"What was wrong, for a person."`
}

// ZodError is the body that the published contract has for invalid input of some operations.
type ZodError struct {
	Issues []Issue `json:"issues" doc:"Each thing that was wrong with the input."`
	Name   string  `json:"name" enum:"ZodError"`
}

// zodError is an answer with a ZodError.
type zodError struct{ ZodError }

func (e *zodError) Error() string { return issuesText(e.Issues) }

func (e *zodError) GetStatus() int { return http.StatusUnprocessableEntity }

// jsonError is an error answer in JSON.
type jsonError struct {
	ErrorBody
	status  int
	headers http.Header
}

func (e *jsonError) Error() string { return e.Message }

func (e *jsonError) GetStatus() int { return e.status }

func (e *jsonError) GetHeaders() http.Header { return e.headers }

// textError is an error answer of one sentence, as the contract has it for connections and teams.
type textError struct {
	status  int
	message string
}

func (e *textError) Error() string { return e.message }

func (e *textError) GetStatus() int { return e.status }

func (e *textError) ContentType(string) string { return "text/plain; charset=utf-8" }

func marshalText(w io.Writer, v any) error {
	text, ok := v.(*textError)
	if !ok {
		return fmt.Errorf("no text for a %T", v)
	}
	_, err := io.WriteString(w, text.message)
	return err
}

// statusError maps an error of the domain to an answer. It is the only place that does.
func statusError(r *Request, shape ErrorShape, err error) huma.StatusError {
	var (
		invalid     *hub.InvalidError
		conflict    *hub.ConflictError
		unavailable *hub.UnavailableError
		forbidden   *hub.ForbiddenError
		quota       *hub.QuotaError
	)
	switch {
	case errors.As(err, &invalid):
		return shape.issuesAnswer(invalidIssues(invalid))
	case errors.Is(err, hub.ErrNotFound):
		return sentence(http.StatusNotFound, err.Error(), shape.isPlain(http.StatusNotFound))
	case errors.As(err, &conflict):
		return sentence(http.StatusConflict, conflict.Message, shape.isPlain(http.StatusConflict))
	case errors.As(err, &forbidden):
		return sentence(http.StatusForbidden, forbidden.Message, shape.isPlain(http.StatusForbidden))
	case errors.As(err, &quota):
		return sentence(http.StatusForbidden, quota.Error(), shape.isPlain(http.StatusForbidden))
	case errors.Is(err, hub.ErrStale):
		return sentence(http.StatusPreconditionFailed, "If-Match names another version than the current one: read it again and repeat the change.", false)
	case errors.Is(err, hub.ErrKeyReused):
		const message = "This Idempotency-Key was used with another body: send the same body, or a new key."
		if shape.zod { // whose 422 has this form alone
			return shape.issuesAnswer([]Issue{{Code: "custom", Path: []any{idempotencyHeader}, Message: message}})
		}
		return sentence(http.StatusUnprocessableEntity, message, false)
	case errors.As(err, &unavailable):
		if unavailable.Who != "" { // not this server's own trouble
			r.Log.Warn(unavailable.Who+" unavailable", "reason", unavailable.Reason, "error", unavailable.Err)
			return unavailableAnswer(unavailable)
		}
		r.Log.Error("database unavailable", "reason", unavailable.Reason, "error", unavailable.Err)
		return unavailableAnswer(unavailable)
	case r.Err() != nil:
		return sentence(499, "The client closed the request.", false)
	}
	r.Log.Error("internal error", "error", err)
	return sentence(http.StatusInternalServerError, "Something went wrong on the server; its log has the details under request "+r.ID+".", shape.isPlain(http.StatusInternalServerError))
}

// Refusal is an error answer in JSON that says a message.
func Refusal(status int, message string) StatusError { return refusal(status, message) }

func refusal(status int, message string) *jsonError {
	return &jsonError{status: status, Message: message}
}

// StatusError is an error answer.
type StatusError = huma.StatusError

// Fail answers a request that no operation answers with an error of the domain.
func Fail(w http.ResponseWriter, hr *http.Request, err error) {
	WriteError(w, statusError(RequestOf(hr.Context()), ErrorShape{}, err))
}

func sentence(status int, message string, plain bool) huma.StatusError {
	if plain {
		return &textError{status: status, message: message}
	}
	return refusal(status, message)
}

func unavailableAnswer(u *hub.UnavailableError) *jsonError {
	message := "The service cannot answer now: " + u.Reason + "."
	if u.OutcomeUnknown {
		message += " Whether the change was made is not known: the same request, with the same Idempotency-Key where it has one, is safe to repeat."
	}
	return &jsonError{
		status:  http.StatusServiceUnavailable,
		headers: http.Header{"Retry-After": {seconds(u.RetryAfter)}},
		Message: message,
	}
}

// seconds formats d for Retry-After and its like: whole seconds, rounded up.
func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

func invalidIssues(e *hub.InvalidError) []Issue {
	issues := make([]Issue, len(e.Issues))
	for i, is := range e.Issues {
		issues[i] = Issue{Code: "custom", Path: fieldPath(is.Field), Message: is.Problem + "; expected " + is.Want, Expected: is.Want}
	}
	return issues
}

// issuesText says in one sentence all that was wrong.
func issuesText(issues []Issue) string {
	sentences := make([]string, len(issues))
	for i, is := range issues {
		sentences[i] = strings.TrimSpace(pathName(is.Path) + " " + is.Message)
	}
	return strings.Join(sentences, "; ") + "."
}

func init() {
	huma.NewErrorWithContext = bindingError
	huma.DefaultArrayNullable = false // the contract's lists are never null
}

// bindingError turns huma's complaints about a request into an answer.
func bindingError(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	shape, _ := ctx.Operation().Metadata[metadataShape].(ErrorShape)
	switch status {
	case http.StatusRequestEntityTooLarge:
		return refusal(status, fmt.Sprintf("The body has more than the %d bytes allowed.", ctx.Operation().MaxBodyBytes-1))
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		if len(errs) == 0 { // only a missing body comes without details
			return shape.issuesAnswer([]Issue{{Code: "invalid_type", Path: []any{}, Message: "the body is empty; expected a JSON object", Expected: "object", Received: "undefined"}})
		}
		var issues []Issue
		for _, err := range errs {
			issues = append(issues, bindingIssues(ctx, err)...)
		}
		platform := slices.ContainsFunc(issues, func(is Issue) bool {
			return is.Code == "invalid_enum_value" && pathName(is.Path) == "integrationPlatform"
		})
		if platform && slices.Contains(shape.plain, http.StatusBadRequest) {
			return &textError{status: http.StatusBadRequest, message: issuesText(issues)}
		}
		return shape.issuesAnswer(issues)
	}
	if r := RequestOf(ctx.Context()); r.Err() == nil {
		r.Log.Error("binding failed", "status", status, "message", message, "error", errors.Join(errs...))
	}
	return refusal(http.StatusInternalServerError, "The request could not be read.")
}
