package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// reportedWait is how long a wait for the rate limit is before the connection says that it waits.
const reportedWait = time.Second

// transport waits for the rate limit and counts what comes.
type transport struct {
	base    http.RoundTripper
	limiter *limiter
	clock   hub.Clock
	// credentials is when the session's credentials were set, opened when it was opened.
	credentials, opened time.Time
	// onWait, where it is not nil, is told of a wait of at least reportedWait before it begins.
	onWait func(wait time.Duration)
	// beforeRequest, where it is not nil, may still stop a request once the rate limit allows it.
	beforeRequest func(ctx context.Context) error
	// failures and failureRate bound how many failed answers the CRM's host gives.
	failures    *failureBudgets
	failureRate hub.Rate
	// shownPath is the path of a URL as it is kept of a request.
	shownPath func(*url.URL) string
	bytes     atomic.Int64
	waited    atomic.Int64 // nanoseconds
	// asked is for how long, in nanoseconds, the latest answer of 2xx asks to be left alone, which only counts where it is none.
	asked atomic.Int64
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	called := slotOf(r.Context()).call()
	turned, err := t.limiter.takeTurn(r.Context())
	if err != nil {
		called()
		return nil, err
	}
	ended := func() { turned(); called() }
	resp, err := t.roundTrip(r)
	if err != nil {
		ended()
		return nil, err
	}
	resp.Body = &countedBody{ReadCloser: resp.Body, bytes: &t.bytes, request: r, ended: sync.OnceFunc(ended)}
	return resp, nil
}

func (t *transport) roundTrip(r *http.Request) (*http.Response, error) {
	begun := time.Now()
	if err := t.wait(r.Context()); err != nil {
		return nil, err
	}
	if t.beforeRequest != nil {
		if err := t.beforeRequest(r.Context()); err != nil {
			return nil, err
		}
	}
	budgeted, err := t.awaitBudget(r)
	if err != nil {
		return nil, err
	}
	t.limiter.sent(t.clock())
	logged := beginRequest(r, t.clock(), time.Since(begun), t.shownPath)
	resp, err := t.base.RoundTrip(r)
	slotOf(r.Context()).asked(r.Context(), r.URL.Host, err)
	budgeted.end(t.clock(), err == nil && resp.StatusCode >= http.StatusBadRequest && resp.StatusCode != http.StatusTooManyRequests)
	logged.answered(resp, err)
	if err == nil {
		resp.Body = &loggedBody{resp.Body, logged}
		t.heedAnswer(r.Context(), resp)
	}
	return resp, err
}

// heedAnswer makes every later request for the account wait where the vendor asks for it, with whatever status it refuses. Nothing is
// lost where only this node knows of it: its connections wait.
func (t *transport) heedAnswer(ctx context.Context, resp *http.Response) {
	wait := connector.RetryAfter(resp.Header, t.clock)
	t.asked.Store(0)
	switch {
	case resp.StatusCode < http.StatusMultipleChoices:
		t.asked.Store(int64(wait))
	case wait > 0:
		_ = t.hold(ctx, wait)
	}
}

// awaitBudget waits until the host may give another failed answer.
func (t *transport) awaitBudget(r *http.Request) (*budgetedRequest, error) {
	budget := t.failures.get(r.URL.Host, t.failureRate)
	for {
		begun, delay := budget.begin(t.clock())
		if delay == 0 {
			return begun, nil
		}
		if err := sleep(r.Context(), delay); err != nil {
			return nil, &connector.Error{Kind: connector.RateLimited, RetryAfter: t.failureRate.Per, Message: "so many requests to " + r.URL.Host + " fail that none is sent for a while", Err: err}
		}
		t.waited.Add(int64(delay))
	}
}

// sleep returns after d, or when ctx ends, with its error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// wait returns when the rate limit allows a request. Where that is past the request's own deadline it does not
// wait at all, but asks as the CRM would for another attempt then.
func (t *transport) wait(ctx context.Context) error {
	for {
		delay := t.heldFor()
		if delay <= 0 {
			var err error
			if delay, err = t.limiter.take(ctx, t.clock()); err != nil {
				return &connector.Error{Kind: connector.Temporary, Message: "the database, which hands out the requests that the rate limit allows, cannot be asked", Err: err}
			}
			delay = max(delay, t.heldFor()) // which may have come with it
		}
		if delay <= 0 {
			return nil
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < delay {
			return &connector.Error{Kind: connector.RateLimited, RetryAfter: delay, Message: "the rate limit allows no request before " + delay.Round(time.Second).String() + " have passed"}
		}
		if delay >= reportedWait && t.onWait != nil {
			t.onWait(delay)
		}
		if err := sleep(ctx, delay); err != nil {
			return err
		}
		t.waited.Add(int64(delay))
	}
}

// heed makes every later request for the account wait, of whatever connection and node, where err is an answer by which the vendor asked to
// be left alone for a while: in its body, or with what cannot be read though its status is good.
func (t *transport) heed(ctx context.Context, err error) error {
	ce, ok := errors.AsType[*connector.Error](err)
	if !ok {
		return nil
	}
	if wait := time.Duration(t.asked.Load()); ce.Kind == connector.Malformed && ce.RetryAfter == 0 && wait > 0 {
		ce.RetryAfter, ce.Status = wait, http.StatusOK
	}
	if ce.Status == 0 || ce.RetryAfter <= 0 {
		return nil
	}
	return t.hold(ctx, ce.RetryAfter)
}

// hold lets requests wait. Credentials that are set since the session was opened are tried.
func (t *transport) hold(ctx context.Context, wait time.Duration) error {
	return t.limiter.hold(ctx, store.RateHold{Until: t.clock().Add(wait), Since: t.opened}, t.credentials)
}

// heldFor is how long the vendor wants to be left alone still.
func (t *transport) heldFor() time.Duration { return t.limiter.heldFor(t.credentials, t.clock()) }

// countedBody is an answer on its way. Until it has come the job waits for it.
type countedBody struct {
	io.ReadCloser
	bytes   *atomic.Int64
	request *http.Request
	ended   func()
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.bytes.Add(int64(n))
	if err != nil && err != io.EOF {
		ctx := b.request.Context()
		slotOf(ctx).asked(ctx, b.request.URL.Host, err)
	}
	return n, err
}

func (b *countedBody) Close() error {
	b.ended()
	return b.ReadCloser.Close()
}
