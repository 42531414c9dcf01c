package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"sirocco/database"
	"sirocco/store"
	"sirocco/store/storetest"
)

// The subjects of the main tables.
const (
	overMemory    = "memory"
	overSQLite    = "sqlite"
	aloneSQLite   = "sqlite-alone"
	overPostgres  = "postgres"
	alonePostgres = "postgres-alone"
)

var subjectNames = []string{overMemory, overSQLite, aloneSQLite, overPostgres, alonePostgres}

// rowsInMain is how many connections the one organization of the main tables has.
const rowsInMain = 10_000

// bench is a run: what it has started, to end it again.
type bench struct {
	options
	dir      string
	binary   string
	postgres string // the server's own database
	seq      int
	closers  []func() error
}

func newBench(ctx context.Context, o options) (*bench, error) {
	dir, err := os.MkdirTemp("", "sirocco-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, dir: dir, binary: filepath.Join(dir, "sirocco"), postgres: o.postgres}
	b.later(func() error { return os.RemoveAll(dir) })
	if o.postgres == "" {
		folder := filepath.Join(dir, "postgres")
		if err := os.Mkdir(folder, 0o755); err != nil {
			return nil, errors.Join(err, b.close())
		}
		server, err := storetest.Launch(folder)
		if err != nil {
			return nil, errors.Join(err, b.close())
		}
		b.later(server.Kill)
		b.postgres = server.URL()
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", b.binary, "sirocco/cmd/sirocco")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return nil, errors.Join(fmt.Errorf("build the server: %w", err), b.close())
	}
	return b, nil
}

// later does something at the end of the run, before what was put off earlier.
func (b *bench) later(do func() error) { b.closers = append(b.closers, do) }

func (b *bench) close() error {
	var all []error
	for _, do := range slices.Backward(b.closers) {
		all = append(all, do())
	}
	b.closers = nil
	return errors.Join(all...)
}

func (b *bench) newSQLite() string {
	b.seq++
	return "sqlite:" + filepath.Join(b.dir, fmt.Sprintf("bench%d.db", b.seq))
}

func (b *bench) newPostgres(ctx context.Context) (string, error) {
	b.seq++
	name := fmt.Sprintf("sirocco_bench_%d_%d", os.Getpid(), b.seq)
	do := func(ctx context.Context, statement string) error {
		conn, err := pgx.Connect(ctx, b.postgres)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, statement)
		return errors.Join(err, conn.Close(ctx))
	}
	if err := do(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	b.later(func() error { return do(context.WithoutCancel(ctx), "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(b.postgres)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// serve starts the real program on a database, or, for a profile or for memory, the benchmark's own server.
func (b *bench) serve(ctx context.Context, database string, memory bool) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	command := exec.Command(b.binary, "serve", "--listen", address, "--database", database, "--rate-limit", "0")
	if memory || b.profile != "" {
		config, err := json.Marshal(childConfig{Listen: address, Database: database, Memory: memory, Profile: b.profile})
		if err != nil {
			return nil, err
		}
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		command = exec.Command(self)
		command.Env = append(os.Environ(), childVariable+"="+string(config))
	}
	p, err := start(ctx, command, address)
	if err != nil {
		return nil, err
	}
	b.later(p.stop)
	return p, nil
}

// served is a subject that answers over sockets.
func (b *bench) served(ctx context.Context, name, database string, targets []target) (subject, *process, error) {
	p, err := b.serve(ctx, database, name == overMemory)
	if err != nil {
		return subject{}, nil, err
	}
	return subject{
		name:   name,
		worker: func(op operation, n int) (worker, error) { return dial(p.address, op, targets, n) },
		cpu:    p.cpu,
		began:  func() error { return b.tellProfile(p) },
	}, p, nil
}

// tellProfile lets a profile begin once the warm-up is over.
func (b *bench) tellProfile(p *process) error {
	if b.profile == "" {
		return nil
	}
	return p.command.Process.Signal(syscall.SIGUSR1)
}

// newSubject makes one of the subjects of the main tables, with a database of its own.
func (b *bench) newSubject(ctx context.Context, name string) (subject, error) {
	database := b.newSQLite()
	if name == overPostgres || name == alonePostgres {
		var err error
		if database, err = b.newPostgres(ctx); err != nil {
			return subject{}, err
		}
	}
	targets, err := seed(ctx, database, 1, rowsInMain)
	if err != nil {
		return subject{}, err
	}
	switch name {
	case aloneSQLite:
		st, err := store.OpenOrMake(ctx, database, store.Options{})
		if err != nil {
			return subject{}, err
		}
		b.later(st.Close)
		return subject{name: name, worker: bareSQLite(ctx, st, targets), cpu: ownCPU}, nil
	case alonePostgres:
		pool, err := newPool(ctx, database)
		if err != nil {
			return subject{}, err
		}
		b.later(func() error { pool.Close(); return nil })
		return subject{name: name, worker: barePostgres(ctx, pool, targets), cpu: ownCPU}, nil
	}
	s, _, err := b.served(ctx, name, database, targets)
	return s, err
}

// newPool is a pool as large as the server's.
func newPool(ctx context.Context, url string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = database.DefaultPostgresConnections
	return pgxpool.NewWithConfig(ctx, cfg)
}
