package connector

import (
	"context"
	"errors"
	"html"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sirocco/hub"
)

// NoteFinder is implemented by connectors whose vendor lists the notes of a record. The engine looks before it writes, and
// after a lost answer.
type NoteFinder interface {
	// FindNote returns the note of a record that has one of the markers, or the id that it is known by. The zero FoundNote says that
	// there is none: every note of the record that is new enough was read, to the end. What could not be read is an error, never absence.
	FindNote(ctx context.Context, s *Session, q NoteQuery) (FoundNote, error)
}

// FindFirst looks for a note that is about to be written, unless it was looked for. It reports its reference where it is
// there already.
func FindFirst(ctx context.Context, s *Session, c NoteFinder, n Note) (NoteRef, error) {
	if n.Looked {
		return NoteRef{}, nil
	}
	found, err := c.FindNote(ctx, s, NoteQuery{Target: n.Target, ExternalID: n.ExternalID, Markers: []string{n.Marker}})
	return NoteRef{ExternalID: found.ExternalID, Existed: found.ExternalID != ""}, err
}

// NoteQuery asks for a note of a record.
type NoteQuery struct {
	Target     hub.Model
	ExternalID string
	// Markers are what the note may be known by.
	Markers []string
	// NoteID is the CRM's own id of the note, where it is known: people may have taken the marker away, or moved the note. Empty where not.
	NoteID string
	// Since is a time before which the note cannot have been written; zero where that is not known.
	Since time.Time
}

// Find returns the marker that the text has; empty where it has none.
func (q *NoteQuery) Find(text string) string {
	i := slices.IndexFunc(q.Markers, func(m string) bool { return HasMarker(text, m) })
	if i < 0 {
		return ""
	}
	return q.Markers[i]
}

// Matches reports whether a note is the one that is asked for, by its id or its text, and which marker it has; empty where it has lost its.
func (q *NoteQuery) Matches(id, text string) (marker string, ok bool) {
	marker = q.Find(text)
	return marker, marker != "" || q.NoteID != "" && id == q.NoteID
}

// FoundNote is a note that is in the CRM.
type FoundNote struct {
	// ExternalID is the CRM's own id; the marker where the vendor has none.
	ExternalID string
	// Marker is the one that was found; empty where the note was known by its id alone.
	Marker string
	// Text is the whole note, as the CRM has it now.
	Text string
	// Moved says that it is on another record than was asked about. A vendor that cannot be asked for a note by its id does not tell.
	Moved bool
}

// NoteRemover is implemented by connectors that can take a note back. A target whose notes the vendor keeps is Refused.
type NoteRemover interface {
	RemoveNote(ctx context.Context, s *Session, target hub.Model, externalID, noteID string) error
}

// NoteChanger is implemented by connectors that can change a note. A target whose notes the vendor does not let change is
// Refused.
type NoteChanger interface {
	ChangeNote(ctx context.Context, s *Session, n Note, noteID string) error
}

// NoteRepeater is implemented by connectors whose vendor takes an idempotency key for notes.
type NoteRepeater interface {
	// RepeatsNotes is for how long after it was first sent exactly the same note may be sent again without showing twice;
	// zero where the connection's account has that switched off.
	RepeatsNotes(s *Session) time.Duration
}

// NoteText is how a note reads in a CRM that has one text for it: title, body, and the marker on a line of its own, with the
// note's print behind it. The marker stands behind the first paragraph of the body, before all that may be long: some vendors
// keep the beginning of a long text without a word, and a note that lost its marker could not be found again.
func NoteText(n Note) string {
	first, rest, _ := strings.Cut(strings.TrimSpace(n.Body), "\n\n")
	return strings.TrimSpace(strings.TrimSpace(n.Title+"\n\n"+first) + "\n\n" + n.line() + "\n\n" + rest)
}

func (n Note) line() string {
	if n.Print == "" {
		return n.Marker
	}
	return n.Marker + "/" + n.Print
}

// NotePrint returns the print behind a marker in a text; empty where there is none.
func NotePrint(text, marker string) string {
	_, rest, found := strings.Cut(html.UnescapeString(text), marker+"/")
	if !found {
		return ""
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })
	if end < 0 {
		end = len(rest)
	}
	return rest[:end]
}

// Fit cuts the note so that its NoteText has at most characters, by hub.NoteLength; zero is no bound. What is long is the
// transcript, which stands at the end; a title takes no more than half.
func (n Note) Fit(most int) Note {
	if most <= 0 || hub.NoteLength(NoteText(n)) <= most {
		return n
	}
	if half := (most - hub.NoteLength(n.line())) / 2; half > 0 && hub.NoteLength(n.Title) > half {
		n.Title = strings.TrimSpace(hub.FirstOf(n.Title, half-1)) + "…"
	}
	least := n
	least.Body = "."
	n.Body = hub.CutNote(strings.TrimSpace(n.Body), max(1, most-hub.NoteLength(NoteText(least))+1))
	return n
}

// SameText reports whether two texts are the same but for white space, as vendors change it.
func SameText(a, b string) bool {
	return slices.Equal(strings.Fields(a), strings.Fields(b))
}

// Unproven reports whether err, of a request that was to change something, leaves open whether it did: the answer was lost,
// or cannot be read, or a server failed on its way. A refusal proves that nothing was done, and so does a request that never
// left.
func Unproven(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err != nil // it was cut off by us
	}
	switch e.Kind {
	case Unauthorized, Forbidden, RateLimited, Busy, Refused:
		return false
	case Temporary, Malformed:
	}
	if e.Status != 0 {
		return e.Status < http.StatusBadRequest || e.Status >= http.StatusInternalServerError || e.Status == http.StatusRequestTimeout
	}
	var unresolved *net.DNSError
	var dialled *net.OpError
	if errors.As(err, &unresolved) || errors.As(err, &dialled) && dialled.Op == "dial" {
		return false
	}
	return true
}

// HasMarker reports whether text holds the marker as a whole word: a CRM may have changed the white space or the markup around
// it, or escaped its characters as HTML, and one marker may be the beginning of another.
func HasMarker(text, marker string) bool {
	for rest := html.UnescapeString(text); marker != ""; {
		i := strings.Index(rest, marker)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(rest[:i])
		after, _ := utf8.DecodeRuneInString(rest[i+len(marker):])
		if !wordRune(before) && !wordRune(after) {
			return true
		}
		rest = rest[i+1:]
	}
	return false
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r))
}
