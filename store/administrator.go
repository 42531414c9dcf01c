package store

import (
	"context"
	"slices"

	"sirocco/database"
	"sirocco/hub"
)

// setAdministrators lets the organization's own users be administrators as the patch says: exactly those in Admins and
// the owner, or, where only the owner is named, that one too.
func setAdministrators(ctx context.Context, tx Tx, o hub.Organization, p hub.OrganizationPatch) error {
	if p.Admins == nil && p.Owner == nil {
		return nil
	}
	named := append([]string{}, o.Details.Admins...) // never nil: that would be NULL
	if o.Details.Owner != "" {
		named = append(named, o.Details.Owner)
	}
	in, arg := tx.Dialect().In("$3", named)
	if _, err := tx.Exec(ctx, `UPDATE users SET is_admin = $2 WHERE organization_id = $1 AND is_admin <> $2 AND id `+in, o.ID, true, arg); err != nil {
		return err
	}
	if p.Admins == nil {
		return nil
	}
	_, err := tx.Exec(ctx, `UPDATE users SET is_admin = $2 WHERE organization_id = $1 AND is_admin <> $2 AND NOT id `+in, o.ID, false, arg)
	return err
}

// administratorsMost bounds how many of an organization's own administrators are told.
const administratorsMost = 1000

// withAdministrators adds the organization's own users who are administrators, however they became so.
func withAdministrators(ctx context.Context, q database.Querier, o hub.Organization) (hub.Organization, error) {
	own, err := queryAll(ctx, q, scanText, `SELECT id FROM users WHERE organization_id = $1 AND is_admin = $2 ORDER BY id LIMIT $3`, o.ID, true, administratorsMost)
	for _, id := range own {
		if id != o.Details.Owner && !slices.Contains(o.Details.Admins, id) {
			o.Details.Admins = append(o.Details.Admins, id)
		}
	}
	return o, err
}
