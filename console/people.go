package console

import (
	"net/http"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// peopleListed is how many of a kind one page lists.
const peopleListed = 50

// peoplePage lists the users of the workspace.
type peoplePage struct {
	page

	Find string
	// Team is the only one whose members are listed; nil for all.
	Team  *hub.Team
	Users []hub.User
	// Teams are the names of the users' teams, by id.
	Teams map[string]string
	Next  string
}

func (s *server) showPeople(w http.ResponseWriter, v *visit) error {
	ctx, organization := v.Context(), v.organization.ID
	shown := &peoplePage{page: s.page(v, "People"), Find: strings.TrimSpace(v.FormValue("find"))}
	f := store.UserFilter{Find: shown.Find, After: v.FormValue("after"), TeamID: v.FormValue("team"), Limit: peopleListed + 1}
	if f.TeamID != "" {
		t, err := s.Store.Team(ctx, organization, f.TeamID)
		if err != nil {
			return err
		}
		shown.Team = &t
	}
	var err error
	if shown.Users, err = s.Store.Users(ctx, organization, f); err != nil {
		return err
	}
	if len(shown.Users) > peopleListed {
		shown.Users = shown.Users[:peopleListed]
		shown.Next = shown.Here("after", shown.Users[peopleListed-1].ID)
	}
	var teams []string
	for _, u := range shown.Users {
		if u.TeamID != "" {
			teams = append(teams, u.TeamID)
		}
		teams = append(teams, u.CoachOf...)
	}
	if shown.Teams, err = s.Store.TeamNames(ctx, organization, teams); err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "people", shown)
}

// peopleRoutes are the pages and actions of people, and of what opens an organization.
func peopleRoutes() []route {
	const viewer, operator = hub.ConsoleViewer, hub.ConsoleOperator
	return []route{
		{"GET", "/people", viewer, scopeOrganization, (*server).showPeople},
		{"GET", "/people/teams", viewer, scopeOrganization, (*server).showTeams},
		{"GET", "/people/crm-users", viewer, scopeOrganization, (*server).showCRMUsers},
		{"POST", "/people/crm-users/{user}/match", operator, scopeOrganization, (*server).matchCRMUser},
		{"GET", "/people/access", viewer, scopeOrganization, (*server).showAccess},
		{"POST", "/people/tokens", operator, scopeOrganization, (*server).createToken},
		{"POST", "/people/tokens/{token}/revoke", operator, scopeOrganization, (*server).revokeToken},
		{"POST", "/people/sessions/{session}/end", operator, scopeOrganization, (*server).endSession},
	}
}
