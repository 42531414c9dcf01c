package wire

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestUnreadBodies refuses requests before their bodies are read, in virtual time: what is there is read, and the connection
// goes on; what is not is not waited for, and the connection ends with the answer.
func TestUnreadBodies(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: h\r\n"
	for name, of := range map[string]struct {
		head string
		// pieces of the body are sent one after another, with pause before each.
		pieces []string
		pause  time.Duration
		within time.Duration
		closes bool
	}{
		"all of it is there":       {post + "Content-Length: 5\r\n\r\n12345", nil, 0, 0, false},
		"all of it comes at once":  {post + "Content-Length: 5\r\n\r\n", []string{"123", "45"}, 20 * time.Millisecond, 40 * time.Millisecond, false},
		"in chunks that are there": {post + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", nil, 0, 0, false},
		"it stands still":          {post + "Content-Length: 100\r\n\r\n1", nil, 0, unreadWait, true},
		"a chunk stands still":     {post + "Transfer-Encoding: chunked\r\n\r\n9\r\nab", nil, 0, unreadWait, true},
		"a byte now and then":      {post + "Content-Length: 100\r\n\r\n", []string{"1", "2", "3", "4", "5", "6"}, 30 * time.Millisecond, unreadWait, true},
		"it is asked for first":    {post + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n", nil, 0, 0, true},
		"it is large":              {post + "Content-Length: 5000000\r\n\r\n1", nil, 0, 0, true},
		"there is none":            {post + "Content-Length: 0\r\n\r\n", nil, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, served := net.Pipe()
				server := &http.Server{ReadTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
					aw := &answerWriter{ResponseWriter: w}
					aw.watchBody(hr)
					WriteError(aw, refusal(http.StatusUnauthorized, "Who are you?"))
				})}
				listener := &oneConn{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
				listener.conn <- served
				go func() { _ = server.Serve(listener) }()
				began := time.Now()
				go func() {
					_, _ = io.WriteString(client, of.head) // the server may be done with it
					for _, piece := range of.pieces {
						time.Sleep(of.pause) // virtual: it is what the test is about
						_, _ = io.WriteString(client, piece)
					}
				}()
				in := bufio.NewReader(client)
				answer, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(answer.Body)
				if err != nil || answer.StatusCode != http.StatusUnauthorized || !strings.Contains(string(text), "Who are you?") {
					t.Errorf("answered %s, %s, %v", answer.Status, text, err)
				}
				if took := time.Since(began); took != of.within {
					t.Errorf("answered after %s, want %s", took, of.within)
				}
				if answer.Close != of.closes {
					t.Errorf("the answer says that the connection closes: %t, want %t", answer.Close, of.closes)
				}
				if of.closes {
					if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
						t.Errorf("then came %q, %v", rest, err)
					}
					if took := time.Since(began); took > 5*time.Second {
						t.Errorf("the connection was held for %s", took)
					}
				} else {
					go func() { _, _ = fmt.Fprint(client, "GET /again HTTP/1.1\r\nHost: h\r\n\r\n") }()
					if again, err := http.ReadResponse(in, nil); err != nil || again.StatusCode != http.StatusUnauthorized {
						t.Errorf("the connection does not go on: %v", err)
					}
				}
				_ = client.Close()
				_ = server.Close()
				time.Sleep(time.Minute) // virtual: until all have noticed
			})
		})
	}
}
