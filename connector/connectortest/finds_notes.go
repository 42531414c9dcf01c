package connectortest

import (
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// findsNotes holds what the engine relies on when it has to know whether a note is in the CRM: a note is found by any of
// its markers, behind many others, whether its time is known or not; what is not listed yet is absent, as the engine then
// waits; and a look that fails is an error, never absence. A connector whose vendor has no search leaves it to people.
func findsNotes(t *testing.T, c connector.Connector, crm NewCRM) {
	finder, ok := c.(connector.NoteFinder)
	if !ok {
		t.Skip("its vendor cannot be asked for notes: what becomes of a lost answer is for a person to find out")
	}
	for _, target := range c.Info().NoteTargets {
		r := newRig(t, c, crm, simulator.Options{Seed: 12, Records: 20})
		records := r.crm.Records(target)
		on := hub.RecordRef{Model: target, ExternalID: records[0].ExternalID}
		for range 130 {
			r.crm.Notes.Add(target, on.ExternalID, "Called again.")
		}
		note := connector.Note{
			Target: target, ExternalID: on.ExternalID, Title: "Talk", Body: "They want a new roof.", Marker: hub.NoteMarker("r", on, 0, ""), Print: "0123abcd", At: noteDay, Looked: true,
		}
		find := func(externalID string, since time.Time, markers ...string) (connector.FoundNote, error) {
			return finder.FindNote(t.Context(), r.session, connector.NoteQuery{Target: target, ExternalID: externalID, Markers: markers, Since: since})
		}
		hour := time.Now().Add(-time.Hour)
		absent := func(why, externalID, marker string) {
			t.Helper()
			for _, since := range []time.Time{{}, hour} {
				if found, err := find(externalID, since, marker); err != nil || found != (connector.FoundNote{}) {
					t.Errorf("%s: %s, since %s: %+v %v", target, why, since, found, err)
				}
			}
		}
		absent("before it was written", on.ExternalID, note.Marker)
		r.crm.Notes.ListAfter(time.Minute)
		if _, err := c.WriteNote(t.Context(), r.session, note); connector.Unproven(err) != c.Info().NotesReadBack || err != nil && !c.Info().NotesReadBack {
			t.Fatalf("%s: %v", target, err)
		}
		absent("before it is listed", on.ExternalID, note.Marker)
		r.crm.Notes.ListAfter(0)
		for _, since := range []time.Time{{}, hour} {
			found, err := find(on.ExternalID, since, "sirocco:earlier", note.Marker)
			if err != nil || found.ExternalID == "" || found.Marker != note.Marker || connector.NotePrint(found.Text, note.Marker) != note.Print || !strings.Contains(found.Text, "a new roof") {
				t.Errorf("%s: since %s: %+v %v", target, since, found, err)
			}
			for _, kind := range []simulator.FaultKind{simulator.ServerError, simulator.Drop, simulator.Truncated, simulator.Malformed, simulator.WrongType, simulator.SignInPage, simulator.RateLimited} {
				r.crm.Faults.Always(simulator.Fault{Kind: kind})
				if found, err := find(on.ExternalID, since, note.Marker); err == nil {
					t.Errorf("%s: a look that meets %s finds %+v, without an error", target, kind, found)
				}
				r.crm.Faults.Stop()
			}
		}
		absent("on another record", records[1].ExternalID, note.Marker)
		absent("by the beginning of its marker", on.ExternalID, note.Marker[:len(note.Marker)-1])
		takesBack(t, r, on, note)
		findsWhatWasCut(t, r, on, note)
		findsWhatPeopleChanged(t, r, on, hub.RecordRef{Model: target, ExternalID: records[1].ExternalID}, note)
	}
}

// findsWhatPeopleChanged lets people rename a note, take its marker away, move it to another record, and delete it. It is known by its id, where the
// vendor gives it one; that it was moved tells who can be asked for a note by its id alone, and nobody takes it for one of the record any more.
func findsWhatPeopleChanged(t *testing.T, r *rig, on, another hub.RecordRef, note connector.Note) {
	t.Helper()
	note.Marker = hub.NoteMarker("a third", on, 0, "")
	if _, err := r.c.WriteNote(t.Context(), r.session, note); err != nil {
		t.Fatalf("%s: %v", on.Model, err)
	}
	written, notes := findAgain(t, r, on, note).ExternalID, r.crm.Notes.On(on.Model, on.ExternalID)
	if written == note.Marker {
		return // it has no id
	}
	id := notes[len(notes)-1].ID
	find := func(noteID string) connector.FoundNote {
		t.Helper()
		found, err := r.c.(connector.NoteFinder).FindNote(t.Context(), r.session, connector.NoteQuery{
			Target: on.Model, ExternalID: on.ExternalID, Markers: []string{note.Marker}, NoteID: noteID,
		})
		if err != nil {
			t.Errorf("%s: %v", on.Model, err)
		}
		return found
	}
	r.crm.Notes.Rename(id, "Called")
	if found := find(written); found.ExternalID != written || found.Moved {
		t.Errorf("%s: a note that was renamed is found as %+v", on.Model, found)
	}
	r.crm.Notes.Change(id, "They called back.")
	if found := find(written); found.ExternalID != written || found.Marker != "" || found.Moved || !strings.Contains(found.Text, "called back") {
		t.Errorf("%s: a note whose marker was taken away is found as %+v", on.Model, found)
	}
	if found := find(""); found.ExternalID != "" {
		t.Errorf("%s: a note whose marker was taken away is found without its id: %+v", on.Model, found)
	}
	r.crm.Notes.Move(id, another.Model, another.ExternalID)
	if found := find(written); found.ExternalID != "" && !found.Moved {
		t.Errorf("%s: a note that was moved is found as %+v", on.Model, found)
	}
	r.crm.Notes.Remove(id)
	if found := find(written); found.ExternalID != "" {
		t.Errorf("%s: a note that was deleted is found as %+v", on.Model, found)
	}
}

// findsWhatWasCut has the CRM keep the beginning of a long note, without a word of the rest.
func findsWhatWasCut(t *testing.T, r *rig, on hub.RecordRef, note connector.Note) {
	t.Helper()
	note.Marker = hub.NoteMarker("another", on, 0, "")
	note.Body = "Recorded at noon.\n\nThey want a new roof.\n\nTranscript\n" + strings.Repeat("Word for word.\n", 40)
	r.crm.Notes.KeepFirst(400)
	if _, err := r.c.WriteNote(t.Context(), r.session, note); err != nil {
		t.Errorf("%s: a note that is cut: %v", on.Model, err)
	}
	if found := findAgain(t, r, on, note); found.ExternalID == "" || connector.NotePrint(found.Text, note.Marker) != note.Print {
		t.Errorf("%s: a note that was cut is found as %+v", on.Model, found)
	}
	r.crm.Notes.KeepFirst(0)
}

// takesBack lets a note be changed and taken back, where the connector can, or be told that nobody may.
func takesBack(t *testing.T, r *rig, on hub.RecordRef, note connector.Note) {
	t.Helper()
	found, err := r.c.(connector.NoteFinder).FindNote(t.Context(), r.session, connector.NoteQuery{Target: on.Model, ExternalID: on.ExternalID, Markers: []string{note.Marker}, Since: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if changer, ok := r.c.(connector.NoteChanger); ok {
		note.Body = "They want two roofs."
		err := changer.ChangeNote(t.Context(), r.session, note, found.ExternalID)
		if changed := r.crm.Notes.Count("two roofs") == 1; !connector.IsKind(err, connector.Refused) && (err != nil || !changed) {
			t.Errorf("%s: changing a note: %v, changed: %t", on.Model, err, changed)
		}
		// It is the same note by the same marker, with the other text: so it is known again, and known to be ours.
		if again := findAgain(t, r, on, note); err == nil && (again.ExternalID != found.ExternalID || !connector.SameText(again.Text, connector.NoteText(note))) {
			t.Errorf("%s: the changed note is found as %+v, and was %s", on.Model, again, found.ExternalID)
		}
	}
	if remover, ok := r.c.(connector.NoteRemover); ok {
		err := remover.RemoveNote(t.Context(), r.session, on.Model, on.ExternalID, found.ExternalID)
		if n := r.crm.Notes.Count(note.Marker); !connector.IsKind(err, connector.Refused) && (err != nil || n != 0) {
			t.Errorf("%s: taking a note back: %v, %d are left", on.Model, err, n)
		}
		if again := findAgain(t, r, on, note); err == nil && again.ExternalID != "" {
			t.Errorf("%s: a note that was taken back is found: %+v", on.Model, again)
		}
		// Somebody else may have taken it away before: that is for ever, and no reason to try again.
		if err := remover.RemoveNote(t.Context(), r.session, on.Model, on.ExternalID, found.ExternalID); err != nil && !connector.IsKind(err, connector.Refused) {
			t.Errorf("%s: taking back what is gone: %v", on.Model, err)
		}
	}
}

// findAgain looks for a note wherever it may be.
func findAgain(t *testing.T, r *rig, on hub.RecordRef, note connector.Note) connector.FoundNote {
	t.Helper()
	found, err := r.c.(connector.NoteFinder).FindNote(t.Context(), r.session, connector.NoteQuery{Target: on.Model, ExternalID: on.ExternalID, Markers: []string{note.Marker}})
	if err != nil {
		t.Error(err)
	}
	return found
}

// losesNoNote writes notes that the CRM does not take, or whose answer is lost: only the first proves that there is none.
func losesNoNote(t *testing.T, c connector.Connector, crm NewCRM) {
	for _, target := range c.Info().NoteTargets {
		r := newRig(t, c, crm, simulator.Options{Seed: 12, Records: 20})
		note := connector.Note{Target: target, ExternalID: r.crm.Records(target)[0].ExternalID, Title: "Talk", Body: strings.Repeat("Word for word.\n", 40), Marker: "sirocco-n0te-1", At: noteDay, Looked: true}
		r.crm.Notes.Limit(300)
		_, err := c.WriteNote(t.Context(), r.session, note)
		if refused := connector.IsKind(err, connector.Refused); connector.Unproven(err) != c.Info().NotesReadBack || refused == c.Info().NotesReadBack {
			t.Errorf("%s: a note that is too long: %v", target, err)
		}
		if _, err := c.WriteNote(t.Context(), r.session, note.Fit(300)); err != nil {
			t.Errorf("%s: a note cut to its limit: %v", target, err)
		}
		if n := r.crm.Notes.Count(note.Marker); n != 1 {
			t.Errorf("%s: there are %d notes", target, n)
		}
		r.crm.Notes.Limit(0)
		note.Marker = "sirocco-n0te-2"
		for kind, unproven := range map[simulator.FaultKind]bool{
			simulator.Drop: true, simulator.Truncated: true, simulator.ServerError: true, simulator.Unavailable: true, simulator.WrongType: true, simulator.SignInPage: true,
			simulator.RateLimited: false, simulator.Unauthorized: false, simulator.Forbidden: false, simulator.Locked: false, simulator.Conflict: false, simulator.TooEarly: false,
		} {
			r.crm.Faults.Always(simulator.Fault{Kind: kind})
			_, err := c.WriteNote(t.Context(), r.session, note)
			r.crm.Faults.Stop()
			if busy := kind == simulator.Locked || kind == simulator.Conflict || kind == simulator.TooEarly; busy && !connector.IsKind(err, connector.Busy) {
				t.Errorf("%s: a record that is locked (%s) is taken for %v", target, kind, err)
			}
			if err == nil || connector.Unproven(err) != unproven {
				t.Errorf("%s: an answer that meets %s leaves open whether the note is there: %t (%v)", target, kind, connector.Unproven(err), err)
			}
		}
	}
}
