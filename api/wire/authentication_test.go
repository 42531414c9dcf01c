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
	hr := httptest.NewRequest(http.MethodGet, "/v1/x", nil)
	hr.Header.Set("Authorization", "Bearer "+text)
	given, err := tokenOf(hr, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, remembered := range []int{0, 1} {
		if _, err := c.authenticate(t.Context(), given); err != nil {
			t.Fatal(err)
		}
		if len(c.known) != remembered {
			t.Errorf("%d callers are remembered, want %d", len(c.known), remembered)
		}
	}
}
