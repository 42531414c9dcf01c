package salesforce

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"sirocco/simulator"
)

const (
	tokenPath = "/services/oauth2/token" //nolint:gosec // a path
	// sessionLife is how long an access token is good, which no answer tells.
	sessionLife = 2 * time.Hour
	audience    = "https://login.salesforce.com"
)

var publicKey = sync.OnceValue(func() *rsa.PublicKey {
	block, _ := pem.Decode([]byte(key))
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		panic("simulator: the key of the stand-in cannot be read: " + err.Error())
	}
	return &private.(*rsa.PrivateKey).PublicKey //nolint:forcetypeassert // it is one
})

func refreshToken(n int) string {
	return fmt.Sprintf("salesforce-refresh-token-of-the-simulator-%d", n)
}

func (o *Organization) giveToken(w http.ResponseWriter, r *http.Request) {
	var problem, description string
	answer := map[string]any{"token_type": "Bearer", "scope": "api refresh_token", "issued_at": fmt.Sprint(o.s.Now().UnixMilli())}
	switch r.FormValue("grant_type") {
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		problem, description = o.assertionProblem(r.FormValue("assertion"))
	case "refresh_token":
		problem, description = o.refreshProblem(r, answer)
	default:
		problem, description = "unsupported_grant_type", "grant type not supported"
	}
	if problem != "" {
		simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"error": problem, "error_description": description})
		return
	}
	o.mu.Lock()
	generation := o.generation
	o.mu.Unlock()
	answer["access_token"] = fmt.Sprintf("%s!%d.%d", organizationID, generation, o.s.Now().Add(sessionLife).Unix())
	answer["instance_url"] = "http://" + r.Host
	answer["id"] = "https://login.salesforce.com/id/" + organizationID + "/005000000000000AAA"
	simulator.WriteJSON(w, http.StatusOK, answer)
}

// assertionProblem holds a JSON Web Token to what the vendor wants of it.
func (o *Organization) assertionProblem(token string) (problem, description string) {
	signed, signature, ok := strings.CutLast(token, ".")
	header, claims, two := strings.Cut(signed, ".")
	sign, err := base64.RawURLEncoding.DecodeString(signature)
	if !ok || !two || err != nil {
		return "invalid_grant", "invalid assertion"
	}
	var head struct{ Alg string }
	var body struct {
		Iss, Sub, Aud string
		Exp           int64
	}
	for text, into := range map[string]any{header: &head, claims: &body} {
		plain, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || json.Unmarshal(plain, into) != nil {
			return "invalid_grant", "invalid assertion"
		}
	}
	sum := sha256.Sum256([]byte(signed))
	now := o.s.Now()
	switch until := time.Unix(body.Exp, 0); {
	case body.Iss != clientID:
		return "invalid_client_id", "client identifier invalid"
	case head.Alg != "RS256" || rsa.VerifyPKCS1v15(publicKey(), crypto.SHA256, sum[:], sign) != nil:
		return "invalid_grant", "invalid assertion"
	case body.Aud != audience:
		return "invalid_grant", "audience is invalid"
	case until.Before(now.Add(-5*time.Minute)) || until.After(now.Add(8*time.Minute)): // clocks differ
		return "invalid_grant", "expired authorization code"
	case body.Sub != username:
		return "invalid_grant", "user hasn't approved this consumer"
	}
	return "", ""
}

// refreshProblem takes the refresh token that is good. One that is dead, used again, ends the whole family.
func (o *Organization) refreshProblem(r *http.Request, answer map[string]any) (problem, description string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case r.FormValue("client_id") != clientID:
		return "invalid_client_id", "client identifier invalid"
	case r.FormValue("client_secret") != clientSecret:
		return "invalid_client", "invalid client credentials"
	case r.FormValue("refresh_token") != refreshToken(o.refresh):
		if o.rotates && strings.HasPrefix(r.FormValue("refresh_token"), refreshToken(0)[:20]) {
			o.refresh = -1
		}
		return "invalid_grant", "expired access/refresh token"
	}
	o.refreshed++
	if o.rotates {
		o.refresh++
		answer["refresh_token"] = refreshToken(o.refresh)
	}
	return "", ""
}

// refuses returns the status for a request without a token that is good.
func (o *Organization) refuses(r *http.Request) int {
	if r.URL.Path == tokenPath {
		return 0
	}
	o.mu.Lock()
	generation := o.generation
	o.mu.Unlock()
	var of int
	var until int64
	_, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer "+organizationID+"!%d.%d", &of, &until)
	if err != nil || of != generation || o.s.Now().Unix() > until {
		return http.StatusUnauthorized
	}
	return 0
}
