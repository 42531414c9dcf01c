package console

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sirocco/hub"
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

// TestAStalledStreamCostsNothing reads the first of a live page that is another one each second, and no more: what was on its way is
// all that is made for it, and the stream ends.
func TestAStalledStreamCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made, asked atomic.Int64
		s := &server{Logger: slog.New(slog.DiscardHandler), Origin: func(*http.Request) string { return "http://console" }, base: "/console"}
		s.guard.ask = func(_ context.Context, hashes []string) (map[string]bool, error) {
			asked.Add(1)
			alive := map[string]bool{}
			for _, h := range hashes {
				alive[h] = true
			}
			return alive, nil
		}
		ended := make(chan error, 1)
		to, from := net.Pipe() // which keeps nothing that is not read
		listener := oneConnection{from, make(chan struct{}, 1)}
		listener.free <- struct{}{}
		web := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			v := &visit{Request: r, session: &hub.ConsoleSession{}}
			ended <- s.stream(w, v, "connections", "over", func(context.Context) (any, error) {
				return struct{ Base int64 }{made.Add(1)}, nil
			})
		})}
		defer func() { _ = web.Close() }()
		go func() { _ = web.Serve(listener) }()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://console/connections/live", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.AddCookie(&http.Cookie{Name: sessionCookie, Value: "a secret"})
		if err := request.Write(to); err != nil {
			t.Fatal(err)
		}
		if !reads(to, `href="1/sign-in"`) {
			t.Fatal("nothing came")
		}
		time.Sleep(100 * livePoll) // virtual
		if n := made.Load(); n > 2 {
			t.Errorf("it was made %d times for who read it once", n)
		}
		if n := asked.Load(); n > 6 {
			t.Errorf("whether who does not read is signed in was asked %d times", n)
		}
		select {
		case <-ended:
		default:
			t.Error("the stream goes on")
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
