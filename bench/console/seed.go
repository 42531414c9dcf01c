package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"sirocco/bench/rig"
	"sirocco/hub"
	"sirocco/store"
)

// seeded is what the bench asks for.
type seeded struct {
	now                                                    time.Time
	organization, connection, run, record, endpoint, event string
}

// span is over how long all was made, until now, evenly.
const span = 30 * 24 * time.Hour

// seed fills a database: in statements that the database runs alone, with no index but the keys until the end.
func seed(ctx context.Context, st *store.Store, n sizes) (*seeded, error) {
	o, err := st.CreateOrganization(ctx, "Acme Roofing")
	if err != nil {
		return nil, err
	}
	models := []hub.Model{hub.ModelUser, hub.ModelAccount, hub.ModelContact, hub.ModelOpportunity, hub.ModelEngagement}
	c, err := st.CreateConnection(ctx, o.ID, hub.NewConnection{Name: "Acme CRM", ExternalAccountID: "4711", Platform: hub.PlatformMerge, Active: true, Models: models})
	if err != nil {
		return nil, err
	}
	address := "https://crm.example.com/hook"
	e, _, err := st.CreateEndpoint(ctx, o.ID, hub.WebhookPatch{URL: &address})
	if err != nil {
		return nil, err
	}
	s := &seeded{now: st.Now().UTC(), organization: o.ID, connection: c.ID, endpoint: e.ID}
	f := filler{begin: s.now.Add(-span), postgres: isPostgres(st)}
	s.run, s.event, s.record = f.timedID(n.runs, n.runs), f.timedID(n.deliveries, n.deliveries/20*20), plainID((n.records-2)/4*4+2)
	at := f.at(n.deliveries)
	recordAt, runAt := f.at(n.records), f.at(n.runs)
	last := fmt.Sprint(n.runs)
	statements := map[string]string{
		"records": `INSERT INTO records (organization_id, connection_id, model, external_id, id, name, account_ref, owner_ref, start_time, end_time, details, hash, modified_at, created_at, updated_at)
			` + series(n.records) + `SELECT '` + o.ID + `', '` + c.ID + `', CASE i % 4 WHEN 0 THEN 'ACCOUNT' WHEN 1 THEN 'OPPORTUNITY' WHEN 2 THEN 'CONTACT' ELSE 'ENGAGEMENT' END,
			'x' || ` + padded("i") + `, ` + plainIDSQL + `, 'Name ' || ((i * 7919) % 1000003), CASE WHEN i % 4 = 0 THEN NULL ELSE 'x' || ` + padded("(i - i % 4)") + ` END, 'u' || (i % 50),
			CASE WHEN i % 4 = 3 THEN ` + recordAt + ` END, CASE WHEN i % 4 = 3 THEN ` + recordAt + ` + 3600000000 END,
			'{"email":"someone' || i || '@example.com","phones":["+1 512 555 0100"]}', 'h', ` + recordAt + `, ` + recordAt + `, ` + recordAt + ` FROM n`,
		"sync_runs": `INSERT INTO sync_runs (organization_id, connection_id, id, started_at, ended_at, pages, created, updated, unchanged, deleted, quarantined, bytes, rate_wait, error, outcome, models)
			` + series(n.runs) + `SELECT '` + o.ID + `', '` + c.ID + `', ` + f.timedIDSQL(n.runs) + `, ` + runAt + `, CASE WHEN i = ` + last + ` THEN NULL ELSE ` + runAt + ` + 9000000 END,
			3, 1, 2, 30, 0, 0, 50000, 0, CASE WHEN i % 20 = 0 THEN 'the CRM answered 500' ELSE '' END, CASE WHEN i = ` + last + ` THEN '' WHEN i % 20 = 0 THEN 'FAILED' ELSE 'DONE' END,
			'{"CONTACT":{"pages":1,"created":1,"updated":2,"unchanged":30}}' FROM n`,
		"events": `INSERT INTO events (organization_id, id, type, recording_id, sequence, payload, created_at, fanned_out_at)
			` + series(n.deliveries) + `SELECT '` + o.ID + `', ` + f.timedIDSQL(n.deliveries) + `, 'integrations.recordingLinked', 'r', 1, '{"recordingId":"r"}', ` + at + `, ` + at + ` FROM n`,
		"event_deliveries": `INSERT INTO event_deliveries (organization_id, endpoint_id, event_id, recording_id, sequence, state, attempts, attempts_before, due_at, created_at, updated_at)
			` + series(n.deliveries) + `SELECT '` + o.ID + `', '` + e.ID + `', ` + f.timedIDSQL(n.deliveries) + `, 'r', 1, CASE WHEN i % 20 = 0 THEN 'FAILED' WHEN i % 20 = 1 THEN 'PENDING' ELSE 'SENT' END, 1, 0,
			CASE WHEN i % 20 = 1 THEN ` + at + ` END, ` + at + `, ` + at + ` FROM n`,
		"event_attempts": `INSERT INTO event_attempts (organization_id, endpoint_id, event_id, number, at, took, status, response, error)
			` + series(n.deliveries) + `SELECT '` + o.ID + `', '` + e.ID + `', ` + f.timedIDSQL(n.deliveries) + `, 1, ` + at + `, 120000, CASE WHEN i % 20 = 0 THEN 500 ELSE 200 END, '',
			CASE WHEN i % 20 = 0 THEN 'it answered 500 Internal Server Error' ELSE '' END FROM n`,
		"webhook_minutes": `INSERT INTO webhook_minutes (organization_id, endpoint_id, minute, attempts, failures, took, to_10, to_50, to_100, to_250, to_500, to_1000, to_2500, to_5000, to_15000, beyond)
			` + series(1440) + `SELECT '` + o.ID + `', '` + e.ID + `', ` + fmt.Sprint(s.now.Truncate(time.Minute).UnixMicro()) + ` - (i - 1) * 60000000, 20, 1, 2400000, 0, 0, 10, 9, 0, 0, 0, 0, 1, 0 FROM n`,
		"schedules": `UPDATE schedules SET run_id = '` + s.run + `', lease_until = ` + fmt.Sprint(s.now.Add(time.Hour).UnixMicro()) + `, working = TRUE WHERE organization_id = '` + o.ID + `'`,
		"tasks":     `UPDATE tasks SET due_at = ` + fmt.Sprint(s.now.Add(-time.Hour).UnixMicro()) + ` WHERE organization_id = '` + o.ID + `' AND kind = 'WEBHOOK'`,
	}
	for table, statement := range statements {
		if err := withoutIndexes(ctx, st, table, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
	}
	if f.postgres { // as its autovacuum does by itself after so much came in
		return s, rig.Execute(ctx, st, "VACUUM ANALYZE")
	}
	return s, rig.Execute(ctx, st, "ANALYZE")
}

// series names the numbers from 1 to n.
func series(n int) string {
	return fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d) `, n)
}

// padded is a number of twelve digits, so that texts are in the order of numbers.
func padded(n string) string { return `SUBSTR(CAST(1000000000000 + ` + n + ` AS TEXT), 2)` }

// plainID is the id of the nth record, plainIDSQL is that within a statement.
func plainID(n int) string { return fmt.Sprintf("%s%012d", plainBegin, n) }

const plainBegin = "01900000-0000-7000-8000-"

var plainIDSQL = `'` + plainBegin + `' || ` + padded("i")

// filler writes what depends on the time and the database.
type filler struct {
	begin    time.Time
	postgres bool
}

// at is when the ith of n things was made, in microseconds, within a statement.
func (f filler) at(n int) string {
	return fmt.Sprintf("(%d + i * %d)", f.begin.UnixMicro(), (span / time.Duration(n)).Microseconds())
}

// timedID is the id of the ith of n things, which begins with its time, as ids do.
func (f filler) timedID(n, i int) string {
	ms := f.begin.UnixMicro() + int64(i)*(span/time.Duration(n)).Microseconds()
	text := fmt.Sprintf("%012x", ms/1000)
	return fmt.Sprintf("%s-%s-7000-8000-%012d", text[:8], text[8:], i)
}

func (f filler) timedIDSQL(n int) string {
	hex := `PRINTF('%012x', ` + f.at(n) + ` / 1000)`
	if f.postgres {
		hex = `LPAD(TO_HEX(` + f.at(n) + ` / 1000), 12, '0')`
	}
	return `SUBSTR(` + hex + `, 1, 8) || '-' || SUBSTR(` + hex + `, 9, 4) || '-7000-8000-' || ` + padded("i")
}

func isPostgres(st *store.Store) bool {
	_, ok := st.Native().(*pgxpool.Pool)
	return ok
}

// withoutIndexes runs a statement that fills a table while that has no index but its key, and makes the others afterwards:
// sorting once is several times as fast as finding each row's place.
func withoutIndexes(ctx context.Context, st *store.Store, table, statement string) error {
	query, drop := `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '`+table+`'`, `DROP INDEX `
	if isPostgres(st) {
		query = `SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = ANY(current_schemas(FALSE)) AND i.tablename = '` + table + `'
			AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)`
	}
	indexes, err := pairs(ctx, st, query)
	if err != nil {
		return err
	}
	var all []string
	if strings.HasPrefix(statement, "INSERT") {
		for _, i := range indexes {
			all = append(all, drop+i[0])
		}
	}
	all = append(all, statement)
	if strings.HasPrefix(statement, "INSERT") {
		for _, i := range indexes {
			all = append(all, i[1])
		}
	}
	for _, one := range all {
		if err := rig.Execute(ctx, st, one); err != nil {
			return fmt.Errorf("%.80s: %w", one, err)
		}
	}
	return nil
}

// pairs runs a query of two texts.
func pairs(ctx context.Context, st *store.Store, query string) (all [][2]string, err error) {
	var p [2]string
	switch db := st.Native().(type) {
	case *sql.DB:
		rows, err := db.QueryContext(ctx, query)
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			if err := rows.Scan(&p[0], &p[1]); err != nil {
				return nil, errors.Join(err, rows.Close())
			}
			all = append(all, p)
		}
		return all, errors.Join(rows.Err(), rows.Close())
	case *pgxpool.Pool:
		rows, err := db.Query(ctx, query)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&p[0], &p[1]); err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		return all, rows.Err()
	}
	return nil, fmt.Errorf("no database that is known: %T", st.Native())
}
