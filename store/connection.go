package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const connectionColumns = `organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at, retiring`

func scanConnection(r database.Row) (hub.Connection, error) {
	var c hub.Connection
	var syncStatus string
	var createdAt, updatedAt int64
	err := r.Scan(&c.OrganizationID, &c.ID, &c.Platform, &c.Name, &c.ExternalAccountID, &c.Active, &c.SyncTranscript,
		&syncStatus, &createdAt, &updatedAt, &c.Retiring)
	if err != nil {
		return c, err
	}
	c.CreatedAt, c.UpdatedAt = fromMicros(createdAt), fromMicros(updatedAt)
	if syncStatus == "[]" {
		c.SyncStatus = []hub.SyncStatus{}
		return c, nil
	}
	if err := json.Unmarshal([]byte(syncStatus), &c.SyncStatus); err != nil {
		return c, fmt.Errorf("sync status of connection %s: %w", c.ID, err)
	}
	return c, nil
}

// CreateConnection makes a connection in the organization. A second one of the same platform is a *hub.ConflictError.
func (s *Store) CreateConnection(ctx context.Context, organization string, n hub.NewConnection) (c hub.Connection, err error) {
	if err := n.Validate(); err != nil {
		return c, err
	}
	err = s.write(ctx, func(tx Tx) error {
		c = n.Connection(organization, s.clock())
		syncStatus, err := json.Marshal(c.SyncStatus)
		if err != nil {
			return err
		}
		inserted, err := tx.Exec(ctx, `INSERT INTO connections (`+connectionColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, FALSE) ON CONFLICT (organization_id, platform) DO NOTHING`,
			c.OrganizationID, c.ID, string(c.Platform), c.Name, c.ExternalAccountID, c.Active, c.SyncTranscript,
			string(syncStatus), micros(c.CreatedAt), micros(c.UpdatedAt))
		if err != nil {
			return err
		}
		if inserted == 0 {
			return hub.Conflict("The organization already has a %s connection; change that one, or delete it first.", c.Platform)
		}
		if err := createSchedule(ctx, tx, c, s.clock()); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "create", "connection", c.ID, map[string]any{
			"name": c.Name, "integrationPlatform": c.Platform, "externalAccountId": c.ExternalAccountID, "isActive": c.Active,
		})
	})
	return c, err
}

// Connection returns one connection of the organization.
func (s *Store) Connection(ctx context.Context, organization, id string) (hub.Connection, error) {
	c, err := connection(ctx, s.db, organization, id)
	return c, err
}

func connection(ctx context.Context, q database.Querier, organization, id string) (hub.Connection, error) {
	return queryOne(ctx, q, scanConnection, `SELECT `+connectionColumns+` FROM connections WHERE organization_id = $1 AND id = $2`, organization, id)
}

// ConnectionFilter chooses connections for a list.
type ConnectionFilter struct {
	// Platform, when not empty, is the only one listed.
	Platform hub.Platform
	// After is the id of the last connection already seen.
	After string
	Limit int
}

// Connections lists the organization's connections, oldest first.
func (s *Store) Connections(ctx context.Context, organization string, f ConnectionFilter) ([]hub.Connection, error) {
	query := `SELECT ` + connectionColumns + ` FROM connections WHERE organization_id = $1 AND id > $2`
	args := []any{organization, f.After, f.Limit}
	if f.Platform != "" {
		query += ` AND platform = $4`
		args = append(args, string(f.Platform))
	}
	return queryAll(ctx, s.db, scanConnection, query+` ORDER BY id LIMIT $3`, args...)
}

// PatchConnection changes what p names and returns the whole connection. What is already as p wants it costs no write.
func (s *Store) PatchConnection(ctx context.Context, organization, id string, p hub.ConnectionPatch) (hub.Connection, error) {
	if err := p.Validate(); err != nil {
		return hub.Connection{}, err
	}
	if p.Name == nil && p.Active == nil && p.SyncTranscript == nil {
		c, err := s.Connection(ctx, organization, id)
		if err == nil && !hub.MatchesVersion(p.IfUpdatedAt, c.UpdatedAt) {
			err = hub.ErrStale
		}
		return c, err
	}
	write := s.write
	if p.Active == nil && p.IfUpdatedAt == nil {
		write = s.writeOne
	}
	var c hub.Connection
	err := write(ctx, func(tx Tx) error {
		var err error
		c, err = s.patchConnection(ctx, tx, organization, id, p, s.clock())
		if err == nil && p.Active != nil {
			err = pauseOrResume(ctx, tx, c, s.clock())
		}
		return err
	})
	return c, err
}

// patchConnection says in SQL what hub.ConnectionPatch.Apply says in Go, so that the change is one statement. Its
// audit entry has all that p names.
func (s *Store) patchConnection(ctx context.Context, tx Tx, organization, id string, p hub.ConnectionPatch, now time.Time) (hub.Connection, error) {
	if p.IfUpdatedAt != nil { // rare, and never in a hurry: read, decide, write
		return s.patchConnectionIf(ctx, tx, organization, id, p, now)
	}
	entry, err := s.auditEntry(ctx, organization, "update", "connection", id, patchedFields(p))
	if err != nil {
		return hub.Connection{}, err
	}
	changed, err := updateConnection(ctx, tx, `UPDATE connections SET
			name = COALESCE($3, name), is_active = COALESCE($4, is_active), sync_transcript = COALESCE($5, sync_transcript),
			updated_at = CASE WHEN updated_at + 1000 > $6 THEN updated_at + 1000 ELSE $6 END
		WHERE organization_id = $1 AND id = $2
			AND (name <> COALESCE($3, name) OR is_active <> COALESCE($4, is_active) OR sync_transcript <> COALESCE($5, sync_transcript))
		RETURNING `+connectionColumns,
		[]any{organization, id, p.Name, p.Active, p.SyncTranscript, micros(now.Truncate(time.Millisecond))}, entry, s.callEntry(ctx, organization))
	if err != nil {
		return hub.Connection{}, err
	}
	if len(changed) == 1 {
		return changed[0], nil
	}
	return connection(ctx, tx, organization, id) // nothing to change, or no such connection
}

// patchedFields is what p names, by the contract's names.
func patchedFields(p hub.ConnectionPatch) map[string]any {
	fields := map[string]any{}
	if p.Name != nil {
		fields["name"] = *p.Name
	}
	if p.Active != nil {
		fields["isActive"] = *p.Active
	}
	if p.SyncTranscript != nil {
		fields["syncTranscript"] = *p.SyncTranscript
	}
	return fields
}

func (s *Store) patchConnectionIf(ctx context.Context, tx Tx, organization, id string, p hub.ConnectionPatch, now time.Time) (hub.Connection, error) {
	c, err := lockConnection(ctx, tx, organization, id)
	if err != nil {
		return c, err
	}
	if changed, err := p.Apply(&c, now); err != nil || !changed {
		return c, err
	}
	_, err = tx.Exec(ctx, `UPDATE connections SET name = $3, is_active = $4, sync_transcript = $5, updated_at = $6
		WHERE organization_id = $1 AND id = $2`, organization, id, c.Name, c.Active, c.SyncTranscript, micros(c.UpdatedAt))
	if err != nil {
		return c, err
	}
	return c, s.audit(ctx, tx, organization, "update", "connection", id, patchedFields(p))
}

// lockConnection reads a connection that nobody else changes until the transaction ends.
func lockConnection(ctx context.Context, tx Tx, organization, id string) (hub.Connection, error) {
	return queryOne(ctx, tx, scanConnection, `SELECT `+connectionColumns+` FROM connections WHERE organization_id = $1 AND id = $2`+tx.Dialect().ForUpdate(), organization, id)
}

// DeleteConnection removes a connection and returns it as it last was. ifUpdatedAt is as in hub.ConnectionPatch.
func (s *Store) DeleteConnection(ctx context.Context, organization, id string, ifUpdatedAt []time.Time) (hub.Connection, error) {
	var c hub.Connection
	err := s.write(ctx, func(tx Tx) error {
		var err error
		if c, err = lockConnection(ctx, tx, organization, id); err != nil {
			return err
		}
		if !hub.MatchesVersion(ifUpdatedAt, c.UpdatedAt) {
			return hub.ErrStale
		}
		account, err := accountOf(ctx, tx, organization, id)
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		now := s.clock()
		if err := enqueuePurge(ctx, tx, c, account, now); err != nil {
			return err
		}
		// After the write-back has lost its lease: nothing more is begun.
		if err := s.rememberSent(ctx, tx, c, account, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM connections WHERE organization_id = $1 AND id = $2`, organization, id); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "delete", "connection", id, map[string]any{"name": c.Name, "integrationPlatform": c.Platform})
	})
	return c, err
}
