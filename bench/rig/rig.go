// Package rig is what the benches of syncing, webhooks, fairness, scorecards and the console stand on: both databases, fully durable, and
// a store on either.
package rig

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"sirocco/store"
	"sirocco/store/storetest"
)

// Database is one of those that are measured.
type Database struct{ Name, URL string }

// OnBoth runs a bench on new databases, with a CPU profile where a file is named.
func OnBoth(profile string, bench func([]Database) error) (err error) {
	dir, err := os.MkdirTemp("", "sirocco-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's account reaches it
		return err
	}
	server, err := storetest.Launch(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Kill()) }()
	if profile != "" {
		out, failed := os.Create(profile)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, out.Close()) }()
		if err := pprof.StartCPUProfile(out); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return bench([]Database{{"SQLite", "sqlite:" + filepath.Join(dir, "bench.db")}, {"PostgreSQL", server.URL()}})
}

// Open opens a database with keys of its own.
func Open(ctx context.Context, url string) (*store.Store, error) {
	dir, err := os.MkdirTemp("", "sirocco-bench-key-")
	if err != nil {
		return nil, err
	}
	keys, _, err := store.KeysFromFile(filepath.Join(dir, "key"))
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return nil, err
	}
	return store.OpenOrMake(ctx, url, store.Options{Keys: keys})
}

// Percentile writes the percentile of durations that are in order.
func Percentile(all []time.Duration, percent int) string {
	return all[min(len(all)-1, len(all)*percent/100)].Round(100 * time.Microsecond).String()
}

// Thousands writes a number with a comma between its thousands.
func Thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Execute runs a statement on the store's database, however long it takes.
func Execute(ctx context.Context, st *store.Store, statement string) error {
	switch db := st.Native().(type) {
	case *sql.DB:
		_, err := db.ExecContext(ctx, statement)
		return err
	case *pgxpool.Pool:
		return db.AcquireFunc(ctx, func(c *pgxpool.Conn) error {
			if _, err := c.Exec(ctx, "SET statement_timeout = 0"); err != nil { // a million rows take longer than any request
				return err
			}
			_, err := c.Exec(ctx, statement)
			_, reset := c.Exec(ctx, "RESET statement_timeout") // the connection goes back as it came
			return errors.Join(err, reset)
		})
	default:
		return fmt.Errorf("no database that is known: %T", db)
	}
}
