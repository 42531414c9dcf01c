package store

import (
	"context"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// projectReach is how far from the last change of a project recordings are looked at again for it.
const projectReach = 3 * 24 * time.Hour

// placesLook bounds how many recordings, the latest ones, are looked at for whether they are about a place before it is asked for
// another look at all that are older.
const placesLook = 2000

// widenByProjects takes in the times about which the projects changed in the CRM, as far back as relinkWindow, and the
// recordings that are linked to them.
func (s *relinkScope) widenByProjects(ctx context.Context, tx Tx, now time.Time) error {
	in, arg := tx.Dialect().In("$4", s.projects)
	changed, err := queryOne(ctx, tx, scanSpan, `SELECT MIN(modified_at), MAX(modified_at) FROM records
		WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in, s.organization, s.connection, string(hub.ModelOpportunity), arg)
	if err != nil {
		return err
	}
	if changed.from != nil {
		from, until := fromMicros(*changed.from).Add(-projectReach), fromMicros(*changed.until).Add(projectReach)
		if earliest := now.Add(-relinkWindow); from.Before(earliest) {
			from = earliest
		}
		if until.After(from) {
			s.include(from, until)
		}
	}
	linked, err := linkedSpan(ctx, tx, s.organization, s.connection, hub.ModelOpportunity, s.projects)
	if err != nil {
		return err
	}
	if linked.from != nil {
		s.include(fromMicros(*linked.from), fromMicros(*linked.until))
	}
	return s.widenByPlaces(ctx, tx, now)
}

// widenByPlaces takes in the recordings about the places, and of the contacts, of projects of which something changed by which a
// recording links to them: however long ago nothing but the change is, since a recording may have waited for it.
func (s *relinkScope) widenByPlaces(ctx context.Context, tx Tx, now time.Time) error {
	after, err := recordsNow(ctx, tx, s.organization, s.connection, hub.ModelOpportunity, s.projects)
	if err != nil {
		return err
	}
	var changed []Record // as they were and as they are
	for _, id := range s.projects {
		was, is := s.before[hub.ModelOpportunity][id], after[id]
		if s.staffed || s.met || !linksAlike(&was, &is) {
			changed = append(changed, was, is)
		}
	}
	changed = slices.DeleteFunc(changed, func(p Record) bool { return p.ID == "" })
	if len(changed) == 0 {
		return nil
	}
	region, err := phoneRegion(ctx, tx, s.organization, "")
	if err != nil {
		return err
	}
	parties, err := s.partiesOf(ctx, tx, changed)
	if err != nil {
		return err
	}
	since := micros(now.Add(-relinkWindow))
	unread, err := queryAll(ctx, tx, scanCount, `SELECT started_at FROM recordings WHERE organization_id = $1 AND started_at >= $2 ORDER BY started_at DESC LIMIT 1 OFFSET $3`,
		s.organization, since, placesLook)
	if err != nil {
		return err
	}
	if len(unread) > 0 { // all of those are looked at in the background
		s.include(fromMicros(since), fromMicros(unread[0]))
		since = unread[0]
	}
	// Those that the rule may link, and that have a place or a customer by which it could.
	waiting, err := queryAll(ctx, tx, scanPlaced, `SELECT latitude, longitude, contact_name, contact_phone, started_at, ended_at FROM recordings WHERE organization_id = $1 AND started_at >= $2
		AND link_by IN ('', 'OFFERED', 'MATCHING') AND written_at IS NULL AND deleted_at IS NULL AND (latitude IS NOT NULL OR contact_name <> '' OR contact_phone <> '')`,
		s.organization, since)
	if err != nil {
		return err
	}
	named := hub.Naming(parties, region)
	for i := range waiting {
		r := &waiting[i]
		if slices.ContainsFunc(changed, func(p Record) bool { return near(r, &p) }) || named(r) {
			s.include(r.StartedAt, r.EndedAt)
		}
	}
	return nil
}

// scanPlaced scans of a recording what says whether it is about a place or of a contact, and no text of it.
func scanPlaced(r database.Row) (hub.Recording, error) {
	var rec hub.Recording
	var started, ended int64
	err := r.Scan(&rec.Latitude, &rec.Longitude, &rec.ContactName, &rec.ContactPhone, &started, &ended)
	rec.StartedAt, rec.EndedAt = fromMicros(started), fromMicros(ended)
	return rec, err
}

// linksAlike reports whether nothing of a project changed that says which recordings are of it: but for when it was worked
// on, which has its own reach.
func linksAlike(was, is *Record) bool {
	return placedAlike(was, is) && deref(was.Details.Archived) == deref(is.Details.Archived) && was.Refs == is.Refs &&
		slices.Equal(was.Details.OtherContacts, is.Details.OtherContacts)
}

// partiesOf are the customers of projects.
func (s *relinkScope) partiesOf(ctx context.Context, tx Tx, projects []Record) ([]hub.Party, error) {
	var ids []string
	for _, p := range projects {
		for _, k := range refersTo(p) {
			if k.Model == hub.ModelContact {
				ids = append(ids, k.ExternalID)
			}
		}
	}
	contacts, err := recordsNow(ctx, tx, s.organization, s.connection, hub.ModelContact, ids)
	var parties []hub.Party
	for _, c := range contacts {
		parties = append(parties, party(c))
	}
	return parties, err
}
