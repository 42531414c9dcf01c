package spotio

import (
	"net/url"
	"time"
)

// place is where the reading of a model is.
type place struct {
	// Page counts the pages, so that no place is another's though the vendor's scrollId may stay the same.
	Page int `json:"page"`
	// Scroll is the vendor's, of a list that was begun; Given is when it came, in seconds of Unix time.
	Scroll string `json:"scroll,omitempty"`
	Given  int64  `json:"given,omitempty"`
	// Deleted says that the list is that of what was deleted.
	Deleted bool `json:"deleted,omitempty"`
	// From and To bound the slice of activities that is read, by when they take place, in seconds of Unix time; Again counts
	// how often it was begun again.
	From  int64 `json:"from,omitempty"`
	To    int64 `json:"to,omitempty"`
	Again int   `json:"again,omitempty"`
	// Ahead is until when they are still to be read that take place after this slice, Floor and Back bound those that take
	// place earlier; Ahead is zero where there are none.
	Ahead int64 `json:"ahead,omitempty"`
	Floor int64 `json:"floor,omitempty"`
	Back  int64 `json:"back,omitempty"`
}

// query adds the scroll to what is asked.
func (p place) query(q url.Values) url.Values {
	if p.Scroll != "" {
		q.Set("scrollId", p.Scroll)
	}
	return q
}

// after moves the place past a part; more says that its list goes on.
func (p place) after(got part, now time.Time) (next place, more bool) {
	p.Page++
	p.Scroll, p.Given = got.scroll, 0
	if got.scroll != "" {
		p.Given = now.Unix()
	}
	return p, got.scroll != ""
}

func (p place) error(err error, now time.Time) error {
	if p.Scroll == "" {
		return err
	}
	return aged(err, time.Unix(p.Given, 0), now)
}
