package api

import (
	"strconv"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// query reads parameters that the contract has as text, and collects what is wrong with them.
type query struct{ issues []hub.Issue }

// err is all that was wrong, or nil.
func (q *query) err() error {
	if len(q.issues) == 0 {
		return nil
	}
	return &hub.InvalidError{Issues: q.issues}
}

func (q *query) wrong(name, problem, want string) {
	q.issues = append(q.issues, hub.Issue{Field: name, Problem: problem, Want: want})
}

// at reads a time; without one it is zero.
func (q *query) at(name, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || !hub.TellableTime(at) {
		q.wrong(name, "is "+quoted(text), "a time in RFC 3339, as in 2026-01-31T09:30:00Z")
	}
	return at.UTC()
}

// pageSize reads how many items a page has at most.
func (q *query) pageSize(name, text string) int {
	if text == "" {
		return 100
	}
	size, err := strconv.Atoi(text)
	if err != nil || size < 1 || size > 1000 {
		q.wrong(name, "is "+quoted(text), "a number from 1 to 1000")
	}
	return size
}

// after reads the cursor of a list that is ordered by time.
func (q *query) after(cursor string) store.ListPlace {
	place, ok := placeOf(cursor)
	if !ok {
		q.wrong("cursor", "is not one of ours", "the cursor of the page before, unchanged")
	}
	return place
}
