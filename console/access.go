package console

import (
	"net/http"

	"sirocco/hub"
	"sirocco/store"
)

// accessPage lists what opens the organization: tokens, apps, and the browsers in which somebody is signed in.
type accessPage struct {
	page

	Tokens   []hub.Token
	Apps     []hub.OAuthApp
	Sessions []hub.ConsoleSession
	// Own is the session that looks.
	Own string
	// MayManageTokens says that the person may make and revoke tokens.
	MayManageTokens bool
	// Made is a token just made, and Text its text, which is shown this once; nil and empty otherwise.
	Made *hub.Token
	Text string
}

// accessListed bounds each list of what opens an organization.
const accessListed = 200

func (s *server) showAccess(w http.ResponseWriter, v *visit) error {
	return s.renderAccess(w, v, nil, "")
}

// renderAccess shows what opens the organization, with the text of a token that was just made or without.
func (s *server) renderAccess(w http.ResponseWriter, v *visit, made *hub.Token, text string) error {
	ctx, organization := v.Context(), v.organization.ID
	shown := &accessPage{page: s.page(v, "Access"), Own: v.session.ID, Made: made, Text: text}
	shown.MayManageTokens = shown.Acts() && v.session.MayManageTokens() == nil
	var err error
	if shown.Tokens, err = s.Store.Tokens(ctx, organization, "", accessListed); err != nil {
		return err
	}
	if shown.Apps, err = s.Store.AppsAfter(ctx, organization, "", accessListed); err != nil {
		return err
	}
	if shown.Sessions, err = s.Store.ConsoleSessions(ctx, organization, "", accessListed); err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "access", shown)
}

// createToken makes a token and shows its text, this once.
func (s *server) createToken(w http.ResponseWriter, v *visit) error {
	if err := v.session.MayManageTokens(); err != nil {
		return err
	}
	t, text, err := s.Store.CreateToken(v.Context(), v.organization.ID, store.NewToken{Name: v.PostFormValue("name")})
	if err != nil {
		return err
	}
	return s.renderAccess(w, v, &t, text)
}

// revokeToken ends a token, and the sessions of the console that it opened.
func (s *server) revokeToken(w http.ResponseWriter, v *visit) error {
	if err := v.session.MayManageTokens(); err != nil {
		return err
	}
	if _, err := s.Store.RevokeToken(v.Context(), v.organization.ID, v.PathValue("token")); err != nil {
		return err
	}
	return s.redirect(w, v, "token-revoked", "/people/access")
}

// endSession signs a browser out.
func (s *server) endSession(w http.ResponseWriter, v *visit) error {
	if err := s.Store.EndConsoleSession(v.Context(), v.organization.ID, v.PathValue("session")); err != nil {
		return err
	}
	return s.redirect(w, v, "session-ended", "/people/access")
}
