package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// HealthState is how a connection is, in one word; the ones that need somebody come last.
type HealthState string

// The states.
const (
	HealthUpToDate         HealthState = "UP_TO_DATE"
	HealthReceiving        HealthState = "RECEIVING" // its records come by themselves, nothing is pulled
	HealthSyncing          HealthState = "SYNCING"
	HealthPaused           HealthState = "PAUSED" // or its organization is disabled
	HealthWaiting          HealthState = "WAITING"
	HealthFailing          HealthState = "FAILING"
	HealthNeedsCredentials HealthState = "NEEDS_CREDENTIALS" //nolint:gosec // a state, no credential
)

// HealthStates are all states, the best first.
func HealthStates() []HealthState {
	return []HealthState{HealthUpToDate, HealthReceiving, HealthSyncing, HealthPaused, HealthWaiting, HealthFailing, HealthNeedsCredentials}
}

// ConnectionHealth is a connection, and what is known of how its sync goes.
type ConnectionHealth struct {
	hub.Connection

	// Schedule is the zero value where nothing is pulled. It has no Notes.
	Schedule Schedule
	// HasCredentials says that there are some. RefusedSince is since when the CRM refuses them, time after time, RejectedAt when it
	// had done so too often; each is zero where that is not so.
	HasCredentials           bool
	RefusedSince, RejectedAt time.Time
	// FailedModels are those that could not be read the last time, each with why, for people.
	FailedModels map[hub.Model]string
}

// State is how the connection is at a time.
func (h *ConnectionHealth) State(now time.Time) HealthState {
	pulled := h.Schedule.ConnectionID != ""
	switch {
	case !h.Active, h.Schedule.OrganizationDisabled:
		return HealthPaused
	case !pulled:
		return HealthReceiving
	case !h.HasCredentials, h.Refused():
		return HealthNeedsCredentials
	case h.Schedule.Failures > 0 || len(h.FailedModels) > 0:
		return HealthFailing
	case h.Schedule.LeaseUntil.After(now) && h.Schedule.RunID != "", h.Schedule.Waiting == Continuing:
		return HealthSyncing
	case h.Schedule.Waiting != "" && h.Schedule.WaitingUntil.After(now):
		return HealthWaiting
	case h.Schedule.DueAt.IsZero(), !h.Schedule.DueAt.After(now):
		return HealthSyncing
	}
	return HealthUpToDate
}

// Refused reports whether the CRM refused the credentials the last time that they were tried. They are tried again now and
// then all the same.
func (h *ConnectionHealth) Refused() bool { return !h.RefusedSince.IsZero() || !h.RejectedAt.IsZero() }

const (
	healthConnectionsQuery = `SELECT ` + connectionColumns + ` FROM connections WHERE organization_id >= $1 AND organization_id <= $2 ORDER BY organization_id, id`
	healthSchedulesQuery   = `SELECT ` + scheduleColumns + ` FROM schedules WHERE organization_id >= $1 AND organization_id <= $2`
	healthRestQuery        = `SELECT 'CREDENTIALS', connection_id, '', CASE WHEN sealed = '' THEN '' ELSE 'YES' END, COALESCE(rejected_at, 0) FROM credentials WHERE organization_id >= $1 AND organization_id <= $2
		UNION ALL SELECT 'REFUSED', connection_id, '', '', COALESCE(refused_since, 0) FROM credentials WHERE organization_id >= $1 AND organization_id <= $2 AND refusals > 0
		UNION ALL SELECT 'FAILED', connection_id, model, failed, 0 FROM sync_states WHERE organization_id >= $1 AND organization_id <= $2 AND failed <> ''
		UNION ALL SELECT 'HELD', connection_id, model, '', COUNT(*) FROM absences WHERE organization_id >= $1 AND organization_id <= $2 AND state = 'HELD' GROUP BY connection_id, model
		UNION ALL SELECT 'DISABLED', id, '', '', 0 FROM organizations WHERE id >= $1 AND id <= $2 AND disabled = TRUE`
)

// Health returns how the organization's connections are, the first made first.
func (s *Store) Health(ctx context.Context, organization string) ([]ConnectionHealth, error) {
	return s.health(ctx, organization, organization)
}

// HealthOfAll returns how the connections are of the organizations whose ids are between the two, both included; it is for
// whoever runs the server.
func (s *Store) HealthOfAll(ctx context.Context, first, last string) (map[string][]ConnectionHealth, error) {
	all, err := s.health(ctx, first, last)
	by := map[string][]ConnectionHealth{}
	for _, h := range all {
		by[h.OrganizationID] = append(by[h.OrganizationID], h)
	}
	return by, err
}

func (s *Store) health(ctx context.Context, first, last string) ([]ConnectionHealth, error) {
	connections, err := queryAll(ctx, s.db, scanConnection, healthConnectionsQuery, first, last)
	if err != nil {
		return nil, err
	}
	schedules, err := queryAll(ctx, s.db, scanSchedule, healthSchedulesQuery, first, last)
	if err != nil {
		return nil, err
	}
	all := make([]ConnectionHealth, len(connections))
	at := make(map[string]*ConnectionHealth, len(connections))
	for i, c := range connections {
		all[i].Connection = c
		at[c.ID] = &all[i]
	}
	for _, sched := range schedules {
		if h := at[sched.ConnectionID]; h != nil {
			h.Schedule = sched
		}
	}
	disabled := map[string]bool{}
	_, err = queryAll(ctx, s.db, func(r database.Row) (struct{}, error) {
		var kind, id, model, text string
		var n int64
		if err := r.Scan(&kind, &id, &model, &text, &n); err != nil {
			return struct{}{}, err
		}
		if kind == "DISABLED" {
			disabled[id] = true
		} else if h := at[id]; h != nil {
			h.learn(kind, hub.Model(model), text, n)
		}
		return struct{}{}, nil
	}, healthRestQuery, first, last)
	for i := range all {
		all[i].Schedule.OrganizationDisabled = disabled[all[i].OrganizationID]
	}
	return all, err
}

// learn takes one row of healthRestQuery.
func (h *ConnectionHealth) learn(kind string, model hub.Model, text string, n int64) {
	switch kind {
	case "CREDENTIALS":
		h.HasCredentials = text != ""
		if n != 0 {
			h.RejectedAt = fromMicros(n)
		}
	case "REFUSED":
		if n != 0 {
			h.RefusedSince = fromMicros(n)
		}
	case "FAILED":
		if h.FailedModels == nil {
			h.FailedModels = map[hub.Model]string{}
		}
		h.FailedModels[model] = text
	case "HELD":
		if h.Schedule.Held == nil {
			h.Schedule.Held = map[hub.Model]int{}
		}
		h.Schedule.Held[model] = int(n)
	}
}
