package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// TestWhatIsKnownOfANoteThatIsThere finds a note that says something else than what is true now, and is left so: what is kept of it is what we
// know that we wrote, and where that is not known what the CRM has.
func TestWhatIsKnownOfANoteThatIsThere(t *testing.T) {
	crm := &lookingCRM{accounts: 20}
	lives(t, map[hub.Platform]connector.Connector{hub.PlatformMerge: crm}, func(l *life) {
		t := l.t
		c := l.connect(crm.Info(), map[string]string{})
		if err := l.st.SetCorrections(t.Context(), c.OrganizationID, c.ID, hub.CorrectNothing); err != nil {
			t.Fatal(err)
		}
		on := hub.RecordRef{Model: hub.ModelAccount, ExternalID: "0"}
		note := connector.Note{Target: on.Model, ExternalID: on.ExternalID, Title: "A talk", Body: "Second thoughts.", Marker: "sirocco:m", Print: "bb"}
		text := hub.ResultNote{Title: "A talk", Body: "Second thoughts."}
		const left = "The note says what was known when it was written, and is left so, as the connection's corrections are LEAVE."
		for name, test := range map[string]struct {
			before hub.DeliveredNote
			found  connector.FoundNote
			want   store.WrittenNote
			said   string
		}{
			"it says what is true": {
				hub.DeliveredNote{On: on, Marker: "sirocco:m", Print: "aa", Text: "As written", Hash: "h"}, connector.FoundNote{ExternalID: "7", Marker: "sirocco:m", Text: "As shown sirocco:m/bb"},
				store.WrittenNote{ID: "7", Existed: true, On: on, Marker: "sirocco:m", Print: "bb", Text: "A talk\n\nSecond thoughts.", Hash: "h"}, "",
			},
			"what we wrote is known": {
				hub.DeliveredNote{On: on, Marker: "sirocco:m", Print: "aa", Text: "As written", Hash: "h"}, connector.FoundNote{ExternalID: "7", Marker: "sirocco:m", Text: "As shown sirocco:m/aa"},
				store.WrittenNote{ID: "7", Existed: true, On: on, Marker: "sirocco:m", Print: "aa", Text: "As written", Hash: "h"}, left,
			},
			"what we wrote is not known": {
				hub.DeliveredNote{On: on, Marker: "sirocco:m"}, connector.FoundNote{ExternalID: "7", Marker: "sirocco:m", Text: "As shown sirocco:m/aa"},
				store.WrittenNote{ID: "7", Existed: true, On: on, Marker: "sirocco:m", Print: "aa", Text: "As shown sirocco:m/aa"}, left,
			},
			"it is known by its id alone": {
				hub.DeliveredNote{On: on, Marker: "sirocco:m", Print: "aa", Text: "As written"}, connector.FoundNote{ExternalID: "7", Text: "As people made it"},
				store.WrittenNote{ID: "7", Existed: true, On: on, Marker: "sirocco:m", Print: "aa", Text: "As written"}, left,
			},
		} {
			s := &deliveryAttempt{deliveryWorker: l.notes(c), conn: c, delivery: hub.Delivery{OrganizationID: c.OrganizationID, ConnectionID: c.ID, ID: hub.NewID()}}
			got, err := s.found(t.Context(), crm, hub.Delivery{Note: test.before}, test.found, note, text)
			if diff := cmp.Diff(test.want, got.WrittenNote); err != nil || got.said != test.said || got.correct != "" || diff != "" {
				t.Errorf("%s: %q, %q, %v %s", name, got.said, got.correct, err, diff)
			}
		}
	})
}
