package salesforce

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sirocco/connector"
)

const (
	tokenPath = "/services/oauth2/token" //nolint:gosec // a path
	// tokenLife is how long an access token is used: answers tell no end, and an organization may set it to 15 minutes or more.
	// One that ended sooner is refused, and another one asked for.
	tokenLife = 30 * time.Minute
	// assertionLife is how long what is signed may be used; the vendor takes no more than three minutes.
	assertionLife = 2 * time.Minute
	// clocksDiffer is from which difference on the vendor's clock is taken for what is signed.
	clocksDiffer = time.Minute
	jwtGrant     = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// Authorize implements connector.Authorizer: by a signed assertion for the user where there are a user name and a key, by the
// refresh token where there is that alone. A refresh token that the vendor gives in the place of the one that was sent is
// returned with the access token, to be kept before that is used.
func (Connector) Authorize(ctx context.Context, s *connector.Session) (connector.Token, error) {
	form, err := grant(s, s.Now())
	if err != nil {
		return connector.Token{}, err
	}
	var answer granted
	date, err := askForToken(ctx, s, form, &answer)
	// What is signed is good for minutes of the vendor's clock: where ours is another, the vendor's counts.
	if connector.IsKind(err, connector.Unauthorized) && signsAssertions(s) && !date.IsZero() && s.Now().Sub(date).Abs() > clocksDiffer {
		if form, err = grant(s, date); err == nil {
			_, err = askForToken(ctx, s, form, &answer)
		}
	}
	if err != nil {
		return connector.Token{}, err
	}
	if answer.Token == "" {
		return connector.Token{}, connector.Fail(connector.Malformed, service, "the answer to the request for an access token has none")
	}
	token := connector.Token{Value: answer.Token, Expires: s.Now().Add(tokenLife)}
	if sent := form.Get("refresh_token"); sent != "" && answer.Refresh != "" && answer.Refresh != sent {
		token.Replace = map[string]string{"refreshToken": answer.Refresh}
	}
	return token, nil
}

// granted is the answer to what was asked for with a grant.
type granted struct {
	Token   string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// askForToken asks with a grant; what it returns is the vendor's clock, be the grant taken or not.
func askForToken(ctx context.Context, s *connector.Session, form url.Values, answer *granted) (time.Time, error) {
	got, err := connector.PostJSON(ctx, s, connector.Request{Service: service, BaseURL: s.Values["authURL"], Path: tokenPath, Body: form, Problem: tokenProblem}, answer)
	return got.Date, err
}

// Renews implements connector.Renewer: a refresh token may be good for one time.
func (Connector) Renews(s *connector.Session) bool { return !signsAssertions(s) }

// signsAssertions reports whether the session has a key and a user to sign for.
func signsAssertions(s *connector.Session) bool {
	return s.Values["username"] != "" && s.Values["privateKey"] != ""
}

// grant is what is asked for an access token with.
func grant(s *connector.Session, now time.Time) (url.Values, error) {
	v := s.Values
	switch {
	case signsAssertions(s):
		signed, err := assertion(s, now)
		return url.Values{"grant_type": {jwtGrant}, "assertion": {signed}}, err
	case v["refreshToken"] != "":
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {v["refreshToken"]}, "client_id": {v["clientId"]}}
		if v["clientSecret"] != "" {
			form.Set("client_secret", v["clientSecret"])
		}
		return form, nil
	}
	return nil, connector.Fail(connector.Unauthorized, service, "there is nothing to sign in with: set username and privateKey, or refreshToken")
}

// assertion is a JSON Web Token, signed RS256, that asks for access as the user.
func assertion(s *connector.Session, now time.Time) (string, error) {
	key, ok := readKey(s.Values["privateKey"])
	if !ok {
		return "", connector.Fail(connector.Unauthorized, service, "privateKey is not the PEM of a private RSA key without a password")
	}
	claims, err := json.Marshal(map[string]any{
		"iss": s.Values["clientId"], "sub": s.Values["username"], "aud": audience(s.Values["authURL"]), "exp": now.Add(assertionLife).Unix(),
	})
	if err != nil {
		return "", connector.Fail(connector.Refused, service, "the user name cannot be signed")
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return "", connector.Fail(connector.Unauthorized, service, "privateKey cannot sign: it may be too short")
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// readKey reads a key in either of the two forms that are about, as PEM or as the base64 that is in it.
func readKey(text string) (*rsa.PrivateKey, bool) {
	der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if block, _ := pem.Decode([]byte(strings.ReplaceAll(text, `\n`, "\n"))); block != nil {
		der, err = block.Bytes, nil
	}
	if err != nil {
		return nil, false
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, true
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	key, ok := parsed.(*rsa.PrivateKey)
	return key, ok && err == nil
}

// audience is whom the vendor wants to be named as who the assertion is for: one of two, whatever the host is.
func audience(authURL string) string {
	host := ""
	if u, err := url.Parse(authURL); err == nil {
		host = strings.ToLower(u.Hostname())
	}
	if strings.HasPrefix(host, "test.") || strings.Contains(host, ".sandbox.") || strings.Contains(host, "--") {
		return "https://test.salesforce.com"
	}
	return "https://login.salesforce.com"
}

// refusals are the words of OAuth that say that others have to be given, and what they mean here.
var refusals = map[string]string{
	"invalid_grant":        "the user, the key or the refresh token is not accepted",
	"invalid_client":       "the consumer key or the consumer secret is not accepted",
	"invalid_client_id":    "the consumer key is not known",
	"unauthorized_client":  "the app may not sign in so",
	"inactive_user":        "the user is not active",
	"inactive_org":         "the organization is not active",
	"invalid_app_access":   "the user may not use the app",
	"unsupported_grant":    "the app may not sign in so",
	"invalid_assertion":    "what was signed is not accepted",
	"invalid_organization": "the organization is not known there",
}

// tokenProblem tells a refusal, which is one of a few words, from an outage that looks like one. The vendor's description of
// it is not shown but for what it is known to say: it may repeat what was sent.
func tokenProblem(status int, body []byte) (connector.Kind, string) {
	if status != http.StatusBadRequest {
		return "", ""
	}
	var refusal struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	meaning, ok := "", false
	if json.Unmarshal(body, &refusal) == nil {
		meaning, ok = refusals[refusal.Error]
	}
	if !ok {
		return connector.Temporary, "the service that gives access tokens has a problem"
	}
	switch words := strings.ToLower(refusal.Description); {
	case strings.Contains(words, "rate exceeded"):
		return connector.RateLimited, "too many sign-ins"
	case strings.Contains(words, "approved this consumer"):
		meaning = "the user has not approved the app: let an administrator pre-authorize it for the user's profile"
	case strings.Contains(words, "ip restricted"):
		meaning = "the user may not sign in from this address"
	case strings.Contains(words, "audience"):
		meaning = "the address for access tokens is that of the other kind of organization, production or sandbox"
	}
	return connector.Unauthorized, meaning + " (" + refusal.Error + ")"
}
