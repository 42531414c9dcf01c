package spotio

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"sirocco/simulator"
)

const (
	tokenPath = "/api/users/apitoken" //nolint:gosec // a path
	clientID  = "spotio-client-of-the-simulator"
	secret    = "spotio-secret-of-the-simulator"
	tokenLife = 30 * 24 * time.Hour
	signature = "signed-by-the-simulator"
)

func giveToken(w http.ResponseWriter, r *http.Request, now time.Time) {
	var body struct {
		ClientID string `json:"clientId"`
		Secret   string `json:"secret"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.ClientID != clientID || body.Secret != secret {
		problem(w, http.StatusBadRequest, "_", "The key is not known.")
		return
	}
	claims, err := json.Marshal(map[string]int64{"exp": now.Add(tokenLife).Unix()})
	if err != nil {
		panic(err)
	}
	text := base64.RawURLEncoding.EncodeToString
	simulator.WriteJSON(w, http.StatusOK, map[string]string{"accessToken": text([]byte(`{"alg":"HS256"}`)) + "." + text(claims) + "." + signature})
}

// refuses returns 401 for a request without a token that still holds, and 0.
func refuses(r *http.Request, now time.Time) int {
	if r.URL.Path == tokenPath {
		return 0
	}
	parts := strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), ".")
	if len(parts) != 3 || parts[2] != signature {
		return http.StatusUnauthorized
	}
	var claims struct {
		End int64 `json:"exp"`
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(text, &claims) != nil || now.Unix() > claims.End {
		return http.StatusUnauthorized
	}
	return 0
}
