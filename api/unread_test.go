package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"sirocco/store/storetest"
)

// TestRefusedBeforeItsBody sends a part of a body and no more, with requests that are refused whatever it is: each is
// answered, and its connection ends; one whose body is there goes on.
func TestRefusedBeforeItsBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLite(t))
	token := w.tenant("Acme").token.token
	// ask sends a request of which so many bytes of 100 come, and returns the answer and what follows it.
	ask := func(method, path, headers string, bytes int) (*http.Response, *bufio.Reader, net.Conn) {
		t.Helper()
		c, err := net.Dial("tcp", w.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: 100\r\n%s\r\n%0*d", method, path, headers, bytes, 0)
		in := bufio.NewReader(c)
		answer, err := http.ReadResponse(in, nil) // without the mend it never comes
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer, in, c
	}
	known := "Authorization: Bearer " + token + "\r\n"
	for name, of := range map[string]struct {
		method, path, headers string
		status                int
	}{
		"a token that is none":        {"POST", connections, "Authorization: Bearer sirocco_none\r\n", 401},
		"no token":                    {"PUT", records + "/sync/engagements", "", 401},
		"a path that is none":         {"POST", "/v1/nothing", known, 404},
		"a path outside":              {"POST", "/nothing", "", 404},
		"a method that is none":       {"DELETE", connections, known, 405},
		"an inbound address":          {"POST", "/inbound/01a20d93-18da-7722-934a-80bcd74300ab", "", 401},
		"a signed URL that is none":   {"PUT", "/audio/x?signature=y", "", 404},
		"a query that cannot be read": {"POST", connections + "?a=%zz", known, 400},
		"another surface's token":     {"POST", recordings + "/upload", known, 401},
		"a body that nobody reads":    {"GET", connections, known, 200},
		"a body that is asked for":    {"POST", connections, "Expect: 100-continue\r\n", 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the server waits a while before it closes
			answer, rest, _ := ask(of.method, of.path, of.headers, 1)
			if answer.StatusCode != of.status || !answer.Close {
				t.Errorf("answered %d, closing %t; want %d and closing", answer.StatusCode, answer.Close, of.status)
			}
			if more, err := io.ReadAll(rest); err != nil || len(more) > 0 {
				t.Errorf("then came %q, %v", more, err)
			}
		})
	}
	answer, rest, c := ask("POST", connections, "", 100)
	if answer.StatusCode != http.StatusUnauthorized || answer.Close {
		t.Errorf("a whole body: answered %d, closing %t", answer.StatusCode, answer.Close)
	}
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: hub\r\n%s\r\n", connections, known)
	if again, err := http.ReadResponse(rest, nil); err != nil || again.StatusCode != http.StatusOK {
		t.Errorf("the connection does not go on: %v", err)
	}
}
