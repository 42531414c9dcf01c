package organization

import (
	"net/http"

	"sirocco/api/wire"
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
		ID: u.ID, Email: wire.OrNull(u.Email), OrganizationID: u.OrganizationID, PhoneNumber: wire.OrNull(u.Phone),
		FirstName: wire.OrNull(u.FirstName), LastName: wire.OrNull(u.LastName), MemberTeamID: wire.OrNull(u.TeamID),
		CoachTeamIDs: wire.NeverNull(u.CoachOf), ExternalID: wire.OrNull(u.ExternalID), CreatedAt: wire.TimeOrNull(u.CreatedAt),
		Disabled: u.Disabled, Billable: u.Billable, ContactSettings: (*ContactSettings)(u.Contact),
	}
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
	wire.Register(s.API, wire.Operation{
		OperationID: "listUsers", Method: http.MethodGet, Path: usersPath,
		Summary: "List the organization's users", Tags: []string{userTag},
	}, wire.JSONErrors(), s.listUsers)
	wire.Register(s.API, wire.Operation{
		OperationID: "createUser", Method: http.MethodPost, Path: usersPath, DefaultStatus: http.StatusOK,
		Summary: "Create a user", Description: "A password is ignored: users do not sign in here.", Tags: []string{userTag},
	}, changing, s.createUser)
	wire.Register(s.API, wire.Operation{
		OperationID: "getUser", Method: http.MethodGet, Path: usersPath + "/{id}",
		Summary: "Get a user", Tags: []string{userTag},
	}, notFound, s.getUser)
	wire.Register(s.API, wire.Operation{
		OperationID: "putUser", Method: http.MethodPut, Path: usersPath + "/{id}",
		Summary:     "Change a user",
		Description: "Changes what the body names and leaves the rest; an empty text clears, but for `email`, which must be an address. `disabled: true` ends what the user's access tokens may do, at once on the node that answers and within a second on the others.",
		Tags:        []string{userTag},
	}, changing, s.putUser)
}

func (s *server) listUsers(r *wire.Request, in *struct {
	wire.OrganizationSelector
	Cursor           string              `query:"cursor" extension:"true" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize         int                 `query:"pageSize" extension:"true" minimum:"1" maximum:"1000" default:"25" doc:"How many users the page has at most."`
	Disabled         wire.Optional[bool] `query:"disabled" doc:"Only users who are disabled, or who are not; all without it."`
	ExcludeSiroUsers wire.Optional[bool] `query:"excludeSiroUsers" doc:"Leaves out users whose e-mail address is of siro.ai, as bots have."`
	ExternalID       string              `query:"externalId"`
},
) (*UsersAnswer, error) {
	out := &UsersAnswer{}
	var err error
	out.Body.Data, out.Body.Cursor, err = wire.List(r, in.OrganizationSelector, wire.PageQuery{Cursor: in.Cursor, PageSize: in.PageSize}, func(u hub.User) string { return u.ID }, showUser, func(organization, after string, limit int) ([]hub.User, error) {
		f := store.UserFilter{ExternalID: in.ExternalID, After: after, Limit: limit}
		f.NoVendor = in.ExcludeSiroUsers.Value
		if in.Disabled.Sent {
			f.Disabled = &in.Disabled.Value
		}
		return s.Store.Users(r, organization, f)
	})
	return out, err
}

func (s *server) createUser(r *wire.Request, in *struct {
	wire.ExactBody
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
	organization, err := r.Named(in.Body.OrganizationID)
	if err != nil {
		return nil, err
	}
	u, err := s.Store.CreateUser(r, organization, hub.User{
		Email: in.Body.Email, Phone: in.Body.PhoneNumber, FirstName: in.Body.FirstName, LastName: in.Body.LastName, TeamID: in.Body.MemberTeamID,
		CoachOf: in.Body.CoachTeamIDs, ExternalID: in.Body.ExternalID, Admin: in.Body.IsAdmin, Billable: in.Body.Billable == nil || *in.Body.Billable,
		Contact: (*hub.ContactSettings)(in.Body.ContactSettings),
	})
	if err != nil {
		return nil, err
	}
	return &UserAnswer{showUser(u)}, nil
}

func (s *server) getUser(r *wire.Request, in *wire.IDPath) (*UserAnswer, error) {
	u, err := wire.AtPath(r, in, userKind, func(organization string) (hub.User, error) { return s.Store.User(r, organization, in.ID) })
	return &UserAnswer{showUser(u)}, err
}

func (s *server) putUser(r *wire.Request, in *struct {
	wire.IDPath
	wire.ExactBody
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
	u, err := wire.AtPath(r, &in.IDPath, userKind, func(organization string) (hub.User, error) {
		return s.Store.UpdateUser(r, organization, in.ID, hub.UserPatch{
			Email: in.Body.Email, Phone: in.Body.PhoneNumber, FirstName: in.Body.FirstName, LastName: in.Body.LastName, TeamID: in.Body.MemberTeamID,
			Disabled: in.Body.Disabled, Billable: in.Body.Billable, Contact: (*hub.ContactSettings)(in.Body.ContactSettings),
		})
	})
	return &UserAnswer{showUser(u)}, err
}
