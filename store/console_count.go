package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// CountMost is how far pages of the console count: what is more is told as more.
const CountMost = 10_000

// countFew begins a count that stops one after CountMost, as nobody needs to know it more exactly; " LIMIT 10001)" ends it.
const (
	countFew    = `SELECT COUNT(*) FROM (SELECT 1 `
	countFewEnd = ` LIMIT 10001) AS few`
)

const (
	quarantineQuery   = countFew + `FROM quarantine WHERE organization_id = $1 AND connection_id = $2` + countFewEnd
	waitingCountQuery = countFew + `FROM deliveries WHERE organization_id = $1 AND connection_id = $2 AND due_at IS NOT NULL` + countFewEnd

	writeBacksWaitingQuery = countFew + `FROM deliveries WHERE organization_id = $1 AND due_at IS NOT NULL` + countFewEnd
	// The orders are those of the indexes that have what failed by its organization: there are others by its time alone.
	writeBacksFailedQuery   = countFew + `FROM deliveries WHERE organization_id = $1 AND state = 'FAILED' ORDER BY organization_id, id` + countFewEnd
	writeBacksUnprovenQuery = countFew + `FROM deliveries WHERE organization_id = $1 AND state = 'CONFIRMING'` + countFewEnd
	webhooksWaitingQuery    = countFew + `FROM event_deliveries WHERE organization_id = $1 AND due_at IS NOT NULL` + countFewEnd
	webhooksFailedQuery     = countFew + `FROM event_deliveries WHERE organization_id = $1 AND state = 'FAILED' ORDER BY organization_id, endpoint_id, event_id` + countFewEnd
	offersQuery             = countFew + `FROM recordings WHERE organization_id = $1 AND link_by = 'OFFERED' AND deleted_at IS NULL` + countFewEnd

	rewindCountQuery = countFew + `FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND modified_at >= $4` + countFewEnd
)

// ConnectionCounts are how many things a connection has, each CountMost+1 where it is more than CountMost.
type ConnectionCounts struct{ Records, Quarantined, Waiting int64 }

// ConnectionCounts counts the living records of a connection, what it holds in quarantine, and the write-backs that wait.
func (s *Store) ConnectionCounts(ctx context.Context, organization, connection string) (n ConnectionCounts, err error) {
	if err := s.countAll(ctx, []any{organization, connection}, map[string]*int64{quarantineQuery: &n.Quarantined, waitingCountQuery: &n.Waiting}); err != nil {
		return n, err
	}
	n.Records, err = s.livingCount(ctx, recordCounts, organization, connection)
	return n, err
}

// livingCounts are the queries that livingCount needs.
type livingCounts struct {
	// deleted counts the deleted records; kept all, up to CountMost+1 more than those, whose number is its last parameter; living
	// those that are not deleted.
	deleted, kept, living string
}

var (
	recordCounts = newLivingCounts(`FROM records WHERE organization_id = $1 AND connection_id = $2`, "$3")
	modelCounts  = newLivingCounts(`FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3`, "$4")
)

func newLivingCounts(of, deleted string) livingCounts {
	return livingCounts{
		deleted: countFew + of + ` AND deleted_at IS NOT NULL` + countFewEnd,
		kept:    countFew + of + ` LIMIT 10001 + CAST(` + deleted + ` AS BIGINT)) AS few`,
		living:  countFew + of + ` AND deleted_at IS NULL` + countFewEnd,
	}
}

// livingCount counts records that are not deleted, bounded as ConnectionCounts: all less the deleted, each by an index that has
// all of it. To look at each record whether it is takes ten times as long, and is done where very many are deleted.
func (s *Store) livingCount(ctx context.Context, queries livingCounts, args ...any) (int64, error) {
	deleted, err := queryOne(ctx, s.db, scanCount, queries.deleted, args...)
	if err != nil {
		return 0, err
	}
	if deleted > CountMost {
		return queryOne(ctx, s.db, scanCount, queries.living, args...)
	}
	kept, err := queryOne(ctx, s.db, scanCount, queries.kept, append(args, deleted)...)
	return max(kept-deleted, 0), err // records may be deleted in between
}

// OrganizationCounts are what of an organization waits, failed, or is for a person to decide; bounded as ConnectionCounts.
type OrganizationCounts struct {
	WriteBacksWaiting, WriteBacksFailed, WriteBacksUnproven int64
	WebhooksWaiting, WebhooksFailed                         int64
	Offers                                                  int64
}

// OrganizationCounts counts what of the organization waits, failed, or is for a person to decide.
func (s *Store) OrganizationCounts(ctx context.Context, organization string) (n OrganizationCounts, err error) {
	err = s.countAll(ctx, []any{organization}, map[string]*int64{
		writeBacksWaitingQuery: &n.WriteBacksWaiting, writeBacksFailedQuery: &n.WriteBacksFailed, writeBacksUnprovenQuery: &n.WriteBacksUnproven,
		webhooksWaitingQuery: &n.WebhooksWaiting, webhooksFailedQuery: &n.WebhooksFailed, offersQuery: &n.Offers,
	})
	return n, err
}

func (s *Store) countAll(ctx context.Context, args []any, into map[string]*int64) error {
	for query, n := range into {
		found, err := queryOne(ctx, s.db, scanCount, query, args...)
		if err != nil {
			return err
		}
		*n = found
	}
	return nil
}

// RewindCounts tells of each model how many records the CRM changed since a time, as far as it says when: so many are read
// again where its cursor goes back to then. They are bounded as ConnectionCounts.
func (s *Store) RewindCounts(ctx context.Context, organization, connection string, models []hub.Model, from time.Time) (map[hub.Model]int64, error) {
	all := map[hub.Model]int64{}
	for _, model := range models {
		n, err := queryOne(ctx, s.db, scanCount, rewindCountQuery, organization, connection, string(model), micros(from))
		if err != nil {
			return nil, err
		}
		all[model] = n
	}
	return all, nil
}

const unprovenQuery = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE organization_id = $1 AND state = 'CONFIRMING' AND id > $2` + itsConnectionLives + ` ORDER BY id LIMIT $3`

// Unproven lists the notes of an organization that were sent and are not proven to be there, the first made first, after the one
// with the id.
func (s *Store) Unproven(ctx context.Context, organization, after string, limit int) ([]hub.Delivery, error) {
	return queryAll(ctx, s.db, scanDelivery, unprovenQuery, organization, after, limit)
}

const waitingNotesQuery = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE organization_id = $1 AND due_at IS NOT NULL AND (connection_id, due_at, id) > ($2, $3, $4)` + itsConnectionLives + `
	ORDER BY connection_id, due_at, id LIMIT $5`

// WaitingNotes lists the notes of an organization that are to be written, or looked for, by connection and then the first due first, after
// a delivery; the zero value is before the first.
func (s *Store) WaitingNotes(ctx context.Context, organization string, after hub.Delivery, limit int) ([]hub.Delivery, error) {
	return queryAll(ctx, s.db, scanDelivery, waitingNotesQuery, organization, after.ConnectionID, micros(after.DueAt), after.ID, limit)
}

const failedNotesQuery = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE organization_id = $1 AND state = 'FAILED'` + itsConnectionLives + ` AND `

// FailedNotes lists the notes of an organization that could not be written, the latest made first, before the one with the id.
func (s *Store) FailedNotes(ctx context.Context, organization, before string, limit int) ([]hub.Delivery, error) {
	return queryAll(ctx, s.db, scanDelivery, failedNotesQuery+beforeID("id", "$2", before)+` ORDER BY id DESC LIMIT $3`, organization, before, limit)
}

// RunBar is how many runs of an organization began in an hour, by how they ended; those that go on have no outcome.
type RunBar struct {
	From time.Time
	By   map[RunOutcome]int
}

const runBarsQuery = `SELECT (r.started_at - $3) / $4, r.outcome, COUNT(*) FROM connections c JOIN sync_runs r ON r.organization_id = c.organization_id AND r.connection_id = c.id AND r.id >= $2
	WHERE c.organization_id = $1 AND r.started_at >= $3 GROUP BY 1, 2`

// RunBars counts the organization's runs hour by hour from a time on, as far as runs are kept.
func (s *Store) RunBars(ctx context.Context, organization string, from time.Time, hours int) ([]RunBar, error) {
	bars := make([]RunBar, hours)
	for i := range bars {
		bars[i] = RunBar{From: from.Add(time.Duration(i) * time.Hour), By: map[RunOutcome]int{}}
	}
	_, err := queryAll(ctx, s.db, func(r database.Row) (struct{}, error) {
		var hour int64
		var n int
		var outcome RunOutcome
		err := r.Scan(&hour, &outcome, &n)
		if err == nil && hour >= 0 && hour < int64(hours) {
			bars[hour].By[outcome] += n
		}
		return struct{}{}, err
	}, runBarsQuery, organization, hub.FirstIDAt(from.Add(-time.Minute)), micros(from), time.Hour.Microseconds())
	return bars, err
}

// RunWindow says which runs RunsBetween lists.
type RunWindow struct {
	// From and Until are between which times they began.
	From, Until time.Time
	// Outcomes are how they ended, "" for those that go on; all where it has none.
	Outcomes []RunOutcome
	// Before is the id that those of a later page come before; empty for the first page.
	Before string
	Limit  int
}

// runsBetweenQuery is what RunsBetween asks, with a condition on outcomes.
func runsBetweenQuery(outcomes string) string {
	return `SELECT ` + syncRunColumns + `, c.name
	FROM connections c JOIN sync_runs r ON r.organization_id = c.organization_id AND r.connection_id = c.id AND r.id >= $2 AND r.id < $3
	WHERE c.organization_id = $1 AND r.started_at >= $4 AND r.started_at < $5` + outcomes + ` ORDER BY r.id DESC LIMIT $6`
}

// NamedRun is a run, and the name of the connection that it is over.
type NamedRun struct {
	SyncRun

	Connection string
}

// RunsBetween lists the organization's runs of a window, the latest first.
func (s *Store) RunsBetween(ctx context.Context, organization string, w RunWindow) ([]NamedRun, error) {
	before := w.Before
	if before == "" {
		before = hub.FirstIDAt(w.Until.Add(time.Minute))
	}
	args := []any{organization, hub.FirstIDAt(w.From.Add(-time.Minute)), before, micros(w.From), micros(w.Until), w.Limit}
	condition := ""
	if len(w.Outcomes) > 0 {
		outcomes := make([]string, len(w.Outcomes))
		for i, o := range w.Outcomes {
			outcomes[i] = string(o)
		}
		in, arg := s.db.Dialect().In("$7", outcomes)
		condition, args = " AND r.outcome "+in, append(args, arg)
	}
	return queryAll(ctx, s.db, scanNamedRun, runsBetweenQuery(condition), args...)
}

func scanNamedRun(r database.Row) (NamedRun, error) {
	var n NamedRun
	run, err := scanSyncRun(extraColumns{r, []any{&n.Connection}})
	n.SyncRun = run
	return n, err
}

// ModelCount counts the living records of a model of a connection, bounded as ConnectionCounts.
func (s *Store) ModelCount(ctx context.Context, organization, connection string, model hub.Model) (int64, error) {
	return s.livingCount(ctx, modelCounts, organization, connection, string(model))
}
