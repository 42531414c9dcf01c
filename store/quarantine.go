package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Quarantined is an item of a page that could not be taken in, kept as it came.
type Quarantined struct {
	ID    string
	Model hub.Model
	// ExternalID is empty where the item has none.
	ExternalID string
	// Reason is a sentence for people.
	Reason    string
	Raw       string
	CreatedAt time.Time
	// FoundSince is where the run that found it began: what a retry rewinds the model to.
	FoundSince time.Time
}

// fingerprint tells whether an item is one that is already in quarantine: the same record, or the same text.
func (q Quarantined) fingerprint() string {
	text := q.ExternalID
	if text == "" {
		text = q.Raw
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// fingerprints are those of records by their external ids.
func fingerprints(externalIDs []string) []string {
	all := make([]string, len(externalIDs))
	for i, id := range externalIDs {
		all[i] = Quarantined{ExternalID: id}.fingerprint()
	}
	return all
}

// quarantine keeps items aside and counts those that were not there yet.
func quarantine(ctx context.Context, tx Tx, sched Schedule, items []Quarantined, now time.Time) (fresh int, err error) {
	for _, q := range items {
		q.ExternalID, q.Reason, q.Raw = hub.Storable(q.ExternalID), hub.Storable(q.Reason), hub.Storable(q.Raw)
		n, err := tx.Exec(ctx, `INSERT INTO quarantine (organization_id, connection_id, id, model, external_id, fingerprint, reason, raw, found_since, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (organization_id, connection_id, model, fingerprint) DO NOTHING`,
			sched.OrganizationID, sched.ConnectionID, hub.NewID(), string(q.Model), q.ExternalID, q.fingerprint(), q.Reason, q.Raw, optionalMicros(q.FoundSince), micros(now))
		if err != nil {
			return fresh, err
		}
		fresh += int(n)
	}
	return fresh, nil
}

// releaseQuarantined takes records that now came in well out of quarantine: not those of which the page says that there is more.
func releaseQuarantined(ctx context.Context, tx Tx, sched Schedule, page PageCommit) error {
	well := make([]string, 0, len(page.Records))
	for _, r := range page.Records {
		if !slices.ContainsFunc(page.Quarantined, func(q Quarantined) bool { return q.Model == page.State.Model && q.ExternalID == r.ExternalID }) {
			well = append(well, r.ExternalID)
		}
	}
	in, arg := tx.Dialect().In("$4", fingerprints(well))
	return tx.Later(ctx, `DELETE FROM quarantine WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND fingerprint `+in,
		sched.OrganizationID, sched.ConnectionID, string(page.State.Model), arg)
}

// Quarantine lists what a connection holds in quarantine, oldest first, after the one with the id after.
func (s *Store) Quarantine(ctx context.Context, organization, connection, after string, limit int) ([]Quarantined, error) {
	scan := func(r database.Row) (Quarantined, error) {
		var q Quarantined
		var created int64
		err := r.Scan(&q.ID, &q.Model, &q.ExternalID, &q.Reason, &q.Raw, &created)
		q.CreatedAt = fromMicros(created)
		return q, err
	}
	return queryPage(ctx, s.db, scan, `SELECT id, model, external_id, reason, raw, created_at FROM quarantine
		WHERE organization_id = $1 AND connection_id = $2 AND id > $3 ORDER BY id LIMIT $4`, organization, connection, after, limit)
}

// QuarantineCounts returns how many items each model of a connection has in quarantine.
func (s *Store) QuarantineCounts(ctx context.Context, organization, connection string) (map[hub.Model]int, error) {
	type count struct {
		model hub.Model
		n     int
	}
	counts, err := queryAll(ctx, s.db, func(r database.Row) (count, error) {
		var c count
		err := r.Scan(&c.model, &c.n)
		return c, err
	}, `SELECT model, COUNT(*) FROM quarantine WHERE organization_id = $1 AND connection_id = $2 GROUP BY model`, organization, connection)
	if err != nil {
		return nil, err
	}
	all := map[hub.Model]int{}
	for _, c := range counts {
		all[c.model] = c.n
	}
	return all, nil
}

// RetryQuarantine empties the quarantine of the connection, or of the models named, and plans to read
// again what was in it: each model's next run begins where the oldest of the runs that found something did.
func (s *Store) RetryQuarantine(ctx context.Context, organization, connection string, models []hub.Model) (retried int, err error) {
	filters := []QuarantineFilter{{}}
	if models != nil {
		filters = nil
		for _, m := range models {
			filters = append(filters, QuarantineFilter{Model: m})
		}
	}
	return s.retryQuarantine(ctx, organization, connection, filters)
}
