package wire

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowBodies lets bodies arrive as slowly as they may, and more slowly, in virtual time.
func TestSlowBodies(t *testing.T) {
	for name, of := range map[string]struct {
		pieces, bytes int
		pause         time.Duration
		want          string
	}{
		"steady at 16 KiB a second for a minute": {60, 16 << 10, time.Second, "983040 bytes"},
		"nothing for 9 seconds, again and again": {12, 80 << 10, 9 * time.Second, "983040 bytes"},
		"stands still for 11 seconds":            {3, 400 << 10, 11 * time.Second, "timeout"},
		"a byte a second":                        {60, 1, time.Second, "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, served := net.Pipe()
				answers := make(chan string, 1)
				server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
					bodies := newBodyBudget()
					body, release, err := bodies.receive(w, hr, "o", 2<<20)
					release()
					switch {
					case err != nil && isTimeout(err):
						answers <- "timeout"
					case err != nil:
						answers <- err.Error()
					case len(bodies.held) > 1 || bodies.held[""] != 0:
						answers <- fmt.Sprint("holds ", bodies.held)
					default:
						answers <- fmt.Sprint(len(body), " bytes")
					}
				})}
				listener := &oneConn{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
				listener.conn <- served
				go func() { _ = server.Serve(listener) }()
				go func() { _, _ = io.Copy(io.Discard, client) }()
				go func() {
					fmt.Fprintf(client, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", of.pieces*of.bytes)
					for range of.pieces {
						time.Sleep(of.pause) // virtual: it is what the test is about
						if _, err := client.Write(make([]byte, of.bytes)); err != nil {
							return
						}
					}
				}()
				if got := <-answers; got != of.want {
					t.Errorf("got %s, want %s", got, of.want)
				}
				_ = client.Close()
				_ = server.Close()
				time.Sleep(time.Minute) // virtual: until all have noticed
			})
		})
	}
}

// oneConn is a listener of one connection.
type oneConn struct {
	conn   chan net.Conn
	closed chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *oneConn) Close() error {
	close(l.closed)
	return nil
}

func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }
