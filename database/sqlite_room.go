package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

const (
	// sqliteWALMost is how many bytes the WAL may keep once what is in it is in the file too.
	sqliteWALMost = 4 << 20
	// sqliteShrinkPages is how many pages, of 4 KiB, Shrink gives back at a time: few enough that writes hardly wait.
	sqliteShrinkPages = 256
	// sqliteFreeShare is which part of the file may be free for rows to come: one page in so many.
	sqliteFreeShare = 8
)

// truncateWAL makes a WAL that has grown beside a long read short again. It waits for nobody: where somebody still reads,
// the next write's pause tries it again.
func (d *sqliteDB) truncateWAL() {
	info, err := os.Stat(d.path + "-wal")
	if err != nil || info.Size() <= sqliteWALMost {
		return
	}
	ctx := context.Background()
	_ = d.withWriter(ctx, func(conn *sql.Conn) (err error) { // only room is lost
		var patience int64
		if err := conn.QueryRowContext(ctx, `PRAGMA busy_timeout`).Scan(&patience); err != nil {
			return err
		}
		defer func() {
			_, resetErr := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, patience))
			err = errors.Join(err, resetErr)
		}()
		_, err = conn.ExecContext(ctx, `PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)`)
		return err
	})
}

// withWriter runs fn on the writing connection, outside of transactions.
func (d *sqliteDB) withWriter(ctx context.Context, fn func(*sql.Conn) error) (err error) {
	conn, err := d.writer.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return fn(conn)
}

func (d *sqliteDB) Shrink(ctx context.Context) (more bool, err error) {
	free, pages, mode, err := d.room(ctx)
	const incremental = 2
	if err != nil || mode != incremental || free < sqliteShrinkPages || free < pages/sqliteFreeShare {
		return false, d.classify(err)
	}
	_, err = d.Exec(ctx, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, sqliteShrinkPages))
	return err == nil, err
}

// room counts the free pages and all pages of the file, and says how it gives them back.
func (d *sqliteDB) room(ctx context.Context) (free, pages, mode int64, err error) {
	conn, err := d.readers.db.Conn(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for _, p := range []struct {
		name string
		into *int64
	}{
		{"freelist_count", &free},
		{"page_count", &pages},
		{"auto_vacuum", &mode}, // last, as it alone does not look into the file, but says what the connection last saw there
	} {
		if err := conn.QueryRowContext(ctx, `PRAGMA `+p.name).Scan(p.into); err != nil {
			return 0, 0, 0, err
		}
	}
	return free, pages, mode, nil
}

func (d *sqliteDB) Compact(ctx context.Context) error {
	return d.classify(d.withWriter(ctx, func(conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, `PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)`)
		return err
	}))
}
