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
	"github.com/riverqueue/river/rivertype"

	"sirocco/hub"
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

const (
	// queueFetch is how often at most a node looks into its queue: it is a part of every first event's latency.
	queueFetch = 25 * time.Millisecond
	// queueMost is how many jobs River lets a queue have.
	queueMost = 10_000
	// sweepJobsEvery is how often jobs are removed that were enqueued for nodes that are gone, and orphanAge from which age on.
	sweepJobsEvery = 10 * time.Minute
	orphanAge      = time.Hour
	orphanBatch    = 1000
)

// queue is River over one of the two databases.
type queue interface {
	// enqueue adds a job for each claimed connection, in the claim's own transaction.
	enqueue(ctx context.Context, tx store.Tx, due []store.Schedule) error
	// enqueueTasks does the same for claimed tasks.
	enqueueTasks(ctx context.Context, tx store.Tx, due []store.Task) error
	// sweep removes jobs of nodes that are gone. They would do nothing: what they were for was claimed again since.
	sweep(ctx context.Context) (more bool, err error)
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

// riverQueue is a node's own: a node claims what it begins at once, so no other is to take its jobs.
type riverQueue[TTx any] struct {
	client *river.Client[TTx]
	name   string
}

// newRiverQueue makes the queue.
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
	most := 0
	for _, l := range e.lanes {
		most += l.most()
	}
	name := "node-" + hub.NewID()
	client, err := river.NewClient(driver, &river.Config{
		Queues:            map[string]river.QueueConfig{name: {MaxWorkers: min(most, queueMost)}},
		PollOnly:          pollOnly,
		Workers:           workers,
		FetchCooldown:     queueFetch,
		FetchPollInterval: 2 * queueFetch,
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
	return &riverQueue[TTx]{client, name}, nil
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
	}
	return q.insert(ctx, tx, jobs)
}

func (q *riverQueue[TTx]) insert(ctx context.Context, tx store.Tx, jobs []river.InsertManyParams) error {
	native, ok := tx.Native().(TTx)
	if !ok {
		return fmt.Errorf("a %T is not a transaction of the job queue", tx.Native())
	}
	for i := range jobs {
		jobs[i].InsertOpts = &river.InsertOpts{Queue: q.name}
	}
	_, err := q.client.InsertManyFastTx(ctx, native, jobs)
	return err
}

func (q *riverQueue[TTx]) sweep(ctx context.Context) (bool, error) {
	oldest := river.NewJobListParams().States(rivertype.JobStateAvailable).OrderBy(river.JobListOrderByID, river.SortOrderAsc).First(orphanBatch)
	listed, err := q.client.JobList(ctx, oldest)
	if err != nil {
		return false, err
	}
	var orphans []int64
	for _, job := range listed.Jobs {
		if job.Queue != q.name && time.Since(job.CreatedAt) > orphanAge {
			orphans = append(orphans, job.ID)
		}
	}
	if len(orphans) == 0 {
		return false, nil
	}
	_, err = q.client.JobDeleteMany(ctx, river.NewJobDeleteManyParams().IDs(orphans...).First(orphanBatch))
	return len(orphans) == orphanBatch, err
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
