package declared

import (
	"context"
	"slices"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// maxNotePages is how many pages of a record's notes are looked through: beyond, whether one is there is not known.
const maxNotePages = 500

// looks reports whether notes can be looked for, on all that take some.
func (p *Platform) looks() bool {
	targets := p.file.Notes.Targets
	return len(targets) > 0 && !slices.ContainsFunc(targets, func(t *target) bool { return t.Find == nil })
}

func (p *Platform) target(m hub.Model) (*target, error) {
	for _, t := range p.file.Notes.Targets {
		if t.Model == m {
			return t, nil
		}
	}
	return nil, p.fail(connector.Refused, "a note cannot be put on %s", m)
}

// WriteNote implements connector.Connector.
func (c connected) WriteNote(ctx context.Context, s *connector.Session, n connector.Note) (connector.NoteRef, error) {
	p := c.p
	t, err := p.target(n.Target)
	if err != nil {
		return connector.NoteRef{}, err
	}
	if p.looks() {
		if ref, err := connector.FindFirst(ctx, s, looking{p}, n); ref.Existed || err != nil {
			return ref, err
		}
	}
	sc := p.scope(s)
	for name, value := range map[string]any{"id": n.ExternalID, "text": connector.NoteText(n), "title": n.Title, "body": n.Body, "marker": n.Marker} {
		sc.with(name, value)
	}
	path, _, err := p.where(sc, t.Write.Path, nil)
	if err != nil {
		return connector.NoteRef{}, err
	}
	body, err := t.Write.Body.eval(sc)
	if err != nil {
		return connector.NoteRef{}, p.fail(connector.Refused, "the note cannot be made: %s", err)
	}
	r, err := p.request(s, path, nil)
	if err != nil {
		return connector.NoteRef{}, err
	}
	r.Body = body
	var answer jsonValue
	if _, err := connector.PostJSON(ctx, s, r, &answer); err != nil {
		return connector.NoteRef{}, err
	}
	id, err := p.text(sc.with("answer", answer.value), t.Write.ID)
	if err == nil && id == "" {
		err = p.fail(connector.Malformed, "the answer to a new note has no id")
	}
	return connector.NoteRef{ExternalID: id}, err
}

// looking is a platform whose notes can be looked for.
type looking struct{ p *Platform }

// FindNote implements connector.NoteFinder.
func (l looking) FindNote(ctx context.Context, s *connector.Session, q connector.NoteQuery) (connector.FoundNote, error) {
	t, err := l.p.target(q.Target)
	if err != nil {
		return connector.FoundNote{}, err
	}
	r := &reader{p: l.p, s: s, sc: l.p.scope(s).with("id", q.ExternalID), of: &t.Find.source}
	next := r.of.paging().start()
	for range maxNotePages {
		got, following, err := r.step(ctx, next, func([]any) time.Time { return time.Time{} })
		if err != nil {
			return connector.FoundNote{}, err
		}
		found, err := l.among(r.sc, t.Find, got.items, q)
		if err != nil || found.ExternalID != "" || following == nil {
			return found, err
		}
		if *following == next {
			return found, l.p.fail(connector.Malformed, "the pages of notes go round, so whether the note is there is not known")
		}
		next = *following
	}
	return connector.FoundNote{}, l.p.fail(connector.Malformed, "there are more than %d pages of notes, so whether the note is there is not known", maxNotePages)
}

// among is the one of the notes that is wanted.
func (l looking) among(sc *scope, of *noteLists, items []any, q connector.NoteQuery) (connector.FoundNote, error) {
	for _, item := range items {
		sc.with("item", item)
		id, err := l.p.text(sc, of.ID)
		if err != nil {
			return connector.FoundNote{}, err
		}
		text, err := l.p.text(sc, of.Text)
		if err != nil {
			return connector.FoundNote{}, err
		}
		if id == "" {
			return connector.FoundNote{}, l.p.fail(connector.Malformed, "a note is listed that has no id, so whether the note is there is not known")
		}
		if marker, ok := q.Matches(id, text); ok {
			return connector.FoundNote{ExternalID: id, Marker: marker, Text: text}, nil
		}
	}
	return connector.FoundNote{}, nil
}
