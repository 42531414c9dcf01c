package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// bareTable has the width of a record and its one most important key.
const bareTable = `CREATE TABLE bare (id TEXT PRIMARY KEY, name TEXT NOT NULL, details TEXT NOT NULL, modified_at BIGINT NOT NULL)`

// upsertAlone brings the feed's rows into a table of the bare database, a page in each transaction, and
// returns the rows a second.
func upsertAlone(url string, crm *feed, page int) (float64, error) {
	var rows [][]item
	for n := range crm.pages() {
		var a answer
		if err := json.Unmarshal(crm.page(n), &a); err != nil {
			return 0, err
		}
		items := make([]item, len(a.Items))
		for i, raw := range a.Items {
			if err := json.Unmarshal(raw, &items[i]); err != nil {
				return 0, err
			}
		}
		rows = append(rows, items)
	}
	upsert := upsertPostgres
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		url, upsert = fmt.Sprintf("file:%s.bare%d?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate", file, page), upsertSQLite
	}
	took, err := upsert(url, rows)
	return float64(crm.records) / took.Seconds(), err
}

func upsertSQLite(url string, pages [][]item) (took time.Duration, err error) {
	db, err := sql.Open("sqlite", url)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(bareTable); err != nil {
		return 0, err
	}
	stmt, err := db.Prepare(`INSERT INTO bare (id, name, details, modified_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET
		name = excluded.name, details = excluded.details, modified_at = excluded.modified_at`)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	for _, page := range pages {
		tx, err := db.Begin()
		if err != nil {
			return 0, err
		}
		in := tx.Stmt(stmt)
		for _, i := range page {
			if _, err := in.Exec(i.ID, i.Name, i.Street, i.Modified.UnixMicro()); err != nil {
				return 0, err
			}
		}
		if err := tx.Commit(); err != nil {
			return 0, err
		}
	}
	return time.Since(began), nil
}

func upsertPostgres(url string, pages [][]item) (took time.Duration, err error) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range []string{`DROP TABLE IF EXISTS bare`, bareTable} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return 0, err
		}
	}
	began := time.Now()
	for _, page := range pages {
		ids, names, details, times := make([]string, len(page)), make([]string, len(page)), make([]string, len(page)), make([]int64, len(page))
		for n, i := range page {
			ids[n], names[n], details[n], times[n] = i.ID, i.Name, i.Street, i.Modified.UnixMicro()
		}
		if _, err := conn.Exec(ctx, `INSERT INTO bare SELECT id, name, details, at FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS u (id, name, details, at) ON CONFLICT (id) DO UPDATE SET
			name = excluded.name, details = excluded.details, modified_at = excluded.modified_at`, ids, names, details, times); err != nil {
			return 0, err
		}
	}
	took = time.Since(began)
	_, err = conn.Exec(ctx, `DROP TABLE bare`) // Sirocco opens no database with tables that are not its own
	return took, err
}

// cpu is the processor time this program has used.
func cpu() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// resident is the memory this program has now, in bytes.
func resident() (int64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}
