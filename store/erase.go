package store

import (
	"context"
	"fmt"
)

// eraseSlice bounds how many rows of each table of a recording's texts one transaction erases.
const eraseSlice = 500

// erased are the tables of what was said in recordings, and what makes a recording's rows distinct. What lists show of many
// recordings is first.
var erased = []struct{ table, key string }{{"followups", "id"}, {"scores", "metric_id"}, {"hidden_utterances", "words_from"}, {"utterances", "position"}, {"analyses", "recording_id"}}

// eraseSome erases a slice of a recording's rows from a table, and reports whether there may be more.
func eraseSome(ctx context.Context, tx Tx, of struct{ table, key string }, organization, recording string) (more bool, err error) {
	if of.table == "scores" { // an analysis has few, and their days go with them
		days, err := removeScores(ctx, tx, organization, recording)
		if err != nil {
			return false, err
		}
		return false, sumUp(ctx, tx, organization, days)
	}
	n, err := tx.Exec(ctx, fmt.Sprintf(`DELETE FROM %[1]s WHERE organization_id = $1 AND recording_id = $2 AND %[2]s IN
		(SELECT %[2]s FROM %[1]s WHERE organization_id = $1 AND recording_id = $2 LIMIT %[3]d)`, of.table, of.key, eraseSlice), organization, recording)
	return n == eraseSlice, err
}

// eraseTexts erases what is left of a deleted recording's texts, a slice at a time, between which others write.
func (s *Store) eraseTexts(ctx context.Context, organization, recording string) error {
	for _, of := range erased {
		for more := true; more; {
			err := s.write(ctx, func(tx Tx) (err error) {
				more, err = eraseSome(ctx, tx, of, organization, recording)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
