package declared_test

import (
	"net/http"
	"testing"
	"time"

	"sirocco/connector"
)

// TestTokens asks for an access token: what is answered is one that ends, or tells credentials that are refused from a place that is
// out of order.
func TestTokens(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		status int
		body   string
		kind   connector.Kind // empty where there is a token
		life   time.Duration
	}{
		"a token":                    {200, `{"access_token":"x","expires_in":900}`, "", 15 * time.Minute},
		"its seconds as text":        {200, `{"access_token":"x","expires_in":"900"}`, "", 15 * time.Minute},
		"one that lasts too long":    {200, `{"access_token":"x","expires_in":1e300}`, "", 24 * time.Hour},
		"no token":                   {200, `{"expires_in":900}`, connector.Temporary, 0},
		"an empty token":             {200, `{"access_token":"","expires_in":900}`, connector.Temporary, 0},
		"a token that is no text":    {200, `{"access_token":7,"expires_in":900}`, connector.Temporary, 0},
		"a token without its end":    {200, `{"access_token":"x"}`, connector.Temporary, 0},
		"a token that has ended":     {200, `{"access_token":"x","expires_in":0}`, connector.Temporary, 0},
		"a page for people":          {200, `<html>`, connector.Temporary, 0},
		"a refused client":           {400, `{"error":"invalid_client"}`, connector.Unauthorized, 0},
		"a refused grant":            {400, `{"error":"invalid_grant"}`, connector.Unauthorized, 0},
		"a client that may not":      {400, `{"error":"unauthorized_client"}`, connector.Unauthorized, 0},
		"a person who said no":       {400, `{"error":"access_denied"}`, connector.Unauthorized, 0},
		"a 400 that passes":          {400, `{"error":"temporarily_unavailable"}`, connector.Temporary, 0},
		"a 400 without a reason":     {400, `{}`, connector.Temporary, 0},
		"a 400 of a gateway":         {400, `<html>invalid_client`, connector.Temporary, 0},
		"a 401, whatever its reason": {401, `{"error":"temporarily_unavailable"}`, connector.Unauthorized, 0},
		"a 403, whatever its reason": {403, `{"error":"invalid_client"}`, connector.Forbidden, 0},
		"a 404":                      {404, `{}`, connector.Refused, 0},
		"a 503":                      {503, `{"error":"invalid_client"}`, connector.Temporary, 0},
	} {
		c, s := against(t, "cursor", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(test.body))
		}))
		s.Values["clientId"], s.Values["clientSecret"] = "client", "s3cret-client"
		s.Now = func() time.Time { return now }
		token, err := c.(connector.Authorizer).Authorize(t.Context(), s)
		switch {
		case test.kind != "":
			if !connector.IsKind(err, test.kind) {
				t.Errorf("%s: %v is not %s", name, err, test.kind)
			}
		case err != nil || token.Value != "x" || token.Expires.Sub(now) != test.life:
			t.Errorf("%s: %+v %v", name, token, err)
		}
	}
}
