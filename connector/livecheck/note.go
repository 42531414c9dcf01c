package livecheck

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	// lookEvery is how often a note is looked for that is not listed yet, and looks how often at most.
	lookEvery = 3 * time.Second
	looks     = 20
)

// notes looks for a note that is not there, and writes one where it is told on which record.
func (k *check) notes(ctx context.Context) {
	info := k.c.Info()
	if len(info.NoteTargets) == 0 {
		k.tell(Unchecked, "notes are written", "the platform takes none")
		return
	}
	finder, finds := k.c.(connector.NoteFinder)
	if !finds {
		k.tell(Unchecked, "notes are looked for", "the connector cannot: what becomes of a lost answer is for a person to find out")
	}
	for _, target := range info.NoteTargets {
		var on string
		for _, r := range k.seen[target] {
			if r.Model == target && !r.Deleted {
				on = r.ExternalID
			}
		}
		what := "the notes of a record are read to their end: " + string(target)
		switch {
		case !finds:
		case on == "":
			k.tell(Unchecked, what, "there is no such record")
		default:
			found, err := finder.FindNote(ctx, k.s, connector.NoteQuery{Target: target, ExternalID: on, Markers: []string{newMarker()}})
			k.holds(err == nil && found.ExternalID == "", what, "%v", err)
		}
	}
	if k.o.WriteOn == (hub.RecordRef{}) {
		k.tell(Unchecked, "a note is written once", "nothing is written without --write-on")
		return
	}
	k.write(ctx, finder)
}

func newMarker() string { return "sirocco-check-" + rand.Text() }

// write writes one note and loses the answer: it must be found, and not be written again.
func (k *check) write(ctx context.Context, finder connector.NoteFinder) {
	on := k.o.WriteOn
	note := connector.Note{
		Target: on.Model, ExternalID: on.ExternalID, Title: "Sirocco checks its connector", Body: "This note can be deleted.\n\n<b>Quotes</b> \"and\" ampersands & umlauts: ä.",
		Marker: newMarker(), At: k.s.Now(), Looked: true,
	}
	k.proxy.put(fault{drop: true}, http.MethodPost)
	_, err := k.c.WriteNote(ctx, k.s, note)
	k.proxy.stop()
	if !connector.Unproven(err) {
		k.tell(Failed, "a note is written", "its answer was lost, and it was told as %v", err)
		return
	}
	k.tell(Held, "a note whose answer is lost counts as neither written nor not", "%s", note.Marker)
	if finder == nil {
		k.tell(Unchecked, "a note is written once", "look for %s on %s %s", note.Marker, on.Model, on.ExternalID)
		return
	}
	began := k.s.Now()
	for n := range looks {
		found, err := finder.FindNote(ctx, k.s, connector.NoteQuery{Target: on.Model, ExternalID: on.ExternalID, Markers: []string{note.Marker}})
		switch {
		case err != nil:
			k.tell(Failed, "the note is found", "%v", err)
			return
		case found.ExternalID != "":
			k.tell(Held, "the note is found", "after %s, as %s", k.s.Now().Sub(began).Round(time.Second), found.ExternalID)
			k.holds(connector.SameText(found.Text, connector.NoteText(note)), "the note reads as it was written", "it reads %q", found.Text)
			k.again(ctx, note, found.ExternalID)
			return
		}
		if n+1 < looks && !wait(ctx, lookEvery) {
			return
		}
	}
	k.tell(Failed, "the note is found", "not within %s: does its list lag, or is another one read?", looks*lookEvery)
}

func (k *check) again(ctx context.Context, note connector.Note, id string) {
	note.Looked = false
	ref, err := k.c.WriteNote(ctx, k.s, note)
	k.holds(err == nil && ref.Existed && ref.ExternalID == id, "the note is not written again", "%s", fmt.Sprint(ref, err))
}

// wait waits for so long, and reports whether ctx lasted.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
