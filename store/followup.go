package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const followupColumns = `f.id, f.recording_id, f.user_id, f.kind, f.score, f.status, f.starred, f.details, f.created_at, f.updated_at`

func scanFollowup(r database.Row) (hub.Followup, error) {
	var f hub.Followup
	var details string
	var created, updated int64
	err := r.Scan(&f.ID, &f.RecordingID, &f.UserID, &f.Kind, &f.Score, &f.Status, &f.Starred, &details, &created, &updated)
	if err != nil {
		return f, err
	}
	f.CreatedAt, f.UpdatedAt = fromMicros(created), fromMicros(updated)
	if err := json.Unmarshal([]byte(details), &f.Details); err != nil {
		return f, fmt.Errorf("followup %s: %w", f.ID, err)
	}
	return f, nil
}

// FollowupFilter chooses followups for a list: By's own, and those of whom By coaches or administers. Empty fields choose all.
type FollowupFilter struct {
	By           hub.Viewer
	MinimumScore *int64
	Scores       []int64
	// Starred chooses those that are starred only.
	Starred           bool
	Statuses          []string
	UserIDs, TeamIDs  []string
	ConversationTypes []string
	// From and Until bound CreatedAt; both are excluded.
	From, Until time.Time
	After       ListPlace
	Limit       int
}

// FollowupSum is what all followups that a filter chooses come to.
type FollowupSum struct {
	Count int64
	// Revenue is what the distinct opportunities are worth that their recordings are linked to, themselves or by an engagement.
	Revenue float64
}

// Followups lists followups, newest first, and sums up all that the filter chooses. A page with many bytes ends with ErrCut.
func (s *Store) Followups(ctx context.Context, organization string, f FollowupFilter) ([]hub.Followup, FollowupSum, error) {
	c := conditions{args: []any{organization}}
	c.keptBy(s.db, f.By)
	if f.MinimumScore != nil {
		c.and("f.score >= %s", *f.MinimumScore)
	}
	if len(f.Scores) > 0 {
		texts := make([]string, len(f.Scores))
		for i, n := range f.Scores {
			texts[i] = strconv.FormatInt(n, 10)
		}
		c.text += " AND " + c.in(s.db, "CAST(f.score AS TEXT)", texts)
	}
	if f.Starred {
		c.and("f.starred = %s", true)
	}
	for _, list := range []struct {
		column string
		values []string
	}{{"f.status", f.Statuses}, {"f.user_id", f.UserIDs}, {"r.team_id", f.TeamIDs}, {"r.conversation_type", f.ConversationTypes}} {
		if len(list.values) > 0 {
			c.text += " AND " + c.in(s.db, list.column, list.values)
		}
	}
	if !f.From.IsZero() {
		c.and("f.created_at > %s", micros(f.From))
	}
	if !f.Until.IsZero() {
		c.and("f.created_at < %s", micros(f.Until))
	}
	from := ` FROM followups f JOIN recordings r ON r.organization_id = f.organization_id AND r.id = f.recording_id
		WHERE f.organization_id = $1 AND r.deleted_at IS NULL`
	sum, err := s.sumFollowups(ctx, from+c.text, c.args)
	if err != nil {
		return nil, sum, err
	}
	if f.After.ID != "" {
		c.and("(f.created_at, f.id) < (%s, %s)", micros(f.After.At), f.After.ID)
	}
	fs, err := queryPage(ctx, s.db, scanFollowup, `SELECT `+followupColumns+from+c.text+` ORDER BY f.created_at DESC, f.id DESC LIMIT `+c.arg(f.Limit), c.args...)
	return fs, sum, err
}

// amountOf is the amount of an opportunity o.
var amountOf = map[database.Dialect]string{
	database.SQLite: `json_extract(o.details, '$.amount')`, database.PostgreSQL: `CAST(o.details::jsonb->>'amount' AS DOUBLE PRECISION)`,
}

// sumFollowups sums up the followups f with their recordings r that from chooses.
func (s *Store) sumFollowups(ctx context.Context, from string, args []any) (FollowupSum, error) {
	return queryOne(ctx, s.db, func(r database.Row) (FollowupSum, error) {
		var sum FollowupSum
		var revenue *float64
		err := r.Scan(&sum.Count, &revenue)
		if revenue != nil {
			sum.Revenue = *revenue
		}
		return sum, err
	}, `WITH chosen AS (SELECT r.organization_id, r.link_connection_id AS connection_id, r.link_model AS model, r.link_external_id AS external_id`+from+`)
		SELECT (SELECT COUNT(*) FROM chosen), (SELECT SUM(`+amountOf[s.db.Dialect()]+`) FROM records o WHERE o.organization_id = $1 AND o.model = 'OPPORTUNITY' AND o.deleted_at IS NULL
			AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = o.organization_id AND c.id = o.connection_id AND c.retiring = FALSE)
			AND (o.connection_id, o.external_id) IN (
				SELECT connection_id, external_id FROM chosen WHERE model = 'OPPORTUNITY'
				UNION SELECT e.connection_id, e.opportunity_ref FROM chosen JOIN records e ON e.organization_id = chosen.organization_id AND e.connection_id = chosen.connection_id
					AND e.model = 'ENGAGEMENT' AND e.external_id = chosen.external_id AND e.deleted_at IS NULL WHERE chosen.model = 'ENGAGEMENT' AND e.opportunity_ref IS NOT NULL))`, args...)
}

// PatchFollowup changes what p names of a followup of somebody whose recordings the user may change, and returns the whole
// of it. Any other is hub.ErrNotFound.
func (s *Store) PatchFollowup(ctx context.Context, organization, user, id string, p hub.FollowupPatch) (hub.Followup, error) {
	var f hub.Followup
	viewer, err := s.Viewer(ctx, organization, user)
	if err != nil {
		return f, hub.Missing("user", err)
	}
	people, err := s.People(ctx, organization, []string{user})
	if err != nil {
		return f, err
	}
	who := people[user]
	err = s.write(ctx, func(tx Tx) error {
		c := conditions{args: []any{organization, id}}
		c.keptBy(tx, viewer)
		var err error
		f, err = queryOne(ctx, tx, scanFollowup, `SELECT `+followupColumns+` FROM followups f JOIN recordings r ON r.organization_id = f.organization_id AND r.id = f.recording_id
			WHERE f.organization_id = $1 AND f.id = $2 AND r.deleted_at IS NULL`+c.text+tx.Dialect().ForUpdate(), c.args...)
		if err != nil || !p.Apply(&f, user, who.Name(), s.nowMillis()) {
			return err
		}
		details, err := json.Marshal(f.Details)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE followups SET status = $3, starred = $4, details = $5, updated_at = $6 WHERE organization_id = $1 AND id = $2`,
			organization, id, f.Status, f.Starred, string(details), micros(f.UpdatedAt))
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "update", "followup", id, map[string]any{"status": f.Status, "starred": f.Starred})
	})
	return f, hub.Missing("followup", err)
}

// FollowupsOf finds the followups of recordings, by recording.
func (s *Store) FollowupsOf(ctx context.Context, organization string, recordings []string) (map[string][]hub.Followup, error) {
	found := map[string][]hub.Followup{}
	if len(recordings) == 0 {
		return found, nil
	}
	in, arg := s.db.Dialect().In("$2", recordings)
	fs, err := queryAll(ctx, s.db, scanFollowup, `SELECT `+followupColumns+` FROM followups f WHERE f.organization_id = $1 AND f.recording_id `+in+
		` ORDER BY f.score DESC, f.id`, organization, arg)
	for _, f := range fs {
		found[f.RecordingID] = append(found[f.RecordingID], f)
	}
	return found, err
}

// replaceFollowups keeps the followups of a new analysis; one that was there before keeps its age, and what people did
// with it.
func replaceFollowups(ctx context.Context, tx Tx, r hub.Recording, all []hub.Followup) error {
	old, err := queryAll(ctx, tx, scanFollowup, `SELECT `+followupColumns+` FROM followups f WHERE f.organization_id = $1 AND f.recording_id = $2`, r.OrganizationID, r.ID)
	if err != nil {
		return err
	}
	if err := deleteRows(ctx, tx, "followups", r); err != nil {
		return err
	}
	for _, f := range all {
		if i := slices.IndexFunc(old, func(o hub.Followup) bool { return o.ID == f.ID }); i >= 0 {
			f.CreatedAt = old[i].CreatedAt
			if was := old[i]; len(was.Details.History) > 0 {
				f.Status, f.Starred, f.Details.History = was.Status, was.Starred, was.Details.History
				f.Details.Note, f.Details.CompletedBy, f.Details.CompletedAt = was.Details.Note, was.Details.CompletedBy, was.Details.CompletedAt
			}
		}
		if f.Status == "COMPLETE" && f.Details.CompletedAt.IsZero() { // it came as done: nobody here did it, and not before it was known
			f.Details.CompletedAt = f.CreatedAt
		}
		details, err := json.Marshal(f.Details)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO followups (organization_id, id, recording_id, user_id, kind, score, status, starred, details, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, r.OrganizationID, f.ID, r.ID, r.UserID, f.Kind, f.Score, f.Status, f.Starred,
			string(details), micros(f.CreatedAt), micros(f.UpdatedAt))
		if err != nil {
			return err
		}
	}
	return nil
}
