package storetest

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"sirocco/hub"
	"sirocco/store"
)

// Organization makes an organization and returns its id.
func Organization(t testing.TB, st *store.Store) string {
	t.Helper()
	o, err := st.CreateOrganization(context.Background(), "Acme")
	if err != nil {
		t.Fatal(err)
	}
	return o.ID
}

// Connection makes an active connection to a platform, over which the models are pulled.
func Connection(t testing.TB, st *store.Store, organization string, platform hub.Platform, models ...hub.Model) hub.Connection {
	t.Helper()
	n := hub.NewConnection{Name: "c", ExternalAccountID: "4711", Platform: platform, Active: true, Models: models}
	c, err := st.CreateConnection(context.Background(), organization, n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Recording keeps a recording from start on, past the rule that links it, and returns its id.
func Recording(t testing.TB, st *store.Store, organization, user string, start time.Time, length time.Duration) string {
	t.Helper()
	id := hub.NewID()
	Exec(t, st, `INSERT INTO recordings (organization_id, id, user_id, title, file_type, blob, size, started_at, ended_at, duration_ms, result, conversation_type,
			trigger_kind, discoverable, contact_name, contact_phone, status, analysis, analysis_hash, link_also, link_by, link_trigger, link_reason, created_at, updated_at)
		VALUES ($1, $2, $3, 'A talk', 'audio/mpeg', '', 0, $4, $5, $6, '', '', '', $7, '', '', 'UPLOADED', '{}', '', '[]', '', '', '', $4, $4)`,
		organization, id, user, start.UnixMicro(), start.Add(length).UnixMicro(), length.Milliseconds(), true)
	return id
}

// Exec runs a statement past the store's own methods.
func Exec(t testing.TB, st *store.Store, query string, args ...any) {
	t.Helper()
	var err error
	switch db := st.Native().(type) {
	case *sql.DB:
		_, err = db.ExecContext(context.Background(), query, args...)
	case *pgxpool.Pool:
		_, err = db.Exec(context.Background(), query, args...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Count runs a query of one number past the store's own methods.
func Count(t testing.TB, st *store.Store, query string, args ...any) (n int) {
	t.Helper()
	var err error
	switch db := st.Native().(type) {
	case *sql.DB:
		err = db.QueryRowContext(context.Background(), query, args...).Scan(&n)
	case *pgxpool.Pool:
		err = db.QueryRow(context.Background(), query, args...).Scan(&n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Lease claims the connection's sync, which must be due, as a job does that works on it for as long as the test runs.
func Lease(t testing.TB, st *store.Store, organization, connection string) store.Schedule {
	t.Helper()
	ctx := context.Background()
	var claimed store.Schedule
	_, _, err := st.ClaimSchedules(ctx, store.Room{Workers: 1000}, 24*time.Hour, func(_ store.Tx, due []store.Schedule) error {
		for _, s := range due {
			if s.OrganizationID == organization && s.ConnectionID == connection {
				claimed = s
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sched, _, err := st.BeginSyncJob(ctx, organization, connection, claimed.Fence, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return sched
}
