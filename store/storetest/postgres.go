package storetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// serverVariable names a running PostgreSQL server for tests (a URL to a database whose user may create
// others). Without it each test program starts a server of its own.
const serverVariable = "SIROCCO_TEST_POSTGRES"

var (
	shared      = sync.OnceValues(sharedServer)
	databaseSeq atomic.Int64
)

// Postgres returns the URL of a new database on a PostgreSQL server. A machine without one fails the test.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return newDatabase(t, server)
}

func newDatabase(t testing.TB, server string) string {
	t.Helper()
	ctx := context.Background()
	name := fmt.Sprintf("sirocco_test_%d_%d", os.Getpid(), databaseSeq.Add(1))
	do := func(statement string) error {
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, statement)
		return errors.Join(err, conn.Close(ctx))
	}
	if err := do("CREATE DATABASE " + name); err != nil {
		t.Fatalf("create a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := do("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// sharedServer is the server that the environment names, or one started for this test program. The latter
// ends with the program: its parent-death signal sees to that.
func sharedServer() (string, error) {
	if server := os.Getenv(serverVariable); server != "" {
		return server, nil
	}
	dir, err := os.MkdirTemp("", "sirocco-postgres-")
	if err != nil {
		return "", err
	}
	s, err := startServer(dir, "fsync=off")
	if err != nil {
		return "", err
	}
	return s.URL(), nil
}

// Server is a PostgreSQL server of a test's own, to stop and start.
type Server struct {
	dir, bin string
	port     int
	settings []string
	command  *exec.Cmd
	account  *syscall.Credential
}

// StartServer starts a server that ends with the test.
func StartServer(t testing.TB) *Server {
	t.Helper()
	s, err := startServer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(t) })
	return s
}

// Launch is StartServer for a program that is no test: the data go into dir, and Kill ends it.
func Launch(dir string) (*Server, error) { return startServer(dir) }

// URL is the server's own database.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://sirocco@127.0.0.1:%d/postgres?sslmode=disable", s.port)
}

// Database makes a database on the server.
func (s *Server) Database(t testing.TB) string { return newDatabaseOnOwn(t, s.URL()) }

// Stop ends the server at once, cutting its connections.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.Kill(); err != nil {
		t.Error(err)
	}
}

// Kill is Stop for a program that is no test.
func (s *Server) Kill() error {
	if s.command == nil {
		return nil
	}
	err := s.command.Process.Signal(syscall.SIGQUIT)
	_ = s.command.Wait() // its status is that of the signal
	s.command = nil
	return err
}

// Start starts the stopped server on the same port and data.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

func newDatabaseOnOwn(t testing.TB, server string) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("own_%d", databaseSeq.Add(1))
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(ctx); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(server, "/postgres?", "/"+name+"?", 1)
}

func startServer(dir string, settings ...string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{dir: filepath.Join(dir, "data"), bin: bin, settings: settings}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		if s.account, err = account("postgres"); err != nil {
			return nil, err
		}
		for d := dir; d != os.TempDir() && len(d) > 1; d = filepath.Dir(d) { // the account must reach the folder
			if err := os.Chmod(d, 0o755); err != nil {
				return nil, err
			}
		}
		if err := os.Chown(dir, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := s.run("initdb", "--pgdata", s.dir, "--auth", "trust", "--username", "sirocco", "--no-sync", "--encoding", "UTF8",
		"--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US") // whose order of texts is not that of their bytes, as on most servers
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.start()
}

func (s *Server) start() error {
	args := []string{"-D", s.dir, "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.command = s.run("postgres", args...)
	log, err := os.OpenFile(s.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	s.command.Stdout, s.command.Stderr = log, log
	if err := s.command.Start(); err != nil {
		return err
	}
	isready := exec.Command(filepath.Join(s.bin, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", strconv.Itoa(s.port))
	for range 600 {
		again := *isready
		if again.Run() == nil {
			return nil
		}
		_ = exec.Command("sleep", "0.05").Run()
	}
	text, _ := os.ReadFile(s.dir + ".log")
	return fmt.Errorf("PostgreSQL did not start:\n%s", text)
}

func (s *Server) run(program string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, program), args...)
	c.Dir = "/"
	c.SysProcAttr = &syscall.SysProcAttr{Credential: s.account, Pdeathsig: syscall.SIGQUIT}
	return c
}

// programs finds the folder of the newest PostgreSQL of 15 or later.
func programs() (string, error) {
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/postgres", "/usr/pgsql-*/bin/postgres", "/opt/homebrew/opt/postgresql@*/bin/postgres"} {
		matches, _ := filepath.Glob(pattern)
		found = append(found, matches...)
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return "", errors.New("the tests need PostgreSQL 15 or later: apt-get install postgresql, or name a running server in " + serverVariable)
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}

func account(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL refuses to run as root, and there is no other account for it: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}
