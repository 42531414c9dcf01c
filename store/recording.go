package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const recordingColumns = `organization_id, id, user_id, team_id, title, file_type, blob, size, started_at, ended_at, duration_ms, latitude, longitude, ` +
	`result, conversation_type, trigger_kind, discoverable, contact_name, contact_phone, status, processed_at, analysis, score, ` +
	`link_connection_id, link_model, link_external_id, link_also, link_by, link_trigger, link_reason, linked_at, written_at, ` +
	`created_at, updated_at, deleted_at, purged_at, summary_done, extraction_done, words_from, link_basis, link_lost`

func scanRecording(r database.Row) (hub.Recording, error) {
	var rec hub.Recording
	var team, connection, model, externalID *string
	var started, ended, duration, created, updated int64
	var processed, linked, written, deleted, purged *int64
	var analysis, also, lost string
	err := r.Scan(&rec.OrganizationID, &rec.ID, &rec.UserID, &team, &rec.Title, &rec.FileType, &rec.Blob, &rec.Size, &started, &ended, &duration,
		&rec.Latitude, &rec.Longitude, &rec.Result, &rec.ConversationType, &rec.Trigger, &rec.Discoverable, &rec.ContactName, &rec.ContactPhone,
		&rec.Status, &processed, &analysis, &rec.Score, &connection, &model, &externalID, &also, &rec.Link.By, &rec.Link.Trigger, &rec.Link.Reason,
		&linked, &written, &created, &updated, &deleted, &purged, &rec.SummaryDone, &rec.ExtractionDone, &rec.WordsFrom, &rec.Link.Basis, &lost)
	if err != nil {
		return rec, err
	}
	rec.TeamID, rec.Link.ConnectionID, rec.Link.Model, rec.Link.ExternalID = deref(team), deref(connection), hub.Model(deref(model)), deref(externalID)
	rec.StartedAt, rec.EndedAt, rec.Duration = fromMicros(started), fromMicros(ended), time.Duration(duration)*time.Millisecond
	rec.ProcessedAt, rec.Link.At, rec.WrittenAt = fromOptionalMicros(processed), fromOptionalMicros(linked), fromOptionalMicros(written)
	rec.CreatedAt, rec.UpdatedAt = fromMicros(created), fromMicros(updated)
	rec.DeletedAt, rec.PurgedAt = fromOptionalMicros(deleted), fromOptionalMicros(purged)
	for text, to := range map[string]any{analysis: &rec.Analysis, also: &rec.Link.Also, cmp.Or(lost, "null"): &rec.Link.Lost} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			return rec, fmt.Errorf("recording %s: %w", rec.ID, err)
		}
	}
	return rec, nil
}

// RecordingHead returns one recording of the organization with no more of its analysis than lists show; a deleted one is
// hub.ErrNotFound.
func (s *Store) RecordingHead(ctx context.Context, organization, id string) (hub.Recording, error) {
	return recording(ctx, s.db, organization, id, "")
}

// Recording is RecordingHead with all of the analysis, which may be megabytes.
func (s *Store) Recording(ctx context.Context, organization, id string) (hub.Recording, error) {
	r, err := s.RecordingHead(ctx, organization, id)
	if err == nil {
		_, err = loadAnalysis(ctx, s.db, &r)
	}
	return r, err
}

// RecordingOrDeleted returns one recording of the organization, deleted or not.
func (s *Store) RecordingOrDeleted(ctx context.Context, organization, id string) (hub.Recording, error) {
	r, err := queryOne(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND id = $2`, organization, id)
	if err == nil {
		_, err = loadAnalysis(ctx, s.db, &r)
	}
	return r, err
}

func recording(ctx context.Context, q database.Querier, organization, id, end string) (hub.Recording, error) {
	return queryOne(ctx, q, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND id = $2 AND deleted_at IS NULL`+end, organization, id)
}

// lockRecording reads a recording that nobody else changes until the transaction ends.
func lockRecording(ctx context.Context, tx Tx, organization, id string) (hub.Recording, error) {
	return recording(ctx, tx, organization, id, tx.Dialect().ForUpdate())
}

// DeleteRecording deletes a recording: its texts before it returns, a slice at a time, its audio as soon as the background
// comes to it. From the first slice on nobody is shown any of it.
func (s *Store) DeleteRecording(ctx context.Context, organization, id string) (hub.Recording, error) {
	now := s.nowMillis()
	var r hub.Recording
	err := s.write(ctx, func(tx Tx) error {
		var err error
		if r, err = lockRecording(ctx, tx, organization, id); err != nil {
			return err
		}
		for _, table := range erased {
			if _, err := eraseSome(ctx, tx, table, organization, id); err != nil {
				return err
			}
		}
		r.UpdatedAt = hub.NextVersion(r.UpdatedAt, now)
		_, err = tx.Exec(ctx, `UPDATE recordings SET title = '', contact_name = '', contact_phone = '', analysis = '{}', analysis_hash = '', scored = FALSE, score = NULL,
				status = $3, deleted_at = $4, updated_at = $5
			WHERE organization_id = $1 AND id = $2`, organization, id, string(hub.RecordingRemoved), micros(now), micros(r.UpdatedAt))
		if err != nil {
			return err
		}
		if err := cancelDeliveries(ctx, tx, organization, id, "The recording was deleted", now); err != nil {
			return err
		}
		// From here on the audio is like an upload that nothing needs.
		err = insertUpload(ctx, tx, hub.Upload{OrganizationID: organization, Blob: r.Blob, FileType: r.FileType, Size: r.Size, ExpiresAt: now, CreatedAt: now})
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "delete", "recording", id, map[string]any{})
	})
	if err != nil {
		return r, err
	}
	return r, s.eraseTexts(ctx, organization, id)
}
