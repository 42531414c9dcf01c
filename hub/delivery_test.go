package hub

import (
	"strings"
	"testing"
	"time"
)

// TestAnUnprovenDeliveryExplainsItself says when the CRM is asked again, and no time that is past.
func TestAnUnprovenDeliveryExplainsItself(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	d := Delivery{State: DeliveryConfirming, AskedAt: now.Add(-time.Hour), DueAt: now.Add(time.Minute)}
	if got := d.Explain(Connection{Active: true}, now); got != "It is being sent since 2026-05-01T11:00:00.000Z; the CRM has not answered yet." {
		t.Errorf("%s", got)
	}
	d.Error = "The answer was lost."
	for _, c := range []struct {
		due    time.Time
		active bool
		want   string
	}{
		{now.Add(time.Minute), true, "the CRM is asked again at 2026-05-01T12:01:00.000Z."},
		{now.Add(-time.Minute), true, "the CRM is asked again as soon as"},
		{now.Add(-time.Minute), false, "once the connection is no longer paused"},
		{time.Time{}, true, "settle it."},
	} {
		d.DueAt = c.due
		if got := d.Explain(Connection{Active: c.active}, now); !strings.HasPrefix(got, "It was sent on 2026-05-01T11:00:00.000Z, but no answer says whether it is there") || !strings.Contains(got, c.want) || strings.Contains(got, "11:59") {
			t.Errorf("due at %s: %s", c.due, got)
		}
	}
}

// TestNotesThatStandElsewhere says once for each record that a note stands on which the recording is not linked to any more, and nothing of
// what was taken back, or of a record that has the note of what it is linked to.
func TestNotesThatStandElsewhere(t *testing.T) {
	sent := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	on := func(record, job string, elsewhere bool, at time.Time) Delivery {
		return Delivery{State: DeliverySent, Model: ModelEngagement, ExternalID: record, NoteID: "n", Elsewhere: elsewhere, SentAt: at, Note: DeliveredNote{On: RecordRef{Model: ModelOpportunity, ExternalID: job}}}
	}
	all := []Delivery{on("e1", "j1", true, sent), on("e1", "j1", true, sent), on("e2", "j2", true, time.Time{}), on("e3", "j3", true, sent), on("e4", "j3", false, sent)}
	got := NotesElsewhere(all)
	if len(got) != 1 || got[0] != "It was linked to the ENGAGEMENT e1 before, and its note stands on the OPPORTUNITY j1 since 2026-05-01T12:00:00.000Z." {
		t.Errorf("%q", got)
	}
	if said := all[0].Explain(Connection{}, sent); !strings.HasSuffix(said, "The recording is no longer linked to this record; its note stands on the OPPORTUNITY j1.") {
		t.Error(said)
	}
	if said := all[4].Explain(Connection{}, sent); strings.Contains(said, "no longer") {
		t.Error(said)
	}
	old := Delivery{State: DeliverySent, Model: ModelEngagement, ExternalID: "e5", NoteID: "n", Elsewhere: true, SentAt: sent} // from before it was kept where a note stands
	if got := NotesElsewhere([]Delivery{old}); len(got) != 1 || got[0] != "It was linked to the ENGAGEMENT e5 before, and its note stands on the ENGAGEMENT e5 since 2026-05-01T12:00:00.000Z." {
		t.Errorf("%q", got)
	}
	if said := old.Explain(Connection{}, sent); !strings.HasSuffix(said, "The recording is no longer linked to this record; its note stands on the ENGAGEMENT e5.") {
		t.Error(said)
	}
}

// TestANoteThatIsGone was in the CRM, and nothing tells of it any more: neither an id nor what another connection had read of it.
func TestANoteThatIsGone(t *testing.T) {
	sent := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		sent        time.Time
		id, print   string
		gone, there bool
	}{
		{time.Time{}, "", "", false, false},
		{time.Time{}, "n", "p", false, false},
		{sent, "", "", true, false},
		{sent, "n", "", false, true},
		{sent, "", "p", false, true},
	} {
		d := Delivery{SentAt: c.sent, NoteID: c.id, Note: DeliveredNote{Print: c.print}}
		if d.IsGone() != c.gone || d.IsThere() != c.there {
			t.Errorf("%+v: gone %v, there %v", c, d.IsGone(), d.IsThere())
		}
	}
}
