package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// crmUsersPage lists the CRMs' users, and whom each is matched to.
type crmUsersPage struct {
	page

	// Find is what is looked for, After the CRM user before the first that is listed; empty at the beginning.
	Find, After string
	// Unknown says that only those are listed of whom it is not known who they are.
	Unknown bool
	Users   []crmUser
	Next    string
	Wrong   wrongMatch
	// Known are users of the workspace whose addresses are offered while one is typed.
	Known []hub.User
}

// usersOffered bounds how many addresses are offered.
const usersOffered = 200

// crmUser is a CRM's user, with the user of the workspace who that is.
type crmUser struct {
	store.Record

	Connection hub.Connection
	Match      store.UserMatch
	// User is nil where the CRM user is nobody.
	User *hub.User
}

// Title is how the page calls the CRM user.
func (u *crmUser) Title() string { return recordTitle(&u.Record) }

// Why says how it is known who the CRM user is.
func (u *crmUser) Why() string {
	switch u.Match.By {
	case hub.MatchedByHand:
		if u.Match.UserID == "" {
			return "somebody said that it is nobody"
		}
		return "somebody said so"
	case hub.MatchedByEmail:
		return "the same e-mail address"
	case hub.MatchedByName:
		return "the same name, which one user alone has"
	}
	return "no user has the e-mail address, nor alone the name"
}

// Email is the CRM user's address, as the CRM spells it.
func (u *crmUser) Email() string {
	if all := emails(&u.Details); len(all) > 0 {
		return all[0]
	}
	return ""
}

// ByHand reports whether somebody said who it is.
func (u *crmUser) ByHand() bool { return u.Match.By == hub.MatchedByHand }

func (s *server) showCRMUsers(w http.ResponseWriter, v *visit) error {
	return s.renderCRMUsers(w, v, http.StatusOK, wrongMatch{})
}

// wrongMatch is what was typed of whom a CRM user is, and why it was not taken.
type wrongMatch struct{ ID, Typed, Sentence string }

// renderCRMUsers shows the CRM users that are looked for, with what was typed for one of them and not taken.
func (s *server) renderCRMUsers(w http.ResponseWriter, v *visit, status int, wrong wrongMatch) error {
	shown := &crmUsersPage{page: s.page(v, "CRM users"), Find: strings.TrimSpace(v.FormValue("find")), After: v.FormValue("after"), Unknown: v.FormValue("known") == "no", Wrong: wrong}
	var after *store.Record
	if shown.After != "" {
		last, err := s.Store.Record(v.Context(), v.organization.ID, hub.ModelUser, shown.After)
		if err != nil {
			return err
		}
		after = &last
	}
	found, err := s.findCRMUsers(v, shown, after)
	if err = ignoreCut(err); err != nil {
		return err
	}
	if len(found) > peopleListed {
		found = found[:peopleListed]
		shown.Next = s.href(v, "/people/crm-users", "find", shown.Find, "known", v.FormValue("known"), "after", found[peopleListed-1].ID)
	}
	if shown.Users, err = s.crmUsers(v, found); err != nil {
		return err
	}
	if shown.Unknown { // of an address all were found
		shown.Users = slices.DeleteFunc(shown.Users, func(u crmUser) bool { return u.Match.By != hub.NotMatched })
	}
	if shown.Acts() {
		if shown.Known, err = s.Store.Users(v.Context(), v.organization.ID, store.UserFilter{Limit: usersOffered}); err != nil {
			return err
		}
	}
	return s.render(w, v, status, "crm_users", shown)
}

// findCRMUsers finds those that a page lists, by the beginning of their name or by their address, and one more.
func (s *server) findCRMUsers(v *visit, shown *crmUsersPage, after *store.Record) ([]store.Record, error) {
	ctx, organization := v.Context(), v.organization.ID
	switch {
	case strings.Contains(shown.Find, "@"):
		return s.Store.RecordsByEmail(ctx, organization, hub.ModelUser, shown.Find, "", after, peopleListed+1)
	case shown.Unknown:
		return s.Store.UnmatchedCRMUsers(ctx, organization, shown.Find, after, peopleListed+1)
	}
	return s.Store.RecordsByName(ctx, organization, hub.ModelUser, shown.Find, "", after, peopleListed+1)
}

// crmUsers finds who some CRM users are.
func (s *server) crmUsers(v *visit, records []store.Record) ([]crmUser, error) {
	of, err := s.connectionsByID(v)
	if err != nil {
		return nil, err
	}
	matches, err := s.Store.UserMatches(v.Context(), v.organization.ID, records)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, m := range matches {
		if m.UserID != "" {
			ids = append(ids, m.UserID)
		}
	}
	users, err := s.Store.UsersByID(v.Context(), v.organization.ID, ids)
	if err != nil {
		return nil, err
	}
	all := make([]crmUser, len(records))
	for i := range records {
		all[i] = crmUser{Record: records[i], Connection: of.byID[records[i].ConnectionID], Match: matches[i]}
		if u, ok := users[matches[i].UserID]; ok {
			all[i].User = &u
		}
	}
	return all, nil
}

// matchCRMUser says by hand who a CRM user is: the user with an e-mail address, or nobody; or takes that back.
func (s *server) matchCRMUser(w http.ResponseWriter, v *visit) error {
	ctx, organization := v.Context(), v.organization.ID
	record, err := s.Store.Record(ctx, organization, hub.ModelUser, v.PathValue("user"))
	if err != nil {
		return err
	}
	switch v.PostFormValue("who") {
	case "nobody":
		err = s.Store.SetMatch(ctx, organization, record, "")
	case "clear":
		err = s.Store.ClearMatch(ctx, organization, record)
	default:
		var u hub.User
		if u, err = s.Store.UserByEmail(ctx, organization, v.PostFormValue("email")); errors.Is(err, hub.ErrNotFound) {
			return s.renderCRMUsers(w, v, http.StatusUnprocessableEntity, wrongMatch{record.ID, v.PostFormValue("email"), "No user of the workspace has this e-mail address."})
		}
		if err == nil {
			err = s.Store.SetMatch(ctx, organization, record, u.ID)
		}
	}
	if err != nil {
		return err
	}
	return s.redirect(w, v, "matched", "/people/crm-users", "find", v.PostFormValue("find"), "after", v.PostFormValue("after"), "known", v.PostFormValue("known"))
}
