package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server of a test's own, to stop and start.
type Server struct {
	dir, bin string
	port     int
	settings []string
	process  *os.Process
	ended    chan struct{} // closed when the process has ended
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
	return fmt.Sprintf("postgres://sirocco@127.0.0.1:%d/postgres?sslmode=disable&connect_timeout=600", s.port) // as long as a slow machine may take
}

// Database makes an empty database on the server.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("own_%d", databaseSeq.Add(1))
	if err := execute(s.URL(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return named(s.URL(), name)
}

// Stop ends the server at once, cutting its connections.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.Kill(); err != nil {
		t.Error(err)
	}
}

// Kill is Stop for a program that is no test.
func (s *Server) Kill() error {
	if s.process == nil {
		return nil
	}
	err := s.process.Signal(syscall.SIGQUIT)
	<-s.ended
	s.process = nil
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// Start starts the stopped server on the same port and data.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
}

func startServer(dir string, settings ...string) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	s := &Server{dir: filepath.Join(dir, "data"), bin: bin, settings: settings}
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
	for range 20 {
		if s.port, err = FreePort(); err != nil {
			return nil, err
		}
		if err = s.start(); err == nil {
			return s, nil
		}
		if log, _ := os.ReadFile(s.dir + ".log"); !bytes.Contains(log, []byte("in use")) { // another has taken the port meanwhile
			return nil, err
		}
	}
	return nil, err
}

// start returns when the server takes connections, or has ended.
func (s *Server) start() error {
	args := []string{"-D", s.dir, "-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	command := s.run("postgres", args...)
	log, err := os.OpenFile(s.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	s.process, s.ended = command.Process, ended
	go func() {
		_ = command.Wait() // its status is that of the signal that ended it
		close(ended)
	}()
	for {
		conn, err := pgx.Connect(context.Background(), s.URL())
		if err == nil {
			return conn.Close(context.Background())
		}
		select {
		case <-ended:
			s.process = nil
			text, _ := os.ReadFile(s.dir + ".log")
			return fmt.Errorf("PostgreSQL did not start:\n%s", text)
		case <-time.After(20 * time.Millisecond):
		}
	}
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

// FreePort returns a port of 127.0.0.1 on which nobody listens. It is below those that systems give to connections that go out and to who
// asks for any, so that nothing but another look for a free port takes it before it is used.
func FreePort() (int, error) {
	var err error
	for range 100 {
		port := 15000 + rand.IntN(17000)
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, err
}
