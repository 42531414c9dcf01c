package extension

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// inboundPath begins the addresses that platforms post to. They take no token: each has a secret of its own.
const inboundPath = hub.InboundPath

const (
	// secretHeader, or else secretParameter of the query, carries the secret of an inbound address.
	secretHeader    = hub.InboundHeader
	secretParameter = "secret"
	// inboundMost is how many bytes the body of a session may have.
	inboundMost = 256 << 10
)

// Inbound is the address that a connection's platform posts to.
type Inbound struct {
	URL                 string  `json:"url" doc:"Where to post."`
	Header              string  `json:"header" doc:"The header that carries the secret; a caller that cannot set one sends it as the parameter secret of the URL."`
	SecretSince         string  `json:"secretSince" doc:"When the current secret was made."`
	PreviousSecretUntil *string `json:"previousSecretUntil" doc:"How long a secret before the current one counts, too; null when none does."`
}

// InboundAnswer is an inbound address.
type InboundAnswer struct {
	Body Inbound
}

// InboundSecretAnswer is an inbound address with a secret just made.
type InboundSecretAnswer struct {
	Body struct {
		Inbound
		Secret string `json:"secret" required:"false" secret:"true" doc:"In the first answer alone: one that is given again leaves it out."`
	}
}

func (s *server) registerInbound() {
	wire.Register(s.API, connectionOperation("getInbound", http.MethodGet, "/inbound", "See where the platform of a connection posts to", "Of INGAGE its presentation sessions, of COMPANY_CAM and SPOTIO their webhooks."),
		wire.JSONErrors(http.StatusNotFound), s.getInbound)
	wire.Register(s.API, connectionOperation("rotateInboundSecret", http.MethodPost, "/inbound/rotate-secret", "Give a connection an address that its platform posts to, or that address a new secret",
		"For 24 hours the secret before counts, too, so that the platform's side can change over."),
		wire.JSONErrors(http.StatusNotFound, http.StatusConflict), s.rotateInbound)
	s.HandleFunc("POST "+inboundPath+"{connection}", s.takeInbound)
	s.HandleFunc("POST "+inboundPath+"merge", s.takeMerge)
}

func showInbound(r *wire.Request, in store.Inbound) Inbound {
	return Inbound{
		URL: r.Origin + inboundPath + in.Connection.ID, Header: secretHeader, SecretSince: hub.WireTime(in.RotatedAt),
		PreviousSecretUntil: wire.TimeOrNull(in.PreviousUntil),
	}
}

func (s *server) getInbound(r *wire.Request, path *wire.IDPath) (*InboundAnswer, error) {
	c, err := s.connectionOf(r, path)
	if err != nil {
		return nil, err
	}
	in, err := s.Store.InboundOf(r, c.OrganizationID, c.ID)
	if err != nil {
		return nil, hub.Missing("inbound address; POST .../inbound/rotate-secret makes one", err)
	}
	return &InboundAnswer{showInbound(r, in)}, nil
}

func (s *server) rotateInbound(r *wire.Request, path *wire.IDPath) (*InboundSecretAnswer, error) {
	return wire.AtPath(r, path, connectionKind, func(organization string) (*InboundSecretAnswer, error) {
		in, secret, err := s.Store.RotateInbound(r, organization, path.ID)
		out := &InboundSecretAnswer{}
		out.Body.Inbound, out.Body.Secret = showInbound(r, in), secret
		return out, err
	})
}

// errNoInbound is all that a caller without the right secret learns, whether there is such an address or not.
var errNoInbound = wire.Refusal(http.StatusUnauthorized, "There is no such address, or the secret is not its own: send it as the header "+secretHeader+", or as the parameter "+secretParameter+" of the URL.")

// takeInbound takes what the platform of a connection posts.
func (s *server) takeInbound(w http.ResponseWriter, hr *http.Request) {
	caller := inboundCaller(hr)
	if !s.callers.Has(caller) && !s.AdmitStranger(w, hr) {
		return
	}
	in, err := s.Store.InboundAt(hr.Context(), hr.PathValue("connection"))
	switch {
	case errors.Is(err, hub.ErrNotFound):
		s.refuseInbound(w, hr, caller)
	case err != nil:
		wire.Fail(w, hr, err)
	case in.Connection.Platform.Inbound():
		s.takeSession(w, hr, in, caller)
	default:
		s.takeCall(w, hr, in, caller)
	}
}

// refuseInbound answers a caller that has not the secret. One that had it before counts as a stranger now.
func (s *server) refuseInbound(w http.ResponseWriter, hr *http.Request, caller string) {
	if s.callers.Forget(caller) && !s.AdmitStranger(w, hr) {
		return
	}
	wire.WriteError(w, errNoInbound)
}

// inboundCaller is what a caller is known by: the address that it posts to and the secret that it gives, if it gives one.
func inboundCaller(hr *http.Request) string {
	h := sha256.New()
	for _, text := range []string{hr.PathValue("connection"), hr.Header.Get(secretHeader), hr.URL.Query().Get(secretParameter)} {
		_, _ = fmt.Fprintf(h, "%d:%s", len(text), text) // a hash takes all
	}
	return string(h.Sum(nil))
}

// hasSecret reports whether the request carries a secret of the address.
func hasSecret(hr *http.Request, in store.Inbound) bool {
	return in.Admits(hr.Header.Get(secretHeader)) || in.Admits(hr.URL.Query().Get(secretParameter))
}
