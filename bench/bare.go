package main

import (
	"context"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"sirocco/hub"
	"sirocco/store"
)

// bare is a worker that does what an operation does to the database, without a server around it.
type bare struct {
	targets []target
	random  *rand.Rand
	run     func(t *target, number uint32) error
}

func newBare(targets []target, n int, run func(t *target, number uint32) error) worker {
	return &bare{targets, rand.New(rand.NewPCG(uint64(n), uint64(time.Now().UnixNano()))), run}
}

func (b *bare) do() error {
	return b.run(&b.targets[b.random.IntN(len(b.targets))], numbers.Add(1))
}

func (b *bare) close() error { return nil }

func nameOf(number uint32) string { return "Bench " + strconv.FormatUint(1<<32|uint64(number), 16)[1:] }

// bareSQLite is the store itself, the group commit included.
func bareSQLite(ctx context.Context, st *store.Store, targets []target) func(op operation, n int) (worker, error) {
	return func(op operation, n int) (worker, error) {
		return newBare(targets, n, func(t *target, number uint32) error {
			var err error
			switch op.name {
			case "patch":
				name := nameOf(number)
				_, err = st.PatchConnection(ctx, t.organization, t.id, hub.ConnectionPatch{Name: &name})
			case "get":
				_, err = st.Connection(ctx, t.organization, t.id)
			case "list":
				_, err = st.Connections(ctx, t.organization, store.ConnectionFilter{After: t.after, Limit: pageSize + 1})
			}
			return err
		}), nil
	}
}

// The statements of the store, as it sends them to PostgreSQL.
const (
	columns  = `organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at`
	patchSQL = `UPDATE connections SET
			name = COALESCE($3, name), is_active = COALESCE($4, is_active), sync_transcript = COALESCE($5, sync_transcript),
			updated_at = CASE WHEN updated_at + 1000 > $6 THEN updated_at + 1000 ELSE $6 END
		WHERE organization_id = $1 AND id = $2
			AND (name <> COALESCE($3, name) OR is_active <> COALESCE($4, is_active) OR sync_transcript <> COALESCE($5, sync_transcript))
		RETURNING ` + columns
	getSQL  = `SELECT ` + columns + ` FROM connections WHERE organization_id = $1 AND id = $2`
	listSQL = `SELECT ` + columns + ` FROM connections WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3`
)

// barePostgres sends the statements over a pool as large as the server's.
func barePostgres(ctx context.Context, pool *pgxpool.Pool, targets []target) func(op operation, n int) (worker, error) {
	return func(op operation, n int) (worker, error) {
		return newBare(targets, n, func(t *target, number uint32) error {
			var rows pgx.Rows
			var err error
			switch op.name {
			case "patch":
				rows, err = pool.Query(ctx, patchSQL, t.organization, t.id, nameOf(number), (*bool)(nil), (*bool)(nil), time.Now().Truncate(time.Millisecond).UnixMicro())
			case "get":
				rows, err = pool.Query(ctx, getSQL, t.organization, t.id)
			case "list":
				rows, err = pool.Query(ctx, listSQL, t.organization, t.after, pageSize+1)
			}
			if err != nil {
				return err
			}
			defer rows.Close()
			var texts [6]string
			var flags [2]bool
			var times [2]int64
			for rows.Next() {
				err := rows.Scan(&texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &flags[0], &flags[1], &texts[5], &times[0], &times[1])
				if err != nil {
					return err
				}
			}
			return rows.Err()
		}), nil
	}
}
