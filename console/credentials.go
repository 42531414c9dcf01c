package console

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"sirocco/hub"
)

// credentialsPage asks for the credentials of a connection, by a form made from what its connector says of itself.
type credentialsPage struct {
	page

	Connection connectionView
	Info       hub.PlatformInfo
	Form       []credentialField
	// Wrong is what the vendor or the rule said of those before. Other says that they are of another account.
	Wrong string
	Other bool
}

// credentialField is one field of the form. Secrets are never shown again.
type credentialField struct {
	hub.CredentialField

	Value string
	// Wrong is what is wrong with it; empty where nothing is, or it is not known which.
	Wrong string
}

func credentialForm(info hub.PlatformInfo, given map[string]string, err error) (fields []credentialField) {
	invalid, _ := errors.AsType[*hub.InvalidError](err)
	for _, f := range info.Credentials {
		if f.APIAlone {
			continue
		}
		shown := credentialField{CredentialField: f}
		if !f.Secret {
			shown.Value = given[f.Name]
		}
		if invalid != nil {
			for _, issue := range invalid.Issues {
				if issue.Field == f.Name {
					shown.Wrong = "It " + issue.Problem + "; expected " + issue.Want + "."
				}
			}
		}
		fields = append(fields, shown)
	}
	return fields
}

// givenCredentials are the fields that were filled in.
func givenCredentials(v *visit, info hub.PlatformInfo) map[string]string {
	values := map[string]string{}
	for _, f := range info.Credentials {
		if value := strings.TrimSpace(v.PostFormValue("credential." + f.Name)); value != "" {
			values[f.Name] = value
		}
	}
	return values
}

func (s *server) showCredentials(w http.ResponseWriter, v *visit) error {
	// What is no secret is there already: a form that leaves the address of an own server out would send the secret to the vendor's.
	kept, err := s.Store.Credentials(v.Context(), v.organization.ID, v.PathValue("connection"))
	if err != nil && !errors.Is(err, hub.ErrNeedsCredentials) { // others can be given all the same
		s.Logger.Warn("the credentials of a connection cannot be opened", "organizationId", v.organization.ID, "error", err)
	}
	shown, err := s.credentialsPage(v, kept.Values, nil)
	if err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "credentials", shown)
}

func (s *server) credentialsPage(v *visit, given map[string]string, wrong error) (*credentialsPage, error) {
	c, err := s.connectionOf(v.Context(), v)
	if err != nil {
		return nil, err
	}
	info, ok := s.Platforms[c.Platform]
	if !ok {
		return nil, hub.Conflict("A %s connection takes no credentials.", c.Platform)
	}
	return &credentialsPage{page: s.page(v, "Credentials of "+c.Name), Connection: c, Info: info, Form: credentialForm(info, given, wrong)}, nil
}

// putCredentials tries credentials at the CRM and keeps them where it accepts them; else it asks again, in the vendor's words.
func (s *server) putCredentials(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("connection")
	c, err := s.Store.Connection(v.Context(), v.organization.ID, id)
	if err != nil {
		return err
	}
	given := givenCredentials(v, s.Platforms[c.Platform])
	_, err = s.Store.SetCredentials(v.Context(), v.organization.ID, id, given, v.PostFormValue("replaceAccount") != "", s.Check)
	if err == nil {
		return s.redirect(w, v, "credentials-kept", "/connections/"+id)
	}
	sentence, other, known := refusedCredentials(err)
	if !known {
		return err
	}
	shown, pageErr := s.credentialsPage(v, given, err)
	if pageErr != nil {
		return pageErr
	}
	shown.Wrong, shown.Other = sentence, other
	return s.render(w, v, http.StatusUnprocessableEntity, "credentials", shown)
}

// refusedCredentials is what to tell of credentials that were not kept, and whether that is because they are of another
// account; known is false where it is no fault of theirs.
func refusedCredentials(err error) (sentence string, other, known bool) {
	if e, ok := errors.AsType[*hub.ConflictError](err); ok {
		return e.Error(), true, true
	}
	if e, ok := errors.AsType[*hub.InvalidError](err); ok && len(e.Issues) == 1 && e.Issues[0].Field == "credentials" {
		return "They " + e.Issues[0].Problem + ".", false, true
	}
	if e, ok := errors.AsType[*hub.InvalidError](err); ok {
		return asSentence(e.Error()), false, true
	}
	if e, ok := errors.AsType[*hub.UnavailableError](err); ok && e.Who != "" {
		return e.Error() + ".", false, true
	}
	return "", false, false
}

// checkedBefore is a check that says what one just before it found, so that the CRM is asked once.
func checkedBefore(account hub.CRMAccount) hub.CheckCredentials {
	return func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) { return account, nil }
}
