package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"sirocco/hub"
)

// OIDC is a provider of OpenID Connect at which people sign in, and what its word counts for here.
type OIDC struct {
	// Issuer is the provider's URL, exactly as it calls itself.
	Issuer string
	// ClientID and ClientSecret are what the provider knows this server by; a client that is public has no secret.
	ClientID, ClientSecret string
	// Scopes are what is asked for; openid always is.
	Scopes []string
	// Name is how people call the provider.
	Name  string
	Rules hub.SignInRules
	// Client asks the provider. It bounds how long that takes and how much comes, and follows no redirect.
	Client *http.Client
}

const (
	// providerFresh is how long what the provider says of itself is taken as it is.
	providerFresh = time.Hour
	// providerPause is how long it is left alone after it did not answer.
	providerPause = 10 * time.Second
	// clockSkew is how far the provider's clock may be behind ours.
	clockSkew = 2 * time.Minute
)

// provider asks the provider what it is once somebody wants to sign in: a server starts without it.
type provider struct {
	OIDC

	clock hub.Clock

	mu     sync.Mutex // held while the provider is asked, which Client bounds
	known  *knownProvider
	failed error
	// askAgain is from when on it is asked again.
	askAgain time.Time
}

// knownProvider is what a provider says of itself.
type knownProvider struct {
	*oidc.Provider

	// EndSession is where people sign out of it; empty where it does not say.
	EndSession string `json:"end_session_endpoint"`
}

// providerError is why somebody could not sign in by the provider, in words for them.
type providerError struct {
	status   int
	sentence string
	cause    error
}

func (e *providerError) Error() string {
	if e.cause == nil {
		return e.sentence
	}
	return e.sentence + ": " + e.cause.Error()
}

func (e *providerError) Unwrap() error { return e.cause }

func (p *provider) refused(status int, sentence string, cause error) *providerError {
	return &providerError{status, fmt.Sprintf(sentence, p.Name), cause}
}

// discover returns what the provider says of itself, as it said within the last hour; what it said before counts for as long
// as it does not answer.
func (p *provider) discover(ctx context.Context) (*knownProvider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.clock(); now.Before(p.askAgain) {
		return p.known, p.unlessKnown()
	}
	// Not within the request: what comes is everybody's.
	found, err := p.ask(oidc.ClientContext(context.WithoutCancel(ctx), p.Client))
	if err != nil {
		p.failed, p.askAgain = p.refused(http.StatusServiceUnavailable, "%s cannot be asked now who you are. Try again in a moment, or sign in with a token.", err), p.clock().Add(providerPause)
		return p.known, p.unlessKnown()
	}
	p.known, p.failed, p.askAgain = found, nil, p.clock().Add(providerFresh)
	return p.known, nil
}

func (p *provider) unlessKnown() error {
	if p.known != nil {
		return nil
	}
	return p.failed
}

func (p *provider) ask(ctx context.Context) (*knownProvider, error) {
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	known := &knownProvider{Provider: found}
	if err := found.Claims(known); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"authorization_endpoint": found.Endpoint().AuthURL, "token_endpoint": found.Endpoint().TokenURL} {
		if !p.mayLeadTo(text) {
			return nil, fmt.Errorf("its %s is %s, which is not https://", name, hub.Quoted(text))
		}
	}
	if !p.mayLeadTo(known.EndSession) {
		known.EndSession = ""
	}
	return known, nil
}

// mayLeadTo reports whether a URL of the provider is one to lead browsers to, or to send the secret to: https://, or as the
// issuer itself is.
func (p *provider) mayLeadTo(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return false
	}
	issuer, err := url.Parse(p.Issuer)
	return u.Scheme == "https" || err == nil && u.Scheme == issuer.Scheme && u.Host == issuer.Host
}

func (p *provider) config(known *knownProvider, callback string) *oauth2.Config {
	scopes := p.Scopes
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	}
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: known.Endpoint(), RedirectURL: callback, Scopes: scopes}
}

// claims changes the code that a browser came back with for what the provider says of the person.
func (p *provider) claims(ctx context.Context, known *knownProvider, callback, code string, f signInFlow) (hub.Claims, error) {
	ctx = oidc.ClientContext(ctx, p.Client)
	token, err := p.config(known, callback).Exchange(ctx, code, oauth2.VerifierOption(f.verifier()))
	if err != nil {
		return nil, p.notExchanged(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verifier := known.Verifier(&oidc.Config{ClientID: p.ClientID, Now: func() time.Time { return p.clock().Add(-clockSkew) }})
	id, err := verifier.Verify(ctx, raw)
	if err == nil && !same(id.Nonce, f.nonce()) {
		err = errors.New("the nonce is another one")
	}
	claims := hub.Claims{}
	if err == nil {
		err = id.Claims((*map[string]any)(&claims))
	}
	if err == nil && len(id.Audience) > 1 && claims["azp"] != nil && claims["azp"] != any(p.ClientID) {
		err = errors.New("it was made for another client")
	}
	if err != nil {
		return nil, p.refused(http.StatusBadGateway, "What %s says of you cannot be relied on, so nobody was signed in. Whoever runs the server finds the reason in its log.", err)
	}
	return claims, p.complete(ctx, known, token, id, claims)
}

// notExchanged says why the provider gave nothing for a code.
func (p *provider) notExchanged(err error) error {
	refusal, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case !ok || refusal.Response != nil && refusal.Response.StatusCode >= http.StatusInternalServerError:
		return p.refused(http.StatusBadGateway, "%s did not answer who you are. Try again in a moment, or sign in with a token.", err)
	case refusal.ErrorCode == "invalid_grant":
		return p.refused(http.StatusUnauthorized, "%s does not stand by this sign-in any more. Begin again.", err)
	}
	return p.refused(http.StatusBadGateway, "%s does not accept this server. Whoever runs the server has to mend how it is set up there; its log has the reason.", err)
}

// complete adds what the provider says of the person elsewhere only, where the rules ask for more than came with the
// sign-in. What came with it is not replaced.
func (p *provider) complete(ctx context.Context, known *knownProvider, token *oauth2.Token, id *oidc.IDToken, claims hub.Claims) error {
	wanted := append(p.Rules.Reads(), "name", "email")
	if known.UserInfoEndpoint() == "" || !p.mayLeadTo(known.UserInfoEndpoint()) || !slices.ContainsFunc(wanted, func(name string) bool { return !claims.Has(name) }) {
		return nil
	}
	info, err := known.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return p.refused(http.StatusBadGateway, "%s did not answer who you are. Try again in a moment, or sign in with a token.", err)
	}
	more := map[string]any{}
	if err = info.Claims(&more); err == nil && info.Subject != id.Subject {
		err = errors.New("the user info is somebody else's")
	}
	if err != nil {
		return p.refused(http.StatusBadGateway, "What %s says of you cannot be relied on, so nobody was signed in. Whoever runs the server finds the reason in its log.", err)
	}
	if claims.Has("email") { // whether an address was tried is said beside it
		delete(more, "email_verified")
	}
	for name, value := range more {
		if _, said := claims[name]; !said {
			claims[name] = value
		}
	}
	return nil
}

// complaint is what a provider says is wrong, for people.
func complaint(code, description string) string {
	switch {
	case description != "":
	case code == "access_denied":
		description = "you may not use this, or canceled it"
	default:
		description = code
	}
	if letters := []rune(description); len(letters) > complaintMost {
		description = string(letters[:complaintMost]) + "…"
	}
	return strings.TrimSuffix(description, ".")
}

// complaintMost bounds how many letters of a provider's sentence are shown.
const complaintMost = 300

// asJSON is for the log.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
