package store

import (
	"context"
	"slices"

	"sirocco/database"
	"sirocco/hub"
)

// What was written of a recording before, by which a note that is there is found, taken for there, or corrected.

// EarlierMarkers are what the recording's first notes may be known by on whatever record: those of records that were merged
// since, and those that a program wrote before markers said what a note is.
func (s *Store) EarlierMarkers(ctx context.Context, organization, recording string) ([]string, error) {
	return queryAll(ctx, s.db, scanText, `SELECT marker FROM earlier_markers WHERE organization_id = $1 AND recording_id = $2
		UNION SELECT marker FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND correction = 0 AND marker <> '' ORDER BY marker`, organization, recording)
}

// NotedOn is the record that has a note of the delivery's recording, by way of the same link, or what that record was merged
// into; zero where none has.
func (s *Store) NotedOn(ctx context.Context, d hub.Delivery) (hub.RecordRef, error) {
	all, err := queryAll(ctx, s.db, scanRef, `SELECT target_model, target_external_id FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3 AND model = $4 AND external_id = $5
		AND sent_at IS NOT NULL AND target_model <> ''`+ofItsAccount+` ORDER BY correction DESC, id DESC LIMIT 1`, d.OrganizationID, d.RecordingID, d.ConnectionID, string(d.Model), d.ExternalID)
	if err != nil || len(all) == 0 {
		return hub.RecordRef{}, err
	}
	return s.Survivor(ctx, d.OrganizationID, d.ConnectionID, all[0])
}

// Twin is the delivery whose note is the same as one of d would be by its marker, and was proven to be in the CRM: what a recording is linked
// to by now may have its note on the same record as what it was linked to before. hub.ErrNotFound is returned where there is none.
func (s *Store) Twin(ctx context.Context, d hub.Delivery, marker string) (hub.Delivery, error) {
	return queryOne(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3 AND marker = $4 AND id <> $5
		AND sent_at IS NOT NULL`+ofItsAccount+` ORDER BY sent_at DESC, id DESC LIMIT 1`, d.OrganizationID, d.RecordingID, d.ConnectionID, marker, d.ID)
}

// correctedMost bounds how many notes a correction is taken to be of.
const correctedMost = 20

// Corrected are the deliveries whose notes a correction is to take the place of, the last one first: those that were proven to be there, be
// it over another link to the same record.
func (s *Store) Corrected(ctx context.Context, d hub.Delivery, on hub.RecordRef) ([]hub.Delivery, error) {
	return queryAll(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3
		AND (model = $4 AND external_id = $5 AND correction < $6 OR (model <> $4 OR external_id <> $5) AND target_model = $8 AND target_external_id = $9)
		AND sent_at IS NOT NULL`+ofItsAccount+` ORDER BY sent_at DESC, correction DESC, id DESC LIMIT $7`,
		d.OrganizationID, d.RecordingID, d.ConnectionID, string(d.Model), d.ExternalID, d.Correction, correctedMost, string(on.Model), on.ExternalID)
}

// IsCorrected reports whether a later correction of the delivery's note is there.
func (s *Store) IsCorrected(ctx context.Context, d hub.Delivery) (bool, error) {
	return queryAny(ctx, s.db, `SELECT 1 FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3 AND model = $4 AND external_id = $5
		AND correction > $6 AND state = $7 AND note_print <> '' LIMIT 1`, d.OrganizationID, d.RecordingID, d.ConnectionID, string(d.Model), d.ExternalID, d.Correction, string(hub.DeliverySent))
}

// MergedInto are the records that were merged into one, and that a note of the delivery's recording was sent to before, over whatever
// connection.
func (s *Store) MergedInto(ctx context.Context, d hub.Delivery, survivor hub.RecordRef) ([]hub.RecordRef, error) {
	type noted struct {
		on hub.RecordRef
		// before is the record that on was merged from over an earlier connection; empty where none was.
		before string
		merged bool
	}
	all, err := queryAll(ctx, s.db, func(r database.Row) (noted, error) {
		n := noted{on: hub.RecordRef{Model: survivor.Model}}
		err := r.Scan(&n.on.ExternalID, &n.before, &n.merged)
		return n, err
	}, `SELECT DISTINCT d.target_external_id, d.merged_external_id, r.merged_into IS NOT NULL FROM deliveries d
		LEFT JOIN records r ON r.organization_id = d.organization_id AND r.connection_id = d.connection_id AND r.model = d.target_model AND r.external_id = d.target_external_id
		WHERE d.organization_id = $1 AND d.recording_id = $2 AND d.connection_id = $3 AND d.target_model = $4 AND d.marker <> '' ORDER BY d.target_external_id, d.merged_external_id`,
		d.OrganizationID, d.RecordingID, d.ConnectionID, string(survivor.Model))
	if err != nil {
		return nil, err
	}
	var merged []hub.RecordRef
	add := func(of hub.RecordRef) {
		if of != survivor && !slices.Contains(merged, of) {
			merged = append(merged, of)
		}
	}
	for _, n := range all {
		if n.before != "" {
			add(hub.RecordRef{Model: survivor.Model, ExternalID: n.before})
		}
		if !n.merged {
			continue
		}
		into, err := s.Survivor(ctx, d.OrganizationID, d.ConnectionID, n.on)
		if err != nil {
			return nil, err
		}
		if into == survivor {
			add(n.on)
		}
	}
	return merged, nil
}

// Survivor is a record of a connection, or what it was merged into.
func (s *Store) Survivor(ctx context.Context, organization, connection string, of hub.RecordRef) (hub.RecordRef, error) {
	return survivorOf(ctx, s.db, organization, connection, of)
}

func survivorOf(ctx context.Context, q database.Querier, organization, connection string, of hub.RecordRef) (hub.RecordRef, error) {
	err := resolveMerges(ctx, q, organization, connection, of.Model, map[string][]*string{of.ExternalID: {&of.ExternalID}})
	return of, err
}
