package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// stops is how far an error reaches.
type stops int

const (
	// stopsModel ends that model, or its whole reading; the others go on.
	stopsModel stops = iota
	// stopsConnection ends the job: nothing more is asked over the connection before the wait is over.
	stopsConnection
	// stopsCredentials is stopsConnection, and the refusal counts against the credentials.
	stopsCredentials
	// stopsJob ends the job without a wait or a word: there is nothing, or nobody, to try again for.
	stopsJob
)

// ending is what an error of one kind means.
type ending struct {
	stops stops
	// held is what it stops instead where the CRM asks to be left alone for a while by Retry-After. What stops that model all the same
	// leaves the rest of the run for later: see leftAlone.
	held stops
	// first is the wait after the first failure, which doubles with each of the same cause in a row up to most.
	first, most time.Duration
}

// endings is what each kind of error ends, and for how long: of a sync job by handleModelError and end, of a whole reading
// by handleReadingError.
var endings = map[connector.Kind]ending{
	connector.Unauthorized: {stops: stopsCredentials, held: stopsCredentials, first: time.Minute, most: time.Hour},
	connector.RateLimited:  {stops: stopsConnection, held: stopsConnection, first: backoffMin, most: backoffMax},
	connector.Temporary:    {stops: stopsModel, held: stopsConnection, first: backoffMin, most: backoffMax},
	connector.Busy:         {stops: stopsModel, held: stopsModel, first: backoffMin, most: backoffMax},
	connector.Forbidden:    {stops: stopsModel, held: stopsModel, first: backoffMin, most: backoffMax},
	connector.Malformed:    {stops: stopsModel, held: stopsModel, first: backoffMin, most: backoffMax},
	connector.Refused:      {stops: stopsModel, held: stopsModel, first: backoffMin, most: backoffMax},
}

// The endings of what is no connector's error.
var (
	// pagesEnding is that of pages whose end is never reached.
	pagesEnding = ending{stops: stopsModel, held: stopsModel, first: backoffMin, most: backoffMax}
	// quotaEnding is that of records that the organization may not have: its other models may only change.
	quotaEnding = ending{stops: stopsModel, held: stopsModel, first: time.Minute, most: time.Hour}
	// ownEnding is that of the database, or of a bug.
	ownEnding = ending{stops: stopsConnection, held: stopsConnection, first: backoffMin, most: backoffMax}
	// overEnding is that of a job that was ended from outside, or gives way.
	overEnding = ending{stops: stopsJob, held: stopsJob}
	// tokenMost is the longest wait where no access token can be had.
	tokenMost = time.Hour
)

// endingOf returns what err means while models are read. The error of a session that could not be opened is of no model:
// see endingOfSession.
func endingOf(err error) ending {
	if e, ok := errors.AsType[*connector.Error](err); ok {
		if known, ok := endings[e.Kind]; ok {
			return known.asHeld(e)
		}
	}
	switch {
	case isStop(err):
		return pagesEnding
	case isQuota(err):
		return quotaEnding
	case errors.Is(err, errYield), errors.Is(err, context.Canceled), errors.Is(err, hub.ErrPaused), errors.Is(err, hub.ErrNotFound),
		errors.Is(err, hub.ErrNeedsCredentials), errors.Is(err, store.ErrLeaseLost):
		return overEnding
	}
	return ownEnding
}

// endingOfSession returns what the error of a session that could not be opened means: without an access token no model
// can be read.
func endingOfSession(err error) ending {
	e := endingOf(err)
	if e.stops == stopsModel {
		e.stops, e.most = stopsConnection, tokenMost
	}
	return e
}

func (e ending) asHeld(err *connector.Error) ending {
	if err.RetryAfter > 0 {
		e.stops = e.held
	}
	return e
}

// wait is how long to wait after the failures-th failure in a row of one cause. What the CRM asks for counts, else it
// doubles, with jitter of a quarter, so that what failed together does not come back together.
func (e ending) wait(err error, failures int) time.Duration {
	if asked := askedWait(err); asked > 0 {
		return asked
	}
	return jitter(e.plainWait(failures), 4)
}

func (e ending) plainWait(failures int) time.Duration {
	d := e.first
	for range max(0, failures-1) {
		if d >= e.most {
			break
		}
		d *= 2
	}
	return min(d, e.most)
}

// askedWait is how long the CRM asks to be left alone by the answer that err is about; zero where it does not.
func askedWait(err error) time.Duration {
	if e, ok := errors.AsType[*connector.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// causeOf tells failures of one cause from those of another: only the former add up.
func causeOf(err error) string {
	if e, ok := errors.AsType[*connector.Error](err); ok {
		return fmt.Sprintf("%s/%d", e.Kind, e.Status)
	}
	switch {
	case isStop(err):
		return "pages"
	case isQuota(err):
		return "quota"
	}
	return "internal"
}

// countFailure counts a failure after those of before in a row.
func countFailure(before int, cause string, err error) (failures int, now string) {
	now = causeOf(err)
	if now != cause {
		before = 0
	}
	return before + 1, now
}

// isQuota reports whether err says that the organization would have more than it may.
func isQuota(err error) bool {
	_, ok := errors.AsType[*hub.QuotaError](err)
	return ok
}

// isRefusedPlace reports whether the CRM refuses to go on from a place: it knows it no longer, so that asking again never
// helps, but reading anew does.
func isRefusedPlace(err error) bool { return connector.IsKind(err, connector.Refused) }
