package storetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Pooler starts PgBouncer in transaction mode before the server of a database, for as long as the test runs, and returns
// the URL of the database through it. Where there is no PgBouncer the test is skipped.
func Pooler(t testing.TB, databaseURL string) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil { // where Debian has it, which is not in everybody's path
		program, err = exec.LookPath("/usr/sbin/pgbouncer")
	}
	if err != nil {
		t.Skip("PgBouncer is not installed: apt-get install pgbouncer")
	}
	target, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := FreePort()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	settings := filepath.Join(dir, "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 200
default_pool_size = 10
`, target.Hostname(), target.Port(), target.User.Username(), port)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, settings)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() == 0 { // PgBouncer refuses to run as root
		if command.SysProcAttr.Credential, err = account("postgres"); err != nil {
			t.Fatal(err)
		}
		for d := dir; d != os.TempDir() && len(d) > 1; d = filepath.Dir(d) {
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(settings, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command.Dir = "/"
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	target.Host = fmt.Sprintf("127.0.0.1:%d", port)
	pooled := target.String()
	Until(t, "PgBouncer takes connections", func() bool {
		conn, err := pgx.Connect(context.Background(), pooled)
		if err != nil {
			return false
		}
		return conn.Close(context.Background()) == nil
	})
	return pooled
}
