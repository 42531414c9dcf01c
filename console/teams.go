package console

import (
	"errors"
	"net/http"

	"sirocco/hub"
	"sirocco/store"
)

// teamsPage lists the teams of the workspace.
type teamsPage struct {
	page

	Teams []hub.Team
	// Coaches are the names of who coaches the teams, by id.
	Coaches map[string]string
	Next    string
}

func (s *server) showTeams(w http.ResponseWriter, v *visit) error {
	shown := &teamsPage{page: s.page(v, "Teams"), Coaches: map[string]string{}}
	var err error
	shown.Teams, err = s.Store.Teams(v.Context(), v.organization.ID, v.FormValue("after"), peopleListed+1)
	cut := errors.Is(err, store.ErrCut)
	if err != nil && !cut {
		return err
	}
	if cut || len(shown.Teams) > peopleListed {
		shown.Teams = shown.Teams[:min(len(shown.Teams), peopleListed)]
		shown.Next = shown.Here("after", shown.Teams[len(shown.Teams)-1].ID)
	}
	var coaches []string
	for _, t := range shown.Teams {
		coaches = append(coaches, t.Coaches...)
	}
	people, err := s.Store.People(v.Context(), v.organization.ID, coaches)
	if err != nil {
		return err
	}
	for id, p := range people {
		shown.Coaches[id] = nameOf(p)
	}
	return s.render(w, v, http.StatusOK, "teams", shown)
}
