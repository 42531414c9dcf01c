package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// Record is a CRM record as it is kept.
type Record struct {
	hub.Record
	// ID is ours.
	ID           string
	ConnectionID string
	CreatedAt    time.Time
	UpdatedAt    time.Time
	// DeletedAt is zero for a record that is there.
	DeletedAt time.Time
}

const recordColumns = `connection_id, model, external_id, id, name, account_ref, contact_ref, lead_ref, opportunity_ref, engagement_ref, ` +
	`type_ref, user_ref, owner_ref, start_time, end_time, details, modified_at, deleted_at, merged_into, created_at, updated_at`

func scanRecord(r database.Row) (Record, error) {
	var rec Record
	var account, contact, lead, opportunity, engagement, kind, user, owner, merged *string
	var start, end, modified, deleted *int64
	var created, updated int64
	var details string
	err := r.Scan(&rec.ConnectionID, &rec.Model, &rec.ExternalID, &rec.ID, &rec.Name, &account, &contact, &lead, &opportunity, &engagement,
		&kind, &user, &owner, &start, &end, &details, &modified, &deleted, &merged, &created, &updated)
	if err != nil {
		return rec, err
	}
	rec.Refs = hub.Refs{
		Account: deref(account), Contact: deref(contact), Lead: deref(lead), Opportunity: deref(opportunity),
		Engagement: deref(engagement), EngagementType: deref(kind), User: deref(user), Owner: deref(owner),
	}
	rec.StartTime, rec.EndTime = fromOptionalMicros(start), fromOptionalMicros(end)
	rec.ModifiedAt, rec.DeletedAt, rec.MergedInto = fromOptionalMicros(modified), fromOptionalMicros(deleted), deref(merged)
	rec.Deleted = !rec.DeletedAt.IsZero()
	rec.CreatedAt, rec.UpdatedAt = fromMicros(created), fromMicros(updated)
	if err := json.Unmarshal([]byte(details), &rec.Details); err != nil {
		return rec, fmt.Errorf("details of record %s: %w", rec.ID, err)
	}
	return rec, nil
}

// Changes counts what an upsert did.
type Changes struct {
	Created   int `json:"created,omitempty"`
	Updated   int `json:"updated,omitempty"`
	Unchanged int `json:"unchanged,omitempty"`
	Deleted   int `json:"deleted,omitempty"`
	// Missed are those of a whole reading's changes that the increments before it should have brought.
	Missed int `json:"missed,omitempty"`
}

// Add adds up two counts.
func (c *Changes) Add(d Changes) {
	c.Created += d.Created
	c.Updated += d.Updated
	c.Unchanged += d.Unchanged
	c.Deleted += d.Deleted
	c.Missed += d.Missed
}

// recordRow is a record as it is written.
type recordRow struct {
	externalID string
	// id is the record's if it is made; one that is there keeps its own.
	id string
	// contacts are by which addresses and numbers it is found.
	contacts []string
	// args are in the order of the upsert's parameters; what has no value is nil.
	args []any
}

// Those of a row's args that are known only as it is written: when it was found deleted, and when it was asked for.
const (
	deletedArg = 17
	askedArg   = recordArgs - 1
)

func newRecordRow(r *hub.Record) *recordRow {
	details, hash := r.Content()
	id := hub.NewID()
	return &recordRow{externalID: r.ExternalID, id: id, contacts: r.Details.ContactKeys(), args: []any{
		string(r.Model), r.ExternalID, id, r.Name,
		orNull(r.Refs.Account), orNull(r.Refs.Contact), orNull(r.Refs.Lead), orNull(r.Refs.Opportunity), orNull(r.Refs.Engagement),
		orNull(r.Refs.EngagementType), orNull(r.Refs.User), orNull(r.Refs.Owner),
		microsOrNull(r.StartTime), microsOrNull(r.EndTime), string(details), hex.EncodeToString(hash[:16]),
		microsOrNull(r.ModifiedAt), nil, orNull(r.MergedInto), orNull(r.Details.RemoteID), nil,
	}}
}

// Prepared are records as they are written, worked out while something else was waited for.
type Prepared map[recordKey]*recordRow

// Prepare validates the records and works out the rows of those that are valid. It tells, by their index, why the others cannot be
// kept. They may not be changed any more before they are written.
func Prepare(records []hub.Record) (p Prepared, faults map[int]error) {
	p, faults = make(Prepared, len(records)), map[int]error{}
	for i := range records {
		if err := records[i].Validate(); err != nil { // it may have what JSON has not
			faults[i] = err
			continue
		}
		key := recordKey{records[i].Model, records[i].ExternalID}
		if _, twice := p[key]; twice { // which of the two is written is not known yet
			p[key] = nil
			continue
		}
		p[key] = newRecordRow(&records[i])
	}
	return p, faults
}

// recordWrite is what the records that a transaction writes have in common.
type recordWrite struct {
	organization, connection string
	gates                    *gates
	// prepared has some of the records, as they are before references to merged ones are moved.
	prepared Prepared
	// fresh says that none of the records is there yet, as far as is known; see insertBatch.
	fresh bool
	// asked is when the records were asked for.
	asked, now time.Time
}

const upsertHead = `INSERT INTO records (organization_id, connection_id, created_at, updated_at, model, external_id, id, name,
	account_ref, contact_ref, lead_ref, opportunity_ref, engagement_ref, type_ref, user_ref, owner_ref,
	start_time, end_time, details, hash, modified_at, deleted_at, merged_into, remote_id, written_at) `

// upsertTail decides whether what arrived is news. What the CRM answers now is right: a row wins where it was asked for
// no earlier than ours was, whatever its modified time says. Only of one that was asked for before ours was written (a
// page fetched ahead, a push meanwhile, a node whose clock is behind) the modified times decide. The same content again
// writes nothing; another modified time with the same content is noted, but does not count as a change.
const upsertTail = ` ON CONFLICT (organization_id, connection_id, model, external_id) DO UPDATE SET
	name = excluded.name, account_ref = excluded.account_ref, contact_ref = excluded.contact_ref, lead_ref = excluded.lead_ref,
	opportunity_ref = excluded.opportunity_ref, engagement_ref = excluded.engagement_ref, type_ref = excluded.type_ref,
	user_ref = excluded.user_ref, owner_ref = excluded.owner_ref, start_time = excluded.start_time, end_time = excluded.end_time,
	details = excluded.details, hash = excluded.hash, modified_at = excluded.modified_at, deleted_at = excluded.deleted_at,
	merged_into = excluded.merged_into, remote_id = excluded.remote_id, written_at = excluded.written_at,
	updated_at = CASE WHEN records.hash <> excluded.hash OR (records.deleted_at IS NULL) <> (excluded.deleted_at IS NULL)
		THEN excluded.updated_at ELSE records.updated_at END
WHERE (excluded.written_at >= records.written_at OR excluded.modified_at IS NULL OR records.modified_at IS NULL OR excluded.modified_at >= records.modified_at)
	AND (records.hash <> excluded.hash OR (records.deleted_at IS NULL) <> (excluded.deleted_at IS NULL)
		OR COALESCE(excluded.modified_at, 0) <> COALESCE(records.modified_at, 0))
RETURNING external_id, id, updated_at, deleted_at`

// upsertRecords brings records of one model into the connection within tx, and returns the external ids of those that
// changed. They must be valid. Where one comes twice, the newer one counts. References to a merged record are moved to its
// survivor.
func upsertRecords(ctx context.Context, tx Tx, w recordWrite, model hub.Model, records []hub.Record) (Changes, []string, error) {
	organization, connection, gates, now := w.organization, w.connection, w.gates, w.now
	records = latestByExternalID(records)
	if len(records) == 0 {
		return Changes{}, nil, nil
	}
	if gates.merged {
		w.prepared, records = nil, slices.Clone(records) // the caller's stay as they are
		if err := followMerges(ctx, tx, organization, connection, records); err != nil {
			return Changes{}, nil, err
		}
	}
	batch := make([]*recordRow, len(records))
	rows := make(map[string]*recordRow, len(records))
	for i := range records {
		batch[i] = w.row(&records[i])
		rows[batch[i].externalID] = batch[i]
	}
	var watch *linkWatch
	if gates.linked && shownByRecordings(model) {
		var err error
		if watch, err = watchLinks(ctx, tx, organization, connection, model, records); err != nil {
			return Changes{}, nil, fmt.Errorf("see what recordings show: %w", err)
		}
	}
	written, err := upsertRows(ctx, tx, w, batch)
	if err != nil {
		return Changes{}, nil, fmt.Errorf("upsert %d records of %s: %w", len(batch), model, err)
	}
	if model == hub.ModelUser {
		if err := saveUserKeys(ctx, tx, organization, connection, records, written, now); err != nil {
			return Changes{}, nil, fmt.Errorf("note what CRM users are matched by: %w", err)
		}
	}
	var c Changes
	var made, altered []*recordRow
	changed := make([]string, 0, len(written))
	for _, r := range written {
		row := rows[r.externalID]
		switch {
		case row.id == r.id:
			made = append(made, row)
			if r.deletedAt == nil {
				c.Created++
			} else { // came to us already deleted
				c.Deleted++
			}
		case r.updatedAt != micros(now): // only the CRM's time is newer
			continue
		default:
			altered = append(altered, row)
			if r.deletedAt != nil && *r.deletedAt == micros(now) {
				c.Deleted++
			} else {
				c.Updated++
			}
		}
		changed = append(changed, r.externalID)
	}
	if err := saveContacts(ctx, tx, organization, connection, model, made, altered); err != nil {
		return c, nil, fmt.Errorf("note by which addresses and numbers records are found: %w", err)
	}
	if err := addUsage(ctx, tx, organization, hub.ResourceRecords, connection, int64(len(made))); err != nil {
		return c, nil, err
	}
	c.Unchanged = len(records) - c.Created - c.Updated - c.Deleted
	var merged []string
	for i := range records {
		if records[i].MergedInto != "" {
			merged = append(merged, records[i].ExternalID)
		}
	}
	if len(merged) > 0 {
		gates.merged = true
		if err := followMerged(ctx, tx, organization, connection, model, merged, now); err != nil {
			return c, nil, err
		}
	}
	return c, changed, watch.conclude(ctx, tx, records, written, now)
}

// writtenRecord is what an upsert answers for each record it wrote.
type writtenRecord struct {
	externalID, id string
	updatedAt      int64
	deletedAt      *int64
}

func scanWritten(r database.Row) (writtenRecord, error) {
	var w writtenRecord
	err := r.Scan(&w.externalID, &w.id, &w.updatedAt, &w.deletedAt)
	return w, err
}

// row is a record's row, as it was prepared or made now.
func (w *recordWrite) row(r *hub.Record) *recordRow {
	row := w.prepared[recordKey{r.Model, r.ExternalID}]
	if row == nil {
		row = newRecordRow(r)
	}
	row.args[deletedArg], row.args[askedArg] = nil, microsOrNull(w.asked)
	if r.Deleted || r.MergedInto != "" {
		row.args[deletedArg] = micros(w.now)
	}
	return row
}

// latestByExternalID keeps one version of each record: the one modified last, or the last in order.
func latestByExternalID(records []hub.Record) []hub.Record {
	at := make(map[string]int, len(records))
	for i := range records {
		at[records[i].ExternalID] = i
	}
	if len(at) == len(records) { // mostly: none is copied
		return records
	}
	clear(at)
	kept := make([]hub.Record, 0, len(records))
	for _, r := range records {
		i, seen := at[r.ExternalID]
		switch {
		case !seen:
			at[r.ExternalID] = len(kept)
			kept = append(kept, r)
		case !r.ModifiedAt.Before(kept[i].ModifiedAt):
			kept[i] = r
		}
	}
	return kept
}
