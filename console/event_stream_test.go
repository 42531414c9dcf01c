package console

import (
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestAQuietStreamIsWhole sends an event, and for longer than a browser may stall nothing else: what is sent then comes, and so
// does the end.
func TestAQuietStreamIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to, from := net.Pipe()
		listener := oneConnection{from, make(chan struct{}, 1)}
		listener.free <- struct{}{}
		server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			events := openEvents(w)
			defer events.close()
			for range 2 {
				if err := events.send([]byte("data: \n\n")); err != nil {
					t.Error(err)
				}
				select {
				case <-time.After(2 * liveStall): // virtual
				case <-r.Context().Done():
				}
			}
		})}
		defer func() { _ = server.Close() }()
		go func() { _ = server.Serve(listener) }()
		client := http.Client{Transport: &http.Transport{Dial: func(string, string) (net.Conn, error) { return to, nil }, DisableKeepAlives: true}}
		answer, err := client.Get("http://console/live")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if all, err := io.ReadAll(answer.Body); err != nil || string(all) != "data: \n\ndata: \n\n" {
			t.Errorf("%q, %v", all, err)
		}
	})
}

// oneConnection is a listener that has one connection.
type oneConnection struct {
	net.Conn
	free chan struct{}
}

func (l oneConnection) Accept() (net.Conn, error) {
	if _, ok := <-l.free; !ok {
		return nil, net.ErrClosed
	}
	return l.Conn, nil
}

func (l oneConnection) Close() error {
	close(l.free)
	return nil
}

func (l oneConnection) Addr() net.Addr { return l.LocalAddr() }
