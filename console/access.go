package console

import (
	"net/http"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// accessPage lists what opens the organization: tokens, apps, and the browsers in which somebody is signed in.
type accessPage struct {
	page

	Tokens   []hub.Token
	Apps     []hub.OAuthApp
	owners   map[string]store.Person
	Sessions []hub.ConsoleSession
	// Own is the session that looks.
	Own string
	// MayManageTokens says that the person may make and revoke tokens.
	MayManageTokens bool
	// Made is a token just made, and Text its text, which is shown this once; nil and empty otherwise.
	Made *hub.Token
	Text string
	// Name is what was typed for a new token, and Wrong what is wrong with it; empty where nothing is.
	Name, Wrong string
}

// OwnerOf is who is in charge of an app: the name of a user, where it is one.
func (p *accessPage) OwnerOf(a hub.OAuthApp) string {
	if owner, ok := p.owners[a.Owner]; ok {
		return nameOf(owner)
	}
	return a.Owner
}

// accessListed bounds each list of what opens an organization.
const accessListed = 200

func (s *server) showAccess(w http.ResponseWriter, v *visit) error {
	id, text, _ := strings.Cut(s.takeOnce(w, v, onceSecret, accessPath), " ")
	return s.renderAccess(w, v, http.StatusOK, &accessPage{Text: text}, id)
}

// accessPath is the page of what opens an organization.
const accessPath = "/people/access"

// renderAccess shows what opens the organization. made is the token whose text is shown, empty for none.
func (s *server) renderAccess(w http.ResponseWriter, v *visit, status int, shown *accessPage, made string) error {
	ctx, organization := v.Context(), v.organization.ID
	shown.page, shown.Own = s.page(v, "Access"), v.session.ID
	shown.MayManageTokens = shown.Acts() && v.session.MayManageTokens() == nil
	var err error
	if shown.Tokens, err = s.Store.Tokens(ctx, organization, "", accessListed); err != nil {
		return err
	}
	if shown.Apps, err = s.Store.AppsAfter(ctx, organization, "", accessListed); err != nil {
		return err
	}
	owners := make([]string, len(shown.Apps))
	for i, a := range shown.Apps {
		owners[i] = a.Owner
	}
	if shown.owners, err = s.Store.People(ctx, organization, owners); err != nil {
		return err
	}
	if shown.Sessions, err = s.Store.ConsoleSessions(ctx, organization, "", accessListed); err != nil {
		return err
	}
	for i := range shown.Tokens {
		if made != "" && shown.Tokens[i].ID == made {
			shown.Made = &shown.Tokens[i]
		}
	}
	return s.render(w, v, status, "access", shown)
}

// createToken makes a token, and leads to where its text is shown once.
func (s *server) createToken(w http.ResponseWriter, v *visit) error {
	if err := v.session.MayManageTokens(); err != nil {
		return err
	}
	name := v.PostFormValue("name")
	t, text, err := s.Store.CreateToken(v.Context(), v.organization.ID, store.NewToken{Name: name})
	if wrong := wrongField(err); wrong != "" {
		return s.renderAccess(w, v, http.StatusUnprocessableEntity, &accessPage{Name: name, Wrong: wrong}, "")
	}
	if err != nil {
		return err
	}
	return s.showOnce(w, v, accessPath, t.ID+" "+text)
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
