package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// Team is a team as the contract shows it.
type Team struct {
	ID                string            `json:"id"`
	Name              *string           `json:"name"`
	OrganizationID    string            `json:"organizationId"`
	CoachUIDs         []string          `json:"coachUids"`
	CoachManifest     map[string]Person `json:"coachManifest" doc:"Who the coaches are, by their ids."`
	MemberUIDs        []string          `json:"memberUids"`
	MemberManifest    map[string]Person `json:"memberManifest" doc:"Who the members are, by their ids."`
	ConversationTypes []string          `json:"newUserDefaultConversationTypes"`
	CreatedAt         *string           `json:"createdAt"`
}

// Person is a coach or member of a team.
type Person struct {
	Email     *string `json:"email"`
	FirstName *string `json:"firstName"`
	LastName  *string `json:"lastName"`
}

// TeamAnswer is one team.
type TeamAnswer struct {
	Body Team
}

// TeamsAnswer is one page of teams.
type TeamsAnswer struct {
	Body struct {
		Data   []Team  `json:"data" doc:"The oldest first."`
		Cursor *string `json:"cursor" doc:"Give it as cursor to get the next page; null on the last."`
	}
}

// TeamsPath names the organization that teams belong to.
type TeamsPath struct {
	OrgID string `path:"orgId"`
}

// TeamPath names a team.
type TeamPath struct {
	TeamsPath
	TeamID string `path:"teamId"`
}

const (
	teamsPath = organizationsPath + "/{orgId}/teams"
	teamPath  = teamsPath + "/{teamId}"
	teamTag   = "Teams"
)

func (s *server) registerTeams() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listTeams", Method: http.MethodGet, Path: teamsPath,
		Summary: "List the teams of an organization", Tags: []string{teamTag},
	}, notFound, s.listTeams)
	wire.Register(s.API, wire.Operation{
		OperationID: "createTeam", Method: http.MethodPost, Path: teamsPath, DefaultStatus: http.StatusCreated,
		Summary: "Create a team", Description: "Its members leave the team they were in: a user is a member of one team at most, and may coach many.", Tags: []string{teamTag},
	}, notFound, s.createTeam)
	wire.Register(s.API, wire.Operation{
		OperationID: "getTeam", Method: http.MethodGet, Path: teamPath,
		Summary: "Get a team", Tags: []string{teamTag},
	}, wire.PlainErrors(http.StatusNotFound), s.getTeam)
	wire.Register(s.API, wire.Operation{
		OperationID: "patchTeam", Method: http.MethodPatch, Path: teamPath,
		Summary: "Change a team", Description: "Changes what the body names and leaves the rest. A list that is named becomes the whole list.", Tags: []string{teamTag},
	}, wire.PlainErrors(http.StatusNotFound), s.patchTeam)
	wire.Register(s.API, wire.Operation{
		OperationID: "deleteTeam", Method: http.MethodDelete, Path: teamPath,
		Summary: "Delete a team", Description: "Answers with the team as it last was. Its users stay, without a team.", Tags: []string{teamTag},
	}, wire.PlainErrors(http.StatusNotFound), s.deleteTeam)
}

// showTeams shows teams with the names of their people.
func (s *server) showTeams(r *wire.Request, organization string, teams []hub.Team) ([]Team, error) {
	var ids []string
	for _, t := range teams {
		ids = append(append(ids, t.Coaches...), t.Members...)
	}
	users := map[string]hub.User{}
	if len(ids) > 0 {
		var err error
		if users, err = s.Store.UsersByID(r, organization, ids); err != nil {
			return nil, err
		}
	}
	manifest := func(ids []string) map[string]Person {
		all := make(map[string]Person, len(ids))
		for _, id := range ids {
			if u, ok := users[id]; ok {
				all[id] = Person{Email: wire.OrNull(u.Email), FirstName: wire.OrNull(u.FirstName), LastName: wire.OrNull(u.LastName)}
			}
		}
		return all
	}
	shown := make([]Team, len(teams))
	for i, t := range teams {
		shown[i] = Team{
			ID: t.ID, Name: wire.OrNull(t.Name), OrganizationID: t.OrganizationID, CoachUIDs: wire.NeverNull(t.Coaches), CoachManifest: manifest(t.Coaches),
			MemberUIDs: wire.NeverNull(t.Members), MemberManifest: manifest(t.Members), ConversationTypes: wire.NeverNull(t.ConversationTypes), CreatedAt: wire.TimeOrNull(t.CreatedAt),
		}
	}
	return shown, nil
}

func (s *server) answerTeam(r *wire.Request, t hub.Team) (*TeamAnswer, error) {
	shown, err := s.showTeams(r, t.OrganizationID, []hub.Team{t})
	if err != nil {
		return nil, err
	}
	return &TeamAnswer{shown[0]}, nil
}

func (s *server) listTeams(r *wire.Request, in *struct {
	TeamsPath
	PageSize int    `query:"pageSize" minimum:"1" maximum:"1000" default:"100" doc:"How many teams the page has at most."`
	Cursor   string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
},
) (*TeamsAnswer, error) {
	organization, err := r.Spanned(in.OrgID)
	if err != nil {
		return nil, err
	}
	page := wire.PageQuery{Cursor: in.Cursor, PageSize: in.PageSize}
	found, cursor, err := wire.ReadPage(page, func(t hub.Team) string { return t.ID }, func(after string, limit int) ([]hub.Team, error) {
		return s.Store.Teams(r, organization, after, limit)
	})
	if err != nil {
		return nil, err
	}
	out := &TeamsAnswer{}
	out.Body.Cursor = cursor
	out.Body.Data, err = s.showTeams(r, organization, found)
	return out, err
}

func (s *server) createTeam(r *wire.Request, in *struct {
	TeamsPath
	wire.ExactBody
	Body struct {
		Name              string   `json:"name"`
		CoachUIDs         []string `json:"coachUids,omitempty" maxItems:"1000"`
		MemberUIDs        []string `json:"memberUids,omitempty" maxItems:"2000"`
		ConversationTypes []string `json:"newUserDefaultConversationTypes,omitempty" maxItems:"1000"`
		BetaFeatures      []string `json:"betaFeatures,omitempty" maxItems:"1000"`
	}
},
) (*TeamAnswer, error) {
	organization, err := r.Spanned(in.OrgID)
	if err != nil {
		return nil, err
	}
	t, err := s.Store.CreateTeam(r, organization, hub.Team{
		Name: in.Body.Name, Coaches: in.Body.CoachUIDs, Members: in.Body.MemberUIDs,
		ConversationTypes: in.Body.ConversationTypes, BetaFeatures: in.Body.BetaFeatures,
	})
	if err != nil {
		return nil, err
	}
	return s.answerTeam(r, t)
}

func (s *server) getTeam(r *wire.Request, in *TeamPath) (*TeamAnswer, error) {
	return s.withTeam(r, in, func(organization string) (hub.Team, error) { return s.Store.Team(r, organization, in.TeamID) })
}

func (s *server) patchTeam(r *wire.Request, in *struct {
	TeamPath
	wire.ExactBody
	Body struct {
		Name              *string   `json:"name,omitempty"`
		CoachUIDs         *[]string `json:"coachUids,omitempty" maxItems:"1000"`
		MemberUIDs        *[]string `json:"memberUids,omitempty" maxItems:"2000"`
		ConversationTypes *[]string `json:"newUserDefaultConversationTypes,omitempty" maxItems:"1000"`
		BetaFeatures      *[]string `json:"betaFeatures,omitempty" maxItems:"1000"`
	}
},
) (*TeamAnswer, error) {
	p := hub.TeamPatch{
		Name: in.Body.Name, Coaches: in.Body.CoachUIDs, Members: in.Body.MemberUIDs,
		ConversationTypes: in.Body.ConversationTypes, BetaFeatures: in.Body.BetaFeatures,
	}
	return s.withTeam(r, &in.TeamPath, func(organization string) (hub.Team, error) { return s.Store.UpdateTeam(r, organization, in.TeamID, p) })
}

func (s *server) deleteTeam(r *wire.Request, in *TeamPath) (*TeamAnswer, error) {
	return s.withTeam(r, in, func(organization string) (hub.Team, error) { return s.Store.DeleteTeam(r, organization, in.TeamID) })
}

// withTeam finds the organization, does one thing to the team the path names, and shows what came of it.
func (s *server) withTeam(r *wire.Request, in *TeamPath, do func(organization string) (hub.Team, error)) (*TeamAnswer, error) {
	t, err := wire.AtPath(r, &wire.IDPath{Organization: in.OrgID, ID: in.TeamID}, "team", do)
	if err != nil {
		return nil, err
	}
	return s.answerTeam(r, t)
}
