package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"sirocco/database"
	"sirocco/hub"
)

// The row of a recording has of its analysis only what lists show, its head. All of it, which may be megabytes, is in a
// table of its own: nothing reads it that does not show it.

// headOf is what the row of a recording has of its analysis.
func headOf(a hub.Analysis) hub.Analysis {
	return hub.Analysis{Language: a.Language, OutcomeLabel: a.OutcomeLabel, Outcomes: a.Outcomes, Failed: a.Failed}
}

// saveAnalysis keeps an analysis, and returns the text of its head for the recording's row.
func saveAnalysis(ctx context.Context, tx Tx, organization, recording string, a hub.Analysis) (head string, err error) {
	whole, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	short, err := json.Marshal(headOf(a))
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `INSERT INTO analyses (organization_id, recording_id, analysis) VALUES ($1, $2, $3)
		ON CONFLICT (organization_id, recording_id) DO UPDATE SET analysis = excluded.analysis`, organization, recording, string(whole))
	return string(short), err
}

// loadAnalysis reads all of a recording's analysis.
func loadAnalysis(ctx context.Context, q database.Querier, r *hub.Recording) (bytes int, err error) {
	text, err := queryOne(ctx, q, scanText, `SELECT analysis FROM analyses WHERE organization_id = $1 AND recording_id = $2`, r.OrganizationID, r.ID)
	if errors.Is(err, hub.ErrNotFound) {
		return 0, nil // the head is all there is
	}
	if err != nil {
		return 0, err
	}
	r.Analysis = hub.Analysis{}
	if err := json.Unmarshal([]byte(text), &r.Analysis); err != nil {
		return 0, fmt.Errorf("analysis of recording %s: %w", r.ID, err)
	}
	return len(text), nil
}

// LoadAnalyses reads all of the recordings' analyses, in their order, as far as a page has room for; it returns how many
// recordings those are, at least one.
func (s *Store) LoadAnalyses(ctx context.Context, rs []hub.Recording) (int, error) {
	bytes := 0
	for i := range rs {
		n, err := loadAnalysis(ctx, s.db, &rs[i])
		if err != nil {
			return i, err
		}
		if bytes += n; bytes > PageMost && i > 0 {
			rs[i].Analysis = headOf(rs[i].Analysis)
			return i, nil
		}
	}
	return len(rs), nil
}

// splitAnalyses moves the analyses of earlier versions into the table of their own, one at a time.
func splitAnalyses(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, `CREATE TABLE analyses (
		organization_id TEXT NOT NULL,
		recording_id    TEXT NOT NULL,
		analysis        TEXT NOT NULL,
		PRIMARY KEY (organization_id, recording_id))`); err != nil {
		return err
	}
	for organization, id := "", ""; ; {
		var text string
		err := tx.QueryRowContext(ctx, `SELECT organization_id, id, analysis FROM recordings WHERE (organization_id, id) > ($1, $2)
			ORDER BY organization_id, id LIMIT 1`, organization, id).Scan(&organization, &id, &text)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		var a hub.Analysis
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return fmt.Errorf("analysis of recording %s: %w", id, err)
		}
		head, err := json.Marshal(headOf(a))
		if err != nil {
			return err
		}
		if len(head) == len(text) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO analyses (organization_id, recording_id, analysis) VALUES ($1, $2, $3)`, organization, id, text); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE recordings SET analysis = $3 WHERE organization_id = $1 AND id = $2`, organization, id, string(head)); err != nil {
			return err
		}
	}
}
