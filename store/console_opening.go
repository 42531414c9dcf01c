package store

import (
	"context"
	"time"
)

// OpeningLife is how long the words and the audio of a recording stay open to who opened them in the console.
const OpeningLife = time.Hour

// OpenRecording opens the words and the audio of a recording to the session of the console, and notes that in the audit
// log. It asks nobody whether the session's person may.
func (s *Store) OpenRecording(ctx context.Context, organization, session, recordingID string) error {
	return s.write(ctx, func(tx Tx) error {
		if _, err := recording(ctx, tx, organization, recordingID, ""); err != nil {
			return err
		}
		now := s.clock()
		if _, err := tx.Exec(ctx, `DELETE FROM console_openings WHERE at <= $1`, micros(now.Add(-OpeningLife))); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, `INSERT INTO console_openings (organization_id, recording_id, session_id, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (organization_id, recording_id, session_id) DO NOTHING`, organization, recordingID, session, micros(now))
		if err != nil || n == 0 {
			return err
		}
		return s.audit(ctx, tx, organization, "open", "recording", recordingID, map[string]any{"minutes": int(OpeningLife.Minutes())})
	})
}

const openingQuery = `SELECT 1 FROM console_openings WHERE organization_id = $1 AND recording_id = $2 AND session_id = $3 AND at > $4`

// RecordingIsOpen reports whether the session of the console has opened the recording within the last hour.
func (s *Store) RecordingIsOpen(ctx context.Context, organization, session, recordingID string) (bool, error) {
	return queryAny(ctx, s.db, openingQuery, organization, recordingID, session, micros(s.clock().Add(-OpeningLife)))
}
