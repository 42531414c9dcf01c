package wire

import (
	"strconv"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// Query reads parameters that the contract has as text, and collects what is wrong with them.
type Query struct{ issues []hub.Issue }

// Err is all that was wrong, or nil.
func (q *Query) Err() error {
	if len(q.issues) == 0 {
		return nil
	}
	return &hub.InvalidError{Issues: q.issues}
}

// Wrong notes that a parameter has a problem, and what it should be.
func (q *Query) Wrong(name, problem, want string) {
	q.issues = append(q.issues, hub.Issue{Field: name, Problem: problem, Want: want})
}

// At reads a time; without one it is zero.
func (q *Query) At(name, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := hub.ParseTime(text)
	if err != nil || !hub.TellableTime(at) {
		q.Wrong(name, "is "+hub.Quoted(text), "a time in RFC 3339, as in 2026-01-31T09:30:00Z")
	}
	return at
}

// PageSize reads how many items a page has at most.
func (q *Query) PageSize(name, text string) int {
	if text == "" {
		return 100
	}
	size, err := strconv.Atoi(text)
	if err != nil || size < 1 || size > 1000 {
		q.Wrong(name, "is "+hub.Quoted(text), "a number from 1 to 1000")
	}
	return size
}

// After reads the cursor of a list that is ordered by time.
func (q *Query) After(cursor string) store.ListPlace {
	place, ok := placeOf(cursor)
	if !ok {
		q.Wrong("cursor", "is not one of ours", "the cursor of the page before, unchanged")
	}
	return place
}
