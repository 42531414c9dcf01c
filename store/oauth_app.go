package store

import (
	"context"
	"crypto/subtle"

	"sirocco/database"
	"sirocco/hub"
)

const appColumns = `organization_id, client_id, name, owner, created_at, updated_at, deleted_at`

func scanApp(r database.Row) (hub.OAuthApp, error) {
	var a hub.OAuthApp
	var created, updated int64
	var deleted *int64
	err := r.Scan(&a.OrganizationID, &a.ClientID, &a.Name, &a.Owner, &created, &updated, &deleted)
	a.CreatedAt, a.UpdatedAt, a.DeletedAt = fromMicros(created), fromMicros(updated), fromOptionalMicros(deleted)
	return a, err
}

// CreateApp makes an OAuth app and returns it with its secret, which is not kept anywhere.
func (s *Store) CreateApp(ctx context.Context, organization, name, owner string) (hub.OAuthApp, string, error) {
	if err := hub.ValidateOAuthApp(name, owner); err != nil {
		return hub.OAuthApp{}, "", err
	}
	secret := hub.NewClientSecret()
	hash, _ := hub.ClientSecretHash(secret)
	now := s.nowMillis()
	a := hub.OAuthApp{ClientID: s.newID(), OrganizationID: organization, Name: name, Owner: owner, CreatedAt: now, UpdatedAt: now}
	err := s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO oauth_apps (organization_id, client_id, name, owner, secret_hash, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, a.OrganizationID, a.ClientID, a.Name, a.Owner, hash, micros(a.CreatedAt), micros(a.UpdatedAt))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "create", "oauthApp", a.ClientID, map[string]any{"appName": name, "owner": owner})
	})
	return a, secret, err
}

// App returns one app of the organization, deleted or not.
func (s *Store) App(ctx context.Context, organization, client string) (hub.OAuthApp, error) {
	return queryOne(ctx, s.db, scanApp, `SELECT `+appColumns+` FROM oauth_apps WHERE organization_id = $1 AND client_id = $2`, organization, client)
}

// Apps lists the apps of an owner, deleted ones too, and counts all of them within the listing's bounds.
func (s *Store) Apps(ctx context.Context, organization, owner string, l Listing) ([]hub.OAuthApp, int64, error) {
	condition, args := l.bounds(` FROM oauth_apps WHERE organization_id = $1 AND owner = $2`, []any{organization, owner})
	total, err := queryOne(ctx, s.db, scanCount, `SELECT COUNT(*)`+condition, args...)
	if err != nil {
		return nil, 0, err
	}
	condition, args = l.page(condition, "client_id", args)
	apps, err := queryAll(ctx, s.db, scanApp, `SELECT `+appColumns+condition, args...)
	return apps, total, err
}

const appsQuery = `SELECT ` + appColumns + ` FROM oauth_apps WHERE organization_id = $1 AND client_id > $2 ORDER BY client_id LIMIT $3`

// AppsAfter lists the organization's apps of all owners, deleted ones too, oldest first, after the one with the id after.
func (s *Store) AppsAfter(ctx context.Context, organization, after string, limit int) ([]hub.OAuthApp, error) {
	return queryAll(ctx, s.db, scanApp, appsQuery, organization, after, limit)
}

// DeleteApp ends an app, and with it all its access tokens: none of them is taken from then on, and they are shown as revoked a
// slice at a time, before it returns.
func (s *Store) DeleteApp(ctx context.Context, organization, client string) (hub.OAuthApp, error) {
	var a hub.OAuthApp
	err := s.write(ctx, func(tx Tx) error {
		now := micros(s.nowMillis())
		var err error
		a, err = queryOne(ctx, tx, scanApp, `UPDATE oauth_apps SET deleted_at = $3, updated_at = $3 WHERE organization_id = $1 AND client_id = $2 AND deleted_at IS NULL
			RETURNING `+appColumns, organization, client, now)
		if err != nil {
			return err
		}
		revoked, err := queryOne(ctx, tx, scanCount, `SELECT COUNT(*) FROM access_tokens WHERE organization_id = $1 AND client_id = $2
			AND revoked_at IS NULL AND expires_at > $3`, organization, client, now)
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "delete", "oauthApp", client, map[string]any{"appName": a.Name, "revokedTokens": revoked})
	})
	if err != nil {
		return a, err
	}
	s.revoked(hub.Revocation{ClientID: a.ClientID})
	return a, s.inSlices(ctx, func(tx Tx) (int64, error) {
		now := micros(s.nowMillis())
		return tx.Exec(ctx, `UPDATE access_tokens SET revoked_at = $3, updated_at = $3 WHERE `+
			tx.Dialect().RowsOf(`access_tokens WHERE organization_id = $1 AND client_id = $2 AND revoked_at IS NULL AND expires_at > $3 LIMIT $4`),
			organization, client, now, purgeSlice)
	})
}

// authenticateApp checks the secret of an app that is there, and keeps the app so until the transaction ends. The
// comparison takes the same time wherever the two differ.
func authenticateApp(ctx context.Context, tx Tx, organization, client, secret string) error {
	kept, err := queryOne(ctx, tx, scanText, `SELECT secret_hash FROM oauth_apps WHERE organization_id = $1 AND client_id = $2 AND deleted_at IS NULL`+tx.Dialect().ForUpdate(),
		organization, client)
	if err != nil {
		return err
	}
	hash, _ := hub.ClientSecretHash(secret) // empty, which no hash is, where the text cannot be a secret
	if subtle.ConstantTimeCompare([]byte(hash), []byte(kept)) != 1 {
		return hub.ErrWrongSecret
	}
	return nil
}
