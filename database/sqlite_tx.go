package database

import (
	"context"
	"database/sql"
	"sync"
)

// statements prepares each query text once. SQLite would otherwise compile it at every use.
type statements struct {
	db       *sql.DB
	prepared sync.Map // of string to *sql.Stmt
}

func (s *statements) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := s.prepared.Load(query); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := s.db.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	if first, loaded := s.prepared.LoadOrStore(query, stmt); loaded {
		return first.(*sql.Stmt), stmt.Close()
	}
	return stmt, nil
}

func (s *statements) close() error { return s.db.Close() }

// sqliteTx runs statements in the writer's transaction.
type sqliteTx struct {
	tx     *sql.Tx
	shared *statements
	// local are the handles of this transaction, by query text; fresh are the texts among them that
	// were not prepared before it. They cannot be prepared for good while it holds the only connection.
	local map[string]*sql.Stmt
	fresh []string
}

func (t *sqliteTx) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := t.local[query]; ok {
		return s, nil
	}
	if s, ok := t.shared.prepared.Load(query); ok {
		t.local[query] = t.tx.StmtContext(ctx, s.(*sql.Stmt))
		return t.local[query], nil
	}
	s, err := t.tx.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	t.local[query] = s
	t.fresh = append(t.fresh, query)
	return s, nil
}

func (t *sqliteTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := t.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t *sqliteTx) Later(ctx context.Context, query string, args ...any) error {
	_, err := t.Exec(ctx, query, args...)
	return err
}

func (t *sqliteTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	s, err := t.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	// Without the caller's cancellation: interrupting one statement would roll back the whole group.
	rs, err := s.QueryContext(context.WithoutCancel(ctx), args...)
	if err != nil {
		return nil, err
	}
	return rs, nil
}

func (t *sqliteTx) Native() any { return t.tx }

func (t *sqliteTx) Dialect() Dialect { return SQLite }

func (t *sqliteTx) classify(err error) error { return err }
