package console

import (
	"errors"
	"net/http"
	"strings"

	"sirocco/hub"
)

// signInPage asks for a token, or leads to the provider of OpenID Connect.
type signInPage struct {
	page

	// Wrong says why it is asked again.
	Wrong string
	Name  string
	// Next is where the person wanted to go, below the console.
	Next string
	Look bool
	// Provider is nil where there is none; Again says that the person may want to be somebody else there.
	Provider *providerButton
	Again    bool
}

func (s *server) showSignIn(w http.ResponseWriter, v *visit) error {
	if v.session != nil {
		http.Redirect(w, v.Request, s.base+"/", http.StatusSeeOther)
		return nil
	}
	shown := &signInPage{page: s.page(v, "Sign in"), Next: nextOf(v.FormValue("next"))}
	shown.Provider = s.providerButton(v, shown)
	return s.render(w, v, http.StatusOK, "sign_in", shown)
}

// signIn opens a session for whoever has the token of an organization or a group.
func (s *server) signIn(w http.ResponseWriter, v *visit) error {
	if wait, ok := s.Admit(v.Request); !ok {
		return &tooManyError{wait}
	}
	shown := &signInPage{
		page: s.page(v, "Sign in"), Name: strings.TrimSpace(v.PostFormValue("name")),
		Next: nextOf(v.PostFormValue("next")), Look: v.PostFormValue("look") != "",
	}
	again := func(wrong string) error {
		shown.Wrong = wrong
		shown.Provider = s.providerButton(v, shown)
		return s.render(w, v, http.StatusUnprocessableEntity, "sign_in", shown)
	}
	hash, ok := hub.TokenHash(strings.TrimSpace(v.PostFormValue("token")))
	if !ok {
		return again("That is no token of an organization: one begins with sirocco_, and is 57 characters long.")
	}
	t, err := s.Store.TokenByHash(v.Context(), hash)
	if errors.Is(err, hub.ErrNotFound) {
		return again("This token is unknown or revoked.")
	}
	if err != nil {
		return err
	}
	p := hub.ConsolePerson{Name: t.Name, Role: hub.ConsoleOperator, Method: hub.ConsoleByToken, OrganizationID: t.OrganizationID, GroupID: t.GroupID, TokenID: t.ID}
	if shown.Name != "" { // the token may be several people's
		p.Name = shown.Name + ", with the token " + t.Name
	}
	if shown.Look {
		p.Role = hub.ConsoleViewer
	}
	_, secret, err := s.Store.OpenConsole(v.Context(), p)
	if invalid, ok := errors.AsType[*hub.InvalidError](err); ok {
		return again("The " + invalid.Error() + ".")
	}
	if err != nil {
		return err
	}
	if err := s.Store.TouchToken(v.Context(), t); err != nil {
		return err
	}
	s.enter(w, v.Request, secret)
	http.Redirect(w, v.Request, s.base+shown.Next, http.StatusSeeOther)
	return nil
}

// nextOf is where to go after signing in: a page of ours, below the console's path, or the first one.
func nextOf(asked string) string {
	if !strings.HasPrefix(asked, "/") || strings.HasPrefix(asked, "//") || strings.ContainsAny(asked, "\\\r\n") {
		return "/"
	}
	return asked
}
