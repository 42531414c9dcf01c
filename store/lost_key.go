package store

import (
	"context"
	"errors"

	"sirocco/hub"
)

// Lost is something that was encrypted with a key that is lost.
type Lost struct {
	OrganizationID string
	// ConnectionID is of credentials, EndpointID of a webhook endpoint's secret, MultimediaID the sender's own id of a recording
	// that is to be fetched; without any it is a secret of the nodes themselves, which make another.
	ConnectionID, EndpointID, MultimediaID string
	// Name is what people call it: the connection's name, or the endpoint's URL without what its query says.
	Name string
}

// lostReason is why an endpoint whose secret is lost is disabled.
const lostReason = "Its secret was lost with the key that encrypted it: rotate the secret, give the receiver the new one, and enable it."

// lostDownload is why a recording is not fetched whose address is lost.
const lostDownload = "Its downloadUrl was lost with the key that encrypted it: send it again."

// LostSecrets lists what the store's keyset does not open.
func (s *Store) LostSecrets(ctx context.Context) ([]Lost, error) {
	var lost []Lost
	for _, kind := range sealedKinds {
		err := s.eachSealed(ctx, kind, func(x sealedThing) error {
			if s.opensAll(kind, x) {
				return nil
			}
			l := Lost{OrganizationID: x.organization}
			switch kind.audited {
			case "credentials":
				c, err := s.Connection(ctx, x.organization, x.id)
				if errors.Is(err, hub.ErrNotFound) { // it is being deleted
					return nil
				}
				if err != nil {
					return err
				}
				l.ConnectionID, l.Name = x.id, c.Name
			case endpointKind:
				w, err := s.Endpoint(ctx, x.organization, x.id)
				if err != nil {
					return ignoreNotFound(err)
				}
				l.EndpointID, l.Name = x.id, hub.WithoutQueryValues(w.URL)
			case multimediaKind:
				l.MultimediaID = x.id
			}
			lost = append(lost, l)
			return nil
		})
		if err != nil {
			return lost, err
		}
	}
	return lost, nil
}

func (s *Store) opensAll(kind sealedKind, x sealedThing) bool {
	for _, text := range x.texts() {
		if _, err := s.keys.open(text, kind.place(x.organization, x.id)); err != nil {
			return false
		}
	}
	return true
}

// EraseLost erases what the store's keyset does not open, makes that keyset the right one, and lists what was erased.
// A connection keeps whose records it has, and needs credentials; an endpoint is disabled until it is given another secret.
// It is a *hub.ConflictError while a node runs. What broke off goes on when it is called again.
func (s *Store) EraseLost(ctx context.Context) ([]Lost, error) {
	if err := s.requireStopped(ctx, s.db); err != nil {
		return nil, err
	}
	lost, err := s.LostSecrets(ctx)
	if err != nil {
		return nil, err
	}
	for _, kind := range sealedKinds {
		err := s.eachSealed(ctx, kind, func(x sealedThing) error { return s.eraseLost(ctx, kind, x) })
		if err == nil && kind.audited == "" { // the canary went among them: from here on the keyset is the right one
			_, err = s.createSecret(ctx, canary)
		}
		if err != nil {
			return nil, err
		}
	}
	return lost, nil
}

// eraseLost erases one row, unless it can be read by now.
func (s *Store) eraseLost(ctx context.Context, kind sealedKind, x sealedThing) error {
	return s.write(ctx, func(tx Tx) error {
		now, err := queryOne(ctx, tx, scanSealed, kind.row+tx.Dialect().ForUpdate(), x.organization, x.id)
		if err != nil || s.opensAll(kind, now) {
			return ignoreNotFound(err)
		}
		switch kind.audited {
		case "credentials":
			_, err = tx.Exec(ctx, `UPDATE credentials SET sealed = '', sealed_token = NULL, token_expires = NULL, token_lease = NULL, updated_at = $3
				WHERE organization_id = $1 AND connection_id = $2`, x.organization, x.id, micros(s.clock()))
		case endpointKind:
			var sealed string // of a secret that nobody is told
			if sealed, err = s.seal(ctx, tx, []byte(hub.NewWebhookSecret()), kind.place(x.organization, x.id)); err == nil {
				_, err = tx.Exec(ctx, `UPDATE webhook_endpoints SET sealed_secret = $3, sealed_previous = NULL, previous_until = NULL,
						disabled_at = COALESCE(disabled_at, $4), disabled_reason = $5, updated_at = $4 WHERE organization_id = $1 AND id = $2`,
					x.organization, x.id, sealed, micros(s.clock()), lostReason)
			}
		case multimediaKind:
			_, err = tx.Exec(ctx, `UPDATE multimedia_events SET sealed_url = '', status = 'FAILED', reason = $3, due_at = NULL, updated_at = $4 WHERE organization_id = $1 AND external_id = $2`,
				x.organization, x.id, lostDownload, micros(s.clock()))
		default:
			_, err = tx.Exec(ctx, `DELETE FROM secrets WHERE name = $1`, x.id)
		}
		if err != nil || kind.audited == "" {
			return err
		}
		return s.audit(ctx, tx, x.organization, "erase", kind.audited, x.id, nil)
	})
}
