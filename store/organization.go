package store

import (
	"context"

	"sirocco/hub"
)

func scanOrganization(r rows) (hub.Organization, error) {
	var o hub.Organization
	var createdAt int64
	err := r.Scan(&o.ID, &o.Name, &createdAt)
	o.CreatedAt = fromMicros(createdAt)
	return o, err
}

// CreateOrganization makes an organization.
func (s *Store) CreateOrganization(ctx context.Context, name string) (hub.Organization, error) {
	o := hub.Organization{ID: hub.NewID(), Name: name, CreatedAt: s.clock().UTC()}
	err := s.write(ctx, func(tx Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO organizations (id, name, created_at) VALUES ($1, $2, $3)`, o.ID, o.Name, micros(o.CreatedAt))
		return err
	})
	return o, err
}

// Organization returns one organization.
func (s *Store) Organization(ctx context.Context, id string) (hub.Organization, error) {
	o, err := one(ctx, s.db, scanOrganization, `SELECT id, name, created_at FROM organizations WHERE id = $1`, id)
	return o, s.db.classify(err)
}

// Organizations lists all organizations, oldest first, after the one with the id after.
func (s *Store) Organizations(ctx context.Context, after string, limit int) ([]hub.Organization, error) {
	os, err := many(ctx, s.db, scanOrganization, `SELECT id, name, created_at FROM organizations WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	return os, s.db.classify(err)
}

// GroupHas reports whether the organization belongs to the group.
func (s *Store) GroupHas(ctx context.Context, organization, group string) (bool, error) {
	n, err := one(ctx, s.db, scanCount,
		`SELECT COUNT(*) FROM organization_group_members WHERE organization_id = $1 AND group_id = $2`, organization, group)
	return n > 0, s.db.classify(err)
}

// homeGroup returns the group that belongs to the organization, and makes one, named like it, where it has none.
func homeGroup(ctx context.Context, tx Tx, o hub.Organization, now int64) (string, error) {
	groups, err := many(ctx, tx, scanText, `SELECT group_id FROM organization_group_members WHERE organization_id = $1 ORDER BY group_id LIMIT 1`, o.ID)
	if err != nil {
		return "", err
	}
	if len(groups) == 1 {
		return groups[0], nil
	}
	id := hub.NewID()
	if _, err := tx.exec(ctx, `INSERT INTO organization_groups (id, name, created_at) VALUES ($1, $2, $3)`, id, o.Name, now); err != nil {
		return "", err
	}
	_, err = tx.exec(ctx, `INSERT INTO organization_group_members (organization_id, group_id) VALUES ($1, $2)`, o.ID, id)
	return id, err
}

func scanText(r rows) (string, error) {
	var s string
	err := r.Scan(&s)
	return s, err
}

func scanCount(r rows) (int64, error) {
	var n int64
	err := r.Scan(&n)
	return n, err
}

// AddToGroup makes the organization belong to the group.
func (s *Store) AddToGroup(ctx context.Context, organization, group string) error {
	return s.write(ctx, func(tx Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO organization_group_members (organization_id, group_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, organization, group)
		return err
	})
}
