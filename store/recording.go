package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sirocco/hub"
)

const recordingColumns = `organization_id, id, user_id, team_id, title, file_type, blob, size, started_at, ended_at, duration_ms, latitude, longitude, ` +
	`result, conversation_type, trigger_kind, discoverable, contact_name, contact_phone, status, processed_at, analysis, score, ` +
	`link_connection_id, link_model, link_external_id, link_also, link_by, link_trigger, link_reason, linked_at, written_at, ` +
	`created_at, updated_at, deleted_at, purged_at`

func scanRecording(r rows) (hub.Recording, error) {
	var rec hub.Recording
	var team, connection, model, externalID *string
	var started, ended, duration, created, updated int64
	var processed, linked, written, deleted, purged *int64
	var analysis, also string
	err := r.Scan(&rec.OrganizationID, &rec.ID, &rec.UserID, &team, &rec.Title, &rec.FileType, &rec.Blob, &rec.Size, &started, &ended, &duration,
		&rec.Latitude, &rec.Longitude, &rec.Result, &rec.ConversationType, &rec.Trigger, &rec.Discoverable, &rec.ContactName, &rec.ContactPhone,
		&rec.Status, &processed, &analysis, &rec.Score, &connection, &model, &externalID, &also, &rec.Link.By, &rec.Link.Trigger, &rec.Link.Reason,
		&linked, &written, &created, &updated, &deleted, &purged)
	if err != nil {
		return rec, err
	}
	rec.TeamID, rec.Link.ConnectionID, rec.Link.Model, rec.Link.ExternalID = deref(team), deref(connection), hub.Model(deref(model)), deref(externalID)
	rec.StartedAt, rec.EndedAt, rec.Duration = fromMicros(started), fromMicros(ended), time.Duration(duration)*time.Millisecond
	rec.ProcessedAt, rec.Link.At, rec.WrittenAt = fromOptionalMicros(processed), fromOptionalMicros(linked), fromOptionalMicros(written)
	rec.CreatedAt, rec.UpdatedAt = fromMicros(created), fromMicros(updated)
	rec.DeletedAt, rec.PurgedAt = fromOptionalMicros(deleted), fromOptionalMicros(purged)
	for text, to := range map[string]any{analysis: &rec.Analysis, also: &rec.Link.Also} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			return rec, fmt.Errorf("recording %s: %w", rec.ID, err)
		}
	}
	return rec, nil
}

// Recording returns one recording of the organization; a deleted one is hub.ErrNotFound.
func (s *Store) Recording(ctx context.Context, organization, id string) (hub.Recording, error) {
	r, err := recording(ctx, s.db, organization, id, "")
	return r, s.db.classify(err)
}

func recording(ctx context.Context, q querier, organization, id, end string) (hub.Recording, error) {
	return one(ctx, q, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL`+end, organization, id)
}

// lockRecording reads a recording that nobody else changes until the transaction ends.
func lockRecording(ctx context.Context, tx Tx, organization, id string) (hub.Recording, error) {
	return recording(ctx, tx, organization, id, tx.forUpdate())
}
