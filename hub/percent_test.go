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

// TestPercent: a probability is told in whole percents, and never as certain or impossible; two of which one is less never look the same.
func TestPercent(t *testing.T) {
	for p, want := range map[float64]string{0: "less than 1 %", 0.0049: "less than 1 %", 0.005: "1 %", 0.424: "42 %", 0.994: "99 %", 0.996: "more than 99 %", 1: "more than 99 %"} {
		if got := percent(p); got != want {
			t.Errorf("%g is %q, want %q", p, got, want)
		}
	}
	for _, c := range []struct {
		less, more float64
		want       [2]string
	}{
		{0.42, 0.84, [2]string{"42 %", "84 %"}},
		{0.842, 0.844, [2]string{"84.2 %", "84.4 %"}},
		{0.84201, 0.84204, [2]string{"84.201 %", "84.204 %"}},
		{0.9997, 0.9999, [2]string{"99.97 %", "99.99 %"}},
	} {
		if less, more := percentsApart(c.less, c.more); c.want != [2]string{less, more} {
			t.Errorf("%g and %g are %q and %q, want %q", c.less, c.more, less, more, c.want)
		}
	}
}
