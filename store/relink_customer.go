package store

import (
	"context"
	"slices"
	"time"

	"sirocco/hub"
)

// customerRefs are the models whose records say where an appointment is and whom it is with, and the column that refers to one.
var customerRefs = map[hub.Model]string{
	hub.ModelOpportunity: "opportunity_ref", hub.ModelAccount: "account_ref", hub.ModelContact: "contact_ref", hub.ModelLead: "lead_ref",
}

// widenByCustomers takes in the times of the appointments, as far back as relinkWindow, whose place or customer changed in what the
// rule weighs: their own, or those of their opportunity. An appointment is found by the first of its contacts.
func (s *relinkScope) widenByCustomers(ctx context.Context, tx Tx, now time.Time) error {
	from, until := micros(now.Add(-relinkWindow)), micros(now.Add(hub.LongestRecording))
	for model, ids := range s.customers {
		after, err := recordsNow(ctx, tx, s.organization, s.connection, model, ids)
		if err != nil {
			return err
		}
		changed := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			was, is := s.before[model][id], after[id]
			return weighAlike(&was, &is)
		})
		if len(changed) == 0 {
			continue
		}
		in, arg := tx.Dialect().In("$3", changed)
		about := customerRefs[model] + ` ` + in
		queries := []string{about}
		if model != hub.ModelOpportunity {
			queries = append(queries, `opportunity_ref IN (SELECT external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = 'OPPORTUNITY' AND `+about+`)`)
		}
		for _, condition := range queries {
			found, err := queryOne(ctx, tx, scanSpan, `SELECT MIN(start_time), MAX(COALESCE(end_time, start_time)) FROM records
				WHERE organization_id = $1 AND connection_id = $2 AND model = 'ENGAGEMENT' AND start_time >= $4 AND start_time <= $5 AND deleted_at IS NULL AND `+condition,
				s.organization, s.connection, arg, from, until)
			if err != nil {
				return err
			}
			if found.from != nil {
				s.include(fromMicros(*found.from), fromMicros(*found.until).Add(hub.AppointmentLength))
			}
		}
	}
	return nil
}

// weighAlike reports whether nothing of an appointment's opportunity or customer changed that the rule weighs.
func weighAlike(was, is *Record) bool {
	a, b := party(*was), party(*is)
	return was.ID == is.ID && placedAlike(was, is) && a.Name == b.Name && slices.Equal(a.Phones, b.Phones) && slices.Equal(refersTo(*was), refersTo(*is))
}

// placedAlike reports whether two records are at one place, and both or none there.
func placedAlike(was, is *Record) bool {
	same := func(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
	return was.DeletedAt.Equal(is.DeletedAt) && same(was.Details.Latitude, is.Details.Latitude) && same(was.Details.Longitude, is.Details.Longitude) &&
		party(*was).Street == party(*is).Street
}
