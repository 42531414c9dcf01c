package store

import "context"

// eraseSlice bounds how many rows of each table of a recording's texts one transaction erases.
const eraseSlice = 500

// erased are the tables of what was said in recordings. What lists show of many recordings is first.
var erased = []string{"followups", "scores", "hidden_utterances", "utterances", "analyses"}

// eraseSome erases a slice of a recording's rows from a table, and reports whether there may be more.
func eraseSome(ctx context.Context, tx Tx, table, organization, recording string) (more bool, err error) {
	if table == "scores" { // an analysis has few, and their days go with them
		days, err := removeScores(ctx, tx, organization, recording)
		if err != nil {
			return false, err
		}
		return false, sumUp(ctx, tx, organization, days)
	}
	n, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE `+tx.Dialect().RowsOf(table+` WHERE organization_id = $1 AND recording_id = $2 LIMIT $3`), organization, recording, eraseSlice)
	return n == eraseSlice, err
}

// eraseTexts erases what is left of a deleted recording's texts, a slice at a time, between which others write.
func (s *Store) eraseTexts(ctx context.Context, organization, recording string) error {
	for _, table := range erased {
		for more := true; more; {
			err := s.write(ctx, func(tx Tx) (err error) {
				more, err = eraseSome(ctx, tx, table, organization, recording)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
