// Package engine is the background: it keeps the schedule of every connection, pulls their CRMs' records
// page by page, and commits each page with its cursor. What the rest of the house wants of it arrives
// as rows; it answers no requests and calls no other room but connector, hub and store.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// Config is what the engine needs.
type Config struct {
	Store      *store.Store
	Connectors map[hub.Platform]connector.Connector
	Logger     *slog.Logger
	Metrics    prometheus.Registerer
	Clock      hub.Clock
	// Unfit is why this node must not work now, nil where it may; nil is always.
	Unfit func() error
	// Audio is where the recordings' audio is kept; nil when it is not.
	Audio Audio
	// Workers is how many connections this node syncs at the same time; 0 means 16.
	Workers int
	// PageSize is how many records a page is asked to have; 0 means 200.
	PageSize int
	// Targets are the addresses, beyond the public ones over https://, at which CRMs are asked and events are sent.
	Targets hub.Targets
	// NoteLag is how long a note that a CRM took may be missing from its lists, where that is another time than the
	// platform's own.
	NoteLag map[hub.Platform]time.Duration
	// WebhookTimeout is how long a receiver has to answer; 0 means 15 seconds.
	WebhookTimeout time.Duration
	// PublicURL is how vendors reach this server; empty where that is not known, and no webhooks are registered.
	PublicURL string
	// Resolver finds the addresses of CRMs and receivers; nil is the machine's own.
	Resolver *net.Resolver
}

// Times of the engine. None of them shows in what is synced, only in when.
const (
	// pollEvery is how often a node looks for connections that are due.
	pollEvery = 250 * time.Millisecond
	// queueLease is how long an enqueued job may take to begin before it is given out again.
	queueLease = 45 * time.Second
	// syncLease is how long a running job is believed alive without a sign of life; it gives one every renewEvery.
	syncLease  = 15 * time.Second
	renewEvery = 4 * time.Second
	// checkEvery is how often a running job looks whether it was paused.
	checkEvery = time.Second
	// timeSlice is how long a job goes on before it gives way to other connections.
	timeSlice = 5 * time.Second
	// tidyEvery is how often what is left behind by runs is looked for.
	tidyEvery = time.Minute
)

// Engine runs the background work of one node.
type Engine struct {
	Config
	queue queue
	// lanes share the workers of each kind of work.
	lanes   map[workKind]*lanes
	limits  *limiters
	metrics *metrics
	// webhooks sends events to endpoints, vendors carries requests to CRMs.
	webhooks *webhookClient
	vendors  http.RoundTripper
	// media fetches recordings that were made elsewhere.
	media *http.Client
	// seen tells pages that go on from those that go round.
	seen *seenRecords
	// failures bound how many failed answers hosts give.
	failures *failureBudgets
	// complained is when complain last logged what the engine cannot do, a time.Time by what that is.
	complained sync.Map
	// failedAt is when each chore of doAll last failed, in the same way.
	failedAt sync.Map

	stop context.CancelFunc
	done sync.WaitGroup
	// started, where it is not nil, is closed once the work has begun. For tests.
	started chan struct{}
}

// New prepares an engine. It does nothing until Start.
func New(cfg Config) (*Engine, error) {
	if cfg.Workers == 0 {
		cfg.Workers = 16
	}
	if cfg.PageSize == 0 {
		cfg.PageSize = 200
	}
	e := &Engine{Config: cfg, lanes: newLanesOf(cfg), limits: newLimiters(cfg.Store), metrics: newMetrics(cfg.Metrics), webhooks: newWebhookClient(cfg), vendors: newVendorTransport(cfg), seen: newSeenRecords(), failures: newFailureBudgets()}
	e.media = newMediaClient(e.vendors)
	var err error
	e.queue, err = newQueue(cfg, e)
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return e, nil
}

// startEvery is how often a start is tried that the database does not allow, as on a full disk.
const startEvery = 5 * time.Second

// Start begins to work. It returns once the node can take jobs, or, where the database takes no writes now, at once: the
// node then begins by itself when it does.
func (e *Engine) Start(ctx context.Context) error {
	ctx, e.stop = context.WithCancel(context.WithoutCancel(ctx))
	err := e.queue.start(ctx)
	if err == nil {
		e.work(ctx)
		return nil
	}
	e.Logger.Error("the background work cannot start yet and is tried again", "error", err)
	e.done.Go(func() { e.startLater(ctx) })
	return nil
}

// startLater starts the queue, made anew, until that succeeds or ctx ends.
func (e *Engine) startLater(ctx context.Context) {
	timer := time.NewTicker(startEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		again, err := newQueue(e.Config, e)
		if err == nil {
			err = again.start(ctx)
		}
		if err == nil {
			e.queue = again
			e.Logger.Info("the background work has started")
			e.work(ctx)
			return
		}
	}
}

// work begins what is done again and again.
func (e *Engine) work(ctx context.Context) {
	if e.started != nil {
		close(e.started)
	}
	for kind := range e.lanes {
		woken := []func() <-chan struct{}{e.lanes[kind].woken}
		if kind != syncWork {
			woken = append(woken, e.Store.Notified)
		}
		e.every(ctx, pollEvery, "claim what is due: "+string(kind), func(ctx context.Context) (bool, error) { return e.claim(ctx, kind) }, woken...)
	}
	e.every(ctx, pollEvery, "plan the deliveries of events", e.fanOut, e.Store.Notified)
	e.every(ctx, pollEvery, "go on with what is done in slices", e.purge)
	e.every(ctx, leaveEvery, "take back webhooks of deleted connections", e.takeBackWebhooks)
	e.every(ctx, nodesEvery, "count the nodes", e.countNodes)
	e.every(ctx, tidyEvery, "end runs that nothing works on and forget old requests", e.tidy)
	e.every(ctx, audioEvery, "remove audio that nothing needs", e.removeAudio)
	e.every(ctx, sweepEvery, "remove what killed uploads left", e.sweepAudio)
	e.every(ctx, sweepJobsEvery, "remove jobs of nodes that are gone", e.queue.sweep)
}

// Stop ends all work at the next page, for at most as long as ctx lives.
func (e *Engine) Stop(ctx context.Context) error {
	e.stop()
	e.done.Wait()
	return e.queue.stop(ctx)
}

// every calls do in the background until ctx ends: each period, when one of up to two woken closes, and at once again as
// long as it reports more to do.
func (e *Engine) every(ctx context.Context, period time.Duration, what string, do func(context.Context) (more bool, err error), woken ...func() <-chan struct{}) {
	var wake [2]<-chan struct{} // nil never closes
	listen := func() {
		for i, w := range woken {
			wake[i] = w()
		}
	}
	listen()
	e.done.Go(func() {
		timer := time.NewTimer(0)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			case <-wake[0]:
			case <-wake[1]:
			}
			listen() // before the look: what is committed during it is looked for again
			if e.unfit() != nil {
				timer.Reset(period)
				continue
			}
			more, failed := e.do(ctx, what, do)
			wait := period
			switch {
			case ctx.Err() != nil:
				return
			case more:
				wait = 0
			case failed:
				wait = 4 * period
			}
			timer.Reset(wait)
		}
	})
}

// unfit is why this node must not work now.
func (e *Engine) unfit() error {
	if e.Unfit == nil {
		return nil
	}
	return e.Unfit()
}

// workSync is one job: a time slice of one connection's sync. An error is only for the log: the job's lease runs out,
// and the connection gets another one.
func (e *Engine) workSync(ctx context.Context, args SyncArgs) error {
	slot := e.lanes[syncWork].begin(args.Organization, args.Connection, args.Fence)
	defer slot.end()
	ctx = withSlot(ctx, slot)
	sched, conn, err := e.Store.BeginSyncJob(ctx, args.Organization, args.Connection, args.Fence, syncLease)
	switch {
	case errors.Is(err, store.ErrLeaseLost), errors.Is(err, hub.ErrNotFound):
		return nil
	case errors.Is(err, hub.ErrPaused):
		return e.release(ctx, store.Schedule{OrganizationID: args.Organization, ConnectionID: args.Connection, Fence: args.Fence}, store.SyncJobResult{Stopped: err})
	case err != nil:
		return err
	}
	if e.unfit() != nil { // another node is to have it
		return e.release(ctx, sched, store.SyncJobResult{Next: e.Clock(), Failures: sched.Failures, FailureCause: sched.FailureCause})
	}
	j := &syncJob{engine: e, sched: sched, conn: conn, started: e.Clock(), pending: store.ModelTotals{}, log: e.Logger.With("connection", conn.ID, "platform", conn.Platform)}
	return j.run(ctx)
}

// release gives up the lease of a connection that is not worked on. One that was paused is due again when it is resumed.
func (e *Engine) release(ctx context.Context, sched store.Schedule, end store.SyncJobResult) error {
	err := e.Store.EndSyncJob(ctx, sched, end)
	if errors.Is(err, store.ErrLeaseLost) || errors.Is(err, hub.ErrNotFound) {
		return nil
	}
	return err
}
