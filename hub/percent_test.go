package hub

import (
	"strings"
	"testing"
)

// TestAnOfferDoesNotSayThatANumberIsLessThanItself offers a recording that lacks next to nothing.
func TestAnOfferDoesNotSayThatANumberIsLessThanItself(t *testing.T) {
	day := Day{Rep: rep, Appointments: []Appointment{with(meeting("a", 0, 60), placedAt(400))}, Talks: []Talk{said(4, 50, here(0))}}
	probable := MatchDay(&day)[0].Choices[0].Probability
	for _, lacking := range []float64{0.2, 1e-3, 1e-4, 1e-6} {
		day.Thresholds = map[string]Thresholds{"c": {Place: probable + lacking}}
		v := MatchDay(&day)[0]
		if !v.Offered {
			t.Fatalf("lacking %g: %+v", lacking, v)
		}
		_, after, _ := strings.Cut(v.Reason, "a probability of ")
		told, _, _ := strings.Cut(after, ":")
		_, after, _ = strings.Cut(v.Reason, "less than the ")
		if needed, _, _ := strings.Cut(after, " from which"); told == needed || needed == "" {
			t.Errorf("lacking %g: %s", lacking, v.Reason)
		}
	}
}
