package simulator

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"sirocco/hub"
)

// Note is a note that was written back.
type Note struct {
	ID string
	// Target and ExternalID name the record it is on.
	Target     hub.Model
	ExternalID string
	// Label is what some CRMs have beside the text: a subject, a reference. Empty where it has none.
	Label, Text string
	CreatedAt   time.Time
}

// Notes are the notes a simulated CRM has. All its methods may be used at once.
type Notes struct {
	ids   IDs
	clock hub.Clock
	mu    sync.Mutex
	notes []Note
	// removed counts those that were taken away, so that no id comes twice.
	removed int
	// lag is how long a note is missing from lists, most how long one may be, as length measures; zero is no bound.
	lag    time.Duration
	most   int
	length func(text string) int
	// kept is how many characters of a note the CRM keeps, without a word of the rest; zero is all.
	kept int
	// hidden are ids of notes that the CRM does not list, though they are there.
	hidden map[string]bool
	// refused are reasons for which the next notes are not taken, one each.
	refused []string
}

func newNotes(ids IDs, clock hub.Clock) *Notes { return &Notes{ids: ids, clock: clock} }

// Add puts a note on a record and returns it.
func (n *Notes) Add(target hub.Model, externalID, text string) Note {
	return n.AddLabelled(target, externalID, "", text)
}

// AddLabelled puts a note with a label on a record and returns it.
func (n *Notes) AddLabelled(target hub.Model, externalID, label, text string) Note {
	n.mu.Lock()
	defer n.mu.Unlock()
	note := Note{
		ID: n.ids.of(noteModel, len(n.notes)+n.removed), Target: target, ExternalID: externalID, Label: label, Text: n.keep(text),
		CreatedAt: n.clock().Truncate(time.Microsecond),
	}
	n.notes = append(n.notes, note)
	return note
}

// ListAfter makes the CRM list a note only so long after it took it.
func (n *Notes) ListAfter(lag time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lag = lag
}

// Limit makes the CRM take no note of more characters.
func (n *Notes) Limit(most int) { n.LimitBy(most, utf8.RuneCountInString) }

// LimitBy makes the CRM take no note that is longer, as it measures: some count bytes, or what escapes add.
func (n *Notes) LimitBy(most int, length func(text string) int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.most, n.length = most, length
}

// KeepFirst makes the CRM keep only so many characters of a note, without a word of the rest; zero is all.
func (n *Notes) KeepFirst(most int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.kept = most
}

func (n *Notes) keep(text string) string {
	if n.kept == 0 {
		return text
	}
	return hub.FirstOf(text, n.kept)
}

// TooLong reports whether the CRM does not take a note for its length.
func (n *Notes) TooLong(text string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.most > 0 && n.length(text) > n.most
}

// Listed returns the notes that the CRM lists by now, the oldest first.
func (n *Notes) Listed() []Note {
	now := n.clock()
	return n.where(func(note Note) bool {
		return !n.hidden[note.ID] && (n.lag == 0 || !note.CreatedAt.Add(n.lag).After(now))
	})
}

// ListedOn returns those of a record.
func (n *Notes) ListedOn(target hub.Model, externalID string) []Note {
	return slices.DeleteFunc(n.Listed(), func(note Note) bool { return note.Target != target || note.ExternalID != externalID })
}

// ListedByID returns one of them, and false where the CRM does not list it.
func (n *Notes) ListedByID(id string) (Note, bool) {
	notes := n.Listed()
	i := slices.IndexFunc(notes, func(note Note) bool { return note.ID == id })
	if i < 0 {
		return Note{}, false
	}
	return notes[i], true
}

// Hide keeps a note out of what the CRM lists, though it is there, or shows it again.
func (n *Notes) Hide(id string, hidden bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.hidden == nil {
		n.hidden = map[string]bool{}
	}
	n.hidden[id] = hidden
}

// Remove takes a note away and reports whether it was there.
func (n *Notes) Remove(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	before := len(n.notes)
	n.notes = slices.DeleteFunc(n.notes, func(note Note) bool { return note.ID == id })
	n.removed += before - len(n.notes)
	return len(n.notes) < before
}

// Change gives a note another text and reports whether it was there.
func (n *Notes) Change(id, text string) bool {
	return n.edit(id, func(note *Note) { note.Text = n.keep(text) })
}

// Rename gives a note another label and reports whether it was there.
func (n *Notes) Rename(id, label string) bool {
	return n.edit(id, func(note *Note) { note.Label = label })
}

// Move puts a note on another record and reports whether it was there.
func (n *Notes) Move(id string, target hub.Model, externalID string) bool {
	return n.edit(id, func(note *Note) { note.Target, note.ExternalID = target, externalID })
}

func (n *Notes) edit(id string, edit func(*Note)) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.notes, func(note Note) bool { return note.ID == id })
	if i >= 0 {
		edit(&n.notes[i])
	}
	return i >= 0
}

// Refuse makes the CRM not take the next note, for a reason.
func (n *Notes) Refuse(reason string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refused = append(n.refused, reason)
}

// Refused returns why the note that comes now is not taken; empty where it is.
func (n *Notes) Refused() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.refused) == 0 {
		return ""
	}
	reason := n.refused[0]
	n.refused = n.refused[1:]
	return reason
}

// On returns the notes of a record, the oldest first.
func (n *Notes) On(target hub.Model, externalID string) []Note {
	return n.where(func(note Note) bool { return note.Target == target && note.ExternalID == externalID })
}

// All returns every note, the oldest first.
func (n *Notes) All() []Note { return n.where(func(Note) bool { return true }) }

// Count returns how many notes have the marker in their text.
func (n *Notes) Count(marker string) int {
	return len(n.where(func(note Note) bool { return strings.Contains(note.Text, marker) }))
}

func (n *Notes) where(keep func(Note) bool) []Note {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(n.notes), func(note Note) bool { return !keep(note) })
}
