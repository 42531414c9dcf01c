package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Organization is an organization as the contract shows it.
type Organization struct {
	ID                 string                    `json:"id"`
	AdminUIDs          []string                  `json:"adminUids,omitempty" doc:"Its administrators: they see all its recordings."`
	BetaFeatures       []string                  `json:"betaFeatures,omitempty" doc:"Always left out: there are none."`
	ConsentNotRequired *bool                     `json:"consentNotRequired,omitempty" doc:"Always left out: consent is the recorder's to ask for."`
	DateCreated        string                    `json:"dateCreated,omitempty" format:"date-time"`
	Disabled           bool                      `json:"disabled" required:"false" doc:"While it is, nothing is synced, linked, written back or told to webhooks, and its users' access tokens count for nothing. Organization tokens still work."`
	Industries         []Industry                `json:"industries"`
	Integrations       []OrganizationIntegration `json:"integrations" doc:"Its connections."`
	Name               string                    `json:"name,omitempty"`
	OwnerUID           string                    `json:"ownerUid,omitempty" doc:"An administrator, too; who was one before stays one until adminUids leaves them out."`
	Teams              []OrganizationTeam        `json:"teams" doc:"Its first hundred teams; the teams have a list of their own."`
}

// Industry is what an organization does.
type Industry struct {
	ID          string  `json:"id"`
	Name        string  `json:"name" doc:"The id: industries have no list here."`
	Description *string `json:"description,omitempty"`
}

// OrganizationIntegration is a connection as its organization shows it.
type OrganizationIntegration struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	ExternalAccountID   string            `json:"externalAccountId"`
	IntegrationPlatform CreatablePlatform `json:"integrationPlatform"`
	CreatedAt           string            `json:"createdAt" format:"date-time"`
	UpdatedAt           string            `json:"updatedAt" format:"date-time"`
	DeletedAt           *string           `json:"deletedAt" format:"date-time" doc:"Always null: a deleted connection is not listed."`
	IsActive            bool              `json:"isActive"`
}

// OrganizationTeam is a team as its organization shows it.
type OrganizationTeam struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	CoachUIDs  []string `json:"coachUids"`
	MemberUIDs []string `json:"memberUids"`
}

// OrganizationAnswer is one organization.
type OrganizationAnswer struct {
	Body Organization
}

// OrganizationsAnswer is one page of organizations.
type OrganizationsAnswer struct {
	Body struct {
		Data   []Organization `json:"data" doc:"The oldest first."`
		Cursor *string        `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

const (
	organizationsPath = "/v1/core/organizations"
	organizationTag   = "Organizations"
	// organizationTeams and organizationConnections bound what an organization shows of itself.
	organizationTeams, organizationConnections = 100, 100
)

func (s *server) registerOrganizations() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listOrganizations", Method: http.MethodGet, Path: organizationsPath,
		Summary: "List the organizations that the token spans", Tags: []string{organizationTag},
	}, wire.JSONErrors(), s.listOrganizations)
	wire.Register(s.API, wire.Operation{
		OperationID: "createOrganization", Method: http.MethodPost, Path: organizationsPath, DefaultStatus: http.StatusOK,
		Summary: "Create an organization", Tags: []string{organizationTag},
		Description: "Takes a token of an organization group; the organization belongs to that group.",
	}, wire.JSONErrors(http.StatusForbidden), s.createOrganization)
	wire.Register(s.API, wire.Operation{
		OperationID: "getOrganization", Method: http.MethodGet, Path: organizationsPath + "/{id}",
		Summary: "Get an organization", Tags: []string{organizationTag},
	}, notFound, func(r *wire.Request, in *struct {
		ID string `path:"id"`
	},
	) (*OrganizationAnswer, error) {
		organization, err := r.Spanned(in.ID)
		if err != nil {
			return nil, err
		}
		o, err := s.Store.Organization(r, organization)
		return s.answerOrganization(r, o, err)
	})
	wire.Register(s.API, wire.Operation{
		OperationID: "patchOrganization", Method: http.MethodPatch, Path: organizationsPath + "/{id}",
		Summary: "Change an organization", Description: "Changes what the body names and leaves the rest.", Tags: []string{organizationTag},
	}, notFound, s.patchOrganization)
}

// showOrganization shows an organization with its connections and teams.
func (s *server) showOrganization(r *wire.Request, o hub.Organization) (Organization, error) {
	shown := Organization{
		ID: o.ID, AdminUIDs: o.Details.Admins, DateCreated: hub.WireTime(o.CreatedAt), Disabled: o.Disabled, Name: o.Name, OwnerUID: o.Details.Owner,
		Industries: make([]Industry, len(o.Details.Industries)), Integrations: []OrganizationIntegration{}, Teams: []OrganizationTeam{},
	}
	for i, id := range o.Details.Industries {
		shown.Industries[i] = Industry{ID: id, Name: id}
	}
	connections, err := s.Connections.Connections(r, o.ID, store.ConnectionFilter{Limit: organizationConnections})
	if err != nil {
		return shown, err
	}
	for _, c := range connections {
		shown.Integrations = append(shown.Integrations, OrganizationIntegration{
			ID: c.ID, Name: c.Name, ExternalAccountID: c.ExternalAccountID, IntegrationPlatform: CreatablePlatform(c.Platform),
			CreatedAt: hub.WireTime(c.CreatedAt), UpdatedAt: hub.WireTime(c.UpdatedAt), IsActive: c.Active,
		})
	}
	teams, err := s.Store.Teams(r, o.ID, "", organizationTeams)
	_, err = wire.IsCut(err)
	for _, t := range teams {
		shown.Teams = append(shown.Teams, OrganizationTeam{ID: t.ID, Name: t.Name, CoachUIDs: wire.NeverNull(t.Coaches), MemberUIDs: wire.NeverNull(t.Members)})
	}
	return shown, err
}

// size is about how many bytes an organization has in an answer.
func (o *Organization) size() int {
	const names = 200 // about what the names of fields, ids and times of one object take
	bytes := names + len(o.Name)
	for _, id := range o.AdminUIDs {
		bytes += len(id)
	}
	for _, industry := range o.Industries {
		bytes += 30 + len(industry.ID) + len(industry.Name)
	}
	for i := range o.Integrations {
		bytes += names + len(o.Integrations[i].Name) + len(o.Integrations[i].ExternalAccountID)
	}
	for _, t := range o.Teams {
		bytes += names + len(t.Name)
		for _, uids := range [][]string{t.CoachUIDs, t.MemberUIDs} {
			for _, uid := range uids {
				bytes += len(uid)
			}
		}
	}
	return bytes
}

func (s *server) answerOrganization(r *wire.Request, o hub.Organization, err error) (*OrganizationAnswer, error) {
	if err != nil {
		return nil, hub.Missing("organization", err)
	}
	shown, err := s.showOrganization(r, o)
	return &OrganizationAnswer{shown}, err
}

func organizationID(o hub.Organization) string { return o.ID }

func (s *server) listOrganizations(r *wire.Request, in *struct {
	wire.PageQuery
},
) (*OrganizationsAnswer, error) {
	found, cursor, err := wire.ReadPage(in.PageQuery, organizationID, func(after string, limit int) ([]hub.Organization, error) {
		switch {
		case r.Token.GroupID != "":
			return s.Store.OrganizationsOf(r, r.Token.GroupID, after, limit)
		case after >= r.Token.OrganizationID:
			return nil, nil
		}
		own, err := s.Store.Organization(r, r.Token.OrganizationID)
		return []hub.Organization{own}, err
	})
	if err != nil {
		return nil, err
	}
	out := &OrganizationsAnswer{}
	out.Body.Cursor, out.Body.Data = cursor, []Organization{}
	sum := 0
	for i, o := range found {
		shown, err := s.showOrganization(r, o)
		if err != nil {
			return nil, err
		}
		if sum += shown.size(); sum > store.PageMost && i > 0 { // with its connections and teams, it shows much more than was read for the list
			_, out.Body.Cursor = wire.CutByID(found[:i], true, in.PageSize, organizationID)
			break
		}
		out.Body.Data = append(out.Body.Data, shown)
	}
	return out, nil
}

func (s *server) createOrganization(r *wire.Request, in *struct {
	wire.ExactBody
	Body struct {
		Name        string   `json:"name"`
		OrgGroupIDs []string `json:"orgGroupIds" maxItems:"100" doc:"The groups that the organization belongs to: that of the token, which is named by its authorizedOrgGroupId."`
		AdminUIDs   []string `json:"adminUids,omitempty" maxItems:"1000"`
		Disabled    bool     `json:"disabled,omitempty"`
		IndustryIDs []string `json:"industryIds,omitempty" maxItems:"1000"`
		OwnerUID    string   `json:"ownerUid,omitempty"`
	}
},
) (*OrganizationAnswer, error) {
	if err := r.Token.MayCreateOrganization(in.Body.OrgGroupIDs); err != nil {
		return nil, err
	}
	p := hub.OrganizationPatch{Name: &in.Body.Name, Disabled: &in.Body.Disabled, Owner: &in.Body.OwnerUID, Admins: &in.Body.AdminUIDs, Industries: &in.Body.IndustryIDs}
	o, err := s.Store.CreateOrganizationIn(r, r.Token.GroupID, p)
	return s.answerOrganization(r, o, err)
}

func (s *server) patchOrganization(r *wire.Request, in *struct {
	ID string `path:"id"`
	wire.ExactBody
	Body struct {
		Name        *string   `json:"name,omitempty"`
		AdminUIDs   *[]string `json:"adminUids,omitempty" maxItems:"1000"`
		Disabled    *bool     `json:"disabled,omitempty"`
		IndustryIDs *[]string `json:"industryIds,omitempty" maxItems:"1000"`
		OwnerUID    *string   `json:"ownerUid,omitempty"`
	}
},
) (*OrganizationAnswer, error) {
	organization, err := r.Spanned(in.ID)
	if err != nil {
		return nil, err
	}
	p := hub.OrganizationPatch{Name: in.Body.Name, Disabled: in.Body.Disabled, Owner: in.Body.OwnerUID, Admins: in.Body.AdminUIDs, Industries: in.Body.IndustryIDs}
	o, err := s.Store.UpdateOrganization(r, organization, r.Token.GroupID, p)
	return s.answerOrganization(r, o, err)
}
