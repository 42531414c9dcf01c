package main

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// refused wants a 503 that says when to come back, and a body without inner details.
func refused(t *testing.T, r reply, err error) {
	t.Helper()
	if err != nil || r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
		t.Errorf("want 503 with Retry-After, got %v %d %v %s", err, r.status, r.header, r.body)
	}
	if strings.Contains(string(r.body), "dial") || strings.Contains(string(r.body), "SQLITE") {
		t.Errorf("the answer shows the inside: %s", r.body)
	}
}

// awaitUnready waits until the node says that it is not ready: what it found a moment ago it may say once more.
func awaitUnready(t *testing.T, n *process) {
	t.Helper()
	var r reply
	var err error
	storetest.Until(t, n.url+" is not ready", func() bool {
		r, err = call(http.DefaultClient, "GET", n.url+"/readyz", "", "", nil)
		return err != nil || r.status != http.StatusOK
	})
	refused(t, r, err)
}

// TestPostgresOutage stops PostgreSQL under a running server and starts it again.
func TestPostgresOutage(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	server := storetest.StartServer(t)
	database := server.Database(t)
	_, token := tokenFor(t, database)
	n := startNode(t, database)
	var c connectionBody
	if r, err := call(http.DefaultClient, "POST", n.url+connectionsPath, token, newConnection, &c); err != nil || r.status != 201 {
		t.Fatalf("create: %v %d %s", err, r.status, r.body)
	}
	patch := func() (reply, error) {
		return call(http.DefaultClient, "PATCH", n.url+connectionsPath+"/"+c.ID, token, `{"name":"x"}`, nil)
	}
	for range 2 {
		server.Stop(t)
		r, err := patch()
		refused(t, r, err)
		r, err = call(http.DefaultClient, "GET", n.url+connectionsPath+"/"+c.ID, token, "", nil)
		refused(t, r, err)
		awaitUnready(t, n)
		if r, err := call(http.DefaultClient, "GET", n.url+"/healthz", "", "", nil); err != nil || r.status != 200 {
			t.Errorf("healthz: %v %d", err, r.status)
		}
		server.Start(t)
		n.awaitReady()
		if r, err := patch(); err != nil || r.status != 200 {
			t.Errorf("after the outage: %v %d %s", err, r.status, r.body)
		}
	}
}

// TestPooledPostgres runs a server and a command beside it through PgBouncer in transaction mode.
func TestPooledPostgres(t *testing.T) {
	t.Parallel()
	storetest.Needs(t, "postgres")
	database := storetest.Pooler(t, storetest.EmptyPostgres(t))
	_, token := tokenFor(t, database)
	n := startNode(t, database)
	var c connectionBody
	if r, err := call(http.DefaultClient, "POST", n.url+connectionsPath, token, newConnection, &c); err != nil || r.status != 201 {
		t.Fatalf("create: %v %d %s", err, r.status, r.body)
	}
	tokenFor(t, database) // as a command would beside the server
	if r, err := call(http.DefaultClient, "PATCH", n.url+connectionsPath+"/"+c.ID, token, `{"name":"x"}`, nil); err != nil || r.status != 200 {
		t.Errorf("change: %v %d %s", err, r.status, r.body)
	}
}

// TestFullSQLite lets the database not grow any more: writes are refused, reads go on, /readyz says so. When
// another process frees room, the server goes on by itself.
func TestFullSQLite(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	storetest.Needs(t, "sqlite")
	file := strings.TrimPrefix(storetest.SQLite(t), "sqlite:")
	organization, token := tokenFor(t, "sqlite:"+file)
	db := storetest.OtherProgram(t, file)
	ctx := context.Background()
	for _, statement := range []string{`CREATE TABLE ballast (b BLOB)`, `INSERT INTO ballast VALUES (zeroblob(1000000))`} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	const most = "600" // pages of 4 KiB, more than the tables and the ballast need
	n := startNode(t, "sqlite:"+file+"?_pragma=max_page_count("+most+")")
	var c connectionBody
	if r, err := call(http.DefaultClient, "POST", n.url+connectionsPath, token, newConnection, &c); err != nil || r.status != 201 {
		t.Fatalf("create: %v %d %s", err, r.status, r.body)
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO ballast VALUES (zeroblob(4000000))`); err != nil {
		t.Fatal(err)
	}
	grow := func() (reply, error) {
		return call(http.DefaultClient, "POST", n.url+"/v1/core/auth/tokens", token, `{"organizationId":"`+organization+`","tokenName":"`+strings.Repeat("n", 256)+`"}`, nil)
	}
	for range 1000 { // until the pages that are there are full
		if r, err := grow(); err != nil || r.status != 200 {
			refused(t, r, err)
			break
		}
	}
	r, err := grow()
	refused(t, r, err)
	awaitUnready(t, n)
	if r, err := call(http.DefaultClient, "GET", n.url+connectionsPath+"/"+c.ID, token, "", nil); err != nil || r.status != 200 {
		t.Errorf("a read of a full database: %v %d %s", err, r.status, r.body)
	}
	if _, err := db.ExecContext(ctx, `DELETE FROM ballast`); err != nil {
		t.Fatal(err)
	}
	n.awaitReady()
	if r, err := grow(); err != nil || r.status != 200 {
		t.Errorf("with room again: %v %d %s", err, r.status, r.body)
	}
}

// TestLockedSQLite holds the file's write lock from outside: writes are refused until it is let go.
func TestLockedSQLite(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	storetest.Needs(t, "sqlite")
	database := storetest.SQLite(t)
	_, token := tokenFor(t, database)
	n := startNode(t, database, "--database-timeout", "1s")
	ctx := context.Background()
	conn, err := storetest.OtherProgram(t, strings.TrimPrefix(database, "sqlite:")).Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, `BEGIN IMMEDIATE`); err != nil {
		t.Fatal(err)
	}
	r, err := call(http.DefaultClient, "POST", n.url+connectionsPath, token, newConnection, nil)
	refused(t, r, err)
	awaitUnready(t, n)
	if _, err := conn.ExecContext(ctx, `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	n.awaitReady()
	if r, err := call(http.DefaultClient, "POST", n.url+connectionsPath, token, newConnection, nil); err != nil || r.status != 201 {
		t.Errorf("after the lock: %v %d %s", err, r.status, r.body)
	}
}
