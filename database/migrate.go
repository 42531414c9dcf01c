package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
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
	// Patience is how long PostgreSQL's are waited for while another program migrates the database; 0 means 5 minutes.
	Patience time.Duration
	// Waiting is told in a sentence what is waited for; nil is nobody.
	Waiting func(sentence string)
	// Begun is told the version from which the tables are brought on, 0 for a new database; nil is nobody.
	Begun func(from int64)
}

// gooseDialects is what goose calls the dialects.
var gooseDialects = map[Dialect]goose.Dialect{SQLite: goose.DialectSQLite3, PostgreSQL: goose.DialectPostgres}

// Migrate brings a SQLite file to the version of the program, and then the job queue's own tables to theirs. A lock file
// beside it keeps out other processes.
func (d *sqliteDB) Migrate(ctx context.Context, m Migrations) (err error) {
	defer func() { err = d.classify(err) }()
	queue := riversqlite.New(d.writer.db)
	if done, err := isDone(ctx, m, SQLite, d.readers.db, queue); done || err != nil {
		return err
	}
	unlock, err := lockFile(d.path + ".migrating")
	if err != nil {
		return fmt.Errorf("lock the database for migration: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := m.up(ctx, SQLite, d.writer.db); err != nil {
		return err
	}
	return migrateJobs(ctx, queue)
}

// Check implements DB.
func (d *sqliteDB) Check(ctx context.Context, m Migrations) error {
	done, err := isDone(ctx, m, SQLite, d.readers.db, riversqlite.New(d.readers.db))
	if err == nil && !done {
		if _, locked := os.Stat(d.path + ".migrating"); locked == nil {
			return ErrUnfinished
		}
		err = m.refuseVersion(ctx, SQLite, d.readers.db)
	}
	return d.classify(err)
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

// provider is goose with the migrations.
func (m Migrations) provider(dialect Dialect, db *sql.DB) (*goose.Provider, error) {
	funcs := make([]*goose.Migration, 0, len(m.Funcs))
	for version, run := range m.Funcs {
		funcs = append(funcs, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			return run(ctx, tx, dialect)
		}}, nil))
	}
	return goose.NewProvider(gooseDialects[dialect], db, m.Files, goose.WithTableName(versionTable), goose.WithGoMigrations(funcs...))
}

// versionTable has a row for each migration that was done.
const versionTable = "schema_versions"

// isDone reports whether there is nothing to do, without a lock or a write: a program that finds its tables starts
// beside a migration that hangs, and on a full disk.
func isDone[TTx any](ctx context.Context, m Migrations, dialect Dialect, db *sql.DB, driver riverdriver.Driver[TTx]) (bool, error) {
	provider, err := m.provider(dialect, db)
	if err != nil {
		return false, err
	}
	sources := provider.ListSources()
	var latest, count int64
	if err := db.QueryRowContext(ctx, `SELECT MAX(version_id), COUNT(DISTINCT version_id) FROM `+versionTable+` WHERE version_id > 0`).Scan(&latest, &count); err != nil {
		return false, nil //nolint:nilerr // there is no such table, or whatever it is comes again
	}
	if count != int64(len(sources)) || latest != sources[len(sources)-1].Version {
		return false, nil
	}
	migrator, err := jobMigrator(driver)
	if err != nil {
		return false, err
	}
	found, err := migrator.Validate(ctx, nil)
	return err == nil && found.OK, err
}

func (m Migrations) up(ctx context.Context, dialect Dialect, db *sql.DB) error {
	provider, err := m.provider(dialect, db)
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
	if m.Begun != nil {
		m.Begun(current)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database from version %d to %d: %w", current, target, err)
	}
	return nil
}

func jobMigrator[TTx any](driver riverdriver.Driver[TTx]) (*rivermigrate.Migrator[TTx], error) {
	return rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

// migrateJobs makes or upgrades the job queue's own tables.
func migrateJobs[TTx any](ctx context.Context, driver riverdriver.Driver[TTx]) error {
	migrator, err := jobMigrator(driver)
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}
