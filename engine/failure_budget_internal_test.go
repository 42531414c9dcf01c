package engine

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
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

// TestNodesShareABudgetOfFailedAnswers has nodes of one address send to a host that fails always: together they get no more failed
// answers than it takes from one, and each gets some.
func TestNodesShareABudgetOfFailedAnswers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, time.Now)
		var nodes []*Engine
		for i := range 3 {
			if err := st.NoteNode(t.Context(), store.Node{ID: fmt.Sprintf("node-%d", i), Host: "host", StartedAt: time.Now()}); err != nil {
				t.Fatal(err)
			}
			e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			nodes = append(nodes, e)
		}
		rate := hub.Rate{Requests: 20, Per: 10 * time.Second}
		now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		failed := 0
		for _, e := range nodes {
			if _, err := e.countNodes(t.Context()); err != nil {
				t.Fatal(err)
			}
			before := failed
			for range 100 {
				if r, _ := e.failures.get("crm.example", rate).begin(now); r != nil {
					r.end(now, true)
					failed++
				}
			}
			if failed == before {
				t.Error("a node gets nothing of the budget")
			}
		}
		if failed > 20 {
			t.Errorf("%d failed answers at once", failed)
		}
	})
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
