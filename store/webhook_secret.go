package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// endpointPlace binds a sealed secret to its endpoint.
func endpointPlace(organization, endpoint string) string {
	return "webhook_endpoints/" + organization + "/" + endpoint
}

// previousMost is how many secrets before the current one an endpoint may have that still sign.
const previousMost = 10

// previousSecret is a secret before the current one. All that are kept are sealed together.
type previousSecret struct {
	Secret string `json:"secret"`
	// Until is how long it signs, in microseconds of Unix time.
	Until int64 `json:"until"`
}

// openPrevious returns the secrets before the current one that still sign, the latest first.
func (s *Store) openPrevious(sealed *string, w hub.WebhookEndpoint) ([]previousSecret, error) {
	if sealed == nil {
		return nil, nil
	}
	text, err := s.keys.open(*sealed, endpointPlace(w.OrganizationID, w.ID))
	if err != nil {
		return nil, err
	}
	var all []previousSecret
	if err := json.Unmarshal(text, &all); err != nil {
		all = []previousSecret{{string(text), micros(w.PreviousUntil)}} // as it was kept when there could be one alone
	}
	now := micros(s.clock())
	return slices.DeleteFunc(all, func(p previousSecret) bool { return p.Until <= now }), nil
}

// RotateSecret gives an endpoint a new secret, and returns it; each one before goes on signing until hub.SecretOverlap
// after it was replaced.
func (s *Store) RotateSecret(ctx context.Context, organization, id string) (hub.WebhookEndpoint, string, error) {
	var w hub.WebhookEndpoint
	secret := hub.NewWebhookSecret()
	place := endpointPlace(organization, id)
	err := s.write(ctx, func(tx Tx) error {
		if _, err := lockEndpoint(ctx, tx, organization, id); err != nil {
			return err
		}
		kept, err := sealedEndpoint(ctx, tx, organization, id)
		if err != nil {
			return err
		}
		w = kept.WebhookEndpoint
		current, err := s.keys.open(kept.secret, place)
		if err != nil {
			return err
		}
		previous, err := s.openPrevious(kept.previous, w)
		if err != nil {
			return err
		}
		if len(previous) == previousMost {
			return hub.Conflict("The secret was rotated %d times in a day, and all those before still sign: wait until %s.",
				previousMost, hub.WireTime(fromMicros(previous[previousMost-1].Until)))
		}
		w.UpdatedAt = s.clock().UTC().Truncate(time.Microsecond)
		w.PreviousUntil = w.UpdatedAt.Add(hub.SecretOverlap)
		text, err := json.Marshal(append( //nolint:gosec // it is sealed before it is kept
			[]previousSecret{{string(current), micros(w.PreviousUntil)}}, previous...))
		if err != nil {
			return err
		}
		sealed, err := s.seal(ctx, tx, []byte(secret), place)
		if err != nil {
			return err
		}
		sealedPrevious, err := s.seal(ctx, tx, text, place)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE webhook_endpoints SET sealed_previous = $3, sealed_secret = $4, previous_until = $5, updated_at = $6
			WHERE organization_id = $1 AND id = $2`, organization, id, sealedPrevious, sealed, micros(w.PreviousUntil), micros(w.UpdatedAt)); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "rotate", endpointKind, id, map[string]any{"previousSecretUntil": hub.WireTime(w.PreviousUntil)})
	})
	return w, secret, err
}

// endpointRow is an endpoint with its secrets as they are kept, and whether its organization is disabled.
type endpointRow struct {
	hub.WebhookEndpoint
	secret   string
	previous *string
	disabled bool
}

func sealedEndpoint(ctx context.Context, q database.Querier, organization, id string) (endpointRow, error) {
	return queryOne(ctx, q, func(r database.Row) (endpointRow, error) {
		var e endpointRow
		var err error
		e.WebhookEndpoint, err = scanEndpoint(extraColumns{r, []any{&e.secret, &e.previous, &e.disabled}})
		return e, err
	}, `SELECT `+endpointColumns+`, sealed_secret, sealed_previous, (SELECT o.disabled FROM organizations o WHERE o.id = webhook_endpoints.organization_id)
		FROM webhook_endpoints WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL`, organization, id)
}

// WebhookTarget is an endpoint with what its events are signed with: its secret, and those before that still sign.
type WebhookTarget struct {
	hub.WebhookEndpoint
	Secrets []string
}

// WebhookTarget returns what is needed to send to an endpoint. Where the organization is disabled, so is the endpoint.
func (s *Store) WebhookTarget(ctx context.Context, organization, id string) (WebhookTarget, error) {
	kept, err := sealedEndpoint(ctx, s.db, organization, id)
	t := WebhookTarget{WebhookEndpoint: kept.WebhookEndpoint}
	if err != nil {
		return t, err
	}
	if kept.disabled && t.DisabledAt.IsZero() {
		t.DisabledAt = s.clock()
	}
	secret, err := s.keys.open(kept.secret, endpointPlace(organization, id))
	if err != nil {
		return t, fmt.Errorf("webhook endpoint %s: %w", id, err)
	}
	previous, err := s.openPrevious(kept.previous, kept.WebhookEndpoint)
	if err != nil {
		return t, fmt.Errorf("webhook endpoint %s: %w", id, err)
	}
	t.Secrets = []string{string(secret)}
	for _, p := range previous {
		t.Secrets = append(t.Secrets, p.Secret)
	}
	return t, nil
}

// extraColumns scans further columns than the one who scans knows of.
type extraColumns struct {
	row  database.Row
	also []any
}

func (r extraColumns) Scan(dest ...any) error { return r.row.Scan(append(dest, r.also...)...) }
