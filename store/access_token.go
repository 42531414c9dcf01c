package store

import (
	"context"

	"sirocco/hub"
)

const accessTokenColumns = `organization_id, id, client_id, user_id, scope, created_at, updated_at, expires_at, revoked_at`

func scanAccessToken(r rows) (hub.AccessToken, error) {
	var t hub.AccessToken
	var created, updated, expires int64
	var revoked *int64
	err := r.Scan(&t.OrganizationID, &t.ID, &t.ClientID, &t.UserID, &t.Scope, &created, &updated, &expires, &revoked)
	t.CreatedAt, t.UpdatedAt, t.ExpiresAt, t.RevokedAt = fromMicros(created), fromMicros(updated), fromMicros(expires), fromOptionalMicros(revoked)
	return t, err
}

// AccessTokenByHash returns the access token with the hash, where it lives, its app does and its user is not disabled.
// Like TokenByHash it learns the organization.
func (s *Store) AccessTokenByHash(ctx context.Context, hash string) (hub.AccessToken, error) {
	t, err := one(ctx, s.db, scanAccessToken, `SELECT `+accessTokenColumns+` FROM access_tokens t WHERE hash = $1 AND revoked_at IS NULL AND expires_at > $2
		AND EXISTS (SELECT 1 FROM users u WHERE u.organization_id = t.organization_id AND u.id = t.user_id AND u.disabled = $3)
		AND EXISTS (SELECT 1 FROM oauth_apps a WHERE a.organization_id = t.organization_id AND a.client_id = t.client_id AND a.deleted_at IS NULL)`,
		hash, micros(s.clock()), false)
	return t, s.db.classify(err)
}

// newAccessToken keeps a token of an app for a user and returns it with its text, which is not kept anywhere.
func (s *Store) newAccessToken(ctx context.Context, tx Tx, organization, client, user string, scope hub.Scope) (hub.AccessToken, string, error) {
	text := hub.NewUserTokenText()
	hash, _ := hub.UserTokenHash(text)
	now := s.clock().UTC()
	t := hub.AccessToken{
		ID: hub.NewID(), OrganizationID: organization, ClientID: client, UserID: user, Scope: scope,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(hub.AccessTokenLife),
	}
	_, err := tx.exec(ctx, `INSERT INTO access_tokens (organization_id, id, client_id, user_id, scope, hash, created_at, updated_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.OrganizationID, t.ID, t.ClientID, t.UserID, string(t.Scope), hash, micros(t.CreatedAt), micros(t.UpdatedAt), micros(t.ExpiresAt))
	return t, text, err
}
