package store

import (
	"testing"
	"time"
)

// TestWhenAWebhookWakes holds when a connection syncs because of a webhook, and whether that is news, to all that is known of it.
func TestWhenAWebhookWakes(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) time.Time { return now.Add(d) }
	for name, c := range map[string]struct {
		w    wakeState
		at   time.Time
		news bool
	}{
		"all is due later":                       {wakeState{due: in(time.Hour), models: in(time.Hour)}, now, true},
		"what failed is due now, the rest later": {wakeState{due: now, models: in(time.Hour)}, now, true},
		"the models are due, the job later":      {wakeState{due: in(time.Hour), models: now}, now, true},
		"all is due now":                         {wakeState{due: now, models: now}, now, false},
		"all was due before":                     {wakeState{due: in(-time.Second), models: in(-time.Second)}, now, false},
		"it fails as a whole":                    {wakeState{due: in(time.Hour), models: in(time.Hour), failures: 1}, now, false},
		"nothing is planned":                     {wakeState{}, now, false},
		"a job is about to begin":                {wakeState{lease: in(time.Minute), models: now}, now, true},
		"a run reads, and another one is due":    {wakeState{lease: in(time.Minute), models: now, running: true}, now, false},
		"a run reads, and another one is later":  {wakeState{lease: in(time.Minute), models: in(time.Hour), running: true}, now, true},
		"a run reads, and none is planned":       {wakeState{lease: in(time.Minute), running: true}, now, true},
		"the gap is not over":                    {wakeState{due: in(time.Hour), models: in(time.Hour), woken: in(-time.Second)}, in(wakeGap - time.Second), true},
		"the gap is over":                        {wakeState{due: in(time.Hour), models: in(time.Hour), woken: in(-wakeGap)}, now, true},
		"it is due within the gap":               {wakeState{due: in(time.Second), models: in(time.Second), woken: now}, in(wakeGap), false},
		"it is left alone":                       {wakeState{due: in(time.Hour), models: in(time.Hour), woken: now, held: in(time.Minute)}, in(time.Minute), true},
		"it was left alone":                      {wakeState{due: in(time.Hour), models: in(time.Hour), held: in(-time.Second)}, now, true},
	} {
		if at, news := c.w.at(now); !at.Equal(c.at) || news != c.news {
			t.Errorf("%s: at %s, news: %t, want %s, %t", name, at, news, c.at, c.news)
		}
	}
}
