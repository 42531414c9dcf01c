package wire

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
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

// At reads a time that others are compared with; without one it is zero. The plus of an offset that was not encoded came as a
// blank, and is a plus all the same.
func (q *Query) At(name, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, ok := hub.ReadBound(text)
	if offset := len(text) - len("+07:00"); !ok && offset > 0 && text[offset] == ' ' {
		at, ok = hub.ReadBound(text[:offset] + "+" + text[offset+1:])
	}
	if !ok {
		q.Wrong(name, "is "+hub.Quoted(text), hub.WantTime)
	}
	return at
}

// Must reads a time that has to be there.
func (q *Query) Must(name, text string) time.Time {
	if text == "" {
		q.Wrong(name, "is empty", hub.WantTime)
	}
	return q.At(name, text)
}

// AfterShown is the first instant after a time as clients are shown times, which is cut to milliseconds; zero for zero.
func AfterShown(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Truncate(time.Millisecond).Add(time.Millisecond)
}

// PageSize reads how many items a page has at most: from 1 to most, and byDefault where the client does not say.
func (q *Query) PageSize(name, text string, byDefault, most int) int {
	if text == "" {
		return byDefault
	}
	size, err := strconv.Atoi(text)
	if err != nil || size < 1 || size > most {
		q.Wrong(name, "is "+hub.Quoted(text), fmt.Sprintf("a number from 1 to %d", most))
	}
	return size
}

// Words reads a parameter that takes several values, separated by commas. What is empty between them is none.
func Words(text string) []string {
	var words []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// WordsOf is Words of a parameter that may come several times, too.
func WordsOf(texts []string) []string {
	var words []string
	for _, text := range texts {
		words = append(words, Words(text)...)
	}
	return words
}

// AfterText reads the cursor of a list that is ordered by a text, which order names.
func (q *Query) AfterText(order, cursor string) (text, id string) {
	if cursor == "" {
		return "", ""
	}
	decoded, err := base64.RawURLEncoding.DecodeString(cursor)
	of, rest, _ := strings.Cut(string(decoded), " ")
	id, text, ok := strings.Cut(rest, " ")
	if err != nil || of != order || !ok || !hub.ValidID(id) || !hub.IsStorable(text) {
		q.Wrong("cursor", "is not one of ours", "the cursor of the page before, with the same order")
	}
	return text, id
}

// After reads the cursor of a list that is ordered by time.
func (q *Query) After(cursor string) store.ListPlace {
	place, ok := placeOf(cursor)
	if !ok {
		q.Wrong("cursor", "is not one of ours", "the cursor of the page before, unchanged")
	}
	return place
}
