package store

import (
	"context"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// ofLiveConnection keeps the records of a deleted connection, and those of an account that another replaced, out of every
// answer until they are purged.
const ofLiveConnection = ` AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = records.organization_id AND c.id = records.connection_id AND c.retiring = FALSE)`

// isNamed is the condition that a record is called by an id: the number of its parameter, and of that for its long form by
// hub.SalesforceID.
func isNamed(id, long int) string {
	return fmt.Sprintf("(external_id = $%[1]d OR remote_id = $%[1]d OR external_id = $%[2]d)", id, long)
}

// ofLivingSide keeps out who is joined to an opportunity or engagement that is deleted. Who is joined to one that has not
// come in yet is there.
const ofLivingSide = ` AND (records.model NOT IN ('OPPORTUNITY_USER', 'ENGAGEMENT_USER') OR NOT EXISTS (SELECT 1 FROM records side
	WHERE side.organization_id = records.organization_id AND side.connection_id = records.connection_id
	AND side.model = CASE records.model WHEN 'OPPORTUNITY_USER' THEN 'OPPORTUNITY' ELSE 'ENGAGEMENT' END
	AND side.external_id = CASE records.model WHEN 'OPPORTUNITY_USER' THEN records.opportunity_ref ELSE records.engagement_ref END
	AND side.deleted_at IS NOT NULL))`

// Record returns one record of the organization by our id; a deleted one is hub.ErrNotFound, as is who was joined to one.
func (s *Store) Record(ctx context.Context, organization string, model hub.Model, id string) (Record, error) {
	return queryOne(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records
		WHERE organization_id = $1 AND model = $2 AND id = $3 AND deleted_at IS NULL`+ofLiveConnection+ofLivingSide, organization, string(model), id)
}

// RecordFilter chooses records for a list. Empty fields choose all.
type RecordFilter struct {
	Model        hub.Model
	ConnectionID string
	// ExternalID is the CRM's own id, of Salesforce a short one, too, or the key of the record within its connection.
	ExternalID string
	Platform   hub.Platform
	// Opportunity, Engagement and User are external ids that a record refers to; OfUser also takes the records
	// that the CRM user owns, or is joined to.
	Opportunity, Engagement, User, OfUser string
	// From and Until bound StartTime, the first included and the second not.
	From, Until time.Time
	// After is the id of the last record already seen.
	After string
	Limit int
	// WithDeleted lists deleted records too.
	WithDeleted bool
}

// Records lists records of the organization, oldest first.
func (s *Store) Records(ctx context.Context, organization string, f RecordFilter) ([]Record, error) {
	query := `SELECT ` + recordColumns + ` FROM records WHERE organization_id = $1 AND model = $2 AND id > $3`
	args := []any{organization, string(f.Model), f.After, f.Limit}
	and := func(condition string, value any) {
		args = append(args, value)
		query += fmt.Sprintf(" AND "+condition, len(args))
	}
	switch {
	case f.ConnectionID != "":
		and("connection_id = $%d", f.ConnectionID)
	case f.ExternalID != "": // the key begins with the connection, of which an organization has few
		query += ` AND connection_id IN (SELECT e.id FROM connections e WHERE e.organization_id = $1)`
	}
	if f.ExternalID != "" {
		args = append(args, f.ExternalID, hub.SalesforceID(f.ExternalID))
		query += " AND " + isNamed(len(args)-1, len(args))
	}
	if f.Platform != "" {
		and(`EXISTS (SELECT 1 FROM connections p WHERE p.organization_id = records.organization_id AND p.id = records.connection_id AND p.platform = $%d)`, string(f.Platform))
	}
	if f.Opportunity != "" {
		and("opportunity_ref = $%d", f.Opportunity)
	}
	if f.Engagement != "" {
		and("engagement_ref = $%d", f.Engagement)
	}
	if f.User != "" {
		and("user_ref = $%d", f.User)
	}
	if f.OfUser != "" {
		and(`(owner_ref = $%[1]d OR external_id IN (SELECT j.engagement_ref FROM records j WHERE j.organization_id = records.organization_id
			AND j.connection_id = records.connection_id AND j.user_ref = $%[1]d AND j.model = 'ENGAGEMENT_USER' AND j.deleted_at IS NULL))`, f.OfUser)
	}
	if !f.From.IsZero() {
		and("start_time >= $%d", micros(f.From))
	}
	if !f.Until.IsZero() {
		and("start_time < $%d", micros(f.Until))
	}
	if !f.WithDeleted {
		query += " AND deleted_at IS NULL" + ofLivingSide
	}
	return queryPage(ctx, s.db, scanRecord, query+ofLiveConnection+` ORDER BY id LIMIT $4`, args...)
}

// RecordKey names a record as its CRM does, within a connection.
type RecordKey struct {
	ConnectionID string
	Model        hub.Model
	ExternalID   string
}

// recordPlace is where records are whose external ids tell them apart.
type recordPlace struct {
	connection string
	model      hub.Model
}

// byPlace are the external ids of the keys, each once, by their place.
func byPlace(keys []RecordKey) map[recordPlace][]string {
	ids, seen := map[recordPlace][]string{}, map[RecordKey]bool{}
	for _, k := range keys {
		if k.ExternalID == "" || seen[k] {
			continue
		}
		seen[k] = true
		g := recordPlace{k.ConnectionID, k.Model}
		ids[g] = append(ids[g], k.ExternalID)
	}
	return ids
}

// Deleted says whether deleted records are wanted.
type Deleted bool

// DeletedToo wants them.
const DeletedToo Deleted = true

// RecordsByKey finds records that others refer to. Deleted ones are not among them, unless wanted.
func (s *Store) RecordsByKey(ctx context.Context, organization string, keys []RecordKey, deleted ...Deleted) (map[RecordKey]Record, error) {
	found, err := recordsByKey(ctx, s.db, organization, keys, deleted...)
	return found, err
}

func recordsByKey(ctx context.Context, q database.Querier, organization string, keys []RecordKey, deleted ...Deleted) (map[RecordKey]Record, error) {
	living := ` AND deleted_at IS NULL`
	if len(deleted) > 0 && deleted[0] == DeletedToo {
		living = ``
	}
	found := make(map[RecordKey]Record, len(keys))
	for g, ids := range byPlace(keys) {
		in, arg := q.Dialect().In("$4", ids)
		rs, err := queryAll(ctx, q, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND external_id `+in+living+ofLiveConnection, organization, g.connection, string(g.model), arg)
		if err != nil {
			return nil, err
		}
		for _, r := range rs {
			found[RecordKey{r.ConnectionID, r.Model, r.ExternalID}] = r
		}
	}
	return found, nil
}

// OpportunitiesOfContact are the external ids of up to limit opportunities of a connection that refer to a contact.
func (s *Store) OpportunitiesOfContact(ctx context.Context, organization, connection, contact string, limit int) ([]string, error) {
	return queryAll(ctx, s.db, scanText, `SELECT external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND contact_ref = $3 AND model = $4
		AND deleted_at IS NULL ORDER BY external_id LIMIT $5`, organization, connection, contact, string(hub.ModelOpportunity), limit)
}

// recordsNow are the records of one model of a connection with some external ids, by these, deleted or not.
func recordsNow(ctx context.Context, tx Tx, organization, connection string, model hub.Model, ids []string) (map[string]Record, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, arg := tx.Dialect().In("$4", ids)
	found, err := queryAll(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND external_id `+in, organization, connection, string(model), arg)
	all := make(map[string]Record, len(found))
	for _, r := range found {
		all[r.ExternalID] = r
	}
	return all, err
}

// Joined finds the users joined to opportunities or engagements of one connection: the records of the join
// model that refer to one of the external ids. It reads at most joinedMost.
func (s *Store) Joined(ctx context.Context, organization, connection string, model hub.Model, of []string) ([]Record, error) {
	rs, err := joinedTo(ctx, s.db, organization, connection, model, of)
	return rs, err
}

func joinedTo(ctx context.Context, q database.Querier, organization, connection string, model hub.Model, of []string) ([]Record, error) {
	column := "engagement_ref"
	if model == hub.ModelOpportunityUser {
		column = "opportunity_ref"
	}
	in, arg := q.Dialect().In("$4", of)
	return queryAll(ctx, q, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
		AND `+column+` `+in+` AND deleted_at IS NULL`+ofLiveConnection+` ORDER BY id LIMIT $5`, organization, connection, string(model), arg, joinedMost)
}

// joinedMost bounds how many joined users one answer shows.
const joinedMost = 10_000
