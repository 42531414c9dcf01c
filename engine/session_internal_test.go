package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// vendor is a connector whose tokens are numbered.
type vendor struct {
	connector.Connector
	mu    sync.Mutex
	asked int
	// life is how long a token lives; refuse is how many of the next requests for one fail.
	life   time.Duration
	refuse int
}

func (v *vendor) Info() hub.PlatformInfo {
	return hub.PlatformInfo{Platform: hub.PlatformServiceTitan, Name: "Vendor", Models: []hub.ModelInfo{{Model: hub.ModelAccount}}}
}

func (v *vendor) Authorize(context.Context, *connector.Session) (connector.Token, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	if v.refuse > 0 {
		v.refuse--
		return connector.Token{}, connector.Fail(connector.Temporary, "Vendor", "it is down")
	}
	return connector.Token{Value: fmt.Sprintf("token %d", v.asked), Expires: time.Now().Add(v.life)}, nil
}

// TestOneNodeAsksForAToken lets many jobs of two nodes want an access token at once.
func TestOneNodeAsksForAToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		v := &vendor{life: time.Hour}
		keys := storetest.Keys(t)
		var nodes []*Engine
		for range 2 {
			st := storetest.OpenWith(t, url, store.Options{Keys: keys})
			node, err := New(Config{Store: st, Connectors: map[hub.Platform]connector.Connector{hub.PlatformServiceTitan: v}, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			nodes = append(nodes, node)
		}
		st := nodes[0].Store
		org := storetest.Organization(t, st)
		conn := storetest.Connection(t, st, org, hub.PlatformServiceTitan, hub.ModelAccount)
		if err := st.PutCredentials(t.Context(), org, conn.ID, map[string]string{}); err != nil {
			t.Fatal(err)
		}
		open := func() (tokens map[string]int, failures int) {
			tokens = map[string]int{}
			var mu sync.Mutex
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					s, err := nodes[i%2].openSession(t.Context(), v, conn)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						tokens[s.Token]++
					case connector.IsKind(err, connector.Temporary):
						failures++
					default:
						t.Error(err)
					}
				})
			}
			all.Wait()
			return tokens, failures
		}

		if tokens, failures := open(); tokens["token 1"] != 16 || failures != 0 || v.asked != 1 {
			t.Errorf("the first: asked %d times, %v, %d failures", v.asked, tokens, failures)
		}
		// The token ends, and the vendor is down for the first that asks: another one asks again.
		creds, err := st.Credentials(t.Context(), org, conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.PutToken(t.Context(), org, conn.ID, creds.UpdatedAt, "ended", time.Now()); err != nil {
			t.Fatal(err)
		}
		v.refuse = 1
		if tokens, failures := open(); tokens["token 3"] != 15 || failures != 1 || v.asked != 3 {
			t.Errorf("after a failure: asked %d times, %v, %d failures", v.asked, tokens, failures)
		}
	})
}
