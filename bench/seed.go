package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"golang.org/x/sync/errgroup"

	"sirocco/hub"
	"sirocco/store"
)

// noID sorts before every id.
const noID = "00000000-0000-0000-0000-000000000000"

// seed makes organizations with a token each and so many connections, and returns the latter as targets. The
// connections go straight into the table, without the index that allows an organization one of each platform.
func seed(ctx context.Context, url string, organizations, each int) ([]target, error) {
	owners, err := seedOwners(ctx, url, organizations)
	if err != nil {
		return nil, err
	}
	driver, source, after := "pgx", url, "VACUUM ANALYZE"
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source, after = "sqlite", file, "PRAGMA wal_checkpoint(TRUNCATE)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, err
	}
	targets, err := seedConnections(ctx, db, owners, each)
	if err == nil {
		_, err = db.ExecContext(ctx, after)
	}
	return targets, errors.Join(err, db.Close())
}

// seedOwners makes the organizations, each as a target that has its token.
func seedOwners(ctx context.Context, url string, organizations int) ([]target, error) {
	st, err := store.OpenOrMake(ctx, url, store.Options{})
	if err != nil {
		return nil, err
	}
	owners := make([]target, organizations)
	var g errgroup.Group
	g.SetLimit(32)
	for i := range owners {
		g.Go(func() error {
			o, err := st.CreateOrganization(ctx, fmt.Sprintf("Bench %d", i))
			if err != nil {
				return err
			}
			t, text, err := st.CreateToken(ctx, o.ID, store.NewToken{Name: "bench"})
			if err != nil {
				return err
			}
			owners[i] = target{organization: o.ID, token: text}
			return st.TouchToken(ctx, t)
		})
	}
	return owners, errors.Join(g.Wait(), st.Close())
}

func seedConnections(ctx context.Context, db *sql.DB, owners []target, each int) ([]target, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, "DROP INDEX connections_one_per_platform"); err != nil {
		return nil, err
	}
	all := make([]target, 0, len(owners)*each)
	for _, owner := range owners {
		of := make([]target, each)
		for i := range of {
			of[i] = owner
			of[i].id, of[i].after = hub.NewID(), noID
			if each > pageSize {
				of[i].after = of[i*(each-pageSize)/each].id // a whole page follows it
			}
		}
		for part := of; len(part) > 0; {
			n := min(len(part), 1000)
			if err := insertConnections(ctx, tx, part[:n]); err != nil {
				return nil, err
			}
			part = part[n:]
		}
		all = append(all, of...)
	}
	return all, tx.Commit()
}

// insertConnections writes connections such as the API makes them.
func insertConnections(ctx context.Context, tx *sql.Tx, targets []target) error {
	now := time.Now().Truncate(time.Millisecond).UnixMicro()
	var text strings.Builder
	text.WriteString(`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at) VALUES `)
	var args []any
	for i, t := range targets {
		if i > 0 {
			text.WriteByte(',')
		}
		n := len(args)
		fmt.Fprintf(&text, "($%d,$%d,'%s',$%d,$%d,TRUE,FALSE,'[]',$%d,$%d)", n+1, n+2, hub.PlatformMerge, n+3, n+4, n+5, n+6)
		args = append(args, t.organization, t.id, "Bench 00000000", "account-"+t.id, now, now)
	}
	_, err := tx.ExecContext(ctx, text.String(), args...)
	return err
}
