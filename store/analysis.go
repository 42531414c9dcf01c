package store

import (
	"context"
	"time"

	"sirocco/hub"
)

// PutAnalysis keeps what a conversation-analysis service says of a recording, in the place of what it said before.
// The same result again changes nothing; the first one that did not fail makes the recording processed. Whoever reads meets the
// analysis before or this one, whole, though utterances that are many are written in several transactions.
func (s *Store) PutAnalysis(ctx context.Context, organization, id string, a hub.AnalysisResult) (hub.Recording, error) {
	if err := a.Validate(); err != nil {
		return hub.Recording{}, err
	}
	hash := a.Hash()
	now := s.nowMillis()
	a.Identify(id, now)
	var r hub.Recording
	wanted := func(tx Tx, of hub.Recording) (bool, error) {
		r = of
		known, err := queryOne(ctx, tx, scanText, `SELECT analysis_hash FROM recordings WHERE organization_id = $1 AND id = $2`, organization, id)
		if err != nil || known == hash {
			return false, err
		}
		if a.Failed != "" && r.Processed() {
			return false, hub.Conflict("The recording is analysed already, and a later failure does not undo that; send a result instead.")
		}
		return true, nil
	}
	var drafted int64
	if utteranceEnd(a.Utterances, 0) < len(a.Utterances) {
		var err error
		if drafted, err = s.draftUtterances(ctx, organization, id, a.Utterances, wanted); err != nil || drafted == 0 {
			return r, err
		}
	}
	err := s.write(ctx, func(tx Tx) error {
		of, err := lockRecording(ctx, tx, organization, id)
		if err != nil {
			return err
		}
		if ok, err := wanted(tx, of); err != nil || !ok {
			return err
		}
		return s.putAnalysis(ctx, tx, &r, a, hash, drafted, now)
	})
	if err == nil {
		s.notify()
	}
	return r, err
}

func (s *Store) putAnalysis(ctx context.Context, tx Tx, r *hub.Recording, a hub.AnalysisResult, hash string, drafted int64, now time.Time) error {
	first := a.Failed == "" && !r.Processed()
	r.Analysis, r.Score, r.Status = a.Analysis, a.Score, hub.RecordingComplete
	r.SummaryDone, r.ExtractionDone = a.SummaryDone(), a.ExtractionDone()
	if a.Failed != "" {
		r.Status = hub.RecordingError
	}
	if first {
		r.ProcessedAt = now
	}
	timed := a.Duration > 0 && a.Duration != r.Duration
	if timed {
		r.Duration, r.EndedAt = a.Duration, r.StartedAt.Add(a.Duration)
	}
	r.UpdatedAt = hub.NextVersion(r.UpdatedAt, now)
	analysis, err := saveAnalysis(ctx, tx, r.OrganizationID, r.ID, r.Analysis)
	if err != nil {
		return err
	}
	if err := replaceUtterances(ctx, tx, r, a.Utterances, drafted, s.clock()); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE recordings SET analysis = $3, analysis_hash = $4, score = $5, status = $6, processed_at = $7, duration_ms = $8, ended_at = $9, updated_at = $10, summary_done = $11, extraction_done = $12, words_from = $13
		WHERE organization_id = $1 AND id = $2`, r.OrganizationID, r.ID, analysis, hash, r.Score, string(r.Status),
		optionalMicros(r.ProcessedAt), r.Duration.Milliseconds(), micros(r.EndedAt), micros(r.UpdatedAt), r.SummaryDone, r.ExtractionDone, r.WordsFrom)
	if err != nil {
		return err
	}
	if err := replaceFollowups(ctx, tx, *r, a.Followups); err != nil {
		return err
	}
	if err := replaceScores(ctx, tx, *r, a.Scores); err != nil {
		return err
	}
	err = s.audit(ctx, tx, r.OrganizationID, "analyse", "recording", r.ID, map[string]any{
		"status": string(r.Status), "utterances": len(a.Utterances), "followups": len(a.Followups), "failed": a.Failed})
	if err != nil {
		return err
	}
	// Its length and its words are what the rule goes by.
	relinks := (timed || len(a.Utterances) > 0) && r.MayBeMatched()
	if relinks {
		if err := requestRelink(ctx, tx, r.OrganizationID, r.StartedAt, r.EndedAt, now); err != nil {
			return err
		}
	}
	switch {
	case !first: // what says otherwise in a CRM by now is corrected
		return s.correctNotes(ctx, tx, *r)
	case relinks: // that look may move the link, and plans what is written back where the link then is
		return s.emit(ctx, tx, *r, hub.EventRecordingProcessed)
	}
	return s.publish(ctx, tx, *r, hub.EventRecordingProcessed)
}
