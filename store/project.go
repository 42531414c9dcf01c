package store

import (
	"context"
	"math"
	"time"

	"sirocco/hub"
)

const (
	// maxProjects bounds how many projects of one connection are looked at, those worked on the nearest to the talk.
	maxProjects = 2000
	// nearProjects is how far away, in meters, a project is weighed that nothing but its place could speak for.
	nearProjects = 3000
)

// Projects returns the projects that a talk of the day may be of, over all connections in which the rep is somebody and
// whose platform has no appointments, with all that hub.MatchProject asks of them.
func (s *Store) Projects(ctx context.Context, organization string, day *hub.Day, t hub.Talk) ([]hub.Project, error) {
	of := map[string]bool{}
	for _, u := range day.Rep {
		of[u.ConnectionID] = true
	}
	connections, err := s.connectionsOf(ctx, organization, hub.HasProjects)
	if err != nil {
		return nil, err
	}
	r := t.Recording
	named := r.ContactName != "" || r.ContactPhone != "" || len(t.Words) > 0
	var all []hub.Project
	for _, connection := range connections {
		if !of[connection] {
			continue
		}
		found, err := queryAll(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND deleted_at IS NULL`+ofLiveConnection+` ORDER BY ABS(COALESCE(modified_at, 0) - $4), external_id LIMIT $5`,
			organization, connection, string(hub.ModelOpportunity), micros(r.StartedAt), maxProjects)
		if err != nil {
			return nil, err
		}
		kept := found[:0]
		for i := range found {
			if named || near(r, &found[i]) {
				kept = append(kept, found[i])
			}
		}
		projects, err := s.projects(ctx, organization, connection, kept)
		if err != nil {
			return nil, err
		}
		all = append(all, projects...)
	}
	return all, nil
}

// near reports whether a recording was made about where a record is.
func near(r *hub.Recording, rec *Record) bool {
	d := rec.Details
	if r.Latitude == nil || r.Longitude == nil || d.Latitude == nil || d.Longitude == nil {
		return false
	}
	const degree = 111_195 // meters
	north := (*d.Latitude - *r.Latitude) * degree
	east := math.Remainder(*d.Longitude-*r.Longitude, 360) * degree * math.Cos(*r.Latitude*math.Pi/180)
	return math.Hypot(north, east) <= nearProjects
}

// projects puts together what is known of some opportunities of one connection: their users and contacts.
func (s *Store) projects(ctx context.Context, organization, connection string, opportunities []Record) ([]hub.Project, error) {
	if len(opportunities) == 0 {
		return nil, nil
	}
	ids := make([]string, len(opportunities))
	var keys []RecordKey
	for i := range opportunities {
		ids[i] = opportunities[i].ExternalID
		keys = append(keys, refersTo(opportunities[i])...)
	}
	known, err := s.RecordsByKey(ctx, organization, keys)
	if err != nil {
		return nil, err
	}
	joined, err := s.Joined(ctx, organization, connection, hub.ModelOpportunityUser, ids)
	if err != nil {
		return nil, err
	}
	users := map[string][]hub.CRMUser{}
	for _, j := range joined {
		users[j.Refs.Opportunity] = append(users[j.Refs.Opportunity], hub.CRMUser{ConnectionID: connection, ExternalID: j.Refs.User})
	}
	all := make([]hub.Project, len(opportunities))
	for i := range opportunities {
		o := &opportunities[i]
		p := hub.Project{
			ConnectionID: connection, ExternalID: o.ExternalID, ID: o.ID, Name: o.Name, ActiveAt: o.ModifiedAt, Users: users[o.ExternalID],
			Archived: o.Details.Archived != nil && *o.Details.Archived, Latitude: o.Details.Latitude, Longitude: o.Details.Longitude,
		}
		if made, err := time.Parse(time.RFC3339, o.Details.CreatedAt); err == nil {
			p.MadeAt = made
		}
		if o.Refs.Owner != "" && len(p.Users) == 0 { // who is assigned works on it, whoever made it
			p.Users, p.Owned = []hub.CRMUser{{ConnectionID: connection, ExternalID: o.Refs.Owner}}, true
		}
		for _, k := range refersTo(*o) {
			if c := known[k]; c.ID != "" && c.DeletedAt.IsZero() {
				p.Parties = append(p.Parties, party(c))
			}
		}
		if len(o.Details.Addresses) > 0 {
			p.Parties = append(p.Parties, hub.Party{Street: o.Details.Addresses[0].Street})
		}
		all[i] = p
	}
	return all, nil
}
