package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// TokenUseGrain is how coarsely a token's last use is recorded: a use within it of the last is not written.
const TokenUseGrain = 10 * time.Minute

const tokenColumns = `organization_id, id, name, group_id, parent_id, created_at, last_used_at`

func scanToken(r database.Row) (hub.Token, error) {
	var t hub.Token
	var group, parent *string
	var createdAt int64
	var lastUsedAt *int64
	err := r.Scan(&t.OrganizationID, &t.ID, &t.Name, &group, &parent, &createdAt, &lastUsedAt)
	t.GroupID, t.ParentID = deref(group), deref(parent)
	t.CreatedAt, t.LastUsedAt = fromMicros(createdAt), fromOptionalMicros(lastUsedAt)
	return t, err
}

// NewToken is what is needed to make a token.
type NewToken struct {
	Name string
	// Group makes a token for the organization's whole group; an organization without a group gets one.
	Group bool
	// ParentID is the group token that asks; empty for the command line.
	ParentID string
}

// CreateToken makes a token and returns it with its text, which is not kept anywhere.
func (s *Store) CreateToken(ctx context.Context, organization string, n NewToken) (hub.Token, string, error) {
	if err := hub.ValidateName("tokenName", n.Name); err != nil {
		return hub.Token{}, "", err
	}
	text := hub.NewTokenText()
	hash, _ := hub.TokenHash(text)
	t := hub.Token{ID: s.newID(), OrganizationID: organization, Name: n.Name, ParentID: n.ParentID, CreatedAt: s.clock().UTC()}
	err := s.write(ctx, func(tx Tx) error {
		held, err := holdLimits(ctx, tx, organization, t.CreatedAt, hub.ResourceTokens)
		if err != nil {
			return err
		}
		o, err := queryOne(ctx, tx, scanOrganization, `SELECT `+organizationColumns+` FROM organizations WHERE id = $1`, organization)
		if err != nil {
			return err
		}
		if n.Group {
			if t.GroupID, err = homeGroup(ctx, tx, o, micros(t.CreatedAt)); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO tokens (organization_id, id, name, hash, group_id, parent_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.OrganizationID, t.ID, t.Name, hash, optional(t.GroupID), optional(t.ParentID), micros(t.CreatedAt))
		if err != nil {
			return err
		}
		if err := held.check(ctx, tx, t.CreatedAt); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "create", "token", t.ID, map[string]any{"tokenName": t.Name, "group": n.Group})
	})
	return t, text, err
}

// TokenByHash returns the live token with the hash. It is the one query without an organization: it is how one is learnt.
func (s *Store) TokenByHash(ctx context.Context, hash string) (hub.Token, error) {
	return queryOne(ctx, s.db, scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE hash = $1 AND revoked_at IS NULL`, hash)
}

// TouchToken records a use of the token.
func (s *Store) TouchToken(ctx context.Context, t hub.Token) error {
	return s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `UPDATE tokens SET last_used_at = $3 WHERE organization_id = $1 AND id = $2`, t.OrganizationID, t.ID, micros(s.clock()))
		return err
	})
}

// Token returns one live token of the organization.
func (s *Store) Token(ctx context.Context, organization, id string) (hub.Token, error) {
	return queryOne(ctx, s.db, scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL`, organization, id)
}

// Tokens lists the organization's live tokens, oldest first, after the one with the id after.
func (s *Store) Tokens(ctx context.Context, organization, after string, limit int) ([]hub.Token, error) {
	return queryAll(ctx, s.db, scanToken, `SELECT `+tokenColumns+` FROM tokens WHERE organization_id = $1 AND id > $2 AND revoked_at IS NULL ORDER BY id LIMIT $3`,
		organization, after, limit)
}

// RevokeToken ends a token and returns it as it last was.
func (s *Store) RevokeToken(ctx context.Context, organization, id string) (hub.Token, error) {
	var t hub.Token
	err := s.write(ctx, func(tx Tx) error {
		var err error
		t, err = queryOne(ctx, tx, scanToken, `UPDATE tokens SET revoked_at = $3 WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING `+tokenColumns,
			organization, id, micros(s.clock()))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "revoke", "token", id, map[string]any{"tokenName": t.Name})
	})
	if err == nil {
		s.revoked(hub.Revocation{TokenID: t.ID})
	}
	return t, err
}
