package wire

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestRevocationDuringALookUp forgets while a token is being looked up: the answer is not remembered.
func TestRevocationDuringALookUp(t *testing.T) {
	st := storetest.Open(t, storetest.SQLite(t), time.Now)
	_, text, err := st.CreateToken(t.Context(), storetest.Organization(t, st), store.NewToken{Name: "laptop"})
	if err != nil {
		t.Fatal(err)
	}
	var c *authenticator
	asked := 0
	c = newAuthenticator(st, func() time.Time {
		if asked++; asked == 2 { // the first is before the look-up, the second within
			c.forget(hub.Revocation{})
		}
		return time.Now()
	}, slog.New(slog.DiscardHandler))
	given := tokenGiven(t, text)
	for _, remembered := range []int{0, 1} {
		if _, err := c.authenticate(t.Context(), given); err != nil {
			t.Fatal(err)
		}
		if len(c.known) != remembered {
			t.Errorf("%d callers are remembered, want %d", len(c.known), remembered)
		}
	}
}

func tokenGiven(t *testing.T, text string) givenToken {
	t.Helper()
	hr := httptest.NewRequest(http.MethodGet, "/v1/x", nil)
	hr.Header.Set("Authorization", "Bearer "+text)
	given, err := tokenOf(hr, false)
	if err != nil {
		t.Fatal(err)
	}
	return given
}

// TestATokenThatCountsNoMoreIsAStrangers revokes a token over another node: once that is found out, whoever still sends it is a stranger,
// whose requests are limited by their address.
func TestATokenThatCountsNoMoreIsAStrangers(t *testing.T) {
	st := storetest.Open(t, storetest.SQLite(t), time.Now)
	organization := storetest.Organization(t, st)
	token, text, err := st.CreateToken(t.Context(), organization, store.NewToken{Name: "laptop"})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := newAuthenticator(st, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	given := tokenGiven(t, text)
	if _, err := c.authenticate(t.Context(), given); err != nil || !c.knows(given) {
		t.Fatalf("a token that counts: %v", err)
	}
	if _, err := st.RevokeToken(t.Context(), organization, token.ID); err != nil {
		t.Fatal(err)
	}
	now = now.Add(callerMemory)
	if _, err := c.authenticate(t.Context(), given); err == nil || c.knows(given) {
		t.Errorf("a token that was revoked: %v, known: %t", err, c.knows(given))
	}
}
