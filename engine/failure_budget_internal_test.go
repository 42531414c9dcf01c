package engine

import (
	"testing"
	"time"

	"sirocco/hub"
)

// TestFailedAnswersAreFewerThanAHostBlocks sends from many connections to a host that fails always: never does it give
// more failed answers within the time than it takes.
func TestFailedAnswersAreFewerThanAHostBlocks(t *testing.T) {
	all := newFailureBudgets()
	rate := hub.Rate{Requests: 20, Per: 10 * time.Second}
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	var answers []time.Time
	for range 6000 { // a minute
		now = now.Add(10 * time.Millisecond)
		if r, _ := all.get("crm.example", rate).begin(now); r != nil {
			r.end(now, true)
			answers = append(answers, now)
		}
	}
	for i := range answers {
		if i+20 < len(answers) && answers[i+20].Sub(answers[i]) <= 10*time.Second {
			t.Fatalf("21 failed answers from %s to %s", answers[i], answers[i+20])
		}
	}
	if len(answers) < 100 {
		t.Errorf("only %d answers in a minute", len(answers))
	}
}

// TestRequestsUnderWayCountAsFailed begins requests at once, whose answers are not there yet; those that hang do not count
// for ever, and good answers cost nothing.
func TestRequestsUnderWayCountAsFailed(t *testing.T) {
	all := newFailureBudgets()
	rate := hub.Rate{Requests: 20, Per: 10 * time.Second}
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	begun := 0
	for range 100 {
		if r, _ := all.get("crm.example", rate).begin(now); r != nil {
			begun++
		}
	}
	if begun != 18 {
		t.Errorf("%d were begun at once", begun)
	}
	now = now.Add(11 * time.Second)
	for range 1000 {
		r, wait := all.get("crm.example", rate).begin(now)
		if r == nil {
			t.Fatalf("a healthy request waits for %s", wait)
		}
		r.end(now, false)
	}
	if r, wait := all.get("other.example", hub.Rate{}).begin(now); r != nil || wait != 0 {
		t.Error("a host without such a limit has one")
	}
}
