package console

import (
	"errors"
	"net/http"

	"sirocco/hub"
)

// openPage has the button that spends a link of sirocco console login: previews of links press no buttons.
type openPage struct {
	page

	// Secret is the link's; empty where it is spent, too old or none.
	Secret string
	Who    hub.ConsolePerson
	// Where is the organization that it leads to; empty for all.
	Where string
}

func (s *server) showOpen(w http.ResponseWriter, v *visit) error {
	shown := &openPage{page: s.page(v, "Open the console")}
	err := s.admitStranger(v.Request)
	if err != nil {
		return err
	}
	shown.Who, err = s.Store.ConsoleLogin(v.Context(), v.FormValue("key"))
	if errors.Is(err, hub.ErrNotFound) {
		return s.render(w, v, http.StatusGone, "open", shown)
	}
	if err == nil && shown.Who.OrganizationID != "" {
		var o hub.Organization
		o, err = s.Store.Organization(v.Context(), shown.Who.OrganizationID)
		shown.Where = o.Name
	}
	if err != nil {
		return err
	}
	shown.Secret = v.FormValue("key")
	return s.render(w, v, http.StatusOK, "open", shown)
}

// open spends the link.
func (s *server) open(w http.ResponseWriter, v *visit) error {
	if wait, ok := s.Admit(v.Request); !ok {
		return &tooManyError{wait}
	}
	_, secret, err := s.Store.SpendConsoleLogin(v.Context(), v.PostFormValue("key"))
	if errors.Is(err, hub.ErrNotFound) {
		return s.render(w, v, http.StatusGone, "open", &openPage{page: s.page(v, "Open the console")})
	}
	if err != nil {
		return err
	}
	s.enter(w, v.Request, secret)
	http.Redirect(w, v.Request, s.base+"/", http.StatusSeeOther)
	return nil
}
