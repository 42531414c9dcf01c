package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
	"sirocco/store"
)

// User is a user of the workspace as the contract shows it.
type User struct {
	ID              string           `json:"id"`
	Email           *string          `json:"email"`
	OrganizationID  string           `json:"organizationId"`
	PhoneNumber     *string          `json:"phoneNumber"`
	FirstName       *string          `json:"firstName"`
	LastName        *string          `json:"lastName"`
	MemberTeamID    *string          `json:"memberTeamId" doc:"The team the user is a member of; null for none."`
	CoachTeamIDs    []string         `json:"coachTeamIds" doc:"The teams the user coaches."`
	ExternalID      *string          `json:"externalId" doc:"The organization's own id of the user."`
	CreatedAt       *string          `json:"createdAt"`
	Disabled        bool             `json:"disabled" doc:"A disabled user keeps what it has, and its access tokens count for nothing."`
	Billable        bool             `json:"billable"`
	ContactSettings *ContactSettings `json:"contactSettings,omitempty"`
}

// ContactSettings says which mails a user gets.
type ContactSettings struct {
	SuppressEmails      *bool `json:"suppressEmails,omitempty"`
	SuppressEmailErrors *bool `json:"suppressEmailErrors,omitempty" default:"false"`
}

func showUser(u hub.User) User {
	return User{
		ID: u.ID, Email: optionalText(u.Email), OrganizationID: u.OrganizationID, PhoneNumber: optionalText(u.Phone),
		FirstName: optionalText(u.FirstName), LastName: optionalText(u.LastName), MemberTeamID: optionalText(u.TeamID),
		CoachTeamIDs: listed(u.CoachOf), ExternalID: optionalText(u.ExternalID), CreatedAt: optionalTime(u.CreatedAt),
		Disabled: u.Disabled, Billable: u.Billable, ContactSettings: (*ContactSettings)(u.Contact),
	}
}

// listed is a list that is never null.
func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// UserAnswer is one user.
type UserAnswer struct {
	Body User
}

// UsersAnswer is one page of users.
type UsersAnswer struct {
	Body struct {
		Data   []User  `json:"data" doc:"The oldest first."`
		Cursor *string `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

const (
	usersPath = "/v1/core/users"
	userTag   = "Users"
	userKind  = "user"
)

func (s *server) registerUsers() {
	register(s, huma.Operation{
		OperationID: "listUsers", Method: http.MethodGet, Path: usersPath,
		Summary: "List the organization's users", Tags: []string{userTag},
	}, jsonErrors(), s.listUsers)
	register(s, huma.Operation{
		OperationID: "createUser", Method: http.MethodPost, Path: usersPath, DefaultStatus: http.StatusOK,
		Summary: "Create a user", Description: "A password is ignored: users do not sign in here.", Tags: []string{userTag},
	}, changing, s.createUser)
	register(s, huma.Operation{
		OperationID: "getUser", Method: http.MethodGet, Path: usersPath + "/{id}",
		Summary: "Get a user", Tags: []string{userTag},
	}, notFound, s.getUser)
	register(s, huma.Operation{
		OperationID: "putUser", Method: http.MethodPut, Path: usersPath + "/{id}",
		Summary:     "Change a user",
		Description: "Changes what the body names and leaves the rest; an empty text clears, but for `email`, which must be an address. `disabled: true` ends what the user's access tokens may do, at once on the node that answers and within a second on the others.",
		Tags:        []string{userTag},
	}, changing, s.putUser)
}

func (s *server) listUsers(r *request, in *struct {
	OrganizationSelector
	PageQuery
	Disabled         MaybeFlag `query:"disabled" doc:"true lists the disabled users instead of the others."`
	ExcludeSiroUsers MaybeFlag `query:"excludeSiroUsers" doc:"Changes nothing: there are no users but the organization's own."`
	ExternalID       string    `query:"externalId"`
},
) (*UsersAnswer, error) {
	organization, err := s.organization(r, in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	found, cursor, err := readPage(in.PageQuery, func(u hub.User) string { return u.ID }, func(after string, limit int) ([]hub.User, error) {
		return s.Store.Users(r, organization, store.UserFilter{Disabled: in.Disabled.Value, ExternalID: in.ExternalID, After: after, Limit: limit})
	})
	out := &UsersAnswer{}
	out.Body.Data, out.Body.Cursor = showEach(found, showUser), cursor
	return out, err
}

func (s *server) createUser(r *request, in *struct {
	ExactBody
	Body struct {
		Email           string           `json:"email"`
		OrganizationID  string           `json:"organizationId"`
		Password        string           `json:"password,omitempty" writeOnly:"true" doc:"Ignored, and kept nowhere."`
		PhoneNumber     string           `json:"phoneNumber,omitempty"`
		FirstName       string           `json:"firstName,omitempty"`
		LastName        string           `json:"lastName,omitempty"`
		MemberTeamID    string           `json:"memberTeamId,omitempty"`
		ExternalID      string           `json:"externalId,omitempty"`
		CoachTeamIDs    []string         `json:"coachTeamIds,omitempty" maxItems:"1000"`
		IsAdmin         bool             `json:"isAdmin,omitempty"`
		Billable        *bool            `json:"billable,omitempty" default:"true"`
		ContactSettings *ContactSettings `json:"contactSettings,omitempty"`
	}
},
) (*UserAnswer, error) {
	organization, err := s.named(r, in.Body.OrganizationID)
	if err != nil {
		return nil, err
	}
	u := hub.User{
		Email: in.Body.Email, Phone: in.Body.PhoneNumber, FirstName: in.Body.FirstName, LastName: in.Body.LastName, TeamID: in.Body.MemberTeamID,
		CoachOf: in.Body.CoachTeamIDs, ExternalID: in.Body.ExternalID, Admin: in.Body.IsAdmin, Billable: in.Body.Billable == nil || *in.Body.Billable,
		Contact: (*hub.ContactSettings)(in.Body.ContactSettings),
	}
	if err := u.Validate(); err != nil {
		return nil, err
	}
	if u, err = s.Store.CreateUser(r, organization, u); err != nil {
		return nil, err
	}
	return &UserAnswer{showUser(u)}, nil
}

// named returns the organization that a body names, which the token must span.
func (s *server) named(r *request, organization string) (string, error) {
	if organization == "" {
		return "", hub.Invalid("organizationId", "is empty", "the id of an organization")
	}
	return s.spanned(r, organization)
}

func (s *server) getUser(r *request, in *IDPath) (*UserAnswer, error) {
	u, err := atPath(s, r, in, userKind, func(organization string) (hub.User, error) { return s.Store.User(r, organization, in.ID) })
	return &UserAnswer{showUser(u)}, err
}

func (s *server) putUser(r *request, in *struct {
	IDPath
	ExactBody
	Body struct {
		Email           *string          `json:"email,omitempty"`
		PhoneNumber     *string          `json:"phoneNumber,omitempty"`
		FirstName       *string          `json:"firstName,omitempty"`
		LastName        *string          `json:"lastName,omitempty"`
		MemberTeamID    *string          `json:"memberTeamId,omitempty"`
		Disabled        *bool            `json:"disabled,omitempty"`
		Billable        *bool            `json:"billable,omitempty"`
		ContactSettings *ContactSettings `json:"contactSettings,omitempty"`
		OrganizationID  string           `json:"organizationId,omitempty" doc:"The organization that the user belongs to; a user never moves to another."`
	}
},
) (*UserAnswer, error) {
	if in.Body.OrganizationID != "" {
		in.Organization = in.Body.OrganizationID
	}
	u, err := atPath(s, r, &in.IDPath, userKind, func(organization string) (hub.User, error) {
		u, err := s.Store.UpdateUser(r, organization, in.ID, hub.UserPatch{
			Email: in.Body.Email, Phone: in.Body.PhoneNumber, FirstName: in.Body.FirstName, LastName: in.Body.LastName, TeamID: in.Body.MemberTeamID,
			Disabled: in.Body.Disabled, Billable: in.Body.Billable, Contact: (*hub.ContactSettings)(in.Body.ContactSettings),
		})
		if err == nil && u.Disabled {
			s.callers.forget(func(k knownCaller) bool { return k.user.UserID == u.ID })
		}
		return u, err
	})
	return &UserAnswer{showUser(u)}, err
}
