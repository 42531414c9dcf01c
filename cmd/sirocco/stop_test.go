package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"sirocco/store/storetest"
)

// TestHangUp: the end of the terminal ends the process as SIGTERM does.
func TestHangUp(t *testing.T) {
	storetest.Long(t)
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("SIGHUP is ignored here, as nohup lets it be, and so it is by what is started from here")
	}
	n := startNode(t, storetest.SQLite(t))
	if err := n.command.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	<-n.ended
	if n.err != nil || !n.log.contains("msg=stopped") {
		t.Errorf("the process ended with %v", n.err)
	}
}

// TestStopLetsRequestsFinish asks the process to end while a request is half sent: the request still
// gets its answer, a new one is refused, and the process ends with status 0.
func TestStopLetsRequestsFinish(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	database := storetest.SQLite(t)
	_, token := tokenFor(t, database)
	n := startNode(t, database)
	address := strings.TrimPrefix(n.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	half := len(newConnection) / 2
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		connectionsPath, token, len(newConnection)); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q %v", line, err) // the server is inside the request now
	}
	if _, err := fmt.Fprint(conn, newConnection[:half]); err != nil {
		t.Fatal(err)
	}
	n.terminate()
	storetest.Until(t, "the log says that it stops", func() bool { return n.log.contains("msg=stopping") })
	storetest.Until(t, "new connections are refused", func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	if _, err := fmt.Fprint(conn, newConnection[half:]); err != nil {
		t.Fatal(err)
	}
	if _, err := answers.ReadString('\n'); err != nil { // the blank line after 100 Continue
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusCreated {
		t.Errorf("the request in flight got %s", answer.Status)
	}
	<-n.ended
	if n.err != nil {
		t.Errorf("the process ended with %v", n.err)
	}
}
