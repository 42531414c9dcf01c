package store

import (
	"context"
	"fmt"
	"strings"

	"sirocco/database"
	"sirocco/hub"
)

// Utterances lists up to limit of a recording's utterances, in order, from the one at the position.
func (s *Store) Utterances(ctx context.Context, organization, recording string, from int64, limit int) ([]hub.Utterance, error) {
	return queryAll(ctx, s.db, scanUtterance, `SELECT speaker, text, start_ms, end_ms, redacted, confidence FROM utterances
		WHERE organization_id = $1 AND recording_id = $2 AND position >= $3 ORDER BY position LIMIT $4`, organization, recording, from, limit)
}

func scanUtterance(r database.Row) (hub.Utterance, error) {
	var u hub.Utterance
	err := r.Scan(&u.Speaker, &u.Text, &u.Start, &u.End, &u.Redacted, &u.Confidence)
	return u, err
}

// utteranceRows is how many utterances one statement writes.
const utteranceRows = 100

func replaceUtterances(ctx context.Context, tx Tx, r hub.Recording, all []hub.Utterance) error {
	if err := deleteRows(ctx, tx, "utterances", r); err != nil {
		return err
	}
	for at := 0; at < len(all); at += utteranceRows {
		slice := all[at:min(at+utteranceRows, len(all))]
		args := []any{r.OrganizationID, r.ID}
		values := make([]string, len(slice))
		for i, u := range slice {
			n := len(args)
			values[i] = fmt.Sprintf("($1, $2, $%d, $%d, $%d, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4, n+5, n+6, n+7)
			args = append(args, int64(at+i), u.Speaker, u.Text, u.Start, u.End, u.Redacted, u.Confidence)
		}
		_, err := tx.Exec(ctx, `INSERT INTO utterances (organization_id, recording_id, position, speaker, text, start_ms, end_ms, redacted, confidence) VALUES `+
			strings.Join(values, ", "), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteRows removes the rows of a recording from a table.
func deleteRows(ctx context.Context, tx Tx, table string, r hub.Recording) error {
	_, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE organization_id = $1 AND recording_id = $2`, r.OrganizationID, r.ID)
	return err
}
