package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

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

// watchLinks notes how records are that are about to be written; nil where no recording can show any of them.
func watchLinks(ctx context.Context, tx Tx, organization, connection string, model hub.Model, records []hub.Record) (*linkWatch, error) {
	if !shownByRecordings(model) {
		return nil, nil
	}
	some, err := queryAny(ctx, tx, `SELECT 1 FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 LIMIT 1`, organization, connection)
	if err != nil || !some {
		return nil, err
	}
	ids := make([]string, len(records))
	for i := range records {
		ids[i] = records[i].ExternalID
	}
	in, arg := tx.Dialect().In("$4", ids)
	found, err := queryAll(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in,
		organization, connection, string(model), arg)
	w := &linkWatch{organization: organization, connection: connection, model: model, before: make(map[string]Record, len(found))}
	for _, r := range found {
		w.before[r.ExternalID] = r
	}
	return w, err
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

// ofRecording joins the recordings r that are linked to a record FROM_.
const ofRecording = ` JOIN recordings r ON r.organization_id = FROM_.organization_id AND r.link_connection_id = FROM_.connection_id
	AND r.link_model = FROM_.model AND r.link_external_id = FROM_.external_id`

// touchRecordings lets the recordings count as changed that are linked to one of the records, beside others or by way of an
// engagement or opportunity too.
func touchRecordings(ctx context.Context, tx Tx, organization, connection string, model hub.Model, ids []string, now time.Time) error {
	if len(ids) == 0 || !shownByRecordings(model) {
		return nil
	}
	in, arg := tx.Dialect().In("$4", ids)
	of := `SELECT r.id FROM recordings r WHERE r.organization_id = $1 AND r.link_connection_id = $2 AND r.link_model = $3 AND r.link_external_id ` + in + `
		UNION SELECT r.id FROM recordings r WHERE r.organization_id = $1 AND r.link_connection_id = $2 AND r.link_also <> '[]'
			AND EXISTS (SELECT 1 FROM ` + alsoRows[tx.Dialect()] + ` a WHERE a.model = $3 AND a.external_id ` + in + `)`
	if column := customerRef[model]; column != "" {
		of += ` UNION SELECT r.id FROM records e` + strings.ReplaceAll(ofRecording, "FROM_", "e") + `
			WHERE e.organization_id = $1 AND e.connection_id = $2 AND e.` + column + ` ` + in + ` AND e.model IN ('ENGAGEMENT', 'OPPORTUNITY')`
		if model != hub.ModelOpportunity {
			of += ` UNION SELECT r.id FROM records o JOIN records e ON e.organization_id = o.organization_id AND e.connection_id = o.connection_id
				AND e.opportunity_ref = o.external_id AND e.model = 'ENGAGEMENT'` + strings.ReplaceAll(ofRecording, "FROM_", "e") + `
				WHERE o.organization_id = $1 AND o.connection_id = $2 AND o.` + column + ` ` + in + ` AND o.model = 'OPPORTUNITY'`
		}
	}
	// In one order, so that two who do so never wait for each other.
	found, err := queryAll(ctx, tx, scanText, `SELECT id FROM recordings WHERE organization_id = $1 AND id IN (`+of+`) AND deleted_at IS NULL ORDER BY started_at, id`+tx.Dialect().ForUpdate(),
		organization, connection, string(model), arg)
	if err != nil || len(found) == 0 {
		return err
	}
	in, arg = tx.Dialect().In("$2", found)
	if _, err = tx.Exec(ctx, `UPDATE recordings SET updated_at = `+nextVersion("$3")+` WHERE organization_id = $1 AND id `+in, organization, arg, micros(now.Truncate(time.Millisecond))); err != nil {
		return fmt.Errorf("note that what recordings are linked to changed: %w", err)
	}
	return nil
}

// nextVersion is hub.NextVersion in SQL, of a row's updated_at and a parameter that is now in whole milliseconds.
func nextVersion(now string) string {
	return `CASE WHEN updated_at + 1000 > ` + now + ` THEN updated_at + 1000 ELSE ` + now + ` END`
}
