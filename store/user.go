package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"sirocco/database"
	"sirocco/hub"
)

const userColumns = `organization_id, id, email, phone, first_name, last_name, team_id, external_id, is_admin, disabled, billable, ` +
	`suppress_emails, suppress_email_errors, created_at, updated_at`

func scanUser(r database.Row) (hub.User, error) {
	var u hub.User
	var phone, first, last, team, externalID *string
	var contact hub.ContactSettings
	var created, updated int64
	err := r.Scan(&u.OrganizationID, &u.ID, &u.Email, &phone, &first, &last, &team, &externalID, &u.Admin, &u.Disabled, &u.Billable,
		&contact.SuppressEmails, &contact.SuppressEmailErrors, &created, &updated)
	u.Phone, u.FirstName, u.LastName, u.TeamID, u.ExternalID = deref(phone), deref(first), deref(last), deref(team), deref(externalID)
	if contact != (hub.ContactSettings{}) {
		u.Contact = &contact
	}
	u.CreatedAt, u.UpdatedAt = fromMicros(created), fromMicros(updated)
	return u, err
}

// CreateUser makes a user of what u says. A second one with the e-mail address, or with the external id, is a *hub.ConflictError, a team that
// is not there a *hub.InvalidError.
func (s *Store) CreateUser(ctx context.Context, organization string, u hub.User) (hub.User, error) {
	if err := u.Validate(); err != nil {
		return u, err
	}
	u.ID, u.OrganizationID = s.newID(), organization
	u.CreatedAt = hub.NextVersion(u.CreatedAt, s.clock())
	u.UpdatedAt = u.CreatedAt
	u.CoachOf = slices.Compact(slices.Sorted(slices.Values(u.CoachOf)))
	err := s.write(ctx, func(tx Tx) error {
		region, err := holdPhoneRegion(ctx, tx, organization)
		if err != nil {
			return err
		}
		if err := checkTeams(ctx, tx, organization, "memberTeamId", u.TeamID); err != nil {
			return err
		}
		if err := checkTeams(ctx, tx, organization, "coachTeamIds", u.CoachOf...); err != nil {
			return err
		}
		taken, err := queryOne(ctx, tx, scanCount, `SELECT COUNT(*) FROM users WHERE organization_id = $1 AND external_key = $2`, organization, optional(u.ExternalID))
		if err != nil {
			return err
		}
		if taken > 0 {
			return errExternalIDTaken
		}
		contact := deref(u.Contact)
		n, err := tx.Exec(ctx, `INSERT INTO users (`+userColumns+`, email_key, name_key, phone_key, external_key)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $8) ON CONFLICT (organization_id, email_key) DO NOTHING`,
			u.OrganizationID, u.ID, u.Email, optional(u.Phone), optional(u.FirstName), optional(u.LastName), optional(u.TeamID), optional(u.ExternalID),
			u.Admin, u.Disabled, u.Billable, contact.SuppressEmails, contact.SuppressEmailErrors, micros(u.CreatedAt), micros(u.UpdatedAt),
			hub.EmailKey(u.Email), optional(userNameKey(u)), optional(hub.NumberKey(u.Phone, region)))
		if database.IsDuplicate(err) { // another request took the external id since we looked
			return errExternalIDTaken
		}
		if err := requireAffected(n, err, errEmailTaken); err != nil {
			return err
		}
		for _, team := range u.CoachOf {
			if err := addCoach(ctx, tx, organization, team, u.ID); err != nil {
				return err
			}
		}
		// A name that two have matches nobody any more, and an address that a CRM user has goes before its name.
		if err := relinkNamesakes(ctx, tx, u, s.clock()); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "create", "user", u.ID, u.Fields())
	})
	s.notify()
	return u, err
}

var (
	errEmailTaken      = hub.Conflict("The organization already has a user with this e-mail address.")
	errExternalIDTaken = hub.Conflict("The organization already has a user with this externalId.")
)

// userNameKey is the key of the user's names; an e-mail address is no name.
func userNameKey(u hub.User) string { return hub.NameKey(u.FirstName + " " + u.LastName) }

// UpdateUser changes what p names and returns the whole user. The user must stay valid. What is already as p wants
// it costs no write.
func (s *Store) UpdateUser(ctx context.Context, organization, id string, p hub.UserPatch) (hub.User, error) {
	var u hub.User
	err := s.write(ctx, func(tx Tx) error {
		region, err := holdPhoneRegion(ctx, tx, organization)
		if err != nil {
			return err
		}
		found, err := queryOne(ctx, tx, scanUser, `SELECT `+userColumns+` FROM users WHERE organization_id = $1 AND id = $2`+tx.Dialect().ForUpdate(), organization, id)
		if err != nil {
			return err
		}
		before := found
		changes := p.Apply(&found, s.clock())
		if len(changes) > 0 {
			if err := found.Validate(); err != nil {
				return err
			}
			if before.Email != found.Email || before.Name() != found.Name() {
				for _, u := range []hub.User{before, found} {
					if err := relinkNamesakes(ctx, tx, u, s.clock()); err != nil {
						return err
					}
				}
			}
			if err := s.saveUser(ctx, tx, found, region, changes); err != nil {
				return err
			}
		}
		all, err := withCoaching(ctx, tx, organization, []hub.User{found})
		if err == nil {
			u = all[0]
		}
		return err
	})
	if err == nil && u.Disabled {
		s.revoked(hub.Revocation{UserID: u.ID})
	}
	s.notify()
	return u, err
}

func (s *Store) saveUser(ctx context.Context, tx Tx, u hub.User, region string, changes map[string]any) error {
	if _, ok := changes["memberTeamId"]; ok {
		if err := checkTeams(ctx, tx, u.OrganizationID, "memberTeamId", u.TeamID); err != nil {
			return err
		}
	}
	if _, ok := changes["email"]; ok {
		taken, err := queryOne(ctx, tx, scanCount, `SELECT COUNT(*) FROM users WHERE organization_id = $1 AND email_key = $2 AND id <> $3`,
			u.OrganizationID, hub.EmailKey(u.Email), u.ID)
		if err != nil {
			return err
		}
		if taken > 0 {
			return errEmailTaken
		}
	}
	contact := deref(u.Contact)
	_, err := tx.Exec(ctx, `UPDATE users SET email = $3, email_key = $4, first_name = $5, last_name = $6, name_key = $7, phone = $8, phone_key = $9,
		team_id = $10, disabled = $11, billable = $12, suppress_emails = $13, suppress_email_errors = $14, updated_at = $15 WHERE organization_id = $1 AND id = $2`,
		u.OrganizationID, u.ID, u.Email, hub.EmailKey(u.Email), optional(u.FirstName), optional(u.LastName), optional(userNameKey(u)),
		optional(u.Phone), optional(hub.NumberKey(u.Phone, region)), optional(u.TeamID), u.Disabled, u.Billable,
		contact.SuppressEmails, contact.SuppressEmailErrors, micros(u.UpdatedAt))
	if database.IsDuplicate(err) { // another request took the address since we looked
		return errEmailTaken
	}
	if err != nil {
		return err
	}
	return s.audit(ctx, tx, u.OrganizationID, "update", "user", u.ID, changes)
}

// User returns one user of the organization, disabled or not.
func (s *Store) User(ctx context.Context, organization, id string) (hub.User, error) {
	return s.queryUser(ctx, organization, `id = $2`, id)
}

// UserByEmail returns the user with the e-mail address, however it is spelled.
func (s *Store) UserByEmail(ctx context.Context, organization, email string) (hub.User, error) {
	return s.queryUser(ctx, organization, `email_key = $2`, hub.EmailKey(email))
}

// UserByPhone returns the user with the telephone number, however it is spelled. Where several share it, the one
// who is not disabled is meant; several of those are a *hub.ConflictError.
func (s *Store) UserByPhone(ctx context.Context, organization, phone string) (hub.User, error) {
	region, err := phoneRegion(ctx, s.db, organization, "")
	if err != nil {
		return hub.User{}, err
	}
	return s.queryUser(ctx, organization, `phone_key = $2`, hub.NumberKey(phone, region))
}

func (s *Store) queryUser(ctx context.Context, organization, condition, key string) (hub.User, error) {
	found, err := s.users(ctx, organization, condition+` ORDER BY disabled, id LIMIT 2`, key)
	switch {
	case err != nil:
		return hub.User{}, err
	case len(found) == 0:
		return hub.User{}, hub.ErrNotFound
	case len(found) == 2 && found[0].Disabled == found[1].Disabled:
		return hub.User{}, hub.Conflict("Several users of the organization share this; name the user in another way.")
	}
	return found[0], nil
}

// UserFilter chooses users for a list.
type UserFilter struct {
	// Disabled lists only users who are disabled, or who are not; nil all.
	Disabled *bool
	// ExternalID, when not empty, is the only one listed.
	ExternalID string
	// NoVendor leaves out those whose e-mail address is of the vendor whose contract this is.
	NoVendor bool
	// TeamID, when not empty, is the team whose members alone are listed.
	TeamID string
	// Find, when not empty, is a part of the name or the e-mail address of all that are listed, however it is spelled.
	Find string
	// After is the id of the last user already seen.
	After string
	Limit int
}

// Users lists users of the organization, oldest first.
func (s *Store) Users(ctx context.Context, organization string, f UserFilter) ([]hub.User, error) {
	c := conditions{args: []any{organization, f.After}}
	if f.Disabled != nil {
		c.and("disabled = %s", *f.Disabled)
	}
	if f.ExternalID != "" {
		c.and("external_id = %s", f.ExternalID)
	}
	if f.NoVendor {
		c.and("email_key NOT LIKE %s", "%@siro.ai")
	}
	if f.TeamID != "" {
		c.and("team_id = %s", f.TeamID)
	}
	if f.Find != "" {
		c.and(`(email_key LIKE %s ESCAPE '!' OR name_key LIKE %s ESCAPE '!')`, contains(hub.EmailKey(f.Find)), contains(hub.NameKey(f.Find)))
	}
	condition := `id > $2` + c.text + ` ORDER BY id LIMIT ` + c.arg(f.Limit)
	return s.users(ctx, organization, condition, c.args[1:]...)
}

// UsersByID finds users of the organization; ids of nobody are left out.
func (s *Store) UsersByID(ctx context.Context, organization string, ids []string) (map[string]hub.User, error) {
	in, arg := s.db.Dialect().In("$2", ids)
	found, err := s.users(ctx, organization, `id `+in, arg)
	all := make(map[string]hub.User, len(found))
	for _, u := range found {
		all[u.ID] = u
	}
	return all, err
}

func (s *Store) users(ctx context.Context, organization, condition string, args ...any) ([]hub.User, error) {
	found, err := queryAll(ctx, s.db, scanUser, `SELECT `+userColumns+` FROM users WHERE organization_id = $1 AND `+condition, slices.Concat([]any{organization}, args)...)
	if err == nil {
		found, err = withCoaching(ctx, s.db, organization, found)
	}
	return found, err
}

// withCoaching fills in which teams the users coach.
func withCoaching(ctx context.Context, q database.Querier, organization string, users []hub.User) ([]hub.User, error) {
	if len(users) == 0 {
		return users, nil
	}
	at := make(map[string]int, len(users))
	for i, u := range users {
		at[u.ID] = i
	}
	in, arg := q.Dialect().In("$2", slices.Collect(maps.Keys(at)))
	type coaching struct{ user, team string }
	all, err := queryAll(ctx, q, func(r database.Row) (coaching, error) {
		var c coaching
		err := r.Scan(&c.user, &c.team)
		return c, err
	}, `SELECT user_id, team_id FROM team_coaches WHERE organization_id = $1 AND user_id `+in+` ORDER BY user_id, team_id`, organization, arg)
	for _, c := range all {
		u := &users[at[c.user]]
		u.CoachOf = append(u.CoachOf, c.team)
	}
	return users, err
}

// checkTeams reports the first of the ids that no team of the organization has; an empty one is no team at all.
// The teams stay until the transaction ends.
func checkTeams(ctx context.Context, tx Tx, organization, field string, ids ...string) error {
	for i, id := range ids {
		if id == "" {
			continue
		}
		found, err := queryAll(ctx, tx, scanText, `SELECT id FROM teams WHERE organization_id = $1 AND id = $2`+tx.Dialect().ForUpdate(), organization, id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			if len(ids) > 1 || field == "coachTeamIds" {
				field = fmt.Sprintf("%s[%d]", field, i)
			}
			return hub.Invalid(field, "names no team of the organization", "the id of one")
		}
	}
	return nil
}

func addCoach(ctx context.Context, tx Tx, organization, team, user string) error {
	_, err := tx.Exec(ctx, `INSERT INTO team_coaches (organization_id, team_id, user_id) VALUES ($1, $2, $3)`, organization, team, user)
	return err
}
