package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// linkWatch is how records were that recordings show what they are linked to by, before something is written over them. What a
// recording shows of the CRM is part of it: whoever asks for the recordings that changed gets those of which that changed.
type linkWatch struct {
	organization, connection string
	model                    hub.Model
	before                   map[string]Record
}

// shownByRecordings reports whether recordings show records of the model as what they are linked to.
func shownByRecordings(model hub.Model) bool {
	switch model {
	case hub.ModelEngagement, hub.ModelOpportunity, hub.ModelAccount, hub.ModelContact, hub.ModelLead:
		return true
	}
	return false
}

// watchLinks notes how records are that are about to be written.
func watchLinks(ctx context.Context, tx Tx, organization, connection string, model hub.Model, records []hub.Record) (*linkWatch, error) {
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].ExternalID
	}
	before, err := recordsNow(ctx, tx, organization, connection, model, ids)
	return &linkWatch{organization: organization, connection: connection, model: model, before: before}, err
}

// conclude lets the recordings count as changed that show one of the records that were written, where it came, went, or refers
// to others than before.
func (w *linkWatch) conclude(ctx context.Context, tx Tx, records []hub.Record, written []writtenRecord, now time.Time) error {
	if w == nil {
		return nil
	}
	deleted := make(map[string]bool, len(written))
	for _, r := range written {
		deleted[r.externalID] = r.deletedAt != nil
	}
	var changed []string
	for i := range records {
		after := &records[i]
		gone, wrote := deleted[after.ExternalID]
		if !wrote {
			continue
		}
		before, was := w.before[after.ExternalID]
		there := was && !before.Deleted
		if there == gone || there && !sameLinks(&before.Record, after) {
			changed = append(changed, after.ExternalID)
		}
	}
	return touchRecordings(ctx, tx, w.organization, w.connection, w.model, changed, now)
}

// sameLinks reports whether a record refers to the same account, contacts, lead and opportunity as another.
func sameLinks(a, b *hub.Record) bool {
	return a.Refs.Account == b.Refs.Account && a.Refs.Contact == b.Refs.Contact && a.Refs.Lead == b.Refs.Lead && a.Refs.Opportunity == b.Refs.Opportunity &&
		slices.Equal(a.Details.OtherContacts, b.Details.OtherContacts)
}

const (
	// touchSlice bounds how many recordings one transaction lets count as changed.
	touchSlice = 500
	// touchLook bounds how many rows a transaction looks at for them.
	touchLook = 5000
	// touchRead bounds how many recordings are looked for at a time in the background.
	touchRead = 10_000
)

// ofRecording joins the recordings r that are linked to a record FROM_.
const ofRecording = ` LEFT JOIN recordings r ON r.organization_id = FROM_.organization_id AND r.link_connection_id = FROM_.connection_id
	AND r.link_model = FROM_.model AND r.link_external_id = FROM_.external_id`

// showing finds the recordings that are linked to one of some records, beside others or by way of an engagement or opportunity
// too. Its parameters are $1 to $3, organization, connection and model, and the records as in gives them. It finds a row, NULL or
// a recording that it had before, for whatever it looks at, so that a limit bounds what it costs.
func showing(dialect database.Dialect, model hub.Model, in string) string {
	of := `SELECT r.id FROM recordings r WHERE r.organization_id = $1 AND r.link_connection_id = $2 AND r.link_model = $3 AND r.link_external_id ` + in + `
		UNION ALL SELECT CASE WHEN EXISTS (SELECT 1 FROM ` + alsoRows[dialect] + ` a WHERE a.model = $3 AND a.external_id ` + in + `) THEN r.id END
			FROM recordings r WHERE r.organization_id = $1 AND r.link_connection_id = $2 AND r.link_also <> '[]'`
	column := customerRef[model]
	if column == "" {
		return of
	}
	of += ` UNION ALL SELECT r.id FROM records e` + strings.ReplaceAll(ofRecording, "FROM_", "e") + ` AND e.model IN ('ENGAGEMENT', 'OPPORTUNITY')
		WHERE e.organization_id = $1 AND e.connection_id = $2 AND e.` + column + ` ` + in
	if model != hub.ModelOpportunity {
		of += ` UNION ALL SELECT r.id FROM records o LEFT JOIN records e ON e.organization_id = o.organization_id AND e.connection_id = o.connection_id
			AND e.opportunity_ref = o.external_id AND o.model = 'OPPORTUNITY'` + strings.ReplaceAll(ofRecording, "FROM_", "e") + ` AND e.model = 'ENGAGEMENT'
			WHERE o.organization_id = $1 AND o.connection_id = $2 AND o.` + column + ` ` + in
	}
	return of
}

// touchRecordings lets the recordings count as changed that show one of the records. Where they are many, all of them follow in the
// background, a slice at a time: any number of them may be linked to one record.
func touchRecordings(ctx context.Context, tx Tx, organization, connection string, model hub.Model, ids []string, now time.Time) error {
	if len(ids) == 0 || !shownByRecordings(model) {
		return nil
	}
	in, arg := tx.Dialect().In("$4", ids)
	looked, err := queryAll(ctx, tx, scanOptionalText, showing(tx.Dialect(), model, in)+` LIMIT $5`, organization, connection, string(model), arg, touchLook+1)
	if err != nil {
		return err
	}
	var found []string
	for _, id := range looked {
		if id != nil {
			found = append(found, *id)
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	if len(looked) <= touchLook && len(found) <= touchSlice {
		return touch(ctx, tx, organization, found, now)
	}
	text, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO touches (organization_id, connection_id, id, model, external_ids) VALUES ($1, $2, $3, $4, $5)`,
		organization, connection, hub.NewID(), string(model), string(text))
	return err
}

// touch lets some recordings count as changed.
func touch(ctx context.Context, tx Tx, organization string, ids []string, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	// In one order, so that two who do so never wait for each other.
	in, arg := tx.Dialect().In("$2", ids)
	found, err := queryAll(ctx, tx, scanText, `SELECT id FROM recordings WHERE organization_id = $1 AND id `+in+` AND deleted_at IS NULL ORDER BY started_at, id`+tx.Dialect().ForUpdate(), organization, arg)
	if err != nil || len(found) == 0 {
		return err
	}
	in, arg = tx.Dialect().In("$2", found)
	if _, err = tx.Exec(ctx, `UPDATE recordings SET updated_at = `+nextVersion("$3")+` WHERE organization_id = $1 AND id `+in, organization, arg, micros(now.Truncate(time.Millisecond))); err != nil {
		return fmt.Errorf("note that what recordings are linked to changed: %w", err)
	}
	return nil
}

// touching is what of the recordings that show some records is still to count as changed.
type touching struct {
	organization, connection, id string
	model                        hub.Model
	externalIDs                  []string
	place                        string
}

func scanTouching(r database.Row) (touching, error) {
	var t touching
	var ids string
	if err := r.Scan(&t.organization, &t.connection, &t.id, &t.model, &ids, &t.place); err != nil {
		return t, err
	}
	return t, json.Unmarshal([]byte(ids), &t.externalIDs)
}

// TouchRecordings goes on with letting the recordings count as changed that show records of which they were too many, and reports
// whether there are more. They are looked for outside of the transactions that write.
func (s *Store) TouchRecordings(ctx context.Context) (more bool, err error) {
	var t touching
	if _, err := s.touched.next(func(after string) (_ string, err error) {
		t, err = queryOne(ctx, s.db, scanTouching, `SELECT organization_id, connection_id, id, model, external_ids, place FROM touches WHERE id > $1 ORDER BY id LIMIT 1`, after)
		return t.id, err
	}); err != nil {
		return false, ignoreNotFound(err)
	}
	in, arg := s.db.Dialect().In("$4", t.externalIDs)
	found, err := queryAll(ctx, s.db, scanText, `SELECT id FROM recordings WHERE organization_id = $1 AND id > $5 AND id IN (`+showing(s.db.Dialect(), t.model, in)+`) ORDER BY id LIMIT $6`,
		t.organization, t.connection, string(t.model), arg, t.place, touchRead)
	if err != nil {
		return false, err
	}
	last := len(found) < touchRead
	for slice := range slices.Chunk(found, touchSlice) {
		mine, err := s.touchSlice(ctx, &t, slice)
		if err != nil || !mine {
			return err == nil, err
		}
	}
	if !last {
		return true, nil
	}
	err = s.write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM touches WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND place = $4`, t.organization, t.connection, t.id, t.place)
		return err
	})
	return err == nil, err
}

// touchSlice lets some recordings count as changed and moves t past them. It reports false where another node goes on with it.
func (s *Store) touchSlice(ctx context.Context, t *touching, ids []string) (mine bool, err error) {
	next := ids[len(ids)-1]
	err = s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE touches SET place = $5 WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND place = $4`,
			t.organization, t.connection, t.id, t.place, next)
		if mine = n > 0; err != nil || !mine {
			return err
		}
		return touch(ctx, tx, t.organization, ids, s.clock())
	})
	t.place = next
	return mine, err
}

// nextVersion is hub.NextVersion in SQL, of a row's updated_at and a parameter that is now in whole milliseconds.
func nextVersion(now string) string {
	return `CASE WHEN updated_at + 1000 > ` + now + ` THEN updated_at + 1000 ELSE ` + now + ` END`
}
