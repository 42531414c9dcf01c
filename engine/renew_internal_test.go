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

// rotating is a connector whose refresh tokens are good once each: one that is used again ends them all.
type rotating struct {
	vendor
	good int
}

func (r *rotating) Renews(*connector.Session) bool { return true }

func (r *rotating) Authorize(_ context.Context, s *connector.Session) (connector.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.Values["refresh"] != fmt.Sprint(r.good) {
		return connector.Token{}, connector.Fail(connector.Unauthorized, "Vendor", "the refresh token is not accepted")
	}
	r.good++
	r.asked++
	return connector.Token{Value: fmt.Sprintf("token %d", r.asked), Expires: time.Now().Add(r.life), Replace: map[string]string{"refresh": fmt.Sprint(r.good)}}, nil
}

func (r *rotating) Info() hub.PlatformInfo {
	info := r.vendor.Info()
	info.Credentials = []hub.CredentialField{{Name: "refresh", Doc: "A refresh token.", Required: true, Secret: true}}
	return info
}

// TestRefreshTokensAreUsedOnce lets many jobs of two nodes sign in again and again, where each refresh token is good once.
func TestRefreshTokensAreUsedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		v := &rotating{life: time.Hour, good: 1}
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
		if err := st.PutCredentials(t.Context(), org, conn.ID, map[string]string{"refresh": "1"}); err != nil {
			t.Fatal(err)
		}
		for round := range 3 {
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					s, err := nodes[i%2].openSession(t.Context(), v, conn)
					if err != nil || s.Token != fmt.Sprintf("token %d", round+1) {
						t.Errorf("round %d: %v", round, err)
					}
				})
			}
			all.Wait()
			creds, err := st.Credentials(t.Context(), org, conn.ID)
			if err != nil || creds.Values["refresh"] != fmt.Sprint(round+2) {
				t.Errorf("round %d: kept is %v, %v", round, creds.Values, err)
			}
			if err := st.DropToken(t.Context(), org, conn.ID, creds.UpdatedAt); err != nil {
				t.Fatal(err)
			}
		}
		// A node that holds the one before, as its claim had ended, looks what another one keeps before it believes a refusal.
		creds, err := st.Credentials(t.Context(), org, conn.ID)
		if err != nil {
			t.Fatal(err)
		}
		s := nodes[1].newSession(v.Info(), "", map[string]string{"refresh": "3"})
		s.credentialsSetAt = creds.UpdatedAt
		if err := nodes[1].fetchToken(t.Context(), v, conn, s); err != nil || s.Token != "token 4" {
			t.Errorf("after another node's renewal: %q %v", s.Token, err)
		}
	})
}
