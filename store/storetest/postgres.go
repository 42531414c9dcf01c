package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"sirocco/store"
)

var (
	databaseSeq atomic.Int64
	// server is the server that test programs share.
	server = sync.OnceValues(sharedServer)
	// keeper is what makes and drops databases on it: a connection costs more than most statements.
	keeper = sync.OnceValues(connectKeeper)
	// program tells this process's databases from those of any other, also of one before that had its id: the server outlasts both.
	program = fmt.Sprintf("%d_%x", os.Getpid(), time.Now().UnixNano())
	// template is the name of a migrated database on it that the others are copied from, made once in a test program.
	template = sync.OnceValues(makeTemplate)
)

// Postgres returns the URL of a new, migrated database on a PostgreSQL server. A machine without one fails the test.
func Postgres(t testing.TB) string {
	t.Helper()
	from, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return newDatabase(t, " TEMPLATE "+from+" STRATEGY FILE_COPY")
}

// EmptyPostgres returns the URL of a new database in which no program has been yet.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	return newDatabase(t, "")
}

func newDatabase(t testing.TB, from string) string {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	pool, err := keeper()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("sirocco_test_%s_%d", program, databaseSeq.Add(1))
	if err := insist(pool, "CREATE DATABASE "+name+from); err != nil {
		t.Fatalf("create a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := insist(pool, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return named(s, name)
}

// makeTemplate makes the template. Its name is this process's: no other program's migrations are in it. On a server that
// is not ours to litter, where it would stay, it is PostgreSQL's own and migrations run in each database.
func makeTemplate() (string, error) {
	if os.Getenv(serverVariable) != "" {
		return "template1", nil
	}
	s, err := server()
	if err != nil {
		return "", err
	}
	name := "sirocco_template_" + program
	if err := execute(s, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("create the template: %w", err)
	}
	st, err := store.OpenOrMake(context.Background(), named(s, name), store.Options{Timeout: Patience})
	if err != nil {
		return "", fmt.Errorf("migrate the template: %w", err)
	}
	return name, st.Close()
}

func connectKeeper() (*pgxpool.Pool, error) {
	s, err := server()
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(s)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = 2
	return pgxpool.NewWithConfig(context.Background(), cfg)
}

// execute runs one statement over a connection of its own.
func execute(databaseURL, statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return err
	}
	return errors.Join(insist(conn, statement), conn.Close(ctx))
}

// insist runs one statement. PostgreSQL waits five seconds until nobody is in a database that is copied or dropped, in which
// the sessions that left it may not have ended on a slow machine: then it is told again.
func insist(on interface {
	Exec(ctx context.Context, statement string, args ...any) (pgconn.CommandTag, error)
}, statement string,
) error {
	const inUse = "55006"
	for {
		_, err := on.Exec(context.Background(), statement)
		if refused, ok := errors.AsType[*pgconn.PgError](err); !ok || refused.Code != inUse {
			return err
		}
	}
}

// named is the URL of another database of the server.
func named(serverURL, database string) string {
	u, err := url.Parse(serverURL)
	if err != nil {
		return serverURL // pgx has connected to it
	}
	u.Path = "/" + database
	return u.String()
}
