package store

import (
	"context"
	"database/sql"
	"embed"
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

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrationLock is the key of PostgreSQL's advisory lock around migrations ("SIRO" in ASCII).
const migrationLock = 0x5349524f

// NewerError says that a newer Sirocco has written the database; nothing in it was touched.
type NewerError struct{ Database, Program int64 }

func (e *NewerError) Error() string {
	return fmt.Sprintf("the database is at version %d, but this program only knows versions up to %d: start a newer sirocco, or restore the backup from before the upgrade", e.Database, e.Program)
}

// migrate brings a SQLite file to this program's version. A lock file beside it keeps out other processes.
func (d *sqliteDB) migrate(ctx context.Context) (err error) {
	unlock, err := lockFile(d.path + ".migrating")
	if err != nil {
		return fmt.Errorf("lock the database for migration: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := migrateUp(ctx, goose.DialectSQLite3, d.writer.db); err != nil {
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

// migrate brings a PostgreSQL database to this program's version, one node at a time.
func (d *postgresDB) migrate(ctx context.Context) (err error) {
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
	if err := migrateUp(ctx, goose.DialectPostgres, db); err != nil {
		return err
	}
	return migrateJobs(ctx, riverpgxv5.New(d.pool))
}

func migrateUp(ctx context.Context, dialect goose.Dialect, db *sql.DB) error {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, db, files, goose.WithTableName("schema_versions"), goose.WithGoMigrations(goMigrations(dialect)...))
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
