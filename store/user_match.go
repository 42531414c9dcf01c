package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// crmUsersMost bounds how many CRM users one user is matched to.
const crmUsersMost = 100

// CRMUsersOf returns the CRM users, of all connections, that are matched to the user.
func (s *Store) CRMUsersOf(ctx context.Context, organization, userID string) ([]RecordKey, error) {
	keys, err := crmUsersOf(ctx, s.db, organization, userID)
	return keys, err
}

// sharedEmail is a condition in SQL on k of crm_user_keys: others of the connection, who are there, have the e-mail address, and are called
// otherwise, as those of an office with one mailbox. It says who none of them is.
const sharedEmail = `EXISTS (SELECT 1 FROM crm_user_keys o JOIN records p ON p.organization_id = o.organization_id AND p.connection_id = o.connection_id
	AND p.model = 'USER' AND p.external_id = o.external_id AND p.deleted_at IS NULL
	WHERE o.organization_id = k.organization_id AND o.email_key = k.email_key AND o.connection_id = k.connection_id AND o.external_id <> k.external_id
		AND COALESCE(o.name_key, '') <> COALESCE(k.name_key, ''))`

// crmUsersOf says in SQL, from the user's side, what hub.MatchUser says from the CRM user's. A CRM user who was deactivated
// is still who it was for what it did.
func crmUsersOf(ctx context.Context, q database.Querier, organization, userID string) ([]RecordKey, error) {
	return queryAll(ctx, q, func(r database.Row) (RecordKey, error) {
		k := RecordKey{Model: hub.ModelUser}
		err := r.Scan(&k.ConnectionID, &k.ExternalID)
		return k, err
	}, `SELECT connection_id, external_id FROM (
			SELECT m.connection_id, m.external_id FROM user_matches m WHERE m.organization_id = $1 AND m.user_id = $2
		UNION
			SELECT k.connection_id, k.external_id FROM users u JOIN crm_user_keys k ON k.organization_id = u.organization_id AND k.email_key = u.email_key
			WHERE u.organization_id = $1 AND u.id = $2 AND NOT `+sharedEmail+` AND NOT EXISTS (SELECT 1 FROM user_matches m
				WHERE m.organization_id = $1 AND m.connection_id = k.connection_id AND m.external_id = k.external_id)
		UNION
			SELECT k.connection_id, k.external_id FROM users u JOIN crm_user_keys k ON k.organization_id = u.organization_id AND k.name_key = u.name_key
			WHERE u.organization_id = $1 AND u.id = $2
				AND NOT EXISTS (SELECT 1 FROM users o WHERE o.organization_id = $1 AND o.name_key = u.name_key AND o.id <> u.id)
				AND (NOT EXISTS (SELECT 1 FROM users o WHERE o.organization_id = $1 AND o.email_key = k.email_key) OR `+sharedEmail+`)
				AND NOT EXISTS (SELECT 1 FROM user_matches m WHERE m.organization_id = $1 AND m.connection_id = k.connection_id AND m.external_id = k.external_id)
		) matched WHERE EXISTS (SELECT 1 FROM records WHERE organization_id = $1 AND records.connection_id = matched.connection_id AND model = 'USER'
			AND records.external_id = matched.external_id`+ofLiveConnection+`)
		ORDER BY connection_id, external_id LIMIT $3`, organization, userID, crmUsersMost)
}

// CRMUsersNamed returns the CRM users of a connection by some names, as names are compared; those who are gone are among them, those of whom
// two have a name are not.
func (s *Store) CRMUsersNamed(ctx context.Context, organization, connection string, names []string) (map[string]string, error) {
	if len(names) == 0 {
		return nil, nil //nolint:nilnil // nobody
	}
	keys := make(map[string][]string, len(names))
	for _, name := range names {
		if key := hub.NameKey(name); key != "" && !slices.Contains(keys[key], name) {
			keys[key] = append(keys[key], name)
		}
	}
	in, arg := s.db.Dialect().In("$3", slices.Sorted(maps.Keys(keys)))
	found, err := queryAll(ctx, s.db, func(r database.Row) ([2]string, error) {
		var of [2]string
		err := r.Scan(&of[0], &of[1])
		return of, err
	}, `SELECT name_key, MIN(external_id) FROM crm_user_keys WHERE organization_id = $1 AND connection_id = $2 AND name_key `+in+` GROUP BY name_key HAVING COUNT(*) = 1`,
		organization, connection, arg)
	users := make(map[string]string, len(found))
	for _, of := range found {
		for _, name := range keys[of[0]] {
			users[name] = of[1]
		}
	}
	return users, err
}

// MatchOf returns the user of the workspace that a CRM user is, empty for nobody, and how that is known.
func (s *Store) MatchOf(ctx context.Context, organization string, crmUser Record) (userID string, by hub.MatchBy, err error) {
	userID, by, err = matchOf(ctx, s.db, organization, crmUser)
	return userID, by, err
}

func matchOf(ctx context.Context, q database.Querier, organization string, crmUser Record) (userID string, by hub.MatchBy, err error) {
	var hand *string
	set, err := queryAll(ctx, q, scanText, `SELECT user_id FROM user_matches WHERE organization_id = $1 AND connection_id = $2 AND external_id = $3`,
		organization, crmUser.ConnectionID, crmUser.ExternalID)
	if err != nil {
		return "", "", err
	}
	if len(set) == 1 {
		hand = &set[0]
	}
	email, name := crmUser.UserKeys()
	byEmail, err := queryAll(ctx, q, scanText, `SELECT id FROM users WHERE organization_id = $1 AND email_key = $2`, organization, email)
	if err != nil {
		return "", "", err
	}
	if len(byEmail) > 0 {
		shared, err := queryAny(ctx, q, `SELECT 1 FROM crm_user_keys k WHERE k.organization_id = $1 AND k.connection_id = $2 AND k.external_id = $3 AND `+sharedEmail,
			organization, crmUser.ConnectionID, crmUser.ExternalID)
		if err != nil {
			return "", "", err
		}
		if shared {
			byEmail = nil
		}
	}
	byName, err := queryAll(ctx, q, scanText, `SELECT id FROM users WHERE organization_id = $1 AND name_key = $2 LIMIT 2`, organization, name)
	userID, by = hub.MatchUser(hand, byEmail, byName)
	return userID, by, err
}

// SetMatch says by hand which user a CRM user is; an empty id says that it is nobody. A user who is not there is a
// *hub.InvalidError.
func (s *Store) SetMatch(ctx context.Context, organization string, crmUser Record, userID string) error {
	return s.changeMatch(ctx, organization, crmUser, "match", map[string]any{"userId": optional(userID)}, func(tx Tx) (int64, error) {
		if userID != "" {
			_, err := queryOne(ctx, tx, scanText, `SELECT id FROM users WHERE organization_id = $1 AND id = $2`, organization, userID)
			if errors.Is(err, hub.ErrNotFound) {
				return 0, hub.Invalid("userId", "names no user of the organization", "the id of one, or null for nobody")
			}
			if err != nil {
				return 0, err
			}
		}
		return tx.Exec(ctx, `INSERT INTO user_matches (organization_id, connection_id, external_id, user_id, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (organization_id, connection_id, external_id) DO UPDATE SET user_id = excluded.user_id, created_at = excluded.created_at
			WHERE user_matches.user_id <> excluded.user_id`, organization, crmUser.ConnectionID, crmUser.ExternalID, userID, micros(s.clock()))
	})
}

// ClearMatch takes back what was said by hand of a CRM user.
func (s *Store) ClearMatch(ctx context.Context, organization string, crmUser Record) error {
	return s.changeMatch(ctx, organization, crmUser, "unmatch", map[string]any{}, func(tx Tx) (int64, error) {
		return tx.Exec(ctx, `DELETE FROM user_matches WHERE organization_id = $1 AND connection_id = $2 AND external_id = $3`,
			organization, crmUser.ConnectionID, crmUser.ExternalID)
	})
}

// changeMatch changes a match and, where that is news, lets the recordings of whom it concerns be looked at again.
func (s *Store) changeMatch(ctx context.Context, organization string, crmUser Record, action string, changes map[string]any, change func(Tx) (int64, error)) error {
	err := s.write(ctx, func(tx Tx) error {
		before, _, err := matchOf(ctx, tx, organization, crmUser)
		if err != nil {
			return err
		}
		n, err := change(tx)
		if err != nil || n == 0 {
			return err
		}
		after, _, err := matchOf(ctx, tx, organization, crmUser)
		if err != nil {
			return err
		}
		if err := relinkUsers(ctx, tx, organization, []string{before, after}, s.clock()); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, action, "crmUser", crmUser.ID, changes)
	})
	s.notify()
	return err
}

// relinkUsers lets the recordings of some users be looked at again: who they are in the CRMs has changed.
func relinkUsers(ctx context.Context, tx Tx, organization string, ids []string, now time.Time) error {
	in, arg := tx.Dialect().In("$2", ids)
	return relinkOf(ctx, tx, now, organization, in, arg)
}

// relinkNamesakes lets the recordings of a user, and of those with the same name, be looked at again.
func relinkNamesakes(ctx context.Context, tx Tx, u hub.User, now time.Time) error {
	return relinkOf(ctx, tx, now, u.OrganizationID, `IN (SELECT id FROM users WHERE organization_id = $1 AND name_key = $2 UNION SELECT $3)`, userNameKey(u), u.ID)
}

func relinkOf(ctx context.Context, tx Tx, now time.Time, organization, users string, args ...any) error {
	type span struct{ from, until *int64 }
	found, err := queryAll(ctx, tx, func(r database.Row) (span, error) {
		var s span
		err := r.Scan(&s.from, &s.until)
		return s, err
	}, `SELECT MIN(started_at), MAX(ended_at) FROM recordings WHERE organization_id = $1 AND user_id `+users, slices.Concat([]any{organization}, args)...)
	if err != nil || found[0].from == nil {
		return err
	}
	return requestRelink(ctx, tx, organization, fromMicros(*found[0].from), fromMicros(*found[0].until), now)
}

// saveUserKeys notes what the CRM users that were just written are matched by, and lets the recordings of the
// users they were or are matched to be looked at again.
func saveUserKeys(ctx context.Context, tx Tx, organization, connection string, records []hub.Record, written []writtenRecord, now time.Time) error {
	if len(written) == 0 {
		return nil
	}
	news := make(map[string]bool, len(written))
	for _, w := range written {
		news[w.externalID] = true
	}
	ids := slices.Collect(maps.Keys(news))
	if err := relinkCRMUsers(ctx, tx, organization, connection, ids, now); err != nil {
		return err
	}
	for i := range records {
		r := &records[i]
		if !news[r.ExternalID] {
			continue
		}
		email, name := r.UserKeys()
		if _, err := tx.Exec(ctx, userKeysUpsert, organization, connection, r.ExternalID, optional(email), optional(name)); err != nil {
			return err
		}
	}
	return relinkCRMUsers(ctx, tx, organization, connection, ids, now)
}

// relinkCRMUsers lets the recordings of the users that some CRM users may be matched to be looked at again: they came,
// changed or went.
func relinkCRMUsers(ctx context.Context, tx Tx, organization, connection string, externalIDs []string, now time.Time) error {
	in, arg := tx.Dialect().In("$3", externalIDs)
	const by = ` UNION SELECT u.id FROM crm_user_keys k JOIN users u ON u.organization_id = k.organization_id AND u.%[1]s = k.%[1]s
		WHERE k.organization_id = $1 AND k.connection_id = $2 AND k.external_id %[2]s`
	// Whose e-mail address is shared by one more, or one less, is known by name, or by the address again.
	const sharing = ` UNION SELECT u.id FROM crm_user_keys k JOIN crm_user_keys o ON o.organization_id = k.organization_id AND o.email_key = k.email_key AND o.connection_id = k.connection_id
		JOIN users u ON u.organization_id = o.organization_id AND u.name_key = o.name_key
		WHERE k.organization_id = $1 AND k.connection_id = $2 AND k.external_id `
	return relinkOf(ctx, tx, now, organization, `IN (SELECT user_id FROM user_matches WHERE organization_id = $1 AND connection_id = $2 AND external_id `+in+
		fmt.Sprintf(by, "email_key", in)+fmt.Sprintf(by, "name_key", in)+sharing+in+`)`, connection, arg)
}

const userKeysUpsert = `INSERT INTO crm_user_keys (organization_id, connection_id, external_id, email_key, name_key) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (organization_id, connection_id, external_id) DO UPDATE SET email_key = excluded.email_key, name_key = excluded.name_key`
