package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sirocco/database"
	"sirocco/hub"
)

const teamColumns = `organization_id, id, name, conversation_types, beta_features, created_at, updated_at`

func scanTeam(r database.Row) (hub.Team, error) {
	var t hub.Team
	var types, features string
	var created, updated int64
	if err := r.Scan(&t.OrganizationID, &t.ID, &t.Name, &types, &features, &created, &updated); err != nil {
		return t, err
	}
	t.CreatedAt, t.UpdatedAt = fromMicros(created), fromMicros(updated)
	for text, to := range map[string]*[]string{types: &t.ConversationTypes, features: &t.BetaFeatures} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			return t, fmt.Errorf("team %s: %w", t.ID, err)
		}
	}
	return t, nil
}

// CreateTeam makes a team of what t says. Coaches and members who are no users of the organization are a
// *hub.InvalidError. Members leave the team they were in.
func (s *Store) CreateTeam(ctx context.Context, organization string, t hub.Team) (hub.Team, error) {
	said := hub.TeamPatch{Name: &t.Name, ConversationTypes: &t.ConversationTypes, BetaFeatures: &t.BetaFeatures}
	if err := said.Validate(); err != nil {
		return t, err
	}
	var lists hub.Team // each name once, as a change of the team has them
	said.Apply(&lists, s.clock())
	t.ConversationTypes, t.BetaFeatures = lists.ConversationTypes, lists.BetaFeatures
	t.ID, t.OrganizationID = s.newID(), organization
	t.CreatedAt = hub.NextVersion(t.CreatedAt, s.clock())
	t.UpdatedAt = t.CreatedAt
	err := s.write(ctx, func(tx Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO teams (`+teamColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.OrganizationID, t.ID, t.Name, jsonTexts(t.ConversationTypes), jsonTexts(t.BetaFeatures), micros(t.CreatedAt), micros(t.UpdatedAt)); err != nil {
			return err
		}
		if err := s.setPeople(ctx, tx, t, &t.Coaches, &t.Members); err != nil {
			return err
		}
		if err := s.audit(ctx, tx, organization, "create", "team", t.ID, map[string]any{"name": t.Name, "coachUids": t.Coaches, "memberUids": t.Members}); err != nil {
			return err
		}
		return withPeople(ctx, tx, organization, []*hub.Team{&t})
	})
	return t, err
}

// jsonTexts is how a list of texts is stored.
func jsonTexts(list []string) string {
	if list == nil {
		list = []string{}
	}
	text, _ := json.Marshal(list) //nolint:errchkjson // strings can always be written
	return string(text)
}

// Team returns one team of the organization.
func (s *Store) Team(ctx context.Context, organization, id string) (hub.Team, error) {
	t, err := queryOne(ctx, s.db, scanTeam, `SELECT `+teamColumns+` FROM teams WHERE organization_id = $1 AND id = $2`, organization, id)
	if err == nil {
		err = withPeople(ctx, s.db, organization, []*hub.Team{&t})
	}
	return t, err
}

// TeamNames finds the names of teams, by id.
func (s *Store) TeamNames(ctx context.Context, organization string, ids []string) (map[string]string, error) {
	names := make(map[string]string, len(ids))
	in, arg := s.db.Dialect().In("$2", ids)
	found, err := queryAll(ctx, s.db, func(r database.Row) (named [2]string, err error) {
		err = r.Scan(&named[0], &named[1])
		return named, err
	}, `SELECT id, name FROM teams WHERE organization_id = $1 AND id `+in, organization, arg)
	for _, named := range found {
		names[named[0]] = named[1]
	}
	return names, err
}

// teamPeople bounds how many people the teams of one page have together; the first team is there whatever it has.
const teamPeople = 5000

// Teams lists the organization's teams, oldest first, after the one with the id after. A page with many bytes, or people, ends
// with ErrCut.
func (s *Store) Teams(ctx context.Context, organization, after string, limit int) ([]hub.Team, error) {
	ts, cut := queryPage(ctx, s.db, scanTeam, `SELECT `+teamColumns+` FROM teams WHERE organization_id = $1 AND id > $2 ORDER BY id LIMIT $3`, organization, after, limit)
	if cut != nil && !errors.Is(cut, ErrCut) || len(ts) == 0 {
		return nil, cut
	}
	people, err := countPeople(ctx, s.db, organization, ts)
	if err != nil {
		return nil, err
	}
	var all []*hub.Team
	for i, sum := 0, int64(0); i < len(ts); i++ {
		if sum += people[ts[i].ID]; sum > teamPeople && i > 0 {
			ts, cut = ts[:i], ErrCut
			break
		}
		all = append(all, &ts[i])
	}
	if err := withPeople(ctx, s.db, organization, all); err != nil {
		return nil, err
	}
	return ts, cut
}

// countPeople counts the coaches and members of teams, by their ids.
func countPeople(ctx context.Context, q database.Querier, organization string, teams []hub.Team) (map[string]int64, error) {
	ids := make([]string, len(teams))
	for i := range teams {
		ids[i] = teams[i].ID
	}
	counts := make(map[string]int64, len(ids))
	in, arg := q.Dialect().In("$2", ids)
	for _, table := range []string{"users", "team_coaches"} {
		_, err := queryAll(ctx, q, func(r database.Row) (struct{}, error) {
			var id string
			var n int64
			err := r.Scan(&id, &n)
			counts[id] += n
			return struct{}{}, err
		}, `SELECT team_id, COUNT(*) FROM `+table+` WHERE organization_id = $1 AND team_id `+in+` GROUP BY team_id`, organization, arg)
		if err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// UpdateTeam changes what p names and returns the whole team. What is already as p wants it costs no write.
func (s *Store) UpdateTeam(ctx context.Context, organization, id string, p hub.TeamPatch) (hub.Team, error) {
	if err := p.Validate(); err != nil {
		return hub.Team{}, err
	}
	var t hub.Team
	err := s.write(ctx, func(tx Tx) error {
		var err error
		if t, err = lockTeam(ctx, tx, organization, id); err != nil {
			return err
		}
		changes := p.Apply(&t, s.clock())
		if len(changes) == 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE teams SET name = $3, conversation_types = $4, beta_features = $5, updated_at = $6 WHERE organization_id = $1 AND id = $2`,
			organization, id, t.Name, jsonTexts(t.ConversationTypes), jsonTexts(t.BetaFeatures), micros(t.UpdatedAt)); err != nil {
			return err
		}
		if err := s.setPeople(ctx, tx, t, p.Coaches, p.Members); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "update", "team", id, changes)
	})
	return t, err
}

// DeleteTeam removes a team and returns it as it last was. Its users stay, without a team.
func (s *Store) DeleteTeam(ctx context.Context, organization, id string) (hub.Team, error) {
	var t hub.Team
	err := s.write(ctx, func(tx Tx) error {
		var err error
		if t, err = lockTeam(ctx, tx, organization, id); err != nil {
			return err
		}
		if err := s.setPeople(ctx, tx, t, &[]string{}, &[]string{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM teams WHERE organization_id = $1 AND id = $2`, organization, id); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "delete", "team", id, map[string]any{"name": t.Name})
	})
	return t, err
}

// lockTeam reads a team that nobody else changes until the transaction ends.
func lockTeam(ctx context.Context, tx Tx, organization, id string) (hub.Team, error) {
	t, err := queryOne(ctx, tx, scanTeam, `SELECT `+teamColumns+` FROM teams WHERE organization_id = $1 AND id = $2`+tx.Dialect().ForUpdate(), organization, id)
	if err == nil {
		err = withPeople(ctx, tx, organization, []*hub.Team{&t})
	}
	return t, err
}

// setPeople makes users the only coaches and members of the team; nil leaves those there are.
func (s *Store) setPeople(ctx context.Context, tx Tx, t hub.Team, coaches, members *[]string) error {
	if coaches != nil {
		if err := checkUsers(ctx, tx, t.OrganizationID, "coachUids", *coaches); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM team_coaches WHERE organization_id = $1 AND team_id = $2`, t.OrganizationID, t.ID); err != nil {
			return err
		}
		for _, user := range slices.Compact(slices.Sorted(slices.Values(*coaches))) {
			if err := addCoach(ctx, tx, t.OrganizationID, t.ID, user); err != nil {
				return err
			}
		}
	}
	if members == nil {
		return nil
	}
	if err := checkUsers(ctx, tx, t.OrganizationID, "memberUids", *members); err != nil {
		return err
	}
	in, arg := tx.Dialect().In("$3", append([]string{}, *members...))
	if _, err := tx.Exec(ctx, `UPDATE users SET team_id = NULL, updated_at = $4 WHERE organization_id = $1 AND team_id = $2 AND NOT (id `+in+`)`,
		t.OrganizationID, t.ID, arg, micros(s.clock())); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE users SET team_id = $2, updated_at = $4 WHERE organization_id = $1 AND id `+in+` AND (team_id IS NULL OR team_id <> $2)`,
		t.OrganizationID, t.ID, arg, micros(s.clock()))
	return err
}

// checkUsers reports each of the ids that no user of the organization has.
func checkUsers(ctx context.Context, tx Tx, organization, field string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	in, arg := tx.Dialect().In("$2", ids)
	found, err := queryAll(ctx, tx, scanText, `SELECT id FROM users WHERE organization_id = $1 AND id `+in, organization, arg)
	if err != nil {
		return err
	}
	var issues []hub.Issue
	for i, id := range ids {
		if !slices.Contains(found, id) {
			issues = append(issues, hub.Issue{Field: fmt.Sprintf("%s[%d]", field, i), Problem: "names no user of the organization", Want: "the id of one"})
		}
	}
	if len(issues) > 0 {
		return &hub.InvalidError{Issues: issues}
	}
	return nil
}

// peopleMost bounds how many coaches and members all teams of one answer show.
const peopleMost = 20_000

// withPeople fills in who coaches the teams and who is in them.
func withPeople(ctx context.Context, q database.Querier, organization string, teams []*hub.Team) error {
	if len(teams) == 0 {
		return nil
	}
	byID := make(map[string]*hub.Team, len(teams))
	for _, t := range teams {
		t.Coaches, t.Members = nil, nil
		byID[t.ID] = t
	}
	in, arg := q.Dialect().In("$2", slices.Collect(maps.Keys(byID)))
	type person struct{ team, user string }
	scan := func(r database.Row) (person, error) {
		var p person
		err := r.Scan(&p.team, &p.user)
		return p, err
	}
	coaches, err := queryAll(ctx, q, scan, `SELECT team_id, user_id FROM team_coaches WHERE organization_id = $1 AND team_id `+in+` ORDER BY user_id LIMIT $3`,
		organization, arg, peopleMost)
	if err != nil {
		return err
	}
	members, err := queryAll(ctx, q, scan, `SELECT team_id, id FROM users WHERE organization_id = $1 AND team_id `+in+` ORDER BY id LIMIT $3`,
		organization, arg, peopleMost)
	for _, p := range coaches {
		byID[p.team].Coaches = append(byID[p.team].Coaches, p.user)
	}
	for _, p := range members {
		byID[p.team].Members = append(byID[p.team].Members, p.user)
	}
	return err
}
