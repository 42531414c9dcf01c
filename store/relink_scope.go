package store

import (
	"context"
	"time"

	"sirocco/hub"
)

// relinkBack is how far back recordings are looked at again after a change that has no time of its own.
const relinkBack = 90 * 24 * time.Hour

// relinkScope is the recordings that a change of CRM records may link otherwise. It is made before the change and
// asks for another look after it, so that an appointment which moves counts where it was and where it is.
type relinkScope struct {
	organization, connection string
	// engagements are those that may change, or whose users may.
	engagements []string
	from, until time.Time
	// timed says that engagements or their users did change; timeless, that something did which belongs to no
	// engagement in particular.
	on, timed, timeless bool
}

// scopeOf prepares the scope of records that are about to change. An organization without recordings has none.
func scopeOf(ctx context.Context, tx Tx, organization, connection string, records []hub.Record) (*relinkScope, error) {
	s, timeless := &relinkScope{organization: organization, connection: connection}, false
	for i := range records {
		switch records[i].Model {
		case hub.ModelEngagement:
			s.engagements = append(s.engagements, records[i].ExternalID)
		case hub.ModelEngagementUser:
			if of := records[i].Refs.Engagement; of != "" {
				s.engagements = append(s.engagements, of)
			}
		case hub.ModelUser, hub.ModelEngagementType:
			timeless = true
		default:
		}
	}
	if len(s.engagements) == 0 && !timeless {
		return s, nil
	}
	some, err := many(ctx, tx, scanCount, `SELECT 1 FROM recordings WHERE organization_id = $1 LIMIT 1`, organization)
	if err != nil || len(some) == 0 {
		return s, err
	}
	s.on = true
	return s, s.widen(ctx, tx)
}

// note takes in what came of the records of a model.
func (s *relinkScope) note(model hub.Model, c Changes) {
	if c.Created+c.Updated+c.Deleted == 0 {
		return
	}
	switch model {
	case hub.ModelEngagement, hub.ModelEngagementUser:
		s.timed = true
	case hub.ModelUser, hub.ModelEngagementType:
		s.timeless = true
	default:
	}
}

// request asks for another look at what is in the scope, after the change.
func (s *relinkScope) request(ctx context.Context, tx Tx, now time.Time) error {
	if !s.on || (!s.timed && !s.timeless) {
		return nil
	}
	if s.timed {
		if err := s.widen(ctx, tx); err != nil {
			return err
		}
	}
	if s.timeless {
		s.include(now.Add(-relinkBack), now.Add(hub.LongestRecording))
	}
	if s.from.IsZero() {
		return nil
	}
	return requestRelink(ctx, tx, s.organization, s.from, s.until, now)
}

// relinkWithout asks for another look after records were deleted.
func relinkWithout(ctx context.Context, tx Tx, organization, connection string, gone []hub.Record, now time.Time) error {
	scope, err := scopeOf(ctx, tx, organization, connection, gone)
	if err != nil || len(gone) == 0 {
		return err
	}
	scope.note(gone[0].Model, Changes{Deleted: len(gone)})
	return scope.request(ctx, tx, now)
}

// widen takes in the times of the engagements, and of the recordings that are linked to them.
func (s *relinkScope) widen(ctx context.Context, tx Tx) error {
	if len(s.engagements) == 0 {
		return nil
	}
	in, arg := tx.among(s.engagements)
	for _, query := range []string{
		`SELECT MIN(start_time), MAX(COALESCE(end_time, start_time)) FROM records
			WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id ` + in("$4"),
		`SELECT MIN(started_at), MAX(ended_at) FROM recordings
			WHERE organization_id = $1 AND link_connection_id = $2 AND link_model = $3 AND link_external_id ` + in("$4"),
	} {
		span, err := one(ctx, tx, func(r rows) ([2]*int64, error) {
			var span [2]*int64
			err := r.Scan(&span[0], &span[1])
			return span, err
		}, query, s.organization, s.connection, string(hub.ModelEngagement), arg)
		if err != nil {
			return err
		}
		if span[0] != nil && span[1] != nil {
			s.include(fromMicros(*span[0]), fromMicros(*span[1]).Add(hub.AppointmentLength))
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
