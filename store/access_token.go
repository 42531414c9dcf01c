package store

import (
	"context"
	"errors"

	"sirocco/database"
	"sirocco/hub"
)

const accessTokenColumns = `organization_id, id, client_id, user_id, scope, created_at, updated_at, expires_at, revoked_at`

func scanAccessToken(r database.Row) (hub.AccessToken, error) {
	var t hub.AccessToken
	var created, updated, expires int64
	var revoked *int64
	err := r.Scan(&t.OrganizationID, &t.ID, &t.ClientID, &t.UserID, &t.Scope, &created, &updated, &expires, &revoked)
	t.CreatedAt, t.UpdatedAt, t.ExpiresAt, t.RevokedAt = fromMicros(created), fromMicros(updated), fromMicros(expires), fromOptionalMicros(revoked)
	return t, err
}

// AccessTokenByHash returns the access token with the hash, where it lives, its app does, and neither its user
// nor the organization is disabled.
// Like TokenByHash it learns the organization.
func (s *Store) AccessTokenByHash(ctx context.Context, hash string) (hub.AccessToken, error) {
	return queryOne(ctx, s.db, scanAccessToken, `SELECT `+accessTokenColumns+` FROM access_tokens t WHERE hash = $1 AND revoked_at IS NULL AND expires_at > $2
		AND EXISTS (SELECT 1 FROM users u WHERE u.organization_id = t.organization_id AND u.id = t.user_id AND u.disabled = $3)
		AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = t.organization_id AND o.disabled = $3)
		AND EXISTS (SELECT 1 FROM oauth_apps a WHERE a.organization_id = t.organization_id AND a.client_id = t.client_id AND a.deleted_at IS NULL)`,
		hash, micros(s.clock()), false)
}

// newAccessToken keeps a token of an app for a user and returns it with its text, which is not kept anywhere.
func (s *Store) newAccessToken(ctx context.Context, tx Tx, organization, client, user string, scope hub.Scope) (hub.AccessToken, string, error) {
	text := hub.NewUserTokenText()
	hash, _ := hub.UserTokenHash(text)
	now := s.nowMillis()
	t := hub.AccessToken{
		ID: s.newID(), OrganizationID: organization, ClientID: client, UserID: user, Scope: scope,
		CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(hub.AccessTokenLife),
	}
	_, err := tx.Exec(ctx, `INSERT INTO access_tokens (organization_id, id, client_id, user_id, scope, hash, created_at, updated_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		t.OrganizationID, t.ID, t.ClientID, t.UserID, string(t.Scope), hash, micros(t.CreatedAt), micros(t.UpdatedAt), micros(t.ExpiresAt))
	return t, text, err
}

// CreateAccessToken makes a token of an app for a user and returns it with its text, which is not kept anywhere. It
// fails with hub.ErrNotFound without the app, with hub.ErrWrongSecret, and with a *hub.InvalidError for a user who
// is not there or is disabled.
func (s *Store) CreateAccessToken(ctx context.Context, organization, client, secret, user string, scope hub.Scope) (hub.AccessToken, string, error) {
	var t hub.AccessToken
	var text string
	err := s.write(ctx, func(tx Tx) error {
		if err := authenticateApp(ctx, tx, organization, client, secret); err != nil {
			return err
		}
		u, err := queryOne(ctx, tx, scanUser, `SELECT `+userColumns+` FROM users WHERE organization_id = $1 AND id = $2`, organization, user)
		switch {
		case errors.Is(err, hub.ErrNotFound):
			return hub.Invalid("userId", "names no user of the organization", "the id of one")
		case err != nil:
			return err
		case u.Disabled:
			return hub.Invalid("userId", "names a user who is disabled", "one who is not")
		}
		if t, text, err = s.newAccessToken(ctx, tx, organization, client, user, scope); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "create", "accessToken", t.ID, map[string]any{"clientId": client, "userId": user, "scope": string(scope)})
	})
	return t, text, err
}

// AccessToken returns one token of an app, revoked or not.
func (s *Store) AccessToken(ctx context.Context, organization, client, id string) (hub.AccessToken, error) {
	return queryOne(ctx, s.db, scanAccessToken, `SELECT `+accessTokenColumns+` FROM access_tokens WHERE organization_id = $1 AND id = $2 AND client_id = $3`,
		organization, id, client)
}

// AccessTokens lists the tokens of an app, revoked and expired ones too, and counts all of them within the
// listing's bounds.
func (s *Store) AccessTokens(ctx context.Context, organization, client, user string, l Listing) ([]hub.AccessToken, int64, error) {
	condition, args := l.bounds(` FROM access_tokens WHERE organization_id = $1 AND client_id = $2 AND ($3 = '' OR user_id = $3)`, []any{organization, client, user})
	total, err := queryOne(ctx, s.db, scanCount, `SELECT COUNT(*)`+condition, args...)
	if err != nil {
		return nil, 0, err
	}
	condition, args = l.page(condition, "id", args)
	ts, err := queryAll(ctx, s.db, scanAccessToken, `SELECT `+accessTokenColumns+condition, args...)
	return ts, total, err
}

// RevokeAccessToken ends the token that an app made for a user; without such a living one it is hub.ErrNotFound.
func (s *Store) RevokeAccessToken(ctx context.Context, organization, client, secret, user, id string) (hub.AccessToken, error) {
	var t hub.AccessToken
	err := s.write(ctx, func(tx Tx) error {
		if err := authenticateApp(ctx, tx, organization, client, secret); err != nil {
			return err
		}
		var err error
		t, err = queryOne(ctx, tx, scanAccessToken, `UPDATE access_tokens SET revoked_at = $5, updated_at = $5 WHERE organization_id = $1 AND id = $2
			AND client_id = $3 AND user_id = $4 AND revoked_at IS NULL RETURNING `+accessTokenColumns, organization, id, client, user, micros(s.nowMillis()))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "revoke", "accessToken", id, map[string]any{"clientId": client, "userId": user})
	})
	if err == nil {
		s.revoked(hub.Revocation{AccessTokenID: t.ID})
	}
	return t, err
}
