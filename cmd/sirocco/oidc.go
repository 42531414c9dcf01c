package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"sirocco/console"
	"sirocco/engine"
	"sirocco/hub"
)

// oidcFlags are the provider of OpenID Connect at which people sign in to the console, and what its word counts for.
type oidcFlags struct {
	Issuer            string            `placeholder:"URL" help:"A provider of OpenID Connect at which people sign in to the console, as in https://accounts.google.com. It may be at any address."`
	ClientID          string            `placeholder:"ID" help:"What the provider knows this server by."`
	ClientSecret      string            `placeholder:"TEXT" help:"The client's secret, where it has one: for the environment, not for the command line."`
	ClientSecretFile  string            `placeholder:"FILE" help:"The file with the client's secret, read at start."`
	Name              string            `placeholder:"TEXT" help:"How the button to sign in calls the provider; by default its host."`
	Scopes            []string          `default:"profile,email" placeholder:"SCOPE,..." help:"What to ask the provider for, beside openid (${default})."`
	RoleClaim         string            `default:"groups" placeholder:"CLAIM" help:"The claim by which people are let in; one within others has dots, as realm_access.roles (${default})."`
	ServerOperators   []string          `placeholder:"VALUE,..." help:"Values of that claim of people who run the server: they act in all organizations."`
	Operators         []string          `placeholder:"VALUE,..." help:"Values of people who act in their organization; * is everybody."`
	Viewers           []string          `placeholder:"VALUE,..." help:"Values of people who look at their organization; * is everybody."`
	OrganizationClaim string            `placeholder:"CLAIM" help:"The claim that names a person's organization, by its id or as --oidc-organizations has it."`
	Organizations     map[string]string `mapsep:"," placeholder:"VALUE=ID,..." help:"The organizations by what that claim calls them."`
	Organization      string            `placeholder:"ID" help:"The organization of people of whom no claim names one."`
	UserClaim         string            `default:"email" placeholder:"CLAIM" help:"The claim with a person's user, by e-mail address or id: as that user they hear recordings (${default})."`
}

// validate checks the flags by themselves.
func (f *oidcFlags) validate() error {
	if f.Issuer == "" {
		if f.ClientID != "" || f.ClientSecret != "" || f.ClientSecretFile != "" || len(f.ServerOperators)+len(f.Operators)+len(f.Viewers)+len(f.Organizations) > 0 || f.Organization+f.OrganizationClaim+f.Name != "" {
			return errors.New("--oidc-issuer names the provider that the other flags of --oidc are about")
		}
		return nil
	}
	u, err := url.Parse(f.Issuer)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.User != nil, strings.ContainsAny(f.Issuer, "?#"):
		return errors.New("--oidc-issuer must be the provider's https URL, as it calls itself, without a query or fragment")
	case f.ClientID == "":
		return errors.New("--oidc-client-id: the provider knows this server by an id")
	case f.ClientSecret != "" && f.ClientSecretFile != "":
		return errors.New("--oidc-client-secret and --oidc-client-secret-file: one of them")
	case len(f.ServerOperators)+len(f.Operators)+len(f.Viewers) == 0:
		return errors.New("nobody could sign in: --oidc-server-operators, --oidc-operators or --oidc-viewers say whom --oidc-role-claim lets in")
	case len(f.Operators)+len(f.Viewers) > 0 && f.Organization == "" && f.OrganizationClaim == "":
		return errors.New("--oidc-organization or --oidc-organization-claim says which organization people belong to")
	}
	if f.Organization != "" && !hub.ValidID(f.Organization) {
		return fmt.Errorf("--oidc-organization: %s is no id, as sirocco organization list prints it", hub.Quoted(f.Organization))
	}
	for name, id := range f.Organizations {
		if !hub.ValidID(id) {
			return fmt.Errorf("--oidc-organizations: %s=%s has no id, as sirocco organization list prints it", name, id)
		}
	}
	return nil
}

const (
	// oidcTimeout is how long the provider has for an answer, oidcAnswerMost how many bytes that has at most.
	oidcTimeout    = 10 * time.Second
	oidcAnswerMost = 1 << 20
)

// provider is the provider of the flags; nil where there is none. What the operator named, the issuer's own host, may be
// asked wherever it is; other hosts that it names are asked as those of CRMs are.
func (f *oidcFlags) provider(allowed []string, anywhere bool) (*console.OIDC, error) {
	if f.Issuer == "" {
		return nil, nil
	}
	secret := f.ClientSecret
	if f.ClientSecretFile != "" {
		text, err := os.ReadFile(f.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("--oidc-client-secret-file: %w", err)
		}
		if secret = strings.TrimSpace(string(text)); secret == "" {
			return nil, fmt.Errorf("--oidc-client-secret-file: %s is empty", f.ClientSecretFile)
		}
	}
	u, err := url.Parse(f.Issuer)
	if err != nil {
		return nil, err
	}
	targets, err := hub.ParseTargets(append([]string{u.Host}, allowed...))
	if err != nil {
		return nil, err
	}
	targets.Any = anywhere
	name := f.Name
	if name == "" {
		name = u.Hostname()
	}
	return &console.OIDC{
		Issuer: f.Issuer, ClientID: f.ClientID, ClientSecret: secret, Scopes: f.Scopes, Name: name,
		Rules: hub.SignInRules{
			RoleClaim: f.RoleClaim, ServerOperators: f.ServerOperators, Operators: f.Operators, Viewers: f.Viewers,
			OrganizationClaim: f.OrganizationClaim, Organizations: f.Organizations, Organization: f.Organization, UserClaim: f.UserClaim,
		},
		Client: &http.Client{
			Transport: bounded{engine.VendorTransport(targets)}, Timeout: oidcTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // what is asked has a secret with it
		},
	}, nil
}

// bounded ends answers that are too long.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		response.Body = struct {
			io.Reader
			io.Closer
		}{http.MaxBytesReader(nil, response.Body, oidcAnswerMost), response.Body}
	}
	return response, err
}
