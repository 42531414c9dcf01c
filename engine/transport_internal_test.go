package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestWhatAVendorAsksForIsHeeded is the table of the errors by which an account is left alone, with what the answer before them asked for: that
// counts where it could not be read, and says nothing of its own.
func TestWhatAVendorAsksForIsHeeded(t *testing.T) {
	now := time.Now().Truncate(time.Microsecond)
	failed := func(kind connector.Kind, status int, wait time.Duration) *connector.Error {
		return &connector.Error{Kind: kind, Status: status, RetryAfter: wait, Message: "it failed"}
	}
	for name, test := range map[string]struct {
		asked time.Duration
		err   error
		wait  time.Duration
		after connector.Error
	}{
		"no answer of theirs":            {time.Minute, errors.New("it is broken"), 0, connector.Error{}},
		"a refusal that says when":       {0, failed(connector.Refused, 404, time.Hour), time.Hour, *failed(connector.Refused, 404, time.Hour)},
		"a refusal that does not":        {time.Minute, failed(connector.Refused, 404, 0), 0, *failed(connector.Refused, 404, 0)},
		"a limit of ours":                {0, failed(connector.RateLimited, 0, time.Hour), 0, *failed(connector.RateLimited, 0, time.Hour)},
		"what cannot be read":            {0, failed(connector.Malformed, 0, 0), 0, *failed(connector.Malformed, 0, 0)},
		"what cannot be read, and asks":  {time.Minute, failed(connector.Malformed, 0, 0), time.Minute, *failed(connector.Malformed, 200, time.Minute)},
		"what says when itself":          {time.Minute, failed(connector.Malformed, 200, time.Hour), time.Hour, *failed(connector.Malformed, 200, time.Hour)},
		"what cannot be read, and wraps": {time.Minute, fmt.Errorf("a page: %w", failed(connector.Malformed, 0, 0)), time.Minute, *failed(connector.Malformed, 200, time.Minute)},
	} {
		tr := &transport{limiter: unlimited(), clock: func() time.Time { return now }, credentials: now.Add(-time.Hour), opened: now}
		tr.asked.Store(int64(test.asked))
		if err := tr.heed(t.Context(), test.err); err != nil || tr.heldFor() != test.wait {
			t.Errorf("%s: it is left alone for %s, not %s, %v", name, tr.heldFor(), test.wait, err)
		}
		if ce, ok := errors.AsType[*connector.Error](test.err); ok && *ce != test.after {
			t.Errorf("%s: the error is %+v, not %+v", name, *ce, test.after)
		}
	}
}

// TestNoRequestWithoutTheDatabase sends none while the database cannot be asked whether the rate limit allows it: that passes.
func TestNoRequestWithoutTheDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		storetest.Exec(t, st, `ALTER TABLE rate_buckets RENAME TO away`)
		info := hub.PlatformInfo{Platform: hub.PlatformMerge, Rate: hub.Rate{Requests: 100, Per: time.Minute}}
		tr := &transport{limiter: newLimiters(st).get(hub.Connection{Platform: hub.PlatformMerge}, nil, "42", info), clock: time.Now}
		if err := tr.wait(t.Context()); !connector.IsKind(err, connector.Temporary) || connector.Status(err) != 0 {
			t.Errorf("it is %v", err)
		}
		storetest.Exec(t, st, `ALTER TABLE away RENAME TO rate_buckets`)
		if err := tr.wait(t.Context()); err != nil {
			t.Errorf("once it can be asked again: %v", err)
		}
	})
}
