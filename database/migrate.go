package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/rogpeppe/go-internal/lockedfile"
)

// Migrations are what brings the tables of a database to the version of the program. Their versions are those of
// their files and functions.
type Migrations struct {
	// Files are in the format of goose and named as in 0001_connections.sql. Both dialects understand them.
	Files fs.FS
	// Funcs are the versions that one text for both dialects cannot say.
	Funcs map[int64]func(ctx context.Context, tx *sql.Tx, dialect Dialect) error
}

// gooseDialects is what goose calls the dialects.
var gooseDialects = map[Dialect]goose.Dialect{SQLite: goose.DialectSQLite3, PostgreSQL: goose.DialectPostgres}

// migrationLock is the key of PostgreSQL's advisory lock around migrations ("SIRO" in ASCII).
const migrationLock = 0x5349524f

// Migrate brings a SQLite file to the version of the program, and then the job queue's own tables to theirs. A lock file
// beside it keeps out other processes.
func (d *sqliteDB) Migrate(ctx context.Context, m Migrations) (err error) {
	defer func() { err = d.classify(err) }()
	unlock, err := lockFile(d.path + ".migrating")
	if err != nil {
		return fmt.Errorf("lock the database for migration: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := m.up(ctx, SQLite, d.writer.db); err != nil {
		return err
	}
	return migrateJobs(ctx, riversqlite.New(d.writer.db))
}

// lockFile waits until it alone has the file, which unlock removes.
func lockFile(path string) (unlock func() error, err error) {
	for {
		f, err := lockedfile.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		locked, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if named, err := os.Stat(path); err == nil && os.SameFile(locked, named) {
			return func() error { return errors.Join(os.Remove(path), f.Close()) }, nil
		}
		if err := f.Close(); err != nil { // who had it before has removed it: others may hold another of that name
			return nil, err
		}
	}
}

// Migrate is that of SQLite for PostgreSQL, one node at a time.
func (d *postgresDB) Migrate(ctx context.Context, m Migrations) (err error) {
	defer func() { err = d.classify(err) }()
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return err
	}
	defer func() {
		_, unlockErr := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrationLock)
		err = errors.Join(err, unlockErr)
	}()
	db := stdlib.OpenDBFromPool(d.pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := m.up(ctx, PostgreSQL, db); err != nil {
		return err
	}
	return migrateJobs(ctx, riverpgxv5.New(d.pool))
}

func (m Migrations) up(ctx context.Context, dialect Dialect, db *sql.DB) error {
	funcs := make([]*goose.Migration, 0, len(m.Funcs))
	for version, run := range m.Funcs {
		funcs = append(funcs, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			return run(ctx, tx, dialect)
		}}, nil))
	}
	provider, err := goose.NewProvider(gooseDialects[dialect], db, m.Files, goose.WithTableName("schema_versions"), goose.WithGoMigrations(funcs...))
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the database's version: %w", err)
	}
	if current > target {
		return &NewerError{Database: current, Program: target}
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database from version %d to %d: %w", current, target, err)
	}
	return nil
}

// migrateJobs makes or upgrades the job queue's own tables.
func migrateJobs[TTx any](ctx context.Context, driver riverdriver.Driver[TTx]) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}
