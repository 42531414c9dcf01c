package console

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// shownOnceLife is how long a text waits for the page that shows it.
const shownOnceLife = time.Minute

// showOnce answers what made a secret: the browser goes on to a page, which finds the text by takeShownOnce, and which makes nothing
// when it is loaded again. The text waits in a cookie for that page alone, sealed by the secret of the session: no server
// has to keep it, and any of them can show it.
func (s *server) showOnce(w http.ResponseWriter, v *visit, path, text string) error {
	seal, err := s.shownOnceSeal(v.Request)
	if err != nil {
		return err
	}
	nonce := make([]byte, seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	sealed := seal.Seal(nonce, nonce, []byte(text), []byte(path))
	s.setShownOnce(w, v, path, base64.RawURLEncoding.EncodeToString(sealed), int(shownOnceLife.Seconds()))
	http.Redirect(w, v.Request, s.href(v, path), http.StatusSeeOther)
	return nil
}

// takeShownOnce returns the text that waits for a page, this once; empty where there is none.
func (s *server) takeShownOnce(w http.ResponseWriter, v *visit, path string) string {
	cookie, err := v.Cookie(s.shownOnceCookie(v.Request))
	if err != nil || v.Method != http.MethodGet {
		return ""
	}
	s.setShownOnce(w, v, path, "", -1)
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return ""
	}
	seal, err := s.shownOnceSeal(v.Request)
	if err != nil || len(sealed) < seal.NonceSize() {
		return ""
	}
	text, err := seal.Open(nil, sealed[:seal.NonceSize()], sealed[seal.NonceSize():], []byte(path))
	if err != nil { // another session's
		return ""
	}
	return string(text)
}

func (s *server) shownOnceCookie(r *http.Request) string { return s.cookieName(r) + "_once" }

func (s *server) setShownOnce(w http.ResponseWriter, v *visit, path, text string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is TLS
		Name: s.shownOnceCookie(v.Request), Value: text, Path: s.base + path, MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.overTLS(v.Request),
	})
}

// shownOnceSeal seals texts for the session of a request.
func (s *server) shownOnceSeal(r *http.Request) (cipher.AEAD, error) {
	session, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return nil, errSignedOut
	}
	key := sha256.Sum256([]byte("shown once " + session.Value))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
