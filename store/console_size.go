package store

import (
	"context"
	"sync"
	"time"

	"sirocco/database"
)

// Sizes is how much room a database takes, in bytes.
type Sizes struct {
	// Total is of the whole database, Free what of it is unused; Free is 0 on PostgreSQL, which keeps that within its tables.
	Total, Free int64
	// Tables has the tables with their indexes, the largest first; nil where they were not measured.
	Tables []TableSize
}

// TableSize is how much room a table takes with its indexes, in bytes.
type TableSize struct {
	Name  string
	Bytes int64
}

// sizesKept is for how long a measurement is told again: to look at each file of a large database takes a while.
const sizesKept = 10 * time.Second

// measured are sizes, and when they were measured.
type measured struct {
	mu    sync.Mutex
	sizes map[bool]Sizes // by whether the tables had to be
	at    map[bool]time.Time
}

// SizesAtOnce is up to how large a SQLite database is measured table by table without being asked to: it has to be read
// whole for that, which is not to hold up a page.
const SizesAtOnce = 16 << 20

// tablesMost bounds how many tables are told.
const tablesMost = 100

const (
	sqliteTotalQuery  = `SELECT page_count * page_size, freelist_count * page_size FROM pragma_page_count(), pragma_page_size(), pragma_freelist_count()`
	sqliteTablesQuery = `SELECT IFNULL((SELECT m.tbl_name FROM sqlite_schema m WHERE m.name = s.name), s.name) AS held, CAST(SUM(s.pgsize) AS BIGINT) FROM dbstat s WHERE s.aggregate = TRUE
		GROUP BY 1 ORDER BY 2 DESC LIMIT $1`
	postgresTotalQuery  = `SELECT pg_database_size(current_database()), CAST(0 AS BIGINT)`
	postgresTablesQuery = `SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY(current_schemas(FALSE)) ORDER BY 2 DESC LIMIT $1`
)

// Sizes measures the database, or tells what it measured a few seconds ago. A SQLite database that is larger than SizesAtOnce is
// measured table by table only where whole says so.
func (s *Store) Sizes(ctx context.Context, whole bool) (Sizes, error) {
	m := &s.measured
	m.mu.Lock()
	known, now := m.sizes[whole], s.clock()
	fresh := !m.at[whole].IsZero() && now.Sub(m.at[whole]).Abs() < sizesKept
	m.mu.Unlock()
	if fresh {
		return known, nil
	}
	sizes, err := s.measure(ctx, whole)
	if err == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.sizes == nil {
			m.sizes, m.at = map[bool]Sizes{}, map[bool]time.Time{}
		}
		m.sizes[whole], m.at[whole] = sizes, now
	}
	return sizes, err
}

func (s *Store) measure(ctx context.Context, whole bool) (sizes Sizes, err error) {
	total, tables := postgresTotalQuery, postgresTablesQuery
	if s.db.Dialect() == database.SQLite {
		total, tables = sqliteTotalQuery, sqliteTablesQuery
	} else {
		whole = true // it knows
	}
	sizes, err = queryOne(ctx, s.db, func(r database.Row) (z Sizes, err error) { return z, r.Scan(&z.Total, &z.Free) }, total)
	if err != nil || !whole && sizes.Total > SizesAtOnce {
		return sizes, err
	}
	sizes.Tables, err = queryAll(ctx, s.db, func(r database.Row) (t TableSize, err error) { return t, r.Scan(&t.Name, &t.Bytes) }, tables, tablesMost)
	return sizes, err
}
