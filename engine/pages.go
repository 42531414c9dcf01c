package engine

import (
	"context"
	"fmt"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// fetched is what came of asking for a page.
type fetched struct {
	page connector.Page
	// prepared is what of the page's records can be worked out before the page is committed.
	prepared store.Prepared
	// faults are why some of them cannot be kept, by their index.
	faults map[int]error
	// askedAt is our clock when it was asked for.
	askedAt time.Time
	err     error
}

// pageReader reads pages of one model one after another. What it reads for says where it goes on and keeps what came.
type pageReader interface {
	// query asks for the page after those that were passed.
	query() connector.Query
	// advance moves past a page, so that query asks for the one after it.
	advance(got *fetched)
	// commit keeps a page, once it was passed.
	commit(ctx context.Context, got *fetched) error
}

// readPages reads the pages of a model to their end. While one page is committed the next is fetched, unless the slice
// is over by then: none is thrown away. It returns errYield where pages are left.
func (j *syncJob) readPages(ctx context.Context, info hub.ModelInfo, r pageReader) error {
	ctx, cancel := context.WithCancel(ctx) // ends a fetch ahead that nobody will wait for
	defer cancel()
	j.uncommitted = nil
	for next := j.fetch(ctx, r.query()); ; {
		var got fetched
		select {
		case got = <-next:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if got.err != nil {
			return got.err
		}
		if err := j.accepted(ctx); err != nil {
			return err
		}
		if !hub.IsStorable(got.page.Next) {
			return connector.Fail(connector.Malformed, j.name(), "the next page of %s is named by what is no text", info.Model)
		}
		more := got.page.More
		r.advance(&got)
		next = nil
		committed := make(chan struct{})
		if more && got.page.Wait == 0 && !j.sliceOver() {
			j.uncommitted = committed
			next = j.fetch(ctx, r.query())
		}
		if err := r.commit(ctx, &got); err != nil {
			return err
		}
		close(committed)
		switch {
		case !more:
			return nil
		case got.page.Wait > 0:
			return &waitError{name: j.name(), model: info.Model, until: j.engine.Clock().Add(got.page.Wait)}
		case next == nil:
			return errYield
		}
	}
}

// waitError says that the CRM prepares what comes next of a model until then. It is no failure.
type waitError struct {
	name  string
	model hub.Model
	until time.Time
}

func (e *waitError) Error() string {
	return "waits for what " + e.name + " prepares of " + string(e.model)
}

// waitFor ends the job after its other models, to go on when the CRM may be done: in the run, while that is no older than the
// interval, else in the next one, whose increments come first.
func (j *syncJob) waitFor(wait *waitError) error {
	if j.engine.Clock().Sub(j.sched.RunStartedAt) >= j.sched.Interval {
		return nil
	}
	if j.waits == nil || wait.until.Before(j.waits.until) {
		j.waits = wait
	}
	return nil
}

// itemsPerPage is how many items a page may have where size were asked for: records of other models may come with them.
func itemsPerPage(size int) int { return 10*size + 1000 }

func (j *syncJob) name() string { return j.connector.Info().Name }

// fetch gets a page in the background.
func (j *syncJob) fetch(ctx context.Context, q connector.Query) <-chan fetched {
	answer := make(chan fetched, 1)
	got := fetched{askedAt: j.engine.Clock()}
	j.asked, j.reading = true, q.Model
	ready := j.pageBefore()
	go func() {
		got.err = guarded(j.log.With("model", q.Model), "the connector", func() (err error) {
			if got.page, err = j.connector.Fetch(j.requests.of(ctx, q.Model), &j.session.Session, q); err != nil {
				return err
			}
			if most := itemsPerPage(j.engine.PageSize); len(got.page.Records) > most || len(got.page.Rejected) > most {
				return connector.Fail(connector.Malformed, j.name(), "a page of %s has %d records and %d others, where %d were asked for", q.Model, len(got.page.Records), len(got.page.Rejected), j.engine.PageSize)
			}
			for i := range got.page.Records {
				got.page.Records[i].Mend()
			}
			if err := j.engine.complete(ctx, j.conn.OrganizationID, j.conn.ID, got.page.Records, ready); err != nil {
				return err
			}
			got.prepared, got.faults = store.Prepare(got.page.Records)
			return nil
		})
		if isPanic(got.err) {
			got.err = connector.Fail(connector.Malformed, j.name(), "the connector cannot handle what the CRM answered; the log has the details")
		}
		answer <- got
	}()
	return answer
}

// stopError is why pages cannot be read on though the vendor answers.
type stopError struct{ reason string }

func (e *stopError) Error() string { return e.reason }

func isStop(err error) bool {
	_, ok := err.(*stopError) //nolint:errorlint // made here and never wrapped
	return ok
}

// barrenMost is how many pages in a row may bring nothing that is new in their reading, before their end counts as
// never reached.
const barrenMost = 50

// pointsBack reports whether a page leads to its own place, or to one of those that pages before it led to. One that waits for what
// the CRM prepares stays where it is.
func pointsBack(page *connector.Page, at string, places map[string]bool) bool {
	return page.More && page.Wait == 0 && (page.Next == at || places[page.Next])
}

// checkBarren fails where pages bring nothing new for too long, or where one that brings nothing new points back.
func (j *syncJob) checkBarren(model hub.Model, barren int, pointsBack bool) error {
	switch {
	case barren > 0 && pointsBack:
		return &stopError{fmt.Sprintf("%s: the pages of %s repeat themselves, so their end is never reached", j.name(), model)}
	case barren >= barrenMost:
		return &stopError{fmt.Sprintf("%s: %d pages of %s in a row brought nothing new, so their end is never reached", j.name(), barren, model)}
	}
	return nil
}
