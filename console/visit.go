package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// visit is one request, and who makes it.
type visit struct {
	*http.Request

	// session is the person's, nil where nobody is signed in.
	session *hub.ConsoleSession
	// organization is the one that the page is about; its ID is empty where it is about none.
	organization hub.Organization
	// choices are the organizations that the person may switch to; empty where there is one.
	choices []hub.Organization
	// notice says what the action before did, where it led to this page.
	notice string
}

// choicesMost bounds how many organizations are offered in the switch.
const choicesMost = 200

// organizationParameter is where a URL says which organization it is about, for people who see several.
const organizationParameter = "organization"

// serve answers the requests of a route: it knows the person, holds them to their role and scope, and says what failed.
func (s *server) serve(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		v := &visit{Request: hr}
		hr.Body = http.MaxBytesReader(w, hr.Body, 1<<20)
		if err := readable(hr); err != nil {
			s.fail(w, v, err)
			return
		}
		if err := s.admit(r, v); err != nil {
			s.fail(w, v, err)
			return
		}
		if v.session != nil {
			v.Request = hr.WithContext(store.WithActor(hr.Context(), v.session.Actor()))
		}
		if v.session != nil && !r.askedByItself(hr) {
			v.notice = s.takeOnce(w, v, onceNotice, v.URL.Path)
		}
		if err := r.Handle(s, w, v); err != nil {
			s.fail(w, v, err)
		}
	})
}

// readable refuses a parameter or a field that is no text which a database keeps.
func readable(r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return hub.Invalid("address", "cannot be read", "an address, or a form, as the pages here have it")
	}
	if _, found := hub.Unstorable(r.Form); found {
		return hub.Invalid("address", "holds what is no text", "text alone")
	}
	return nil
}

// errSignedOut says that somebody has to sign in first.
var errSignedOut = errors.New("nobody is signed in")

// admit finds who visits, and refuses what is not theirs to see or to do.
func (s *server) admit(r route, v *visit) error {
	var err error
	if v.session, err = s.sessionOf(v.Request, !r.askedByItself(v.Request)); err != nil {
		return err
	}
	if r.Scope == scopeNone {
		return nil
	}
	if v.session == nil {
		return errSignedOut
	}
	if err := s.chooseOrganization(v); err != nil {
		return err
	}
	switch {
	case r.Scope == scopeServer && !v.session.RunsServer():
		return hub.ErrNotFound
	case r.Scope == scopeOrganization && v.organization.ID == "":
		return errNoOrganization
	case r.Role.Acts() && !v.session.Role.Acts():
		return hub.Forbidden("You are signed in to look, not to act.")
	}
	return nil
}

// errNoOrganization says that the page is about one organization, and the person has not said which.
var errNoOrganization = errors.New("no organization is chosen")

// chooseOrganization finds which organization the request is about: the one that its URL names, or the only one that
// the person sees. One that they do not see is hub.ErrNotFound, as one that is not there.
func (s *server) chooseOrganization(v *visit) (err error) {
	ctx, asked := v.Context(), v.URL.Query().Get(organizationParameter)
	p := &v.session.ConsolePerson
	if p.SeesOne() {
		if asked != "" && asked != p.OrganizationID {
			return hub.ErrNotFound
		}
		v.organization, err = s.Store.Organization(ctx, p.OrganizationID)
		return err
	}
	if v.choices, _, err = s.organizationsOf(ctx, p, "", choicesMost); err != nil {
		return err
	}
	if len(v.choices) == 1 && (asked == "" || asked == v.choices[0].ID) {
		v.organization, v.choices = v.choices[0], nil
		return nil
	}
	if asked == "" {
		return nil
	}
	if p.GroupID != "" {
		if has, err := s.Store.GroupHas(ctx, asked, p.GroupID); err != nil || !has {
			return errors.Join(err, hub.ErrNotFound)
		}
	}
	v.organization, err = s.Store.Organization(ctx, asked)
	return err
}

// organizationsOf lists those that the person sees, oldest first, after the one with the id after, and reports whether there may
// be more.
func (s *server) organizationsOf(ctx context.Context, p *hub.ConsolePerson, after string, limit int) (all []hub.Organization, more bool, err error) {
	if p.GroupID != "" {
		all, err = s.Store.OrganizationsOf(ctx, p.GroupID, after, limit)
		if errors.Is(err, store.ErrCut) {
			return all, true, nil
		}
		return all, len(all) == limit, err
	}
	all, err = s.Store.Organizations(ctx, after, limit)
	return all, len(all) == limit, err
}

// href is the URL of a page below the console, with the query's names and values by pairs, beside those that the path has; pairs
// without a value are left out. It keeps to the organization that this visit is about.
func (s *server) href(v *visit, path string, pairs ...string) string {
	path, has, _ := strings.Cut(path, "?")
	query, err := url.ParseQuery(has)
	if err != nil {
		query = url.Values{}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if v.session != nil && !v.session.SeesOne() && v.organization.ID != "" && !query.Has(organizationParameter) {
		query.Set(organizationParameter, v.organization.ID)
	}
	u := url.URL{Path: s.base + path, RawQuery: query.Encode()}
	return u.String()
}

// redirect answers an action: the browser goes on to a page, which says once what was done: one of notices, or a sentence of its own.
func (s *server) redirect(w http.ResponseWriter, v *visit, notice, path string, pairs ...string) error {
	to, _, _ := strings.Cut(path, "?")
	if err := s.keepOnce(w, v, onceNotice, to, cmp.Or(notices[notice], notice)); err != nil {
		return err
	}
	http.Redirect(w, v.Request, s.href(v, path, pairs...), http.StatusSeeOther)
	return nil
}
