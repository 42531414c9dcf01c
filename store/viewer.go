package store

import (
	"context"
	"fmt"

	"sirocco/database"
	"sirocco/hub"
)

// Viewer returns what decides which recordings a user sees.
func (s *Store) Viewer(ctx context.Context, organization, user string) (hub.Viewer, error) {
	v, err := queryOne(ctx, s.db, func(r database.Row) (hub.Viewer, error) {
		v := hub.Viewer{UserID: user}
		var team *string
		err := r.Scan(&team, &v.Admin)
		v.TeamID = deref(team)
		return v, err
	}, `SELECT team_id, is_admin FROM users WHERE organization_id = $1 AND id = $2`, organization, user)
	if err == nil {
		v.CoachOf, err = queryAll(ctx, s.db, scanText, `SELECT team_id FROM team_coaches WHERE organization_id = $1 AND user_id = $2 ORDER BY team_id LIMIT $3`,
			organization, user, coachedMost)
	}
	return v, err
}

// coachedMost bounds how many teams of a coach count.
const coachedMost = 10_000

// conditions collects the conditions of a query and their arguments.
type conditions struct {
	text string
	args []any
}

// arg adds an argument and returns its parameter.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

// and adds a condition, whose %s are the parameters of the values.
func (c *conditions) and(condition string, values ...any) {
	parameters := make([]any, len(values))
	for i, v := range values {
		parameters[i] = c.arg(v)
	}
	c.text += " AND " + fmt.Sprintf(condition, parameters...)
}

// in returns the condition that a column is one of values.
func (c *conditions) in(q database.Querier, column string, values []string) string {
	in, arg := q.Dialect().In(fmt.Sprintf("$%d", len(c.args)+1), values)
	c.args = append(c.args, arg)
	return column + " " + in
}

// visibleTo says in SQL, of recordings under the alias r, what hub.Viewer.Sees says in Go.
func (c *conditions) visibleTo(q database.Querier, v hub.Viewer) {
	if v.Admin {
		return
	}
	c.text += " AND (r.discoverable = " + c.arg(true) + " OR " + c.ofRep(q, v) + ")"
}

// keptBy says in SQL, of recordings under the alias r, what hub.Viewer.Keeps says in Go.
func (c *conditions) keptBy(q database.Querier, v hub.Viewer) {
	if v.Admin {
		return
	}
	c.text += " AND (" + c.ofRep(q, v) + ")"
}

// ofRep is the condition that a recording r is the viewer's own, or of a team that the viewer coaches.
func (c *conditions) ofRep(q database.Querier, v hub.Viewer) string {
	condition := "r.user_id = " + c.arg(v.UserID)
	if len(v.CoachOf) > 0 {
		condition += " OR " + c.in(q, "r.team_id", v.CoachOf)
	}
	return condition
}

// Person is what a recording's answer tells of a user.
type Person struct {
	hub.User
	TeamName string
}

// People finds users of the organization, disabled ones included, with the names of their teams.
func (s *Store) People(ctx context.Context, organization string, ids []string) (map[string]Person, error) {
	found := make(map[string]Person, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	in, arg := s.db.Dialect().In("$2", ids)
	people, err := queryAll(ctx, s.db, func(r database.Row) (Person, error) {
		var p Person
		var first, last, team, teamName *string
		err := r.Scan(&p.ID, &p.Email, &first, &last, &team, &teamName)
		p.FirstName, p.LastName, p.TeamID, p.TeamName = deref(first), deref(last), deref(team), deref(teamName)
		return p, err
	}, `SELECT u.id, u.email, u.first_name, u.last_name, u.team_id, t.name FROM users u
		LEFT JOIN teams t ON t.organization_id = u.organization_id AND t.id = u.team_id
		WHERE u.organization_id = $1 AND u.id `+in, organization, arg)
	for _, p := range people {
		found[p.ID] = p
	}
	return found, err
}
