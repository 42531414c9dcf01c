package database_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"sirocco/database"
)

// fakePostgres answers as a PostgreSQL does that has so many tables, of which some say the version of a program, and refuses all that is
// not asked to find that out. Its URL is for as long as the test runs.
func fakePostgres(t *testing.T, tables, versions int) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended, end := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer context.AfterFunc(ended, func() { _ = conn.Close() })()
				serveFake(conn, tables, versions)
			})
		}
	})
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		end()
		serving.Wait()
	})
	return "postgres://sirocco@" + listener.Addr().String() + "/sirocco?sslmode=disable"
}

// serveFake serves one connection until the client ends it.
func serveFake(conn net.Conn, tables, versions int) {
	defer func() { _ = conn.Close() }()
	const process = 7
	b := pgproto3.NewBackend(conn, conn)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	ready := &pgproto3.ReadyForQuery{TxStatus: 'I'}
	number := func(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	b.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	b.Send(&pgproto3.BackendKeyData{ProcessID: process, SecretKey: []byte("fake")})
	b.Send(ready)
	refused := false // what comes until the next Sync is passed over
	for b.Flush() == nil {
		message, err := b.Receive()
		if err != nil {
			return
		}
		refuse := func() {
			b.Send(&pgproto3.ErrorResponse{Severity: "ERROR", Code: "0A000", Message: "it is not asked this"})
		}
		_, sync := message.(*pgproto3.Sync)
		if refused && !sync {
			continue
		}
		switch m := message.(type) {
		case *pgproto3.Query:
			if strings.Contains(m.String, "pg_backend_pid()") {
				b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("pid"), DataTypeOID: pgtype.Int4OID, DataTypeSize: 4}}})
				b.Send(&pgproto3.DataRow{Values: [][]byte{{'0' + process}}})
				b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
			} else {
				refuse()
			}
			b.Send(ready)
		case *pgproto3.Parse:
			if refused = !strings.Contains(m.Query, "FROM pg_class"); refused {
				refuse()
				continue
			}
			b.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			b.Send(&pgproto3.ParameterDescription{ParameterOIDs: []uint32{pgtype.TextOID}})
			b.Send(&pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{
				{Name: []byte("tables"), DataTypeOID: pgtype.Int8OID, DataTypeSize: 8, Format: 1}, {Name: []byte("versions"), DataTypeOID: pgtype.Int8OID, DataTypeSize: 8, Format: 1},
			}})
		case *pgproto3.Bind:
			b.Send(&pgproto3.BindComplete{})
		case *pgproto3.Execute:
			b.Send(&pgproto3.DataRow{Values: [][]byte{number(tables), number(versions)}})
			b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		case *pgproto3.Sync:
			refused = false
			b.Send(ready)
		case *pgproto3.Terminate:
			return
		}
	}
}

// TestWhatAPostgresHolds: nothing is made or looked for in a database that has tables of another program, be it to be upgraded or not. In one
// that has none, or ours, the next question is asked. Without a PostgreSQL, as what decides is small.
func TestWhatAPostgresHolds(t *testing.T) {
	for name, c := range map[string]struct {
		tables, versions int
		migrate, check   error // nil is the refusal of the next question
	}{
		"nothing":                 {0, 0, nil, database.ErrNothing},
		"another program's":       {3, 0, database.ErrForeign, database.ErrForeign},
		"ours":                    {3, 1, nil, nil},
		"ours, and nothing of it": {1, 1, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			db := openMigrated(t, fakePostgres(t, c.tables, c.versions), database.Options{})
			says := func(what string, err, want error) {
				t.Helper()
				known := errors.Is(err, database.ErrForeign) || errors.Is(err, database.ErrNothing)
				if err == nil || want != nil && !errors.Is(err, want) || want == nil && known {
					t.Errorf("%s it is answered %v, want %v", what, err, want)
				}
			}
			says("to be upgraded", db.Migrate(t.Context(), pets), c.migrate)
			says("as it is", db.Check(t.Context(), pets), c.check)
		})
	}
}

// TestClosingEndsAllConnections: none is left, be it to the database or past the pooler before it.
func TestClosingEndsAllConnections(t *testing.T) {
	for _, direct := range []string{"", fakePostgres(t, 0, 0)} {
		db, err := database.Open(t.Context(), fakePostgres(t, 0, 0), database.Options{Direct: direct})
		if err != nil {
			t.Fatal(err)
		}
		pools := []any{db.Native(), db.Listening()}
		if (pools[0] == pools[1]) != (direct == "") {
			t.Errorf("direct %q: it listens there: %v", direct, pools[0] != pools[1])
		}
		for _, pool := range pools {
			conn, err := pool.(*pgxpool.Pool).Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			conn.Release()
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		for _, pool := range pools {
			if _, err := pool.(*pgxpool.Pool).Acquire(context.Background()); err == nil || !strings.Contains(err.Error(), "closed pool") {
				t.Errorf("direct %q: after it a connection is answered %v", direct, err)
			}
		}
	}
}
