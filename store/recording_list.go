package store

import (
	"context"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// RecordingFilter chooses recordings of an organization. Empty fields choose all.
type RecordingFilter struct {
	// StartedFrom and UpdatedFrom are included, StartedBefore and UpdatedBefore are not.
	StartedFrom, StartedBefore time.Time
	UpdatedFrom, UpdatedBefore time.Time
	// Processed chooses those whose processing has ended, well or not, or has not; Summarized and Extracted those of which that is
	// done, or is not; nil all.
	Processed, Summarized, Extracted *bool
	After                            ListPlace
	Limit                            int
}

// Recordings lists the organization's recordings, deleted ones too, those that changed last at the end: who reads to the end and goes
// on from there misses nothing.
func (s *Store) Recordings(ctx context.Context, organization string, f RecordingFilter) ([]hub.Recording, error) {
	c := conditions{args: []any{organization}}
	for _, bound := range []struct {
		condition string
		at        time.Time
	}{
		{"started_at >= %s", f.StartedFrom}, {"started_at < %s", f.StartedBefore},
		{"updated_at >= %s", f.UpdatedFrom}, {"updated_at < %s", f.UpdatedBefore},
	} {
		if !bound.at.IsZero() {
			c.and(bound.condition, micros(bound.at))
		}
	}
	if f.Processed != nil {
		c.and("(processed_at IS NOT NULL OR status = 'ERROR') = %s", *f.Processed)
	}
	if f.Summarized != nil {
		c.and("summary_done = %s", *f.Summarized)
	}
	if f.Extracted != nil {
		c.and("extraction_done = %s", *f.Extracted)
	}
	if f.After.ID != "" {
		c.and("(updated_at, id) > (%s, %s)", micros(f.After.At), f.After.ID)
	}
	return queryPage(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1`+c.text+
		` ORDER BY updated_at, id LIMIT `+c.arg(f.Limit), c.args...)
}

// VisibleRecordingFilter chooses recordings that a user sees. Empty fields choose all.
type VisibleRecordingFilter struct {
	By hub.Viewer
	// ConversationTypes, Results and TeamIDs choose those that have one of the values.
	ConversationTypes, Results, TeamIDs []string
	// From bounds StartedAt and is included, Until is not.
	From, Until time.Time
	// Linked chooses recordings that are linked to a customer of the CRM, or are not; nil all.
	Linked *bool
	// OrderBy is what they are ordered by; when they began where it is empty.
	OrderBy RecordingOrder
	// Ascending lists the oldest, or the first, first.
	Ascending bool
	// After is the last recording already seen, of which the value ordered by is At, or else Text.
	After     ListPlace
	AfterText string
	Limit     int
}

// RecordingOrder is a field that recordings can be ordered by.
type RecordingOrder string

// The orders.
const (
	ByStart            RecordingOrder = ""
	ByConversationType RecordingOrder = "conversationType"
	ByResult           RecordingOrder = "result"
	ByTeam             RecordingOrder = "teamId"
	ByOrganization     RecordingOrder = "organizationId"
)

// recordingOrders are what the orders sort by.
var recordingOrders = map[RecordingOrder]string{
	ByStart: "r.started_at", ByConversationType: "r.conversation_type", ByResult: "r.result", ByTeam: "COALESCE(r.team_id, '')", ByOrganization: "r.organization_id",
}

// Of is the value of a recording that the order sorts by; empty by start.
func (o RecordingOrder) Of(r *hub.Recording) string {
	switch o {
	case ByConversationType:
		return r.ConversationType
	case ByResult:
		return string(r.Result)
	case ByTeam:
		return r.TeamID
	case ByOrganization:
		return r.OrganizationID
	}
	return ""
}

// VisibleRecordings lists the recordings that a user sees.
func (s *Store) VisibleRecordings(ctx context.Context, organization string, f VisibleRecordingFilter) ([]hub.Recording, error) {
	c := conditions{args: []any{organization}}
	c.visibleTo(s.db, f.By)
	for _, list := range []struct {
		column string
		values []string
	}{{"r.conversation_type", f.ConversationTypes}, {"r.result", f.Results}, {"r.team_id", f.TeamIDs}} {
		if len(list.values) > 0 {
			c.text += " AND " + c.in(s.db, list.column, list.values)
		}
	}
	if !f.From.IsZero() {
		c.and("r.started_at >= %s", micros(f.From))
	}
	if !f.Until.IsZero() {
		c.and("r.started_at < %s", micros(f.Until))
	}
	if f.Linked != nil {
		not := ""
		if !*f.Linked {
			not = "NOT "
		}
		c.text += " AND " + not + linkedToCustomer(s.db.Dialect())
	}
	beyond, direction, by := "<", " DESC", recordingOrders[f.OrderBy]
	if f.Ascending {
		beyond, direction = ">", ""
	}
	if f.After.ID != "" {
		var after any = f.AfterText
		if f.OrderBy == ByStart {
			after = micros(f.After.At)
		}
		c.and("("+by+", r.id) "+beyond+" (%s, %s)", after, f.After.ID)
	}
	return queryPage(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings r WHERE r.organization_id = $1 AND r.deleted_at IS NULL`+c.text+
		` ORDER BY `+by+direction+`, r.id`+direction+` LIMIT `+c.arg(f.Limit), c.args...)
}

// alsoRows are the records that a recording r is linked to beside the main one, as rows with model and external_id.
var alsoRows = map[database.Dialect]string{
	database.SQLite:     `(SELECT json_extract(value, '$.model') AS model, json_extract(value, '$.externalId') AS external_id FROM json_each(r.link_also))`,
	database.PostgreSQL: `(SELECT value->>'model' AS model, value->>'externalId' AS external_id FROM jsonb_array_elements(r.link_also::jsonb))`,
}

// linkedToCustomer says in SQL, of a recording r, that its link leads to an account, a contact or a lead that is there:
// directly, or by its engagement or opportunity. A record or connection that was deleted since leads nowhere.
func linkedToCustomer(dialect database.Dialect) string {
	return `(r.link_connection_id IS NOT NULL AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = r.organization_id AND c.id = r.link_connection_id)
		AND (EXISTS (SELECT 1 FROM records o WHERE o.organization_id = r.organization_id AND o.connection_id = r.link_connection_id
				AND o.model = r.link_model AND o.external_id = r.link_external_id AND o.deleted_at IS NULL AND ` + hasCustomer("o") + `)
			OR EXISTS (SELECT 1 FROM ` + alsoRows[dialect] + ` a JOIN records o ON o.organization_id = r.organization_id AND o.connection_id = r.link_connection_id
				AND o.model = a.model AND o.external_id = a.external_id AND o.deleted_at IS NULL WHERE ` + hasCustomer("o") + `)))`
}

// hasCustomer says in SQL that a record is a customer, refers to one, or to an opportunity that does.
func hasCustomer(record string) string {
	refers := func(from string) string {
		return strings.NewReplacer("FROM_", from).Replace(
			`EXISTS (SELECT 1 FROM records x WHERE x.organization_id = FROM_.organization_id AND x.connection_id = FROM_.connection_id AND x.model = 'ACCOUNT' AND x.external_id = FROM_.account_ref AND x.deleted_at IS NULL)
			OR EXISTS (SELECT 1 FROM records x WHERE x.organization_id = FROM_.organization_id AND x.connection_id = FROM_.connection_id AND x.model = 'CONTACT' AND x.external_id = FROM_.contact_ref AND x.deleted_at IS NULL)
			OR EXISTS (SELECT 1 FROM records x WHERE x.organization_id = FROM_.organization_id AND x.connection_id = FROM_.connection_id AND x.model = 'LEAD' AND x.external_id = FROM_.lead_ref AND x.deleted_at IS NULL)`)
	}
	return `(` + record + `.model IN ('ACCOUNT', 'CONTACT', 'LEAD') OR ` + refers(record) + `
		OR EXISTS (SELECT 1 FROM records p WHERE p.organization_id = ` + record + `.organization_id AND p.connection_id = ` + record + `.connection_id AND p.model = 'OPPORTUNITY'
			AND p.external_id = ` + record + `.opportunity_ref AND p.deleted_at IS NULL AND (` + refers("p") + `)))`
}

// RecordRecordings says of a CRM record which recordings are of it.
type RecordRecordings struct {
	// Latest is the id of the one that began last, At when it began.
	Latest string
	At     time.Time
	Count  int64
}

// RecordingsOf finds for each CRM record the recordings that are linked to it, or to an engagement or opportunity that
// refers to it.
func (s *Store) RecordingsOf(ctx context.Context, organization string, keys []RecordKey) (map[RecordKey]RecordRecordings, error) {
	found := make(map[RecordKey]RecordRecordings, len(keys))
	for g, ids := range byPlace(keys) {
		in, arg := s.db.Dialect().In("$4", ids)
		args := []any{organization, g.connection, string(g.model), arg}
		of := `SELECT link_external_id AS about, id, started_at FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 AND link_model = $3
			AND link_external_id ` + in + ` AND deleted_at IS NULL`
		if column := customerRef[g.model]; column != "" {
			of += ` UNION SELECT e.` + column + `, r.id, r.started_at FROM records e JOIN recordings r ON r.organization_id = e.organization_id
				AND r.link_connection_id = e.connection_id AND r.link_model = e.model AND r.link_external_id = e.external_id AND r.deleted_at IS NULL
				WHERE e.organization_id = $1 AND e.connection_id = $2 AND e.` + column + ` ` + in + ` AND e.model IN ('ENGAGEMENT', 'OPPORTUNITY') AND e.deleted_at IS NULL`
		}
		_, err := queryAll(ctx, s.db, func(r database.Row) (struct{}, error) {
			var externalID string
			var started int64
			var one RecordRecordings
			err := r.Scan(&externalID, &one.Latest, &started, &one.Count)
			one.At = fromMicros(started)
			found[RecordKey{g.connection, g.model, externalID}] = one
			return struct{}{}, err
		}, `SELECT about, id, started_at, n FROM (SELECT about, id, started_at, COUNT(*) OVER (PARTITION BY about) AS n,
			ROW_NUMBER() OVER (PARTITION BY about ORDER BY started_at DESC, id DESC) AS place FROM (`+of+`) AS linked) AS ranked WHERE place = 1`, args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// customerRef are the references by which an engagement or an opportunity is of a record of another model.
var customerRef = map[hub.Model]string{
	hub.ModelOpportunity: "opportunity_ref", hub.ModelAccount: "account_ref", hub.ModelContact: "contact_ref", hub.ModelLead: "lead_ref",
}

// RecordingsByID finds recordings of the organization that are not deleted.
func (s *Store) RecordingsByID(ctx context.Context, organization string, ids []string) ([]hub.Recording, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, arg := s.db.Dialect().In("$2", ids)
	return queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND id `+in+` AND deleted_at IS NULL`, organization, arg)
}
