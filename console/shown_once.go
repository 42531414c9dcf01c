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

// What a page shows once waits in a cookie for that page alone, sealed by the secret of the session: no server has to keep it, any of
// them can show it, and nobody can make it up. These are what such cookies are for, by the end of their names.
const (
	onceSecret = "_once" // a secret that was just made
	onceNotice = "_done" // what an action did
)

// onceLife is how long a text waits for the page that shows it.
const onceLife = time.Minute

// showOnce answers what made a secret: the browser goes on to a page, which finds the text by takeOnce, and which makes nothing when it
// is loaded again.
func (s *server) showOnce(w http.ResponseWriter, v *visit, path, text string) error {
	if err := s.keepOnce(w, v, onceSecret, path, text); err != nil {
		return err
	}
	http.Redirect(w, v.Request, s.href(v, path), http.StatusSeeOther)
	return nil
}

// keepOnce lets a text wait for a page.
func (s *server) keepOnce(w http.ResponseWriter, v *visit, of, path, text string) error {
	sealed, err := s.seal(v, path, text)
	if err == nil {
		s.setOnce(w, v, of, path, sealed, int(onceLife.Seconds()))
	}
	return err
}

// takeOnce returns the text that waits for a page, this once; empty where there is none.
func (s *server) takeOnce(w http.ResponseWriter, v *visit, of, path string) string {
	cookie, err := v.Cookie(s.cookieName(v.Request) + of)
	if err != nil || v.Method != http.MethodGet {
		return ""
	}
	s.setOnce(w, v, of, path, "", -1)
	return s.unseal(v, path, cookie.Value)
}

func (s *server) setOnce(w http.ResponseWriter, v *visit, of, path, text string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever there is TLS
		Name: s.cookieName(v.Request) + of, Value: text, Path: s.base + path, MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.overTLS(v.Request),
	})
}

// seal makes of a text one that the same session alone can read, for the same page alone.
func (s *server) seal(v *visit, path, text string) (string, error) {
	with, err := s.sealOf(v.Request)
	if err != nil {
		return "", err
	}
	nonce := make([]byte, with.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(with.Seal(nonce, nonce, []byte(text), []byte(path))), nil
}

// unseal reads what seal made; empty where it did not, or for another session or page.
func (s *server) unseal(v *visit, path, text string) string {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	with, err := s.sealOf(v.Request)
	if err != nil || len(sealed) < with.NonceSize() {
		return ""
	}
	opened, err := with.Open(nil, sealed[:with.NonceSize()], sealed[with.NonceSize():], []byte(path))
	if err != nil {
		return ""
	}
	return string(opened)
}

// sealOf seals texts for the session of a request.
func (s *server) sealOf(r *http.Request) (cipher.AEAD, error) {
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
