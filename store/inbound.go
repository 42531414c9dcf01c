package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// inboundSecret is the name of the shared secret from which those of inbound addresses are made.
const inboundSecret = "inbound"

// inboundPrefix begins each secret of an inbound address, so that people and scanners see what it is.
const inboundPrefix = "sirocco_inbound_"

// Inbound is the inbound address of a connection: what its platform posts to.
type Inbound struct {
	Connection hub.Connection
	// Generation is that of the secret that is the current one.
	Generation int64
	// RotatedAt is when its secret was made; PreviousUntil is how long one before it counts, too, zero where none does.
	RotatedAt, PreviousUntil time.Time
	// OrganizationDisabled says that the organization is disabled.
	OrganizationDisabled bool

	secrets []string
}

// Secrets are those that count: the current one, and those before it that were replaced less than hub.SecretOverlap ago.
func (in *Inbound) Secrets() []string { return in.secrets }

// Admits reports whether the text is a secret that counts, in a time that tells nothing of it.
func (in *Inbound) Admits(text string) bool {
	ok := false
	for _, secret := range in.secrets {
		ok = hmac.Equal([]byte(secret), []byte(text)) || ok
	}
	return ok
}

// inboundRow is an address as it is kept.
type inboundRow struct {
	organization, connection string
	generation, rotatedAt    int64
	previous                 []previousGeneration
}

// previousGeneration is a secret before the current one.
type previousGeneration struct {
	Generation int64 `json:"generation"`
	// Until is how long it counts, in microseconds of Unix time.
	Until int64 `json:"until"`
}

func scanInbound(r database.Row) (inboundRow, error) {
	var in inboundRow
	var previous string
	if err := r.Scan(&in.organization, &in.connection, &in.generation, &previous, &in.rotatedAt); err != nil {
		return in, err
	}
	return in, json.Unmarshal([]byte(previous), &in.previous)
}

const inboundQuery = `SELECT organization_id, connection_id, generation, previous, rotated_at FROM inbound_secrets `

// RotateInbound gives the connection an inbound address, or the one that it has a new secret, and returns the secret, which
// is told only here. The one before counts until hub.SecretOverlap has passed. A platform that calls nobody is a
// *hub.ConflictError.
func (s *Store) RotateInbound(ctx context.Context, organization, connection string) (in Inbound, secret string, err error) {
	shared, err := s.SharedSecret(ctx, inboundSecret)
	if err != nil {
		return in, "", err
	}
	err = s.write(ctx, func(tx Tx) error {
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil {
			return err
		}
		switch {
		case c.Platform == hub.PlatformMerge:
			return hub.Conflict("Merge posts what is of all connections to /inbound/merge of this server, which its operator sets up with --merge-webhook-keys: a connection has no address of its own.")
		case !c.Platform.Calls():
			return hub.Conflict("Nothing is posted to a %s connection by its platform.", c.Platform)
		}
		row, err := queryOne(ctx, tx, scanInbound, inboundQuery+`WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
		if err := ignoreNotFound(err); err != nil {
			return err
		}
		now := s.clock()
		row.previous = counting(row.previous, now)
		if row.generation > 0 {
			if len(row.previous) == previousMost {
				return hub.Conflict("The secret was made anew %d times in a day, and all those before still count: wait until %s.",
					previousMost, hub.WireTime(fromMicros(row.previous[previousMost-1].Until)))
			}
			row.previous = slices.Insert(row.previous, 0, previousGeneration{row.generation, micros(now.Add(hub.SecretOverlap))})
		}
		row.organization, row.connection, row.rotatedAt = organization, connection, micros(now)
		row.generation++
		previous, err := json.Marshal(row.previous)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO inbound_secrets (organization_id, connection_id, generation, previous, rotated_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (organization_id, connection_id) DO UPDATE SET generation = excluded.generation, previous = excluded.previous, rotated_at = excluded.rotated_at`,
			organization, connection, row.generation, string(previous), row.rotatedAt); err != nil {
			return err
		}
		in = row.shown(shared, c, now)
		secret = in.secrets[0]
		return s.audit(ctx, tx, organization, "rotate", "connection", connection, map[string]any{"inboundSecret": true})
	})
	return in, secret, err
}

// InboundOf returns the inbound address of a connection; hub.ErrNotFound where it has none.
func (s *Store) InboundOf(ctx context.Context, organization, connection string) (Inbound, error) {
	return s.inbound(ctx, `WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
}

// InboundAt returns the inbound address that somebody calls, of whatever organization; hub.ErrNotFound where there is none.
func (s *Store) InboundAt(ctx context.Context, connection string) (Inbound, error) {
	if !hub.ValidID(connection) {
		return Inbound{}, hub.ErrNotFound
	}
	return s.inbound(ctx, `WHERE connection_id = $1`, connection)
}

func (s *Store) inbound(ctx context.Context, where string, args ...any) (Inbound, error) {
	row, err := queryOne(ctx, s.db, scanInbound, inboundQuery+where, args...)
	if err != nil {
		return Inbound{}, err
	}
	c, err := s.Connection(ctx, row.organization, row.connection)
	if err != nil {
		return Inbound{}, err
	}
	shared, err := s.SharedSecret(ctx, inboundSecret)
	if err != nil {
		return Inbound{}, err
	}
	in := row.shown(shared, c, s.clock())
	in.OrganizationDisabled, err = organizationDisabled(ctx, s.db, row.organization)
	return in, err
}

// shown is the address with its secrets as they are at now.
func (row *inboundRow) shown(shared []byte, c hub.Connection, now time.Time) Inbound {
	in := Inbound{Connection: c, Generation: row.generation, RotatedAt: fromMicros(row.rotatedAt), secrets: []string{row.secret(shared, row.generation)}}
	for _, p := range counting(row.previous, now) {
		in.secrets = append(in.secrets, row.secret(shared, p.Generation))
		if until := fromMicros(p.Until); until.After(in.PreviousUntil) {
			in.PreviousUntil = until
		}
	}
	return in
}

// secret makes a generation's secret from the shared one.
func (row *inboundRow) secret(shared []byte, generation int64) string {
	h := hmac.New(sha256.New, shared)
	fmt.Fprintf(h, "%s/%s/%d", row.organization, row.connection, generation)
	return inboundPrefix + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// counting are those that still count at now.
func counting(all []previousGeneration, now time.Time) []previousGeneration {
	return slices.DeleteFunc(all, func(p previousGeneration) bool { return p.Until <= micros(now) })
}

// TakeSession brings a session that an inbound platform posted in, and returns our id of its engagement. The same session
// again replaces what was told before, and what is unchanged is not touched. It fails with a *hub.ConflictError while the
// connection is paused.
func (s *Store) TakeSession(ctx context.Context, organization, connection string, session hub.PresentationSession) (engagement string, err error) {
	if err := session.Validate(); err != nil {
		return "", err
	}
	err = s.write(ctx, func(tx Tx) error {
		c, err := lockConnection(ctx, tx, organization, connection)
		if err != nil {
			return err
		}
		switch err := requireActive(ctx, tx, c); {
		case errors.Is(err, hub.ErrPaused):
			return hub.Conflict("The %s connection is paused: set its isActive to true first.", c.Platform)
		case errors.Is(err, hub.ErrDisabled):
			return hub.Conflict("The organization is disabled.")
		case err != nil:
			return err
		}
		p := newPush(tx, c)
		former, err := p.load(ctx, recordKey{hub.ModelEngagement, session.ID})
		if err != nil {
			return err
		}
		before := former.Refs.Owner
		patches := session.Patches()
		for i := range patches {
			if err := p.apply(ctx, &patches[i]); err != nil {
				return err
			}
		}
		if now := p.records[recordKey{hub.ModelEngagement, session.ID}].Refs.Owner; before != "" && before != now { // told of somebody else at first
			gone := true
			if err := p.apply(ctx, &hub.RecordPatch{Model: hub.ModelEngagementUser, ExternalID: hub.JoinID(session.ID, before), Delete: &gone}); err != nil {
				return err
			}
		}
		at := s.clock().UTC().Truncate(time.Microsecond)
		if err := p.save(ctx, at); err != nil {
			return err
		}
		if err := updateSyncStatus(ctx, tx, c, SyncState{Model: hub.ModelEngagement, Since: at}, hub.SyncStateUpToDate, at); err != nil {
			return err
		}
		engagement, err = queryOne(ctx, tx, scanText, `SELECT id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id = $4`,
			organization, connection, string(hub.ModelEngagement), session.ID)
		return err
	})
	s.notify()
	return engagement, err
}
