package console

import (
	"errors"
	"net/http"
	"strings"

	"sirocco/hub"
)

// sessionCookie is the cookie that has the secret of a session; behind TLS its name lets no other host of the domain set
// it.
const sessionCookie = "sirocco_console"

func (s *server) cookieName(r *http.Request) string {
	if s.overTLS(r) {
		return "__Secure-" + sessionCookie
	}
	return sessionCookie
}

func (s *server) overTLS(r *http.Request) bool {
	return strings.HasPrefix(s.Origin(r), "https://")
}

// sessionOf is the living session that the request's cookie is of; nil where there is none. What a page asks for by itself is no
// use of it: a browser that nobody sits at is signed out in time.
func (s *server) sessionOf(r *http.Request, use bool) (*hub.ConsoleSession, error) {
	cookie, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return nil, nil //nolint:nilerr // there is no such cookie
	}
	hash, ok := hub.ConsoleSessionHash(cookie.Value)
	if !ok {
		return nil, nil
	}
	if !s.known.Has(hash) {
		if err := s.admitStranger(r); err != nil {
			return nil, err
		}
	}
	c, err := s.Store.ConsoleSession(r.Context(), cookie.Value, use)
	if errors.Is(err, hub.ErrNotFound) {
		s.known.Forget(hash)
		return nil, nil
	}
	if err == nil {
		s.known.Add(hash)
	}
	return &c, err
}

// admitStranger counts a secret that is about to be looked for and let nobody in lately, by the address that gives it.
func (s *server) admitStranger(r *http.Request) error {
	if s.AdmitStranger == nil {
		return nil
	}
	if wait, ok := s.AdmitStranger(r); !ok {
		return &tooManyError{wait}
	}
	return nil
}

// enter keeps a session's secret in the browser. Every way to sign in ends here.
func (s *server) enter(w http.ResponseWriter, r *http.Request, secret string) {
	s.setCookie(w, r, secret, int(hub.ConsoleIdle.Seconds())*14) // the server ends it by its own rule
}

func (s *server) setCookie(w http.ResponseWriter, r *http.Request, secret string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is TLS
		Name: s.cookieName(r), Value: secret, Path: s.cookiePath(), MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.overTLS(r),
	})
}

// signedOutParameter tells the page where one signs in how somebody was signed out: there is no session by then that could keep it.
const signedOutParameter = "done"

// signedOut and signedOutHere are how: the latter for whom a provider signed in, where they are signed in still.
const signedOut, signedOutHere = "signed-out", "signed-out-here"

// cookiePath is what of the host the cookie is for.
func (s *server) cookiePath() string { return s.base }

// signOut ends the session, here and in the database.
func (s *server) signOut(w http.ResponseWriter, v *visit) error {
	if err := s.Store.EndConsoleSession(v.Context(), v.session.OrganizationID, v.session.ID); err != nil && !errors.Is(err, hub.ErrNotFound) {
		return err
	}
	s.setCookie(w, v.Request, "", -1)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	notice := signedOut
	if v.session.Method == hub.ConsoleByOIDC {
		notice = signedOutHere
	}
	http.Redirect(w, v.Request, s.base+"/sign-in?"+signedOutParameter+"="+notice, http.StatusSeeOther)
	return nil
}
