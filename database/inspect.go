package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrNothing says that there is no database, or one that nobody has made tables in.
	ErrNothing = errors.New("there is no database yet")
	// ErrForeign says that a database has tables, but none that says which version of Sirocco made them. Nothing in it was
	// touched.
	ErrForeign = errors.New("the database is not Sirocco's: it has tables, but none of them says its version")
)

// ErrUnfinished says that somebody has begun to make or upgrade a database and not ended yet.
var ErrUnfinished = errors.New("the database is still being made or upgraded: try again in a moment")

// OlderError says that an older Sirocco has written the database; nothing in it was touched.
type OlderError struct{ Database, Program int64 }

func (e *OlderError) Error() string {
	return fmt.Sprintf("the database is at version %d, and this program is for version %d", e.Database, e.Program)
}

// contents is what a database has in it before this program comes. A view counts as a table: somebody made it.
type contents int

const (
	holdsNothing contents = iota
	holdsOurs
	holdsForeign
)

func contentsOf(tables, versions int) contents {
	switch {
	case versions > 0:
		return holdsOurs
	case tables > 0:
		return holdsForeign
	}
	return holdsNothing
}

// inspectFile looks into a SQLite file without writing to it or beside it. It says so where it holds another program's
// tables. It waits for another process's lock as long as patience.
func inspectFile(ctx context.Context, file string, patience time.Duration) (contents, error) {
	info, err := os.Stat(file)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.Size() == 0 {
		return holdsNothing, nil
	}
	parameters := "?mode=ro&_busy_timeout=" + fmt.Sprint(patience.Milliseconds())
	if _, err := os.Stat(file + "-wal"); err != nil { // nobody uses it, else all that is new may be in the WAL
		parameters += "&immutable=1"
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+parameters)
	if err != nil {
		return holdsNothing, err
	}
	var tables, versions int
	err = db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN name = '`+versionTable+`' THEN 1 END) FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'`).
		Scan(&tables, &versions)
	return contentsOf(tables, versions), errors.Join(err, db.Close())
}

// inspect is inspectFile for what openSQLite is about to open: it refuses what is not ours, and, where none may be made,
// that there is none.
func inspectSQLite(ctx context.Context, file string, patience time.Duration, existing bool) error {
	if isFolder(file) {
		return fmt.Errorf("%s is a folder; a SQLite database is a file, as in sqlite:%s", file, filepath.Join(file, "sirocco.db"))
	}
	holds, err := inspectFile(ctx, file, patience)
	var se *sqlite.Error
	switch {
	case errors.As(err, &se) && se.Code()&0xff == sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%s is not a SQLite database", file)
	case err != nil:
		return nil //nolint:nilerr // opening it says it better
	case holds == holdsForeign:
		return fmt.Errorf("%s: %w", file, ErrForeign)
	case holds == holdsNothing && existing:
		return fmt.Errorf("%s: %w", file, ErrNothing)
	}
	return nil
}

// inspect says what is in the database.
func (d *postgresDB) inspect(ctx context.Context) (contents, error) {
	var tables, versions int
	err := d.pool.QueryRow(ctx, `SELECT COUNT(*), COUNT(*) FILTER (WHERE c.relname = $1) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`,
		versionTable).Scan(&tables, &versions)
	return contentsOf(tables, versions), err
}

// refuseVersion is why a database whose migrations are not all done, and no others, cannot be used as it is.
func (m Migrations) refuseVersion(ctx context.Context, dialect Dialect, db *sql.DB) error {
	provider, err := m.provider(dialect, db)
	if err != nil {
		return err
	}
	var current, count int64
	if err := db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0), COUNT(DISTINCT CASE WHEN version_id > 0 THEN version_id END) FROM `+versionTable).Scan(&current, &count); err != nil {
		return err
	}
	sources := provider.ListSources()
	target := sources[len(sources)-1].Version
	if current > target {
		return &NewerError{Database: current, Program: target}
	}
	if current == target && count == int64(len(sources)) { // the tables of the jobs come last
		return ErrUnfinished
	}
	return &OlderError{Database: current, Program: target}
}
