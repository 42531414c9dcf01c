package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"sirocco/database"
	"sirocco/hub"
)

// phoneRegion is where an organization's telephone numbers are from that do not say.
func phoneRegion(ctx context.Context, q database.Querier, organization, locking string) (string, error) {
	o, err := queryOne(ctx, q, scanOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE id = $1`+locking, organization)
	return o.Details.PhoneRegion, err
}

// holdPhoneRegion is phoneRegion for who is about to write a user's number: it stays until the transaction ends. It comes
// before users are locked, as in rekeyPhones.
func holdPhoneRegion(ctx context.Context, tx Tx, organization string) (string, error) {
	return phoneRegion(ctx, tx, organization, tx.Dialect().ForShare())
}

// rekeyPhones finds an organization's users by their telephone numbers as those of another region.
func rekeyPhones(ctx context.Context, tx Tx, organization, region string) error {
	type numbered struct{ id, phone, key string }
	for last := ""; ; {
		slice, err := queryAll(ctx, tx, func(r database.Row) (numbered, error) {
			var n numbered
			var key *string
			err := r.Scan(&n.id, &n.phone, &key)
			n.key = deref(key)
			return n, err
		}, `SELECT id, phone, phone_key FROM users WHERE organization_id = $1 AND id > $2 AND phone IS NOT NULL ORDER BY id LIMIT $3`, organization, last, fillSlice)
		if err != nil || len(slice) == 0 {
			return err
		}
		for _, n := range slice {
			last = n.id
			if key := hub.NumberKey(n.phone, region); key != n.key {
				if _, err := tx.Exec(ctx, `UPDATE users SET phone_key = $3 WHERE organization_id = $1 AND id = $2`, organization, n.id, optional(key)); err != nil {
					return err
				}
			}
		}
	}
}

// fillPhoneKeys notes by which key users are found whose key is only the digits that somebody wrote.
func fillPhoneKeys(ctx context.Context, tx *sql.Tx) error {
	for last := (phoneRow{}); ; {
		slice, err := phoneRows(ctx, tx, last)
		if err != nil || len(slice) == 0 {
			return err
		}
		for _, u := range slice {
			last = u
			var details hub.OrganizationDetails
			if err := json.Unmarshal([]byte(u.details), &details); err != nil {
				return fmt.Errorf("details of organization %s: %w", u.organization, err)
			}
			key := hub.NumberKey(u.phone, details.PhoneRegion)
			if _, err := tx.ExecContext(ctx, `UPDATE users SET phone_key = $3 WHERE organization_id = $1 AND id = $2`, u.organization, u.id, optional(key)); err != nil {
				return err
			}
		}
	}
}

type phoneRow struct{ organization, id, phone, details string }

func phoneRows(ctx context.Context, tx *sql.Tx, last phoneRow) (slice []phoneRow, err error) {
	rs, err := tx.QueryContext(ctx, `SELECT u.organization_id, u.id, u.phone, o.details FROM users u JOIN organizations o ON o.id = u.organization_id
		WHERE u.phone IS NOT NULL AND (u.organization_id, u.id) > ($1, $2) ORDER BY u.organization_id, u.id LIMIT $3`, last.organization, last.id, fillSlice)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	for rs.Next() {
		var u phoneRow
		if err := rs.Scan(&u.organization, &u.id, &u.phone, &u.details); err != nil {
			return nil, err
		}
		slice = append(slice, u)
	}
	return slice, rs.Err()
}
