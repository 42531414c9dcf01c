package console

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// newConnectionPage asks for a platform, and then for what a connection to it needs.
type newConnectionPage struct {
	page

	Platforms []platformChoice
	// Platform is the chosen one; empty before.
	Platform hub.Platform
	// Info describes it; without a name where nothing is pulled from it, so that there are no credentials.
	Info    hub.PlatformInfo
	Name    string
	Account string
	Form    []credentialField
	Wrong   string
}

// platformChoice is a platform that a connection may be made to.
type platformChoice struct {
	Platform hub.Platform
	// Name is the vendor's, Words how records come.
	Name, Words string
	// Has is the organization's connection to it, of which there is one at most; empty where it has none.
	Has string
}

// platformChoices are the platforms that the person may make a connection to.
func (s *server) platformChoices(v *visit) (choices []platformChoice, err error) {
	existing, err := s.Store.Connections(v.Context(), v.organization.ID, store.ConnectionFilter{Limit: 100})
	platforms := hub.CreatablePlatforms()
	if s.Platforms[hub.PlatformSalesforce].Name != "" { // which the API has an operation of its own for
		platforms = append(platforms, hub.PlatformSalesforce)
	}
	if v.session.RunsServer() {
		platforms = append(platforms, hub.OperatorPlatforms()[len(hub.CreatablePlatforms()):]...)
		for _, p := range slices.Sorted(maps.Keys(s.Platforms)) { // those that the operator has added
			if !slices.Contains(hub.Platforms(), p) {
				platforms = append(platforms, p)
			}
		}
	}
	for _, p := range platforms {
		choice := platformChoice{Platform: p, Name: s.platformName(p), Words: "Its records are read here."}
		switch {
		case p.Inbound():
			choice.Words = "It posts its records here."
		case p.Pushed():
			choice.Words = "Your own program pushes the records here."
		case s.Platforms[p].Name == "":
			choice.Words = "Nothing is read from it yet."
		}
		if at := slices.IndexFunc(existing, func(c hub.Connection) bool { return c.Platform == p }); at >= 0 {
			choice.Has = existing[at].ID
		}
		choices = append(choices, choice)
	}
	return choices, err
}

func (s *server) newConnectionPage(v *visit, platform hub.Platform) (*newConnectionPage, error) {
	shown := &newConnectionPage{page: s.page(v, "Connect a CRM"), Platform: platform}
	choices, err := s.platformChoices(v)
	if err != nil {
		return nil, err
	}
	shown.Platforms = choices
	if platform != "" && !slices.ContainsFunc(choices, func(c platformChoice) bool { return c.Platform == platform }) {
		return nil, hub.ErrNotFound
	}
	shown.Info = s.Platforms[platform]
	shown.Name = s.platformName(platform)
	shown.Form = credentialForm(shown.Info, nil, nil)
	return shown, nil
}

func (s *server) showNewConnection(w http.ResponseWriter, v *visit) error {
	shown, err := s.newConnectionPage(v, hub.Platform(v.URL.Query().Get("platform")))
	if err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "new_connection", shown)
}

// createConnection makes a connection once the CRM accepts its credentials. Where it does not, nothing is made, and it is
// asked again in the vendor's words.
func (s *server) createConnection(w http.ResponseWriter, v *visit) error {
	shown, err := s.newConnectionPage(v, hub.Platform(v.PostFormValue("platform")))
	if err != nil || shown.Platform == "" {
		return cmp.Or(err, hub.Invalid("platform", "is missing", "one of those that can be connected"))
	}
	shown.Name, shown.Account = v.PostFormValue("name"), strings.TrimSpace(v.PostFormValue("account"))
	given := givenCredentials(v, shown.Info)
	again := func(err error) error {
		sentence, _, known := refusedCredentials(err)
		if !known {
			return err
		}
		shown.Wrong, shown.Form = sentence, credentialForm(shown.Info, given, err)
		return s.render(w, v, http.StatusUnprocessableEntity, "new_connection", shown)
	}
	n := hub.NewConnection{Name: shown.Name, ExternalAccountID: shown.Account, Platform: shown.Platform, Active: true, Models: s.modelsOf(shown.Platform)}
	var account hub.CRMAccount
	if shown.Info.Name != "" {
		if err := mayBeTried(shown.Info, shown.Account, given); err != nil {
			return again(err)
		}
		tried := n.Connection(v.organization.ID, s.Clock())
		if account, err = s.Check(v.Context(), tried, given); err != nil {
			return again(err)
		}
		n.ExternalAccountID = cmp.Or(n.ExternalAccountID, account.ID)
	}
	n.ExternalAccountID = cmp.Or(n.ExternalAccountID, n.Name) // nobody else has a name for it
	c, err := s.Store.CreateConnection(v.Context(), v.organization.ID, n)
	if err != nil {
		return again(err)
	}
	if shown.Info.Name == "" {
		return s.redirect(w, v, "saved", "/connections/"+c.ID)
	}
	if _, err := s.Store.SetCredentials(v.Context(), v.organization.ID, c.ID, given, false, checkedBefore(account)); err != nil {
		return err
	}
	return s.redirect(w, v, "connected", "/connections/"+c.ID)
}

// mayBeTried refuses, each at its field, what is left out though nothing can be asked without it; the form says that it is
// optional, as something else may stand in for it.
func mayBeTried(info hub.PlatformInfo, account string, given map[string]string) error {
	for _, f := range info.Credentials {
		switch {
		case given[f.Name] != "":
		case f.Account && account == "":
			return hub.Invalid(f.Name, "is missing", "a value, as no account id is given that would stand in for it")
		case f.Unless != "" && given[f.Unless] == "":
			return hub.Invalid(f.Name, "is missing", f.Missing)
		}
	}
	return nil
}

// modelsOf are the models that are pulled from a platform; none where nothing is.
func (s *server) modelsOf(p hub.Platform) (models []hub.Model) {
	for _, m := range s.Platforms[p].Models {
		models = append(models, m.Model)
	}
	return models
}
