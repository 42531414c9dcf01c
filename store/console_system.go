package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Queue is how much background work of one kind waits, over all organizations. Counts are bounded as ConnectionCounts.
type Queue struct {
	// Words says for people what kind of work it is.
	Words string
	// Waiting is how many jobs are due and have no worker yet, Oldest since when the first of them, zero where none is.
	Waiting int64
	Oldest  time.Time
	// Working is how many are under way, Slow how many wait one by one for a host that did not answer in time.
	Working, Slow int64
	// Things is how many notes or events are due in them; -1 where a job is the thing itself.
	Things int64
}

// queues are the kinds of background work, by what they are called for people.
var queues = []struct {
	words string
	work  work
	// things has a row for each thing in the work, with the column by which it is of the work's object; empty for none.
	things, of string
}{
	{"Syncs", syncs, "", ""},
	{"Write-backs", tasksOf(TaskWriteBack), "deliveries", "connection_id"},
	{"Webhooks", tasksOf(TaskWebhook), "event_deliveries", "endpoint_id"},
	{"Linking", tasksOf(TaskLink), "", ""},
	{"Fetching recordings", tasksOf(TaskMultimedia), "", ""},
}

// dueQuery finds when each job became due that has no worker, the first due first; $1 is now.
func (w work) dueQuery() string {
	return `SELECT COUNT(*), MIN(due_at) FROM (SELECT due_at FROM ` + w.table + ` WHERE ` + w.where + waits + ` AND timeouts = 0 ORDER BY due_at` + countFewEnd
}

// slowQuery counts what waits in the lane of a host. A job in a lane has one: naming that lets the lanes' index be used.
func (w work) slowQuery() string {
	return countFew + `FROM ` + w.table + ` WHERE ` + w.where + waits + ` AND timeouts > 0 AND host >= ''` + countFewEnd
}

func (w work) workingQuery() string {
	return countFew + `FROM ` + w.table + ` WHERE ` + w.where + `lease_until > $1` + countFewEnd
}

// thingsQuery counts what is due in the jobs that are due or under way.
func (w work) thingsQuery(things, of string) string {
	of = ` JOIN ` + things + ` d ON d.organization_id = t.organization_id AND d.` + of + ` = t.` + w.object + ` AND d.due_at <= $1 WHERE t.`
	return countFew + `FROM (SELECT 1 FROM ` + w.table + ` t` + of + w.where + `t.due_at <= $1 AND t.lease_until IS NULL AND t.timeouts = 0
		UNION ALL SELECT 1 FROM ` + w.table + ` t` + of + w.where + `t.due_at <= $1 AND t.lease_until IS NULL AND t.timeouts > 0 AND t.host >= ''
		UNION ALL SELECT 1 FROM ` + w.table + ` t` + of + w.where + `t.lease_until > $1) AS things` + countFewEnd
}

const unfannedQuery = `SELECT COUNT(*), MIN(created_at) FROM (SELECT created_at FROM events WHERE fanned_out_at IS NULL AND created_at <= $1 ORDER BY created_at` + countFewEnd

// Queues tells how much background work of each kind waits.
func (s *Store) Queues(ctx context.Context) ([]Queue, error) {
	now := micros(s.clock())
	var all []Queue
	for _, kind := range queues {
		q, err := queryOne(ctx, s.db, scanQueue, kind.work.dueQuery(), now)
		if err != nil {
			return nil, err
		}
		counted := map[string]*int64{kind.work.slowQuery(): &q.Slow, kind.work.workingQuery(): &q.Working}
		if kind.things != "" {
			counted[kind.work.thingsQuery(kind.things, kind.of)] = &q.Things
		}
		if err := s.countAll(ctx, []any{now}, counted); err != nil {
			return nil, err
		}
		q.Words = kind.words
		all = append(all, q)
	}
	q, err := queryOne(ctx, s.db, scanQueue, unfannedQuery, now)
	q.Words = "Events to share out"
	return append(all, q), err
}

func scanQueue(r database.Row) (Queue, error) {
	q := Queue{Things: -1}
	var oldest *int64
	err := r.Scan(&q.Waiting, &oldest)
	q.Oldest = fromOptionalMicros(oldest)
	return q, err
}

// RateWaits is how often a connection's requests waited for the limit of their CRM lately.
type RateWaits struct {
	Organization hub.Organization // its ID and Name
	Connection   hub.Connection   // its ID and Name
	Requests     int64
	// Total is the time waited in all, Longest the longest wait, Last when the last such request was sent.
	Total, Longest time.Duration
	Last           time.Time
}

// rateWaitsQuery looks at the latest 10,000 requests since $1.
const rateWaitsQuery = `SELECT few.organization_id, o.name, few.connection_id, c.name, few.n, few.total, few.longest, few.last FROM (
		SELECT organization_id, connection_id, COUNT(*) AS n, CAST(SUM(rate_wait) AS BIGINT) AS total, MAX(rate_wait) AS longest, MAX(sent_at) AS last FROM (
			SELECT organization_id, connection_id, rate_wait, sent_at FROM crm_requests WHERE sent_at >= $1 ORDER BY sent_at DESC LIMIT 10000) AS few
		WHERE rate_wait > 0 GROUP BY organization_id, connection_id ORDER BY total DESC LIMIT $2) AS few
	JOIN organizations o ON o.id = few.organization_id JOIN connections c ON c.organization_id = few.organization_id AND c.id = few.connection_id ORDER BY few.total DESC`

// RateWaits lists the connections whose requests waited for their CRM's limit since a time, the longest first.
func (s *Store) RateWaits(ctx context.Context, since time.Time, limit int) ([]RateWaits, error) {
	return queryAll(ctx, s.db, func(r database.Row) (RateWaits, error) {
		var w RateWaits
		var total, longest, last int64
		err := r.Scan(&w.Organization.ID, &w.Organization.Name, &w.Connection.ID, &w.Connection.Name, &w.Requests, &total, &longest, &last)
		w.Total, w.Longest, w.Last = time.Duration(total)*time.Microsecond, time.Duration(longest)*time.Microsecond, fromMicros(last)
		return w, err
	}, rateWaitsQuery, micros(since), limit)
}

const accountsAheadQuery = `SELECT COUNT(*), MAX(next_at) FROM (SELECT next_at FROM rate_buckets WHERE next_at > $1 ORDER BY next_at DESC` + countFewEnd

// AccountsAhead tells how many accounts of CRMs may be asked for nothing more just now, and when the last of them may again.
func (s *Store) AccountsAhead(ctx context.Context) (n int64, until time.Time, err error) {
	q, err := queryOne(ctx, s.db, scanQueue, accountsAheadQuery, micros(s.clock()))
	return q.Waiting, q.Oldest, err
}

// Held is a connection or a webhook endpoint that is left alone until a time, as its other end asked or did not answer.
type Held struct {
	Organization hub.Organization // its ID and Name
	// ConnectionID or EndpointID is empty.
	ConnectionID, EndpointID string
	// Name is the connection's, or the endpoint's URL; Reason goes on after "It", empty where it is the receiver's wish.
	Name, Reason string
	Until        time.Time
}

const (
	heldConnectionsQuery = `SELECT s.organization_id, o.name, s.connection_id, '', c.name, s.waiting, s.waiting_until FROM schedules s
		JOIN organizations o ON o.id = s.organization_id JOIN connections c ON c.organization_id = s.organization_id AND c.id = s.connection_id
		WHERE s.waiting_until > $1 ORDER BY s.waiting_until LIMIT $2`
	heldEndpointsQuery = `SELECT e.organization_id, o.name, '', e.id, e.url, '', e.held_until FROM webhook_endpoints e JOIN organizations o ON o.id = e.organization_id
		WHERE e.held_until > $1 AND e.deleted_at IS NULL ORDER BY e.held_until LIMIT $2`
)

// Held lists connections, and then endpoints, that are left alone until a time to come, the soonest first; at most limit of
// each.
func (s *Store) Held(ctx context.Context, limit int) ([]Held, error) {
	var all []Held
	for _, query := range []string{heldConnectionsQuery, heldEndpointsQuery} {
		held, err := queryAll(ctx, s.db, func(r database.Row) (Held, error) {
			var h Held
			var until int64
			err := r.Scan(&h.Organization.ID, &h.Organization.Name, &h.ConnectionID, &h.EndpointID, &h.Name, &h.Reason, &until)
			h.Until = fromMicros(until)
			return h, err
		}, query, micros(s.clock()), limit)
		if err != nil {
			return nil, err
		}
		all = append(all, held...)
	}
	return all, nil
}

// Failure is something that failed for good, or a run that did, of whatever organization.
type Failure struct {
	Organization hub.Organization // its ID and Name
	At           time.Time
	// ObjectID is the connection's or the endpoint's, Name the connection's name or the endpoint's URL; ID is the run's, the
	// delivery's or the event's. RecordingID is a write-back's.
	ObjectID, Name, ID, RecordingID string
	// Error says why, for people.
	Error string
}

// What failed, the latest first, each by an index that has failures alone.
const (
	failedRunsQuery = `SELECT r.organization_id, o.name, r.connection_id, c.name, r.id, '', COALESCE(r.ended_at, r.started_at), r.error FROM sync_runs r
		JOIN organizations o ON o.id = r.organization_id JOIN connections c ON c.organization_id = r.organization_id AND c.id = r.connection_id
		WHERE r.outcome = 'FAILED' AND r.id >= $1 ORDER BY r.id DESC LIMIT $2`
	failedWriteBacksQuery = `SELECT d.organization_id, o.name, d.connection_id, c.name, d.id, d.recording_id, d.updated_at, d.error FROM deliveries d
		JOIN organizations o ON o.id = d.organization_id JOIN connections c ON c.organization_id = d.organization_id AND c.id = d.connection_id
		WHERE d.state = 'FAILED' AND d.updated_at >= $1 ORDER BY d.updated_at DESC LIMIT $2`
	failedEventsQuery = `SELECT d.organization_id, o.name, d.endpoint_id, e.url, d.event_id, '', d.updated_at,
			COALESCE((SELECT a.error FROM event_attempts a WHERE a.organization_id = d.organization_id AND a.endpoint_id = d.endpoint_id AND a.event_id = d.event_id ORDER BY a.number DESC LIMIT 1), '')
		FROM event_deliveries d JOIN organizations o ON o.id = d.organization_id JOIN webhook_endpoints e ON e.organization_id = d.organization_id AND e.id = d.endpoint_id
		WHERE d.state = 'FAILED' AND d.updated_at >= $1 ORDER BY d.updated_at DESC LIMIT $2`
)

// FailedRuns lists the runs that failed of those that began since a time, the latest first.
func (s *Store) FailedRuns(ctx context.Context, since time.Time, limit int) ([]Failure, error) {
	return queryAll(ctx, s.db, scanFailure, failedRunsQuery, hub.FirstIDAt(since), limit)
}

// FailedWriteBacks lists the write-backs that failed for good since a time, the latest first.
func (s *Store) FailedWriteBacks(ctx context.Context, since time.Time, limit int) ([]Failure, error) {
	return queryAll(ctx, s.db, scanFailure, failedWriteBacksQuery, micros(since), limit)
}

// FailedEvents lists the webhooks that failed for good since a time, the latest first.
func (s *Store) FailedEvents(ctx context.Context, since time.Time, limit int) ([]Failure, error) {
	return queryAll(ctx, s.db, scanFailure, failedEventsQuery, micros(since), limit)
}

func scanFailure(r database.Row) (Failure, error) {
	var f Failure
	var at int64
	err := r.Scan(&f.Organization.ID, &f.Organization.Name, &f.ObjectID, &f.Name, &f.ID, &f.RecordingID, &at, &f.Error)
	f.At = fromMicros(at)
	return f, err
}
