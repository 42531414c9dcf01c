package store

import (
	"context"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// relinkWindow is how far back recordings are looked at again after a change that has no time of its own.
const relinkWindow = 90 * 24 * time.Hour

// relinkScope is the recordings that a change of CRM records may link otherwise. It is made before the change and
// asks for another look after it, so that an appointment which moves counts where it was and where it is.
type relinkScope struct {
	organization, connection string
	// engagements are those that may change, or whose users may.
	engagements []string
	// projects are those that may change, or whose users or contacts may, where recordings link to them.
	projects []string
	// customers are those that may change of customerRefs' models; before is what they, and the projects, were that are there,
	// by their external ids.
	customers   map[hub.Model][]string
	before      map[hub.Model]map[string]Record
	from, until time.Time
	// timed says that engagements or their users did change; timeless, that something did which belongs to no
	// engagement in particular; worked, that projects did or what belongs to them, and staffed and met that their users or
	// their contacts did; known, that customers did.
	on, timed, timeless, worked, staffed, met, known bool
}

// newRelinkScope prepares the scope of records that are about to change. An organization without recordings has none.
func newRelinkScope(ctx context.Context, tx Tx, c hub.Connection, gates *gates, records []hub.Record) (*relinkScope, error) {
	s, timeless := &relinkScope{organization: c.OrganizationID, connection: c.ID, customers: map[hub.Model][]string{}, before: map[hub.Model]map[string]Record{}}, false
	projects := hub.HasProjects(c.Platform)
	for i := range records {
		if model := records[i].Model; customerRefs[model] != "" && !projects {
			s.customers[model] = append(s.customers[model], records[i].ExternalID)
		}
		switch records[i].Model {
		case hub.ModelEngagement:
			s.engagements = append(s.engagements, records[i].ExternalID)
		case hub.ModelEngagementUser:
			if of := records[i].Refs.Engagement; of != "" {
				s.engagements = append(s.engagements, of)
			}
		case hub.ModelEngagementType:
			timeless = true
		case hub.ModelOpportunity:
			s.projects = append(s.projects, records[i].ExternalID)
		case hub.ModelOpportunityUser, hub.ModelContact:
			if of := records[i].Refs.Opportunity; of != "" {
				s.projects = append(s.projects, of)
			}
		default:
		}
	}
	if !projects {
		s.projects = nil
	}
	if !gates.recorded || len(s.engagements) == 0 && len(s.projects) == 0 && len(s.customers) == 0 && !timeless {
		return s, nil
	}
	s.on = true
	were := s.customers
	if len(s.projects) > 0 {
		were = map[hub.Model][]string{hub.ModelOpportunity: s.projects}
	}
	for model, ids := range were {
		var err error
		if s.before[model], err = recordsNow(ctx, tx, s.organization, s.connection, model, ids); err != nil {
			return s, err
		}
	}
	return s, s.widen(ctx, tx)
}

// note takes in what came of the records of a model.
func (s *relinkScope) note(model hub.Model, c Changes) {
	if c.Created+c.Updated+c.Deleted == 0 {
		return
	}
	s.known = s.known || len(s.customers[model]) > 0
	switch model {
	case hub.ModelEngagement, hub.ModelEngagementUser:
		s.timed = true
	case hub.ModelEngagementType:
		s.timeless = true
	case hub.ModelOpportunity, hub.ModelOpportunityUser, hub.ModelContact:
		s.worked = len(s.projects) > 0
		s.staffed = s.staffed || model == hub.ModelOpportunityUser
		s.met = s.met || model == hub.ModelContact
	default: // users ask for themselves, by whom they are matched to
	}
}

// request asks for another look at what is in the scope, after the change.
func (s *relinkScope) request(ctx context.Context, tx Tx, now time.Time) error {
	if !s.on || (!s.timed && !s.timeless && !s.worked && !s.known) {
		return nil
	}
	if s.known {
		if err := s.widenByCustomers(ctx, tx, now); err != nil {
			return err
		}
	}
	if s.worked {
		if err := s.widenByProjects(ctx, tx, now); err != nil {
			return err
		}
	}
	if s.timed {
		if err := s.widen(ctx, tx); err != nil {
			return err
		}
	}
	if s.timeless {
		s.include(now.Add(-relinkWindow), now.Add(hub.LongestRecording))
	}
	if s.from.IsZero() {
		return nil
	}
	return requestRelink(ctx, tx, s.organization, s.from, s.until, now)
}

// relinkWithout asks for another look after records of one model were deleted.
func relinkWithout(ctx context.Context, tx Tx, c hub.Connection, gone []hub.Record, now time.Time) error {
	if len(gone) == 0 {
		return nil
	}
	ids := make([]string, len(gone))
	for i := range gone {
		ids[i] = gone[i].ExternalID
	}
	if err := touchRecordings(ctx, tx, c.OrganizationID, c.ID, gone[0].Model, ids, now); err != nil {
		return err
	}
	if gone[0].Model == hub.ModelUser {
		return relinkCRMUsers(ctx, tx, c.OrganizationID, c.ID, ids, now)
	}
	gates, err := askGates(ctx, tx, c.OrganizationID, c.ID, gone[0].Model, "")
	if err != nil {
		return err
	}
	scope, err := newRelinkScope(ctx, tx, c, gates, gone)
	if err != nil {
		return err
	}
	delete(scope.before, gone[0].Model) // which were read as they are
	scope.note(gone[0].Model, Changes{Deleted: len(gone)})
	return scope.request(ctx, tx, now)
}

// span is from the least to the greatest of some times; nil where there are none.
type span struct{ from, until *int64 }

func scanSpan(r database.Row) (span, error) {
	var s span
	err := r.Scan(&s.from, &s.until)
	return s, err
}

// linkedSpan is from the start of the first to that of the last recording that is linked to one of some records, however many
// are: each is found by its index, and none between them is read.
func linkedSpan(ctx context.Context, tx Tx, organization, connection string, model hub.Model, ids []string) (span, error) {
	query, arg := linkedSpanQuery(tx.Dialect(), ids)
	return queryOne(ctx, tx, scanSpan, query, organization, connection, string(model), arg)
}

func linkedSpanQuery(dialect database.Dialect, ids []string) (query string, arg any) {
	from, arg := dialect.Values("$4", ids)
	const of = `(SELECT started_at FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 AND link_model = $3 AND link_external_id = v.value ORDER BY started_at`
	return `SELECT MIN(first), MAX(last) FROM (SELECT ` + of + ` LIMIT 1) AS first, ` + of + ` DESC LIMIT 1) AS last FROM ` + from + `) AS spans`, arg
}

// widen takes in the times of the engagements, and of the recordings that are linked to them.
func (s *relinkScope) widen(ctx context.Context, tx Tx) error {
	if len(s.engagements) == 0 {
		return nil
	}
	in, arg := tx.Dialect().In("$4", s.engagements)
	own, err := queryOne(ctx, tx, scanSpan, `SELECT MIN(start_time), MAX(COALESCE(end_time, start_time)) FROM records
		WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in, s.organization, s.connection, string(hub.ModelEngagement), arg)
	if err != nil {
		return err
	}
	linked, err := linkedSpan(ctx, tx, s.organization, s.connection, hub.ModelEngagement, s.engagements)
	if err != nil {
		return err
	}
	for _, found := range []span{own, linked} {
		if found.from != nil {
			s.include(fromMicros(*found.from), fromMicros(*found.until).Add(hub.AppointmentLength))
		}
	}
	return nil
}

func (s *relinkScope) include(from, until time.Time) {
	if s.from.IsZero() || from.Before(s.from) {
		s.from = from
	}
	if until.After(s.until) {
		s.until = until
	}
}
