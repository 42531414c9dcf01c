package engine

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"sirocco/store"
)

// SyncArgs are the arguments of a sync job: the connection, and the fencing token of the claim that the job was made for.
type SyncArgs struct {
	Organization string `json:"organization"`
	Connection   string `json:"connection"`
	Fence        int64  `json:"turn"`
}

// Kind implements river.JobArgs.
func (SyncArgs) Kind() string { return "sync" }

// TaskArgs are the arguments of a task job: the task, and the fencing token of the claim that the job was made for.
type TaskArgs struct {
	Organization string         `json:"organization"`
	Of           store.TaskKind `json:"of"`
	Object       string         `json:"object"`
	Fence        int64          `json:"turn"`
}

// Kind implements river.JobArgs.
func (TaskArgs) Kind() string { return "task" }

// The queues. Each has workers of its own, so that slow CRMs do not delay webhooks, nor slow webhooks CRMs.
const (
	queueTasks    = "tasks"
	queueWebhooks = "webhooks"
	// webhookWorkers is how many endpoints a node sends to at the same time.
	webhookWorkers = 64
	// webhookFetch is how often at most a node looks for endpoints to send to: it is a part of every first event's latency.
	webhookFetch = 25 * time.Millisecond
)

// queue is River over one of the two databases.
type queue interface {
	// enqueue adds a job for each claimed connection, in the claim's own transaction.
	enqueue(ctx context.Context, tx store.Tx, due []store.Schedule) error
	// enqueueTasks does the same for claimed tasks.
	enqueueTasks(ctx context.Context, tx store.Tx, due []store.Task) error
	start(ctx context.Context) error
	stop(ctx context.Context) error
}

func newQueue(cfg Config, e *Engine) (queue, error) {
	switch db := cfg.Store.Native().(type) {
	case *sql.DB:
		return newRiverQueue(cfg, e, riversqlite.New(db), false)
	case *pgxpool.Pool:
		driver := &postgresDriver{Driver: riverpgxv5.New(db)}
		if at, ok := cfg.Store.Listening().(*pgxpool.Pool); ok {
			driver.listening = riverpgxv5.New(at)
		}
		return newRiverQueue[pgx.Tx](cfg, e, driver, driver.listening == nil)
	default:
		return nil, fmt.Errorf("no job queue for a %T", db)
	}
}

// postgresDriver is River's, listening at an address of its own: LISTEN does not work through a pooler.
type postgresDriver struct {
	*riverpgxv5.Driver
	listening *riverpgxv5.Driver
}

// GetListener implements riverdriver.Driver.
func (d *postgresDriver) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	return d.listening.GetListener(params)
}

type riverQueue[TTx any] struct {
	client *river.Client[TTx]
}

// newRiverQueue makes the queue. One that only polls finds jobs that other nodes enqueued a moment later.
func newRiverQueue[TTx any](cfg Config, e *Engine, driver riverdriver.Driver[TTx], pollOnly bool) (*riverQueue[TTx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[SyncArgs]) error {
		return e.workSync(ctx, job.Args)
	})); err != nil {
		return nil, err
	}
	if err := river.AddWorkerSafely(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[TaskArgs]) error {
		return e.workTask(ctx, job.Args)
	})); err != nil {
		return nil, err
	}
	client, err := river.NewClient(driver, &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: cfg.Workers},
			queueTasks:         {MaxWorkers: cfg.Workers},
			queueWebhooks:      {MaxWorkers: webhookWorkers, FetchCooldown: webhookFetch, FetchPollInterval: 2 * webhookFetch},
		},
		PollOnly:          pollOnly,
		Workers:           workers,
		FetchCooldown:     50 * time.Millisecond,
		FetchPollInterval: pollEvery,
		// A job ends by itself after its slice; this is only for one that does not.
		JobTimeout: 10 * time.Minute,
		// A job whose node died is given to another job by its lease. River's own rescue only clears the row.
		RescueStuckJobsAfter: time.Hour,
		// One try: what a failed job left undone is done by the next job.
		MaxAttempts:                 1,
		CompletedJobRetentionPeriod: time.Minute,
		DiscardedJobRetentionPeriod: time.Hour,
		Logger:                      slog.New(minLevel{cfg.Logger.Handler(), slog.LevelWarn}),
	})
	if err != nil {
		return nil, err
	}
	return &riverQueue[TTx]{client}, nil
}

func (q *riverQueue[TTx]) enqueue(ctx context.Context, tx store.Tx, due []store.Schedule) error {
	jobs := make([]river.InsertManyParams, len(due))
	for i, s := range due {
		jobs[i].Args = SyncArgs{Organization: s.OrganizationID, Connection: s.ConnectionID, Fence: s.Fence}
	}
	return q.insert(ctx, tx, jobs)
}

func (q *riverQueue[TTx]) enqueueTasks(ctx context.Context, tx store.Tx, due []store.Task) error {
	jobs := make([]river.InsertManyParams, len(due))
	for i, t := range due {
		jobs[i].Args = TaskArgs{Organization: t.OrganizationID, Of: t.Kind, Object: t.ObjectID, Fence: t.Fence}
		jobs[i].InsertOpts = &river.InsertOpts{Queue: queueTasks}
		if t.Kind == store.TaskWebhook {
			jobs[i].InsertOpts.Queue = queueWebhooks
		}
	}
	return q.insert(ctx, tx, jobs)
}

func (q *riverQueue[TTx]) insert(ctx context.Context, tx store.Tx, jobs []river.InsertManyParams) error {
	native, ok := tx.Native().(TTx)
	if !ok {
		return fmt.Errorf("a %T is not a transaction of the job queue", tx.Native())
	}
	_, err := q.client.InsertManyFastTx(ctx, native, jobs)
	return err
}

func (q *riverQueue[TTx]) start(ctx context.Context) error { return q.client.Start(ctx) }

// stop cancels the jobs that run: each ends at its next page, with its cursor saved.
func (q *riverQueue[TTx]) stop(ctx context.Context) error { return q.client.StopAndCancel(ctx) }

// minLevel passes on only what is at least of a level: River's plain progress is not for operators.
type minLevel struct {
	slog.Handler
	level slog.Level
}

func (h minLevel) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}
func (h minLevel) WithAttrs(as []slog.Attr) slog.Handler {
	return minLevel{h.Handler.WithAttrs(as), h.level}
}
func (h minLevel) WithGroup(name string) slog.Handler {
	return minLevel{h.Handler.WithGroup(name), h.level}
}
