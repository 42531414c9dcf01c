package wire

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// ErrorShape says how an operation answers errors beyond those that every operation can meet.
type ErrorShape struct {
	// plain statuses are answered with one sentence of text, as published; json ones with an ErrorBody.
	plain, json []int
	// text says that the plain statuses are answered with text in every case: else a 400 is not, and a 401 never.
	text bool
	// zod says that invalid input is answered with 422 and a ZodError instead of with 400, and that no other
	// error answer lists issues.
	zod bool
	// published are the json statuses that the contract has, so that they are not marked as ours.
	published []int
}

// PlainErrors are those of an operation that answers the statuses with a sentence of text.
func PlainErrors(statuses ...int) ErrorShape { return ErrorShape{plain: statuses} }

// TextErrors are those of an operation for which the contract has no JSON for errors at all.
func TextErrors(statuses ...int) ErrorShape { return ErrorShape{plain: statuses, text: true} }

// JSONErrors are those of an operation that answers the statuses with an ErrorBody.
func JSONErrors(statuses ...int) ErrorShape { return ErrorShape{json: statuses} }

// ZodErrors are those of the operations for which the contract has a ZodError, with more of ours.
func ZodErrors(ours ...int) ErrorShape {
	published := []int{
		http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusUnprocessableEntity, http.StatusInternalServerError,
	}
	return ErrorShape{json: slices.Concat(published, ours), zod: true, published: published}
}

// Unpublished marks all errors as ours, for an operation of which the contract tells success only.
func (e ErrorShape) Unpublished() ErrorShape {
	e.published = nil
	return e
}

// isPlain reports whether a status is answered with text. 400 is not: only a platform outside the list is text
// there, and bindingError sees to that.
func (e ErrorShape) isPlain(status int) bool {
	return slices.Contains(e.plain, status) && (e.text || status != http.StatusBadRequest)
}

// commonErrors are the statuses that every operation can answer with.
var commonErrors = []int{
	http.StatusBadRequest, http.StatusUnauthorized, http.StatusTooManyRequests,
	http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// issuesAnswer answers invalid input in the operation's form.
func (e ErrorShape) issuesAnswer(issues []Issue) huma.StatusError {
	issues = bounded(issues)
	if e.zod {
		return &zodError{ZodError{Issues: issues, Name: "ZodError"}}
	}
	if e.isPlain(http.StatusBadRequest) {
		return &textError{status: http.StatusBadRequest, message: issuesText(issues)}
	}
	return &jsonError{status: http.StatusBadRequest, Message: issuesText(issues), Issues: issues}
}

// bounded keeps so many issues that the answer stays within issuesMost and about issuesMostBytes, and says what was
// left out.
func bounded(issues []Issue) []Issue {
	size := 0
	for i, is := range issues {
		size += 2*len(is.Message) + len(is.Expected) + len(is.Received) + 3*len(pathName(is.Path)) + 100
		if i == issuesMost-1 && len(issues) > issuesMost || size > issuesMostBytes && i > 0 {
			left := Issue{Code: "custom", Path: []any{}, Message: fmt.Sprintf("and %d more", len(issues)-i)}
			return append(issues[:i:i], left)
		}
	}
	return issues
}
