package hub

import "testing"

// TestALinkEndsWhereTheRecordingGoesOn lets a recording that was linked while its end was not known go on through another appointment: the
// link does not stay.
func TestALinkEndsWhereTheRecordingGoesOn(t *testing.T) {
	day := Day{Rep: rep, Appointments: []Appointment{meeting("a", -3, 60), meeting("b", 90, 60)}, Talks: []Talk{said(0, 0)}}
	begun := MatchDay(&day)[0]
	if w := begun.Winner(); w == nil || w.Appointment.ExternalID != "a" {
		t.Fatalf("%+v", begun)
	}
	link := Link{ConnectionID: "c", Model: ModelEngagement, ExternalID: "a", By: LinkedByMatching, Basis: begun.Choices[0].Appointment.Basis()}
	for minutes, holds := range map[int]bool{55: true, 110: true, 150: false} {
		day.Talks = []Talk{said(0, minutes)}
		v := MatchDay(&day)[0]
		if stays := v.Linked || v.Holds(link); stays != holds {
			t.Errorf("after %d minutes it stays: %v, %+v", minutes, stays, v)
		}
	}
}
