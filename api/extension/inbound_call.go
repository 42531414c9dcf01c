package extension

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // it is what CompanyCam signs with
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// callMost is how many bytes a webhook of a vendor may have. Nothing of it is kept or believed: it says only that the
// connection may sync now, and what changed is read from the vendor itself.
const callMost = 1 << 20

// strangersBodies is whom bodies count for of which is not known yet whose they are.
const strangersBodies = "strangers"

// signatures are how the platforms sign the webhooks of one connection: the header, and what it holds.
var signatures = map[hub.Platform]struct {
	header string
	of     func(secret string, body []byte) string
}{
	hub.PlatformCompanyCam: {"X-CompanyCam-Signature", func(secret string, body []byte) string {
		h := hmac.New(sha1.New, []byte(secret))
		h.Write(body)
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	}},
	hub.PlatformSpotio: {"X-Signature", func(secret string, body []byte) string {
		return hex.EncodeToString(sha256Of(secret, body))
	}},
}

func sha256Of(secret string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return h.Sum(nil)
}

// takeCall takes a webhook of a connection's platform: it carries the address's secret, or is signed with it.
func (s *server) takeCall(w http.ResponseWriter, hr *http.Request, in store.Inbound, caller string) {
	if _, signs := signatures[in.Connection.Platform]; !signs && !hasSecret(hr, in) { // before anything of it is read
		s.refuseInbound(w, hr, caller)
		return
	}
	body, release, ok := s.Receive(w, hr, in.Connection.OrganizationID, callMost)
	if !ok {
		return
	}
	defer release()
	if !hasSecret(hr, in) && !signed(hr, in, body) {
		s.refuseInbound(w, hr, caller)
		return
	}
	s.callers.Add(caller)
	if _, err := s.Store.WakeSync(hr.Context(), in.Connection.OrganizationID, in.Connection.ID); err != nil {
		wire.Fail(w, hr, err)
		return
	}
	taken(w)
}

// signed reports whether the platform signed the body with a secret of the address.
func signed(hr *http.Request, in store.Inbound, body []byte) bool {
	by, ok := signatures[in.Connection.Platform]
	given := []byte(hr.Header.Get(by.header))
	if !ok || len(given) == 0 {
		return false
	}
	matches := false
	for _, secret := range in.Secrets() {
		matches = hmac.Equal([]byte(by.of(secret, body)), given) || matches
	}
	return matches
}

// taken answers that a webhook was taken, whatever came of it: vendors count anything else as a failure.
func taken(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{}\n")) // the caller is gone, or it is written
}

// takeMerge takes Merge's webhooks, which are signed with one key for all linked accounts, and lets the connection of the
// account sync that it is about. One of an account that is not here is taken, and nothing is kept of it: Merge drops for
// good what is refused.
func (s *server) takeMerge(w http.ResponseWriter, hr *http.Request) {
	if len(s.MergeWebhookKeys) == 0 {
		wire.WriteError(w, wire.Refusal(http.StatusNotFound, "This server was started without --merge-webhook-keys."))
		return
	}
	body, release, ok := s.Receive(w, hr, strangersBodies, callMost)
	if !ok {
		return
	}
	defer release()
	given, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(hr.Header.Get("X-Merge-Webhook-Signature"), "="))
	matches := false
	for _, key := range s.MergeWebhookKeys {
		matches = hmac.Equal(sha256Of(key, body), given) || matches
	}
	if err != nil || !matches {
		wire.WriteError(w, wire.Refusal(http.StatusUnauthorized, "It is not signed with a key that this server was given."))
		return
	}
	var about struct {
		LinkedAccount struct {
			ID string `json:"id"`
		} `json:"linked_account"`
	}
	if json.Unmarshal(body, &about) != nil { // it tells of no account
		taken(w)
		return
	}
	if _, err := s.Store.WakeAccount(hr.Context(), hub.PlatformMerge, about.LinkedAccount.ID); err != nil {
		wire.Fail(w, hr, err)
		return
	}
	taken(w)
}
