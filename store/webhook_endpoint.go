package store

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// EndpointsMost is how many webhook endpoints an organization may have.
const EndpointsMost = 50

// endpointKind is what the audit log calls a webhook endpoint.
const endpointKind = "webhookEndpoint"

const endpointColumns = `organization_id, id, url, description, event_types, previous_until, disabled_at, disabled_reason, failing_since, held_until, created_at, updated_at`

func scanEndpoint(r database.Row) (hub.WebhookEndpoint, error) {
	var w hub.WebhookEndpoint
	var types string
	var previous, disabled, failing, held *int64
	var created, updated int64
	if err := r.Scan(&w.OrganizationID, &w.ID, &w.URL, &w.Description, &types, &previous, &disabled, &w.DisabledReason, &failing, &held, &created, &updated); err != nil {
		return w, err
	}
	w.PreviousUntil, w.DisabledAt, w.FailingSince = fromOptionalMicros(previous), fromOptionalMicros(disabled), fromOptionalMicros(failing)
	w.HeldUntil, w.CreatedAt, w.UpdatedAt = fromOptionalMicros(held), fromMicros(created), fromMicros(updated)
	return w, json.Unmarshal([]byte(types), &w.EventTypes)
}

// CreateEndpoint makes a webhook endpoint and returns it with its secret.
func (s *Store) CreateEndpoint(ctx context.Context, organization string, n hub.WebhookPatch) (made hub.WebhookEndpoint, secret string, err error) {
	now := s.clock().UTC().Truncate(time.Microsecond)
	w := hub.WebhookEndpoint{ID: s.newID(), OrganizationID: organization, CreatedAt: now, UpdatedAt: now}
	changes := patchEndpoint(&w, n, now)
	secret = hub.NewWebhookSecret()
	types, err := json.Marshal(w.EventTypes)
	if err != nil {
		return w, "", err
	}
	err = s.write(ctx, func(tx Tx) error {
		held, err := holdLimits(ctx, tx, organization, now, hub.ResourceEndpoints)
		if err != nil {
			return err
		}
		sealed, err := s.seal(ctx, tx, []byte(secret), endpointPlace(organization, w.ID))
		if err != nil {
			return err
		}
		if err := lockOrganization(ctx, tx, organization); err != nil { // so that no other makes one between the count and the end
			return err
		}
		have, err := queryAll(ctx, tx, scanCount, `SELECT 1 FROM webhook_endpoints WHERE organization_id = $1 AND deleted_at IS NULL LIMIT $2`, organization, EndpointsMost)
		if err != nil {
			return err
		}
		if len(have) == EndpointsMost {
			return hub.Conflict("The organization has %d webhook endpoints, which is the most: delete one first.", EndpointsMost)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO webhook_endpoints (organization_id, id, url, description, event_types, sealed_secret, disabled_at, disabled_reason, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`, organization, w.ID, w.URL, w.Description, string(types), sealed,
			optionalMicros(w.DisabledAt), w.DisabledReason, micros(now)); err != nil {
			return err
		}
		if err := held.check(ctx, tx, now); err != nil {
			return err
		}
		if err := scheduleTask(ctx, tx, organization, TaskWebhook, w.ID, now); err != nil { // from now on there is a task to lock
			return err
		}
		return s.audit(ctx, tx, organization, "create", endpointKind, w.ID, changes)
	})
	return w, secret, err
}

// Endpoint returns one webhook endpoint of the organization.
func (s *Store) Endpoint(ctx context.Context, organization, id string) (hub.WebhookEndpoint, error) {
	w, err := endpoint(ctx, s.db, organization, id, "")
	return w, err
}

func endpoint(ctx context.Context, q database.Querier, organization, id, end string) (hub.WebhookEndpoint, error) {
	return queryOne(ctx, q, scanEndpoint, `SELECT `+endpointColumns+` FROM webhook_endpoints WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL`+end, organization, id)
}

// lockEndpoint reads an endpoint that nobody else changes, and nobody keeps results of, until the transaction ends.
// Its task is locked before it, as everywhere.
func lockEndpoint(ctx context.Context, tx Tx, organization, id string) (hub.WebhookEndpoint, error) {
	if _, err := queryAll(ctx, tx, scanCount, `SELECT 1 FROM tasks WHERE organization_id = $1 AND kind = $2 AND object_id = $3`+tx.Dialect().ForUpdate(),
		organization, string(TaskWebhook), id); err != nil {
		return hub.WebhookEndpoint{}, err
	}
	return endpoint(ctx, tx, organization, id, tx.Dialect().ForUpdate())
}

// Endpoints lists the organization's webhook endpoints, oldest first, after the one with the id after.
func (s *Store) Endpoints(ctx context.Context, organization, after string, limit int) ([]hub.WebhookEndpoint, error) {
	return queryAll(ctx, s.db, scanEndpoint, `SELECT `+endpointColumns+` FROM webhook_endpoints WHERE organization_id = $1 AND id > $2 AND deleted_at IS NULL ORDER BY id LIMIT $3`,
		organization, after, limit)
}

// patchEndpoint applies a patch and returns the new values of what changed.
func patchEndpoint(w *hub.WebhookEndpoint, p hub.WebhookPatch, now time.Time) map[string]any {
	changes := map[string]any{}
	if p.URL != nil && *p.URL != w.URL {
		w.URL, changes["url"] = *p.URL, hub.WithoutQueryValues(*p.URL)
		w.FailingSince, w.HeldUntil = time.Time{}, time.Time{} // another receiver
	}
	if p.Description != nil && *p.Description != w.Description {
		w.Description, changes["description"] = *p.Description, *p.Description
	}
	if p.EventTypes != nil {
		w.EventTypes = []hub.EventType{}
		for _, t := range *p.EventTypes {
			if !slices.Contains(w.EventTypes, t) {
				w.EventTypes = append(w.EventTypes, t)
			}
		}
		changes["eventTypes"] = w.EventTypes
	}
	switch {
	case p.Disabled == nil || *p.Disabled == !w.DisabledAt.IsZero():
	case *p.Disabled:
		w.DisabledAt, w.DisabledReason, changes["disabled"] = now, hub.DisabledByHand, true
	default:
		w.DisabledAt, w.DisabledReason, changes["disabled"] = time.Time{}, "", false
		w.FailingSince, w.HeldUntil = time.Time{}, time.Time{}
	}
	if w.EventTypes == nil {
		w.EventTypes = []hub.EventType{}
	}
	return changes
}

// PatchEndpoint changes an endpoint. What is pending waits while it is disabled, and is sent at once after.
func (s *Store) PatchEndpoint(ctx context.Context, organization, id string, p hub.WebhookPatch) (hub.WebhookEndpoint, error) {
	var w hub.WebhookEndpoint
	err := s.write(ctx, func(tx Tx) error {
		var err error
		if w, err = lockEndpoint(ctx, tx, organization, id); err != nil {
			return err
		}
		now := s.clock().UTC().Truncate(time.Microsecond)
		changes := patchEndpoint(&w, p, now)
		if len(changes) == 0 {
			return nil
		}
		w.UpdatedAt = now
		types, err := json.Marshal(w.EventTypes)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET url = $3, description = $4, event_types = $5, disabled_at = $6, disabled_reason = $7, failing_since = $8, updated_at = $9, held_until = $10
			WHERE organization_id = $1 AND id = $2`, organization, id, w.URL, w.Description, string(types), optionalMicros(w.DisabledAt), w.DisabledReason,
			optionalMicros(w.FailingSince), micros(now), optionalMicros(w.HeldUntil)); err != nil {
			return err
		}
		if w.FailingSince.IsZero() {
			if err := leaveLane(ctx, tx, organization, TaskWebhook, id); err != nil {
				return err
			}
		}
		if w.DisabledAt.IsZero() {
			if err := scheduleTask(ctx, tx, organization, TaskWebhook, id, now); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, organization, "update", endpointKind, id, changes)
	})
	if err == nil {
		s.notify()
	}
	return w, err
}

// DeleteEndpoint removes an endpoint with its secret, and returns it as it last was. Its deliveries go slice by slice.
func (s *Store) DeleteEndpoint(ctx context.Context, organization, id string) (hub.WebhookEndpoint, error) {
	var w hub.WebhookEndpoint
	err := s.write(ctx, func(tx Tx) error {
		var err error
		if w, err = lockEndpoint(ctx, tx, organization, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET deleted_at = $3, sealed_secret = '', sealed_previous = NULL WHERE organization_id = $1 AND id = $2`,
			organization, id, micros(s.clock())); err != nil {
			return err
		}
		if err := deleteTask(ctx, tx, organization, TaskWebhook, id); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "delete", endpointKind, id, map[string]any{"url": hub.WithoutQueryValues(w.URL)})
	})
	return w, err
}

// EndpointURLs are the URLs of the endpoints that are told, of all organizations, a thousand at most: for what the
// operator is told at start.
func (s *Store) EndpointURLs(ctx context.Context) ([]string, error) {
	return queryAll(ctx, s.db, scanText,
		`SELECT url FROM webhook_endpoints WHERE disabled_at IS NULL AND deleted_at IS NULL LIMIT 1000`)
}
