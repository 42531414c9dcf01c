package console

import (
	"net/http"
	"slices"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// overviewPage is what is well in an organization, and what is not.
type overviewPage struct {
	page

	Connections []connectionView
	States      []stateCount
	Decisions   []decision
	Runs        barChart
	Counts      store.OrganizationCounts
}

// barHours is how many hours the chart of runs has.
const barHours = 24

func (s *server) showOverview(w http.ResponseWriter, v *visit) error {
	if v.organization.ID == "" {
		return s.showOrganizations(w, v)
	}
	ctx, now, organization := v.Context(), s.Clock(), v.organization.ID
	shown := &overviewPage{page: s.page(v, "Overview")}
	all, err := s.Store.Health(ctx, organization)
	if err != nil {
		return err
	}
	shown.Connections = viewConnections(all, now)
	shown.States = countStates(shown.Connections)
	if shown.Counts, err = s.Store.OrganizationCounts(ctx, organization); err != nil {
		return err
	}
	if shown.Decisions, err = s.decisions(v, shown.Connections, shown.Counts); err != nil {
		return err
	}
	from := now.UTC().Truncate(time.Hour).Add(-(barHours - 1) * time.Hour)
	bars, err := s.Store.RunBars(ctx, organization, from, barHours)
	if err != nil {
		return err
	}
	shown.Runs = drawRuns(bars, func(hour time.Time) string { return s.href(v, "/runs", "from", hour.UTC().Format(time.RFC3339)) })
	return s.render(w, v, http.StatusOK, "overview", shown)
}

// organizationsPage has all organizations that a person sees, the worst first.
type organizationsPage struct {
	page

	Rows []organizationRow
	Next string
}

// organizationRow is how an organization's connections are.
type organizationRow struct {
	hub.Organization

	States   []stateCount
	Total    int
	severity int
}

// organizationsShown is how many organizations a page has; within it the worst come first.
const organizationsShown = 200

func (s *server) showOrganizations(w http.ResponseWriter, v *visit) error {
	shown := &organizationsPage{page: s.page(v, "Organizations")}
	all, more, err := s.organizationsOf(v.Context(), &v.session.ConsolePerson, v.URL.Query().Get("after"), organizationsShown)
	if err != nil {
		return err
	}
	if more {
		shown.Next = all[len(all)-1].ID
	}
	if len(all) > 0 {
		health, err := s.healthOf(v, all)
		if err != nil {
			return err
		}
		for _, o := range all {
			views := viewConnections(health[o.ID], s.Clock())
			shown.Rows = append(shown.Rows, organizationRow{Organization: o, States: countStates(views), Total: len(views), severity: severity(views)})
		}
	}
	slices.SortStableFunc(shown.Rows, func(a, b organizationRow) int { return b.severity - a.severity })
	return s.render(w, v, http.StatusOK, "organizations", shown)
}

// healthOf is how the connections of organizations are, which stand in the order of their ids. Those of a group are asked
// for one by one, as others may stand between them.
func (s *server) healthOf(v *visit, all []hub.Organization) (map[string][]store.ConnectionHealth, error) {
	if v.session.RunsServer() {
		return s.Store.HealthOfAll(v.Context(), all[0].ID, all[len(all)-1].ID)
	}
	health := map[string][]store.ConnectionHealth{}
	for _, o := range all {
		var err error
		if health[o.ID], err = s.Store.Health(v.Context(), o.ID); err != nil {
			return nil, err
		}
	}
	return health, nil
}
