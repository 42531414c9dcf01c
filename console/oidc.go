package console

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/coreos/go-oidc/v3/oidc"

	"sirocco/hub"
)

const (
	// flowCookie is the cookie that has the secret of a sign-in that goes on at the provider.
	flowCookie = "sirocco_sign_in"
	// flowLife is how long a sign-in at the provider may take.
	flowLife = 10 * time.Minute
	// nextMost bounds the address that a cookie keeps meanwhile.
	nextMost = 1024

	oidcPath         = "/sign-in/oidc"
	oidcCallbackPath = oidcPath + "/callback"
)

// signInFlow is a sign-in that goes on at the provider, known to one browser alone. What the provider is told of it follows
// from its secret, none of it from another: nothing is kept here, so that any node ends what another began.
type signInFlow struct {
	secret string
	// next is where the person wanted to go, below the console.
	next string
}

func (f signInFlow) derived(purpose string) string {
	mac := hmac.New(sha256.New, []byte(f.secret))
	mac.Write([]byte(purpose))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (f signInFlow) state() string    { return f.derived("state") }
func (f signInFlow) nonce() string    { return f.derived("nonce") }
func (f signInFlow) verifier() string { return f.derived("verifier") }

func (f signInFlow) cookie() string {
	return f.secret + "." + base64.RawURLEncoding.EncodeToString([]byte(f.next))
}

// flowOf is the sign-in that the browser began; false where it began none, or too long ago.
func (s *server) flowOf(r *http.Request) (signInFlow, bool) {
	cookie, err := r.Cookie(s.flowCookieName(r))
	if err != nil {
		return signInFlow{}, false
	}
	secret, next, _ := strings.Cut(cookie.Value, ".")
	text, err := base64.RawURLEncoding.DecodeString(next)
	return signInFlow{secret, nextOf(string(text))}, err == nil && secret != ""
}

func (s *server) flowCookieName(r *http.Request) string {
	if s.overTLS(r) {
		return "__Secure-" + flowCookie
	}
	return flowCookie
}

func (s *server) setFlowCookie(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is TLS
		Name: s.flowCookieName(r), Value: value, Path: s.cookiePath() + oidcPath, MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.overTLS(r), // Lax: the provider leads back from another site
	})
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// callback is where the provider leads browsers back to, as it has to know beforehand.
func (s *server) callback(r *http.Request) string { return s.absolute(r) + oidcCallbackPath }

// absolute is the console's whole address.
func (s *server) absolute(r *http.Request) string {
	if u, err := url.Parse(s.Origin(r)); err == nil {
		return u.Scheme + "://" + u.Host + s.base
	}
	return s.base
}

// beginOIDC leads to the provider. It is a link and no form: browsers hold forms to where they may lead.
func (s *server) beginOIDC(w http.ResponseWriter, v *visit) error {
	if s.provider == nil {
		return hub.ErrNotFound
	}
	known, err := s.provider.discover(v.Context())
	if err != nil {
		return s.refuseSignIn(w, v, nextOf(v.FormValue("next")), err)
	}
	f := signInFlow{secret: rand.Text(), next: nextOf(v.FormValue("next"))}
	if len(f.next) > nextMost {
		f.next = "/"
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.nonce()), oauth2.S256ChallengeOption(f.verifier())}
	if v.FormValue("again") != "" { // as somebody else
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	s.setFlowCookie(w, v.Request, f.cookie(), int(flowLife.Seconds()))
	http.Redirect(w, v.Request, s.provider.config(known, s.callback(v.Request)).AuthCodeURL(f.state(), options...), http.StatusSeeOther)
	return nil
}

// finishOIDC opens a session for whom the provider sends back.
func (s *server) finishOIDC(w http.ResponseWriter, v *visit) error {
	if s.provider == nil {
		return hub.ErrNotFound
	}
	f, begun := s.flowOf(v.Request)
	if !begun || !same(v.FormValue("state"), f.state()) {
		if v.session != nil { // by another window of the same browser
			http.Redirect(w, v.Request, s.base+"/", http.StatusSeeOther)
			return nil
		}
		return s.refuseSignIn(w, v, "/", &providerError{status: http.StatusBadRequest, sentence: "This sign-in was not begun in this browser, or more than ten minutes ago. Begin again."})
	}
	s.setFlowCookie(w, v.Request, "", -1)
	if wait, ok := s.Admit(v.Request); !ok {
		return &tooManyError{wait}
	}
	secret, err := s.signInByOIDC(v, f)
	if err != nil {
		return s.refuseSignIn(w, v, f.next, err)
	}
	s.enter(w, v.Request, secret)
	http.Redirect(w, v.Request, s.base+f.next, http.StatusSeeOther)
	return nil
}

// signInByOIDC asks the provider whom it sent, and opens their session.
func (s *server) signInByOIDC(v *visit, f signInFlow) (secret string, err error) {
	p := s.provider
	if code := v.FormValue("error"); code != "" {
		return "", &providerError{http.StatusForbidden, p.Name + " did not let you in: " + complaint(code, v.FormValue("error_description")) + ".", errors.New(code)}
	}
	if issuer := v.FormValue("iss"); issuer != "" && issuer != p.Issuer {
		return "", &providerError{http.StatusBadRequest, "Another provider than " + p.Name + " answered, so nobody was signed in. Begin again.", errors.New("the issuer is " + hub.Quoted(issuer))}
	}
	known, err := p.discover(v.Context())
	if err != nil {
		return "", err
	}
	claims, err := p.claims(v.Context(), known, s.callback(v.Request), v.FormValue("code"), f)
	if err != nil {
		return "", err
	}
	who, err := p.Rules.SignIn(claims)
	if err != nil {
		read := map[string]any{}
		for _, name := range p.Rules.Reads() {
			read[name] = claims[name]
		}
		s.Logger.Info("a person was not signed in whom the provider let in", "subject", who.Subject, "claims", asJSON(read))
		return "", err
	}
	person, err := s.personOf(v.Context(), who)
	if err != nil {
		return "", err
	}
	_, secret, err = s.Store.OpenConsole(v.Context(), person)
	return secret, err
}

// personOf finds the organization and the user that a sign-in names.
func (s *server) personOf(ctx context.Context, who hub.SignIn) (hub.ConsolePerson, error) {
	p := hub.ConsolePerson{Name: who.Name, Role: who.Role, Method: hub.ConsoleByOIDC, Subject: who.Subject, OrganizationID: who.OrganizationID}
	if who.RunsServer {
		return p, nil
	}
	if _, err := s.Store.Organization(ctx, p.OrganizationID); err != nil {
		if errors.Is(err, hub.ErrNotFound) {
			s.Logger.Warn("a person was not signed in: there is no such organization", "subject", who.Subject, "organization", p.OrganizationID)
			return p, hub.Forbidden("You are signed in there as " + who.Name + ", of an organization that this server does not have.")
		}
		return p, err
	}
	u, err := s.userOf(ctx, p.OrganizationID, who.User)
	switch {
	case errors.Is(err, hub.ErrNotFound):
		return p, nil
	case err != nil:
		return p, err
	case u.Disabled:
		return p, hub.Forbidden("You are signed in there as " + who.Name + ", whose user is disabled here.")
	}
	p.UserID = u.ID
	return p, nil
}

// userOf is the user of the organization with an id or an e-mail address, letter by letter: one that is only alike may be
// somebody else's.
func (s *server) userOf(ctx context.Context, organization, named string) (hub.User, error) {
	if !strings.Contains(named, "@") {
		if !hub.ValidID(named) {
			return hub.User{}, hub.ErrNotFound
		}
		return s.Store.User(ctx, organization, named)
	}
	u, err := s.Store.UserByEmail(ctx, organization, named)
	if err == nil && lowered(u.Email) != lowered(named) {
		return hub.User{}, hub.ErrNotFound
	}
	return u, err
}

// lowered is a text with the capitals of ASCII as small letters, and no other letter as another.
func lowered(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// refuseSignIn shows the page to sign in at again, with why nobody was.
func (s *server) refuseSignIn(w http.ResponseWriter, v *visit, next string, err error) error {
	shown := &signInPage{page: s.page(v, "Sign in"), Next: next, Again: true}
	status := 0
	if known, ok := errors.AsType[*providerError](err); ok {
		status, shown.Wrong = known.status, known.sentence
		s.Logger.Warn("nobody was signed in by OpenID Connect", "error", cmp.Or(known.cause, err))
	}
	if known, ok := errors.AsType[*hub.ForbiddenError](err); ok {
		status, shown.Wrong = http.StatusForbidden, known.Error()
	}
	if status == 0 {
		return err
	}
	shown.Provider = s.providerButton(v, shown)
	return s.render(w, v, status, "sign_in", shown)
}

// providerButton is what a page to sign in at says of the provider.
type providerButton struct {
	Name, URL string
	// Down says why it cannot be asked; empty where it can.
	Down string
	// SignOut is where one signs out of it, for who has signed out here.
	SignOut string
}

func (s *server) providerButton(v *visit, shown *signInPage) *providerButton {
	if s.provider == nil {
		return nil
	}
	next, again := shown.Next, ""
	if next == "/" {
		next = ""
	}
	if shown.Again {
		again = "1"
	}
	button := &providerButton{Name: s.provider.Name, URL: s.href(v, oidcPath, "next", next, "again", again)}
	known, err := s.provider.discover(v.Context())
	if failed, ok := errors.AsType[*providerError](err); ok && shown.Wrong == "" {
		button.Down = failed.sentence
	}
	if err == nil && known.EndSession != "" && v.FormValue(signedOutParameter) == signedOutHere {
		if u, err := url.Parse(known.EndSession); err == nil {
			query := u.Query()
			query.Set("client_id", s.provider.ClientID)
			u.RawQuery = query.Encode()
			button.SignOut = u.String()
		}
	}
	return button
}
