package store

import (
	"context"
	"slices"

	"sirocco/hub"
)

// sameCustomerMost bounds how many appointments of a customer are looked at for the one that took the place of another.
const sameCustomerMost = 20

// addLost adds to the verdict over a recording what the rule had linked it to, where the CRM has moved or deleted that since, or given it to
// somebody else. That the rule itself thinks otherwise, as more is known of the day, takes a link without that.
func (s *Store) addLost(ctx context.Context, day *hub.Day, r hub.Recording, v *hub.Verdict) error {
	lost := r.Link.LostOrLinked()
	if lost == nil {
		return nil
	}
	key := RecordKey{lost.ConnectionID, hub.ModelEngagement, lost.ExternalID}
	known, err := s.RecordsByKey(ctx, r.OrganizationID, []RecordKey{key}, DeletedToo)
	if err != nil || known[key].ID == "" { // its connection is gone
		return err
	}
	found, err := s.appointments(ctx, r.OrganizationID, lost.ConnectionID, []Record{known[key]})
	if err != nil {
		return err
	}
	a := &found[0]
	switch {
	case a.Deleted:
		next, err := s.nextWithCustomer(ctx, known[key], r)
		if err == nil {
			day.AddLost(v, a, next)
		}
		return err
	case day.Excludes(a) != "":
		taken, err := s.isSomebodyElses(ctx, r, key)
		if err != nil || taken { // by who has it now
			return err
		}
	case r.Link.By == hub.LinkedByMatching && (r.Link.Basis == "" || r.Link.Basis == a.Basis()):
		return nil
	}
	day.AddLost(v, a, nil)
	return nil
}

// isSomebodyElses reports whether the recording of another user is linked to a record.
func (s *Store) isSomebodyElses(ctx context.Context, r hub.Recording, key RecordKey) (bool, error) {
	return queryAny(ctx, s.db, `SELECT 1 FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 AND link_model = $3 AND link_external_id = $4
		AND user_id <> $5 AND deleted_at IS NULL LIMIT 1`, r.OrganizationID, key.ConnectionID, string(key.Model), key.ExternalID, r.UserID)
}

// nextWithCustomer is the appointment with the customer of one that was deleted that is the nearest to the recording; nil where there is none.
func (s *Store) nextWithCustomer(ctx context.Context, gone Record, r hub.Recording) (*hub.Appointment, error) {
	for _, of := range refersTo(gone) {
		nearest, err := queryAll(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND `+refColumns[of.Model][0]+` = $4 AND deleted_at IS NULL AND start_time IS NOT NULL ORDER BY ABS(start_time - $5), external_id LIMIT $6`,
			r.OrganizationID, gone.ConnectionID, string(hub.ModelEngagement), of.ExternalID, micros(r.StartedAt), sameCustomerMost)
		if err != nil {
			return nil, err
		}
		found, err := s.appointments(ctx, r.OrganizationID, gone.ConnectionID, nearest)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(found, func(a hub.Appointment) bool { return hub.CountsAsAppointment(a.ActivityType) }); i >= 0 {
			return &found[i], nil
		}
	}
	return nil, nil //nolint:nilnil // there is none
}
