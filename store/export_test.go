package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"maps"
	"path"
	"strconv"
	"testing/fstest"
	"time"

	"sirocco/database"
)

// FillUserKeys is the migration of that name.
var FillUserKeys = fillUserKeys

// MigrateTo makes a database as a program of an earlier version did.
func MigrateTo(ctx context.Context, url string, version int64) error {
	db, err := database.Open(ctx, url, database.Options{})
	if err != nil {
		return err
	}
	all := migrations(time.Now)
	files := fstest.MapFS{}
	names, err := fs.Glob(all.Files, "*.sql")
	if err != nil {
		return errors.Join(err, db.Close())
	}
	for _, name := range names {
		if of, err := strconv.ParseInt(path.Base(name)[:4], 10, 64); err == nil && of <= version {
			text, err := fs.ReadFile(all.Files, name)
			if err != nil {
				return errors.Join(err, db.Close())
			}
			files[name] = &fstest.MapFile{Data: text}
		}
	}
	maps.DeleteFunc(all.Funcs, func(of int64, _ func(context.Context, *sql.Tx, database.Dialect) error) bool { return of > version })
	return errors.Join(db.Migrate(ctx, database.Migrations{Files: files, Funcs: all.Funcs}), db.Close())
}

// ClaimQueries are the queries for what may be claimed, by table and what they look for.
func ClaimQueries() map[string]string {
	queries := map[string]string{}
	for _, w := range []work{syncs, tasksOf(TaskWebhook)} {
		queries[w.table+" waiting"] = w.queryWaiting(` AND NOT organization_id IN (SELECT value FROM json_each($4)) AND NOT host IN (SELECT value FROM json_each($5))`)
		queries[w.table+" in lane"] = w.queryInLane()
		queries[w.table+" died"] = w.queryDied()
	}
	return queries
}

// LinkedSpanQuery is the query for the first and the last recording of some records, on SQLite.
func LinkedSpanQuery() string {
	query, _ := linkedSpanQuery(database.SQLite, nil)
	return query
}

// ConsoleQueries are the queries that pages of the console need and nothing else does, by what they find.
func ConsoleQueries() map[string]string {
	several, _ := database.SQLite.In("$2", nil)
	severalSessions, _ := database.SQLite.In("$4", nil)
	outcomes, _ := database.SQLite.In("$7", nil)
	all := map[string]string{
		"a session": consoleSessionQuery, "sessions": consoleSessionsQuery, "living sessions": livingSessionsQuery + severalSessions,
		"health of connections": healthConnectionsQuery, "health of schedules": healthSchedulesQuery, "health of the rest": healthRestQuery,
		"records": recordCounts.living, "deleted records": recordCounts.deleted, "kept records": recordCounts.kept,
		"quarantine": quarantineQuery, "waiting write-backs of a connection": waitingCountQuery,
		"waiting write-backs": writeBacksWaitingQuery, "failed write-backs": writeBacksFailedQuery, "unproven write-backs": writeBacksUnprovenQuery,
		"waiting webhooks": webhooksWaitingQuery, "failed webhooks": webhooksFailedQuery, "offers": offersQuery, "rewind": rewindCountQuery, "records of a model": modelCounts.living, "deleted records of a model": modelCounts.deleted, "kept records of a model": modelCounts.kept,
		"unproven notes": unprovenQuery, "waiting notes": waitingNotesQuery, "failed notes": failedNotesQuery + beforeID("id", "$2", "x") + " ORDER BY id DESC LIMIT $3", "bars of runs": runBarsQuery, "runs between": runsBetweenQuery(""), "runs between that ended so": runsBetweenQuery(" AND r.outcome " + outcomes),
		"an opening": openingQuery, "recordings": latestRecordingsQuery, "the count of offers": offersCountQuery, "deliveries of a recording": recordingDeliveriesQuery,
		"recordings of a record": recordingsLinkedQuery, "quarantine by reason": quarantineGroupsQuery, "items in quarantine": quarantineItemsQuery,
		"records by name": recordsByNameQuery(database.SQLite), "records by contact": recordsByContactQuery, "what refers to a record": referrersQuery("account_ref"),
		"matches by hand": matchesByHandQuery + several, "matches by e-mail": matchesByEmailQuery + several, "matches by name": matchesByNameQuery + several + " GROUP BY name_key",
		"apps": appsQuery, "the audit log": auditQuery, "the audit log of one": auditOfQuery, "the edge of the audit log": auditEdgeQuery, "the edge of the audit log of one": auditEdgeOfQuery,
		"changes of a connection": connectionChangesQuery("x"), "what was put aside": putAsideQuery("x"),
		"CRM users who are not known": unmatchedCRMUsersQuery(database.SQLite),
		"a webhook's delivery":        eventDeliveryQuery, "bars of webhooks": webhookBarsQuery,
	}
	for state := range eventStates {
		all["webhook deliveries "+string(state)] = eventDeliveriesQuery(state)
		all["count of webhook deliveries "+string(state)] = eventCountQuery(state)
		all["replay of webhook deliveries "+string(state)] = replaySliceQuery(state)
	}
	for _, q := range queues {
		all[q.words+" that wait"], all[q.words+" in lanes"], all[q.words+" under way"] = q.work.dueQuery(), q.work.slowQuery(), q.work.workingQuery()
		if q.things != "" {
			all["what waits in "+q.words] = q.work.thingsQuery(q.things, q.of)
		}
	}
	maps.Copy(all, map[string]string{
		"events to share out": unfannedQuery, "waits for rate limits": rateWaitsQuery, "accounts ahead": accountsAheadQuery, "held connections": heldConnectionsQuery,
		"held endpoints": heldEndpointsQuery, "failed runs": failedRunsQuery, "write-backs failed lately": failedWriteBacksQuery, "webhooks failed lately": failedEventsQuery,
	})
	return all
}

// GatesQuery is the question for what rarely goes with records.
const GatesQuery = gatesQuery

// Intercept shows each statement of the store to before first, but no commits; see database.Intercept.
func Intercept(s *Store, before func(query string) error) {
	s.db = database.Intercept(s.db, func(_ context.Context, query string) error {
		if query == database.Commit {
			return nil
		}
		return before(query)
	})
}

// DueEventsQuery finds the events that are due for an endpoint.
const DueEventsQuery = dueEventsQuery
