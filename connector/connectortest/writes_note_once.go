package connectortest

import (
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/simulator"
)

// noteDay is the day of the talks that notes are about.
var noteDay = time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)

// writesNoteOnce loses the answer to a note and repeats the call: the CRM must show the note once, on its record alone.
func writesNoteOnce(t *testing.T, c connector.Connector, crm NewCRM) {
	for _, target := range c.Info().NoteTargets {
		r := newRig(t, c, crm, simulator.Options{Seed: 12, Records: 20})
		records := r.crm.Records(target)
		if len(records) < 2 {
			t.Fatalf("the stand-in has no %s", target)
		}
		note := connector.Note{Target: target, ExternalID: records[0].ExternalID, Title: "Talk", Body: "They want a new roof.\n\n<b>Soon</b> & \"cheap\".", Marker: "sirocco-n0te-1", At: noteDay}
		// The answer to the first attempt is lost: whether the note is there the second must find out.
		r.crm.Faults.Script(simulator.Fault{Kind: simulator.None}, simulator.Fault{Kind: simulator.Drop})
		_, err := c.WriteNote(t.Context(), r.session, note)
		for range 5 {
			if err == nil {
				break
			}
			_, err = c.WriteNote(t.Context(), r.session, note)
		}
		again, err := c.WriteNote(t.Context(), r.session, note)
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		if !again.Existed || again.ExternalID == "" {
			t.Errorf("%s: the note is not found again: %+v", target, again)
		}
		if n := r.crm.Notes.Count(note.Marker); n != 1 {
			t.Errorf("%s: the note is there %d times", target, n)
		}
		other := note
		other.Marker = "sirocco-n0te-11" // the first marker is how it begins
		if ref, err := c.WriteNote(t.Context(), r.session, other); err != nil || ref.Existed {
			t.Errorf("%s: another note: %+v %v", target, ref, err)
		}
		if n := len(r.crm.Notes.On(target, records[0].ExternalID)); n != 2 {
			t.Errorf("%s: there are %d notes on the record", target, n)
		}
		if n := len(r.crm.Notes.On(target, records[1].ExternalID)); n != 0 {
			t.Errorf("%s: another record has %d notes", target, n)
		}
		for _, made := range r.crm.Notes.All() {
			if !strings.Contains(made.Text, "They want a new roof.") || !strings.Contains(made.Text, "Talk") {
				t.Errorf("%s: the text is %q", target, made.Text)
			}
		}
	}
}
