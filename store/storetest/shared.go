package storetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// All test programs of a user with one folder for temporary files share a PostgreSQL server. Who comes first starts
// itself again as the server's keeper, which outlives it, and ends the server when nobody has used it for a while. The
// files in the shared folder:
//
//	users   locked, together with others, by each program as long as it lives; alone, by the keeper that ends
//	start   locked by the one program that looks for the server or starts it
//	keeper  locked by the keeper as long as it lives
//	url     where the server is, once it takes connections
//	log     what the keeper had to say
//
// The kernel lets go of a lock when its holder dies, however it dies, so no killed run leaves anything to be tidied up;
// and the server dies with its keeper.
const (
	// serverVariable names a running PostgreSQL server for tests (a URL to a database whose user may create others).
	serverVariable = "SIROCCO_TEST_POSTGRES"
	// keeperVariable names the shared folder to a program that is to be the keeper.
	keeperVariable = "SIROCCO_TEST_KEEPER"
	// keeperPatience is how long a server without users is kept.
	keeperPatience = 20 * time.Second
)

// held has this program's lock on users: what can be reached is not collected, and its lock not let go.
var held []*os.File

func init() {
	if folder := os.Getenv(keeperVariable); folder != "" {
		if err := keep(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// sharedServer returns the URL of the server that the environment names, or of the shared one.
func sharedServer() (string, error) {
	if url := os.Getenv(serverVariable); url != "" {
		return url, nil
	}
	folder := filepath.Join(os.TempDir(), "sirocco-postgres-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	users, err := lock(folder, "users", syscall.LOCK_SH)
	if err != nil {
		return "", err
	}
	held = append(held, users)
	starting, err := lock(folder, "start", syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer func() { _ = starting.Close() }()
	file := filepath.Join(folder, "url")
	ended := make(chan struct{})
	if kept, err := lock(folder, "keeper", syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		_ = os.Remove(file) // a killed keeper's
		_ = kept.Close()
		if err := startKeeper(folder, ended); err != nil {
			return "", err
		}
	}
	for {
		if url, err := os.ReadFile(file); err == nil {
			return string(url), nil
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(filepath.Join(folder, "log"))
			return "", fmt.Errorf("the shared PostgreSQL server did not start: %s", text)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// startKeeper starts this program once more, out of reach of what ends this one, and closes ended when it has ended.
func startKeeper(folder string, ended chan<- struct{}) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	keeper := exec.Command(self)
	keeper.Env = append(os.Environ(), keeperVariable+"="+folder)
	keeper.Dir, keeper.Stdout, keeper.Stderr = "/", log, log
	keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := keeper.Start(); err != nil {
		return err
	}
	go func() {
		_ = keeper.Wait() // its log says why
		close(ended)
	}()
	return nil
}

// keep runs a server in the folder until nobody uses it.
func keep(folder string) error {
	runtime.LockOSThread() // the server dies with the thread that started it
	alone, err := lock(folder, "keeper", syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return fmt.Errorf("another keeper is there: %w", err)
	}
	defer func() { _ = alone.Close() }()
	old, err := filepath.Glob(filepath.Join(folder, "server-*"))
	if err != nil {
		return err
	}
	for _, dir := range old { // a killed keeper's
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp(folder, "server-")
	if err != nil {
		return err
	}
	s, err := startServer(dir, "fsync=off", "full_page_writes=off", "max_connections=800", "wal_level=minimal", "max_wal_senders=0")
	if err != nil {
		return err
	}
	file := filepath.Join(folder, "url")
	if err := errors.Join(os.WriteFile(file+".new", []byte(s.URL()), 0o600), os.Rename(file+".new", file)); err != nil {
		return errors.Join(err, s.Kill())
	}
	var users *os.File
	for unused := time.Duration(0); unused < keeperPatience; unused += time.Second {
		select {
		case <-s.ended:
			return errors.New("the server has ended by itself: " + strings.TrimSpace(tail(s.dir+".log")))
		case <-time.After(time.Second):
		}
		if users, err = lock(folder, "users", syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			unused = 0
		} else if unused+time.Second < keeperPatience {
			_ = users.Close()
		}
	}
	defer func() { _ = users.Close() }() // who comes now waits until all is gone
	return errors.Join(os.Remove(file), s.Kill(), os.RemoveAll(dir))
}

// lock opens and locks a file of the folder. Closing it lets go.
func lock(folder, name string, how int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(folder, name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// tail is the end of a file.
func tail(file string) string {
	text, _ := os.ReadFile(file)
	return string(text[max(0, len(text)-2000):])
}
