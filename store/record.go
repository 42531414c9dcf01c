package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
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

// recordContent is what of a record takes the longest to work out: its details as JSON, the hash of all it has, and by which
// addresses and numbers it is found.
type recordContent struct {
	details, hash string
	contacts      []string
}

func newRecordContent(r *hub.Record) *recordContent {
	details, hash := r.Content()
	return &recordContent{string(details), hex.EncodeToString(hash[:16]), r.Details.ContactKeys()}
}

// Prepared are the contents of records, worked out while something else was waited for.
type Prepared map[recordKey]*recordContent

// Prepare validates the records and works the contents out of those that are valid. It tells, by their index, why the others cannot be
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
		p[key] = newRecordContent(&records[i])
	}
	return p, faults
}

// recordRow is a record in the order of the upsert's parameters.
type recordRow struct {
	record   *hub.Record
	contacts []string
	args     []any
}

// recordWrite is what the records that a transaction writes have in common.
type recordWrite struct {
	organization, connection string
	gates                    *gates
	// prepared has the contents of some of the records, as they are before references to merged ones are moved.
	prepared Prepared
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
		w.prepared = nil
		if err := followMerges(ctx, tx, organization, connection, records); err != nil {
			return Changes{}, nil, err
		}
	}
	batch := make([]recordRow, len(records))
	ids := make(map[string]string, len(records))
	for i := range records {
		batch[i] = w.row(&records[i])
		ids[records[i].ExternalID] = batch[i].args[2].(string)
	}
	var watch *linkWatch
	if gates.linked && shownByRecordings(model) {
		var err error
		if watch, err = watchLinks(ctx, tx, organization, connection, model, records); err != nil {
			return Changes{}, nil, fmt.Errorf("see what recordings show: %w", err)
		}
	}
	written, err := upsertRows(ctx, tx, organization, connection, micros(now), batch)
	if err != nil {
		return Changes{}, nil, fmt.Errorf("upsert %d records of %s: %w", len(batch), model, err)
	}
	if model == hub.ModelUser {
		if err := saveUserKeys(ctx, tx, organization, connection, records, written, now); err != nil {
			return Changes{}, nil, fmt.Errorf("note what CRM users are matched by: %w", err)
		}
	}
	var c Changes
	var changed []string
	var made int64
	isNew, isChanged := map[string]bool{}, map[string]bool{}
	for _, r := range written {
		if ids[r.externalID] == r.id {
			made++
		}
		switch {
		case ids[r.externalID] == r.id && r.deletedAt == nil:
			c.Created++
		case ids[r.externalID] == r.id: // came to us already deleted
			c.Deleted++
		case r.updatedAt != micros(now):
			// only the CRM's time is newer
		case r.deletedAt != nil && *r.deletedAt == micros(now):
			c.Deleted++
		default:
			c.Updated++
		}
		if ids[r.externalID] == r.id || r.updatedAt == micros(now) {
			changed = append(changed, r.externalID)
		}
		if ids[r.externalID] == r.id {
			isNew[r.externalID] = true
		} else if r.updatedAt == micros(now) {
			isChanged[r.externalID] = true
		}
	}
	if err := saveContacts(ctx, tx, organization, connection, model, batch, isNew, isChanged); err != nil {
		return c, nil, fmt.Errorf("note by which addresses and numbers records are found: %w", err)
	}
	if err := addUsage(ctx, tx, organization, hub.ResourceRecords, connection, made); err != nil {
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

// row is a record as it is written.
func (w *recordWrite) row(r *hub.Record) recordRow {
	content := w.prepared[recordKey{r.Model, r.ExternalID}]
	if content == nil {
		content = newRecordContent(r)
	}
	var deleted *int64
	if r.Deleted || r.MergedInto != "" {
		deleted = optionalMicros(w.now)
	}
	return recordRow{record: r, contacts: content.contacts, args: []any{
		string(r.Model), r.ExternalID, hub.NewID(), r.Name,
		optional(r.Refs.Account), optional(r.Refs.Contact), optional(r.Refs.Lead), optional(r.Refs.Opportunity), optional(r.Refs.Engagement),
		optional(r.Refs.EngagementType), optional(r.Refs.User), optional(r.Refs.Owner),
		optionalMicros(r.StartTime), optionalMicros(r.EndTime), content.details, content.hash,
		optionalMicros(r.ModifiedAt), deleted, optional(r.MergedInto), optional(r.Details.RemoteID), optionalMicros(w.asked),
	}}
}

// latestByExternalID keeps one version of each record: the one modified last, or the last in order.
func latestByExternalID(records []hub.Record) []hub.Record {
	at := make(map[string]int, len(records))
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
