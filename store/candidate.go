package store

import (
	"cmp"
	"context"
	"time"

	"sirocco/hub"
)

// maxCandidates bounds how many engagements of one connection a recording is held against.
const maxCandidates = 200

// candidateMargin is how far from a recording an engagement may be to be told of, though it does not overlap.
const candidateMargin = time.Hour

// Appointments returns the rep's engagements, over all connections, that overlap the times or nearly do, with all
// that hub.MatchRecording asks of them. Those that are no appointments are among them.
func (s *Store) Appointments(ctx context.Context, organization string, rep []hub.CRMUser, from, until time.Time) ([]hub.Appointment, error) {
	byConnection := map[string][]string{}
	for _, u := range rep {
		byConnection[u.ConnectionID] = append(byConnection[u.ConnectionID], u.ExternalID)
	}
	var all []hub.Appointment
	for connection, users := range byConnection {
		in, arg := s.db.Dialect().In("$8", users)
		found, err := queryAll(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND start_time >= $4 AND start_time < $5 AND (end_time >= $6 OR start_time >= $7) AND deleted_at IS NULL
			AND (owner_ref `+in+` OR EXISTS (SELECT 1 FROM records j WHERE j.organization_id = $1 AND j.connection_id = $2
				AND j.engagement_ref = records.external_id AND j.model = 'ENGAGEMENT_USER' AND j.user_ref `+in+` AND j.deleted_at IS NULL))`+
			ofLiveConnection+` ORDER BY start_time DESC, external_id LIMIT $9`,
			organization, connection, string(hub.ModelEngagement), micros(from.Add(-hub.LongestRecording)), micros(until.Add(candidateMargin)),
			micros(from.Add(-candidateMargin)), micros(from.Add(-candidateMargin-hub.AppointmentLength)), arg, maxCandidates)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			continue
		}
		appointments, err := s.appointments(ctx, organization, connection, found)
		if err != nil {
			return nil, err
		}
		all = append(all, appointments...)
	}
	return all, nil
}

// appointments puts together what is known of some engagements of one connection: their types, users and places.
func (s *Store) appointments(ctx context.Context, organization, connection string, engagements []Record) ([]hub.Appointment, error) {
	ids := make([]string, len(engagements))
	var keys []RecordKey
	for i := range engagements {
		e := &engagements[i]
		ids[i] = e.ExternalID
		keys = append(keys, RecordKey{connection, hub.ModelEngagementType, e.Refs.EngagementType}, RecordKey{connection, hub.ModelAccount, e.Refs.Account},
			RecordKey{connection, hub.ModelOpportunity, e.Refs.Opportunity})
	}
	known, err := s.RecordsByKey(ctx, organization, keys)
	if err != nil {
		return nil, err
	}
	// The account of an opportunity says where an engagement takes place that has no account of its own.
	keys = keys[:0]
	for k, r := range known {
		if k.Model == hub.ModelOpportunity {
			keys = append(keys, RecordKey{connection, hub.ModelAccount, r.Refs.Account})
		}
	}
	accounts, err := s.RecordsByKey(ctx, organization, keys)
	if err != nil {
		return nil, err
	}
	joined, err := s.Joined(ctx, organization, connection, hub.ModelEngagementUser, ids)
	if err != nil {
		return nil, err
	}
	users := map[string][]hub.CRMUser{}
	for _, j := range joined {
		users[j.Refs.Engagement] = append(users[j.Refs.Engagement], hub.CRMUser{ConnectionID: connection, ExternalID: j.Refs.User})
	}
	all := make([]hub.Appointment, len(engagements))
	for i := range engagements {
		e := &engagements[i]
		a := hub.Appointment{
			ConnectionID: connection, ExternalID: e.ExternalID, ID: e.ID, Name: cmp.Or(e.Name, e.Details.Subject), Start: e.StartTime, End: e.EndTime, Deleted: e.Deleted,
			ActivityType: cmp.Or(known[RecordKey{connection, hub.ModelEngagementType, e.Refs.EngagementType}].Details.ActivityType, e.Details.ActivityType),
			Users:        users[e.ExternalID],
		}
		if e.Refs.Owner != "" {
			a.Users = append(a.Users, hub.CRMUser{ConnectionID: connection, ExternalID: e.Refs.Owner})
		}
		// Where the work is says the engagement or its opportunity; a customer's place may be where the bill goes.
		opportunity := known[RecordKey{connection, hub.ModelOpportunity, e.Refs.Opportunity}]
		for _, of := range []Record{
			*e, opportunity, known[RecordKey{connection, hub.ModelAccount, e.Refs.Account}], accounts[RecordKey{connection, hub.ModelAccount, opportunity.Refs.Account}],
		} {
			if of.Details.Latitude != nil {
				a.Latitude, a.Longitude = of.Details.Latitude, of.Details.Longitude
				break
			}
		}
		all[i] = a
	}
	return all, nil
}

// Matching says what the rule finds for a recording now.
func (s *Store) Matching(ctx context.Context, r hub.Recording) (hub.Matching, error) {
	keys, err := s.CRMUsersOf(ctx, r.OrganizationID, r.UserID)
	if err != nil {
		return hub.Matching{}, err
	}
	rep := make([]hub.CRMUser, len(keys))
	for i, k := range keys {
		rep[i] = hub.CRMUser{ConnectionID: k.ConnectionID, ExternalID: k.ExternalID}
	}
	appointments, err := s.Appointments(ctx, r.OrganizationID, rep, r.StartedAt, r.EndedAt)
	if err != nil {
		return hub.Matching{}, err
	}
	return hub.MatchRecording(&r, rep, appointments), nil
}
