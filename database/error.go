package database

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// ErrNotFound answers QueryOne where there is no row.
	ErrNotFound = errors.New("no such row")
	// ErrReadOnly answers writes to a database that was opened for reading alone.
	ErrReadOnly = errors.New("the database was opened for reading alone")
	// ErrClosed answers writes that come after Close.
	ErrClosed = errors.New("the database is closed")
)

// UnavailableError says that the database cannot serve now: a full disk, a lost server, a locked file. The same
// statement may succeed after RetryAfter.
type UnavailableError struct {
	// Reason is a short sentence for the operator: what is wrong and, where known, what would mend it.
	Reason     string
	RetryAfter time.Duration
	// OutcomeUnknown says that a write was to be committed and no answer came: it is durable, or has left no trace. In all
	// other cases it has left no trace, and never will.
	OutcomeUnknown bool
	// Err is what the driver said.
	Err error
}

func (e *UnavailableError) Error() string { return e.Reason }
func (e *UnavailableError) Unwrap() error { return e.Err }

// NewerError says that a newer Sirocco has written the database; nothing in it was touched.
type NewerError struct{ Database, Program int64 }

func (e *NewerError) Error() string {
	return fmt.Sprintf("the database is at version %d, but this program only knows versions up to %d: start a newer sirocco, or restore the backup from before the upgrade", e.Database, e.Program)
}

// IsDuplicate reports whether a statement failed because another transaction took a key since it was looked for. On
// SQLite one writes at a time, and there is no such moment.
func IsDuplicate(err error) bool {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pe.Code == "23505"
}
