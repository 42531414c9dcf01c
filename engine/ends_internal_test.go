package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// TestEndings is the table of what ends what, and for how long.
func TestEndings(t *testing.T) {
	of := func(kind connector.Kind, status int, after time.Duration) error {
		e := connector.Fail(kind, "CRM", "it failed")
		e.Status, e.RetryAfter = status, after
		return fmt.Errorf("wrapped: %w", e)
	}
	const asked = 300 * time.Second
	for _, c := range []struct {
		name          string
		err           error
		want, session stops
		first, most   time.Duration
	}{
		{"401", of(connector.Unauthorized, 401, 0), stopsCredentials, stopsCredentials, time.Minute, time.Hour},
		{"401 that asks for a wait", of(connector.Unauthorized, 401, asked), stopsCredentials, stopsCredentials, asked, asked},
		{"403", of(connector.Forbidden, 403, 0), stopsModel, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"429", of(connector.RateLimited, 429, 0), stopsConnection, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"429 that asks for a wait", of(connector.RateLimited, 429, asked), stopsConnection, stopsConnection, asked, asked},
		{"500", of(connector.Temporary, 500, 0), stopsModel, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"503 that asks for a wait", of(connector.Temporary, 503, asked), stopsConnection, stopsConnection, asked, asked},
		{"no answer", of(connector.Temporary, 0, 0), stopsModel, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"409", of(connector.Busy, 409, 0), stopsModel, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"423 that asks for a wait", of(connector.Busy, 423, asked), stopsModel, stopsConnection, asked, asked},
		{"not JSON", of(connector.Malformed, 200, 0), stopsModel, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"404", of(connector.Refused, 404, 0), stopsModel, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"400 that asks for a wait", of(connector.Refused, 400, asked), stopsModel, stopsConnection, asked, asked},
		{"pages without an end", &stopError{"they go round"}, stopsModel, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"more than the organization may have", &hub.QuotaError{Resource: hub.ResourceRecords, Limit: 1}, stopsModel, stopsConnection, time.Minute, time.Hour},
		{"the database", errors.New("no such table"), stopsConnection, stopsConnection, 5 * time.Second, 15 * time.Minute},
		{"paused", hub.ErrPaused, stopsJob, stopsJob, 0, 0},
		{"deleted", hub.ErrNotFound, stopsJob, stopsJob, 0, 0},
		{"lease lost", store.ErrLeaseLost, stopsJob, stopsJob, 0, 0},
		{"the node stops", context.Canceled, stopsJob, stopsJob, 0, 0},
		{"the slice is over", errYield, stopsJob, stopsJob, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			end := endingOf(c.err)
			if end.stops != c.want || endingOfSession(c.err).stops != c.session {
				t.Errorf("it stops %d, without a session %d", end.stops, endingOfSession(c.err).stops)
			}
			if c.want == stopsJob {
				return
			}
			within := func(got, want time.Duration) bool {
				return got == want || askedWait(c.err) == 0 && got >= want*3/4 && got <= want*5/4
			}
			if first, last := end.wait(c.err, 1), end.wait(c.err, 40); !within(first, c.first) || !within(last, c.most) {
				t.Errorf("it waits for %s at first, for %s at most", first, last)
			}
		})
	}
}

// TestFailuresOfOtherCausesDoNotAddUp counts failures in a row.
func TestFailuresOfOtherCausesDoNotAddUp(t *testing.T) {
	status := func(code int) error {
		e := connector.Fail(connector.Temporary, "CRM", "it failed")
		e.Status = code
		return e
	}
	n, cause := 0, ""
	for i, c := range []struct {
		err  error
		want int
	}{
		{status(500), 1}, {status(500), 2}, {status(502), 1}, {status(0), 1}, {status(0), 2}, {connector.Fail(connector.Malformed, "CRM", "no"), 1}, {status(500), 1}, {&stopError{"x"}, 1}, {&stopError{"y"}, 2},
	} {
		if n, cause = countFailure(n, cause, c.err); n != c.want {
			t.Errorf("after failure %d it counts %d, want %d", i, n, c.want)
		}
	}
}

// TestCursor is where the next run begins.
func TestCursor(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes) * time.Minute) }
	var none time.Time
	for _, c := range []struct {
		name                    string
		started, asOf, was, out time.Time
	}{
		{"its own start, less the look-back", at(-3), none, none, at(-13)},
		{"the vendor's time where that is behind", at(-3), at(-60), none, at(-70)},
		{"not the vendor's time where that is ahead", at(-3), at(120), none, at(-13)},
		{"never back", at(-3), at(-60), at(-20), at(-20)},
		{"also when nothing came", at(-3), none, at(-600), at(-13)},
		{"one in the future comes back", at(-3), none, at(600), at(-10)},
		{"a clock that was set back", at(30), none, none, at(-10)},
	} {
		if got := nextCursor(now, c.started, c.asOf, c.was, 10*time.Minute); !got.Equal(c.out) {
			t.Errorf("%s: %s, want %s", c.name, got, c.out)
		}
	}
}

// TestCausesOfFailures tells failures apart that do not add up: by what the CRM says and with which status, and what is ours.
func TestCausesOfFailures(t *testing.T) {
	refused := connector.Fail(connector.Refused, "CRM", "it refuses")
	refused.Status = 404
	for want, err := range map[string]error{
		string(connector.Refused) + "/404": fmt.Errorf("wrapped: %w", refused), string(connector.Temporary) + "/0": connector.Fail(connector.Temporary, "CRM", "it failed"),
		"pages": &stopError{"they go round"}, "quota": &hub.QuotaError{Resource: hub.ResourceRecords}, "internal": errors.New("no such table"),
	} {
		if got := causeOf(err); got != want {
			t.Errorf("%v is of the cause %q, not %q", err, got, want)
		}
	}
}
