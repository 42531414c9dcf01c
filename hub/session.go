package hub

import (
	"fmt"
	"math"
	"strings"
	"time"
)

const (
	// pagesMost is how many pages of a presentation session are told, secondsMost how long one of them may have been shown.
	pagesMost, secondsMost = 1000, 24 * 60 * 60
	// longestSession is how long a session may last.
	longestSession = 24 * time.Hour
	// sessionTextMost is how many bytes a title of a session may have.
	sessionTextMost = 1024
)

// presentationType is the name of the type of the engagements that sessions become.
const presentationType = "Presentation"

// PresentationSession is one showing of a presentation, as presentation software tells it.
type PresentationSession struct {
	// ID is the platform's own; the same one again replaces what was told before.
	ID  string
	Rep Presenter
	// StartedAt and EndedAt bound it; without an end it lasts as long as its pages were shown.
	StartedAt, EndedAt time.Time
	// PresentationID and Title say what was shown.
	PresentationID, Title string
	Pages                 []PresentationPage
}

// Presenter is who showed a presentation: by the platform's own id, or else by e-mail address.
type Presenter struct{ ID, Email, Name string }

// PresentationPage is a page that was shown, and for how long.
type PresentationPage struct {
	Title   string
	Seconds float64
}

// Validate reports all that is wrong with the session, as an *InvalidError, or nil.
func (s *PresentationSession) Validate() error {
	var issues []Issue
	wrong := func(field, problem, want string) {
		issues = append(issues, Issue{Field: field, Problem: problem, Want: want})
	}
	text := func(field, value string, most int) {
		switch {
		case len(value) > most:
			wrong(field, fmt.Sprintf("has %d bytes", len(value)), fmt.Sprintf("at most %d bytes", most))
		case !IsStorable(value):
			wrong(field, "has a NUL character or is not UTF-8", "text that a database can keep")
		}
	}
	if strings.TrimSpace(s.ID) == "" {
		wrong("sessionId", "is missing", "the platform's own id of the session")
	}
	text("sessionId", s.ID, MaxIDLength)
	if s.Rep.ID == "" && EmailKey(s.Rep.Email) == "" {
		wrong("rep", "has neither an id nor an email", "who presented, by id or by e-mail address")
	}
	text("rep.id", s.Rep.ID, MaxIDLength)
	text("rep.email", s.Rep.Email, MaxIDLength-len(repByEmail)) // it may become an id
	text("rep.name", s.Rep.Name, sessionTextMost)
	text("presentation.id", s.PresentationID, MaxIDLength)
	text("presentation.name", s.Title, sessionTextMost)
	end := s.end()
	switch {
	case s.StartedAt.IsZero():
		wrong("startedAt", "is missing", WantTime)
	case end.Before(s.StartedAt):
		wrong("endedAt", "is before startedAt", "a time at or after startedAt")
	case end.Sub(s.StartedAt) > longestSession:
		wrong("endedAt", "is more than a day after startedAt", "the end of one session")
	}
	if len(s.Pages) > pagesMost {
		wrong("pages", fmt.Sprintf("has %d items", len(s.Pages)), fmt.Sprintf("at most %d", pagesMost))
	}
	for i, p := range s.Pages[:min(len(s.Pages), pagesMost)] {
		text(fmt.Sprintf("pages[%d].title", i), p.Title, sessionTextMost)
		if !(p.Seconds >= 0 && p.Seconds <= secondsMost) {
			wrong(fmt.Sprintf("pages[%d].seconds", i), "is out of range", fmt.Sprintf("a number from 0 to %d", secondsMost))
		}
	}
	return invalidOrNil(issues)
}

func (s *PresentationSession) end() time.Time {
	if !s.EndedAt.IsZero() {
		return s.EndedAt
	}
	var shown float64
	for _, p := range s.Pages[:min(len(s.Pages), pagesMost)] {
		if p.Seconds >= 0 && p.Seconds <= secondsMost {
			shown += p.Seconds
		}
	}
	return s.StartedAt.Add(time.Duration(shown * float64(time.Second)))
}

// repByEmail begins the external ids of presenters that the platform names by e-mail address alone.
const repByEmail = "email:"

// Patches are the records that the session becomes: an engagement of a type of its own, whose activity type is EVENT, and
// the CRM user who presented.
func (s *PresentationSession) Patches() []RecordPatch {
	rep, kind := s.Rep.ID, TypeID("EVENT", presentationType)
	if rep == "" {
		rep = repByEmail + EmailKey(s.Rep.Email)
	}
	alive := false
	patches := []RecordPatch{
		{Model: ModelEngagementType, ExternalID: kind, Change: func(r *Record) {
			r.Name, r.Details.ActivityType = presentationType, "EVENT"
		}},
		{Model: ModelUser, ExternalID: rep, Create: true, Delete: &alive, Change: func(r *Record) {
			if s.Rep.Email != "" {
				r.Details.Email, r.Details.Emails = s.Rep.Email, []string{s.Rep.Email}
			}
			if s.Rep.Name != "" {
				r.Name = s.Rep.Name
			}
		}},
		{Model: ModelEngagement, ExternalID: s.ID, Create: true, Delete: &alive, Change: func(r *Record) {
			r.Name, r.Details.Subject, r.Details.Content = s.title(), s.title(), s.content()
			r.StartTime, r.EndTime = s.StartedAt.UTC(), s.end().UTC()
			r.Refs.EngagementType, r.Refs.Owner = kind, rep
		}},
		{Model: ModelEngagementUser, ExternalID: JoinID(s.ID, rep), Create: true, Delete: &alive, Change: func(r *Record) {
			r.Refs.Engagement, r.Refs.User = s.ID, rep
		}},
	}
	return patches
}

func (s *PresentationSession) title() string {
	if s.Title != "" {
		return s.Title
	}
	return presentationType
}

// content says in words which pages were shown, and for how long.
func (s *PresentationSession) content() string {
	var b strings.Builder
	for i, p := range s.Pages {
		if i > 0 {
			b.WriteString("\n")
		}
		title := p.Title
		if title == "" {
			title = fmt.Sprintf("Page %d", i+1)
		}
		fmt.Fprintf(&b, "%s: %d s", title, int64(math.Round(p.Seconds)))
	}
	return b.String()
}
