package engine

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sirocco/hub"
	"sirocco/store"
)

// TestWhatIsTriedAgain says of states of models, and of whole readings, whether any of them is to be tried again.
func TestWhatIsTriedAgain(t *testing.T) {
	well := &store.SyncState{Model: hub.ModelAccount, Since: virtualStart}
	for name, test := range map[string]struct {
		state   *store.SyncState
		reading *store.Reading
		want    bool
	}{
		"nothing failed":          {well, &store.Reading{Model: hub.ModelAccount}, false},
		"a model failed":          {&store.SyncState{Model: hub.ModelAccount, Failed: "it is away"}, &store.Reading{}, true},
		"a reading failed":        {well, &store.Reading{Failed: "it is away"}, true},
		"a reading waits":         {well, &store.Reading{RetryAt: virtualStart}, true},
		"only its next try waits": {&store.SyncState{Model: hub.ModelAccount, RetryAt: virtualStart}, &store.Reading{}, false},
	} {
		j := &syncJob{
			states:   map[hub.Model]*store.SyncState{hub.ModelContact: {Model: hub.ModelContact}, hub.ModelAccount: test.state},
			readings: map[hub.Model]*store.Reading{hub.ModelContact: {Model: hub.ModelContact}, hub.ModelAccount: test.reading},
		}
		if got := j.someFailed(); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if (&syncJob{}).someFailed() {
		t.Error("what was never read is tried again")
	}
}

// TestWhatFollowsARun is the table of what is planned after a run that went through all its models, in which some failed, or after which the CRM
// wants to be left alone.
func TestWhatFollowsARun(t *testing.T) {
	now := virtualStart
	in := func(d time.Duration) time.Time { return now.Add(d) }
	for name, test := range map[string]struct {
		job  *syncJob
		held time.Time
		want store.SyncJobResult
	}{
		"a retry": {&syncJob{sched: store.Schedule{Retrying: true}}, time.Time{}, store.SyncJobResult{RunOver: true, Next: in(time.Hour)}},
		"a retry that fails": {
			&syncJob{sched: store.Schedule{Retrying: true}, failed: errors.New("it is away"), retryAt: in(time.Minute)}, time.Time{},
			store.SyncJobResult{RunOver: true, Next: in(time.Minute), RunError: "it is away", Waiting: "tries again after a failure: it is away", WaitingUntil: in(time.Minute)},
		},
		"what is tried again after the models": {
			&syncJob{sched: store.Schedule{Retrying: true}, failed: errors.New("it is away"), retryAt: in(2 * time.Hour)}, time.Time{},
			store.SyncJobResult{RunOver: true, Next: in(time.Hour), RunError: "it is away", Waiting: "tries again after a failure: it is away", WaitingUntil: in(2 * time.Hour)},
		},
		"a reading is left": {&syncJob{readingLeft: true}, time.Time{}, store.SyncJobResult{RunOver: true, Next: now, ModelsDue: now}},
		"it is left alone": {
			&syncJob{sched: store.Schedule{Retrying: true}}, in(time.Minute),
			store.SyncJobResult{RunOver: true, Next: in(time.Hour), HeldUntil: in(time.Minute), Waiting: rateLimit, WaitingUntil: in(time.Minute)},
		},
		"it fails, and is left alone": {
			&syncJob{sched: store.Schedule{Retrying: true}, failed: errors.New("it is away"), retryAt: in(time.Second)}, in(time.Minute),
			store.SyncJobResult{RunOver: true, Next: in(time.Second), HeldUntil: in(time.Minute), RunError: "it is away", Waiting: "tries again after a failure: it is away", WaitingUntil: in(time.Second)},
		},
	} {
		test.job.sched.ModelsDueAt = in(time.Hour)
		end := store.SyncJobResult{HeldUntil: test.held}
		test.job.planNext(&end, now)
		if diff := cmp.Diff(test.want, end); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
