package store

import (
	"context"

	"sirocco/database"
	"sirocco/hub"
)

// UserMatch is which user of the workspace a CRM user is, empty for nobody, and how that is known.
type UserMatch struct {
	UserID string
	By     hub.MatchBy
}

const (
	matchesByHandQuery  = `SELECT connection_id, external_id, user_id FROM user_matches WHERE organization_id = $1 AND connection_id IN (SELECT c.id FROM connections c WHERE c.organization_id = $1) AND external_id `
	matchesByEmailQuery = `SELECT email_key, id, 1 FROM users WHERE organization_id = $1 AND email_key `
	sharedEmailsQuery   = `SELECT k.connection_id, k.external_id, '' FROM crm_user_keys k WHERE k.organization_id = $1 AND ` + sharedEmail + ` AND k.external_id `
	matchesByNameQuery  = `SELECT name_key, MIN(id), COUNT(*) FROM users WHERE organization_id = $1 AND name_key `
)

// unmatchedCRMUsersQuery is recordsByNameQuery of the CRM users who are nobody as hub.MatchUser has it, and of whom nobody said so.
func unmatchedCRMUsersQuery(dialect database.Dialect) string {
	const keys = `crm_user_keys k WHERE k.organization_id = records.organization_id AND k.connection_id = records.connection_id AND k.external_id = records.external_id`
	return recordsByNameWhere(dialect, ` AND NOT EXISTS (SELECT 1 FROM user_matches m WHERE m.organization_id = records.organization_id AND m.connection_id = records.connection_id AND m.external_id = records.external_id)
		AND NOT EXISTS (SELECT 1 FROM `+keys+` AND (EXISTS (SELECT 1 FROM users u WHERE u.organization_id = k.organization_id AND u.email_key = k.email_key) AND NOT `+sharedEmail+`
			OR 1 = (SELECT COUNT(*) FROM users u WHERE u.organization_id = k.organization_id AND u.name_key = k.name_key)))`)
}

// UnmatchedCRMUsers finds, as RecordsByName does, the CRM users of whom it is not known who they are.
func (s *Store) UnmatchedCRMUsers(ctx context.Context, organization, begins string, after *Record, limit int) ([]Record, error) {
	return s.recordsByName(ctx, unmatchedCRMUsersQuery(s.db.Dialect()), organization, hub.ModelUser, begins, "", after, limit)
}

// UserMatches returns the match of each of some CRM users, in their order, as MatchOf does of one.
func (s *Store) UserMatches(ctx context.Context, organization string, crmUsers []Record) ([]UserMatch, error) {
	externals, emails, names := make([]string, 0, len(crmUsers)), make([]string, 0, len(crmUsers)), make([]string, 0, len(crmUsers))
	for i := range crmUsers {
		email, name := crmUsers[i].UserKeys()
		externals, emails, names = append(externals, crmUsers[i].ExternalID), append(emails, email), append(names, name)
	}
	hands, err := s.matchesOf(ctx, organization, matchesByHandQuery, externals)
	if err != nil {
		return nil, err
	}
	shared, err := s.matchesOf(ctx, organization, sharedEmailsQuery, externals)
	if err != nil {
		return nil, err
	}
	byEmail, err := s.usersByKey(ctx, organization, matchesByEmailQuery, "", emails)
	if err != nil {
		return nil, err
	}
	byName, err := s.usersByKey(ctx, organization, matchesByNameQuery, " GROUP BY name_key", names)
	if err != nil {
		return nil, err
	}
	all := make([]UserMatch, len(crmUsers))
	for i := range crmUsers {
		k := RecordKey{ConnectionID: crmUsers[i].ConnectionID, Model: hub.ModelUser, ExternalID: crmUsers[i].ExternalID}
		ofEmail := byEmail[emails[i]]
		if shared[k] != nil {
			ofEmail = nil
		}
		all[i].UserID, all[i].By = hub.MatchUser(hands[k], ofEmail, byName[names[i]])
	}
	return all, nil
}

// matchesOf are the users that a query has for CRM users with some external ids, by the CRM users.
func (s *Store) matchesOf(ctx context.Context, organization, query string, externalIDs []string) (map[RecordKey]*string, error) {
	type match struct{ connection, external, user string }
	in, arg := s.db.Dialect().In("$2", externalIDs)
	found, err := queryAll(ctx, s.db, func(r database.Row) (m match, err error) {
		err = r.Scan(&m.connection, &m.external, &m.user)
		return m, err
	}, query+in, organization, arg)
	matches := make(map[RecordKey]*string, len(found))
	for _, m := range found {
		matches[RecordKey{ConnectionID: m.connection, Model: hub.ModelUser, ExternalID: m.external}] = &m.user
	}
	return matches, err
}

// usersByKey finds the user that has each of some keys alone.
func (s *Store) usersByKey(ctx context.Context, organization, query, end string, keys []string) (map[string][]string, error) {
	type holder struct {
		key, user string
		n         int64
	}
	in, arg := s.db.Dialect().In("$2", keys)
	found, err := queryAll(ctx, s.db, func(r database.Row) (h holder, err error) {
		err = r.Scan(&h.key, &h.user, &h.n)
		return h, err
	}, query+in+end, organization, arg)
	users := map[string][]string{}
	for _, h := range found {
		if h.n == 1 {
			users[h.key] = []string{h.user}
		}
	}
	return users, err
}
