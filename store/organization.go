package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"sirocco/database"
	"sirocco/hub"
)

const organizationColumns = `id, name, disabled, details, created_at`

func scanOrganization(r database.Row) (hub.Organization, error) {
	var o hub.Organization
	var details string
	var createdAt int64
	if err := r.Scan(&o.ID, &o.Name, &o.Disabled, &details, &createdAt); err != nil {
		return o, err
	}
	o.CreatedAt = fromMicros(createdAt)
	if err := json.Unmarshal([]byte(details), &o.Details); err != nil {
		return o, fmt.Errorf("details of organization %s: %w", o.ID, err)
	}
	return o, nil
}

// CreateOrganization makes an organization without a group.
func (s *Store) CreateOrganization(ctx context.Context, name string) (hub.Organization, error) {
	return s.CreateOrganizationIn(ctx, "", hub.OrganizationPatch{Name: &name})
}

// CreateOrganizationIn makes an organization that belongs to the group, or to none where it is empty. Administrators
// and owner must be users of organizations of the group.
func (s *Store) CreateOrganizationIn(ctx context.Context, group string, p hub.OrganizationPatch) (hub.Organization, error) {
	if err := p.Validate(); err != nil {
		return hub.Organization{}, err
	}
	o := hub.Organization{ID: s.newID(), CreatedAt: s.clock().UTC()}
	changes := p.Apply(&o)
	err := s.write(ctx, func(tx Tx) error {
		details, err := json.Marshal(o.Details)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO organizations (`+organizationColumns+`) VALUES ($1, $2, $3, $4, $5)`,
			o.ID, o.Name, o.Disabled, string(details), micros(o.CreatedAt)); err != nil {
			return err
		}
		if group != "" {
			if err := addToGroup(ctx, tx, o.ID, group); err != nil {
				return err
			}
		}
		if err := checkLeaders(ctx, tx, o.ID, group, p); err != nil {
			return err
		}
		return s.audit(ctx, tx, o.ID, "create", "organization", o.ID, changes)
	})
	return o, err
}

// UpdateOrganization changes what p names and returns the whole organization. Administrators and owner must be
// users of it or, with a group, of an organization of that.
func (s *Store) UpdateOrganization(ctx context.Context, organization, group string, p hub.OrganizationPatch) (hub.Organization, error) {
	if err := p.Validate(); err != nil {
		return hub.Organization{}, err
	}
	var o hub.Organization
	err := s.write(ctx, func(tx Tx) error {
		var err error
		o, err = queryOne(ctx, tx, scanOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE id = $1`+tx.Dialect().ForUpdate(), organization)
		if err == nil {
			o, err = withAdministrators(ctx, tx, o)
		}
		if err != nil {
			return err
		}
		changes := p.Apply(&o)
		if len(changes) == 0 {
			return nil
		}
		if err := checkLeaders(ctx, tx, organization, group, p); err != nil {
			return err
		}
		details, err := json.Marshal(o.Details)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE organizations SET name = $2, disabled = $3, details = $4 WHERE id = $1`, o.ID, o.Name, o.Disabled, string(details)); err != nil {
			return err
		}
		if err := setAdministrators(ctx, tx, o, p); err != nil {
			return err
		}
		if err := s.followSettings(ctx, tx, o, changes); err != nil {
			return err
		}
		if _, switched := changes["disabled"]; switched {
			if err := suspendOrResume(ctx, tx, o, s.clock()); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, organization, "update", "organization", organization, changes)
	})
	if err == nil && o.Disabled {
		s.revoked(hub.Revocation{OrganizationID: o.ID})
	}
	s.notify() // where it was enabled, there may be something to do
	return o, err
}

// checkLeaders reports each administrator and owner named in p who is no user of the organization or of its group.
func checkLeaders(ctx context.Context, tx Tx, organization, group string, p hub.OrganizationPatch) error {
	check := func(field, id string) error {
		n, err := queryOne(ctx, tx, scanCount, `SELECT COUNT(*) FROM users WHERE id = $1 AND organization_id IN (SELECT CAST($2 AS TEXT)
			UNION SELECT organization_id FROM organization_group_members WHERE group_id = $3)`, id, organization, group)
		if err == nil && n == 0 {
			return hub.Invalid(field, "names no user of the organization", "the id of one")
		}
		return err
	}
	if p.Owner != nil && *p.Owner != "" {
		if err := check("ownerUid", *p.Owner); err != nil {
			return err
		}
	}
	if p.Admins == nil {
		return nil
	}
	for i, id := range *p.Admins {
		if err := check(fmt.Sprintf("adminUids[%d]", i), id); err != nil {
			return err
		}
	}
	return nil
}

// Organization returns one organization.
func (s *Store) Organization(ctx context.Context, id string) (hub.Organization, error) {
	o, err := queryOne(ctx, s.db, scanOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE id = $1`, id)
	if err == nil {
		o, err = withAdministrators(ctx, s.db, o)
	}
	return o, err
}

// Organizations lists all organizations, oldest first, after the one with the id after.
func (s *Store) Organizations(ctx context.Context, after string, limit int) ([]hub.Organization, error) {
	return queryAll(ctx, s.db, scanOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// OrganizationsOf lists the organizations of a group, oldest first, after the one with the id after. A page with many bytes ends
// with ErrCut.
func (s *Store) OrganizationsOf(ctx context.Context, group, after string, limit int) ([]hub.Organization, error) {
	os, cut := queryPage(ctx, s.db, scanOrganization, `SELECT `+organizationColumns+` FROM organizations
		WHERE id IN (SELECT organization_id FROM organization_group_members WHERE group_id = $1) AND id > $2 ORDER BY id LIMIT $3`, group, after, limit)
	if cut != nil && !errors.Is(cut, ErrCut) {
		return nil, cut
	}
	for i := range os {
		var err error
		if os[i], err = withAdministrators(ctx, s.db, os[i]); err != nil {
			return nil, err
		}
	}
	return os, cut
}

// GroupHas reports whether the organization belongs to the group.
func (s *Store) GroupHas(ctx context.Context, organization, group string) (bool, error) {
	n, err := queryOne(ctx, s.db, scanCount,
		`SELECT COUNT(*) FROM organization_group_members WHERE organization_id = $1 AND group_id = $2`, organization, group)
	return n > 0, err
}

// lockOrganization lets nobody else who locks it go on until the transaction ends.
func lockOrganization(ctx context.Context, tx Tx, id string) error {
	_, err := queryOne(ctx, tx, scanText, `SELECT id FROM organizations WHERE id = $1`+tx.Dialect().ForUpdate(), id)
	return err
}

// homeGroup returns the group that belongs to the organization, and makes one, named like it, where it has none.
func homeGroup(ctx context.Context, tx Tx, o hub.Organization, now int64) (string, error) {
	if err := lockOrganization(ctx, tx, o.ID); err != nil { // so that two do not make one each
		return "", err
	}
	groups, err := queryAll(ctx, tx, scanText, `SELECT group_id FROM organization_group_members WHERE organization_id = $1 ORDER BY group_id LIMIT 1`, o.ID)
	if err != nil {
		return "", err
	}
	if len(groups) == 1 {
		return groups[0], nil
	}
	id := hub.NewID()
	if _, err := tx.Exec(ctx, `INSERT INTO organization_groups (id, name, created_at) VALUES ($1, $2, $3)`, id, o.Name, now); err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO organization_group_members (organization_id, group_id) VALUES ($1, $2)`, o.ID, id)
	return id, err
}

func scanText(r database.Row) (string, error) {
	var s string
	err := r.Scan(&s)
	return s, err
}

// scanOptionalText reads a text that may be NULL.
func scanOptionalText(r database.Row) (*string, error) {
	var s *string
	err := r.Scan(&s)
	return s, err
}

func scanCount(r database.Row) (int64, error) {
	var n int64
	err := r.Scan(&n)
	return n, err
}

// AddToGroup makes the organization belong to the group.
func (s *Store) AddToGroup(ctx context.Context, organization, group string) error {
	return s.write(ctx, func(tx Tx) error {
		if err := addToGroup(ctx, tx, organization, group); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "group", "organization", organization, map[string]any{"groupId": group})
	})
}

func addToGroup(ctx context.Context, tx Tx, organization, group string) error {
	_, err := tx.Exec(ctx, `INSERT INTO organization_group_members (organization_id, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, organization, group)
	return err
}
