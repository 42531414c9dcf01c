package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sirocco/hub"
)

const (
	// maxCandidates bounds how many appointments of one connection a day has, maxDayTalks how many recordings.
	maxCandidates, maxDayTalks = 500, 40
	// longestAppointment is the longest time an appointment is looked for in.
	longestAppointment = 31 * 24 * time.Hour
	// dayMargin is how long before and after a day what is of it may be.
	dayMargin = 3 * time.Hour
	// maxHeard is how many utterances of a recording are searched for names.
	maxHeard = 2000
)

// Verdict says what the rule finds for a recording now, whatever it is linked to and whoever said so: one of the rep's appointments
// or, where none fits, a project of a connection that has no appointments. Where the rule would link it no more, as the CRM says something
// else of what it had linked it to, that is offered.
func (s *Store) Verdict(ctx context.Context, r hub.Recording) (hub.Verdict, error) {
	was := r
	r.Link, r.WrittenAt, r.DeletedAt = hub.Link{}, time.Time{}, time.Time{}
	day, err := s.dayOf(ctx, r)
	if err != nil {
		return hub.Verdict{}, err
	}
	v, err := s.verdictOf(ctx, &day)
	if err != nil || v.Linked || v.Holds(was.Link) || !was.MayBeMatched() {
		return v, err
	}
	return v, s.addLost(ctx, &day, was, &v)
}

// verdictOf is the verdict over the first talk of a day.
func (s *Store) verdictOf(ctx context.Context, day *hub.Day) (hub.Verdict, error) {
	v := hub.MatchDay(day)[0]
	if v.Linked || v.Offered || len(day.Rep) == 0 {
		return v, nil
	}
	projects, err := s.Projects(ctx, day.Talks[0].Recording.OrganizationID, day, day.Talks[0])
	if err != nil || len(projects) == 0 {
		return v, err
	}
	of := hub.MatchProject(day, day.Talks[0], projects)
	if !of.Linked && !of.Offered {
		v.Reason += " " + of.Reason
		return v, nil
	}
	of.Context = v.Context
	return of, nil
}

// dayOf puts together the rep's day of a recording; it is the first of its talks.
func (s *Store) dayOf(ctx context.Context, r hub.Recording) (hub.Day, error) {
	o, err := s.Organization(ctx, r.OrganizationID)
	if err != nil {
		return hub.Day{}, err
	}
	day := hub.Day{Zone: o.Details.Zone(), Region: o.Details.PhoneRegion, Talks: []hub.Talk{{Recording: &r}}}
	keys, err := s.CRMUsersOf(ctx, r.OrganizationID, r.UserID)
	if err != nil || len(keys) == 0 {
		return day, err
	}
	for _, k := range keys {
		day.Rep = append(day.Rep, hub.CRMUser{ConnectionID: k.ConnectionID, ExternalID: k.ExternalID})
	}
	at := r.StartedAt.In(day.Zone)
	from := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, day.Zone)
	until := from.AddDate(0, 0, 1)
	if r.EndedAt.After(until) {
		until = r.EndedAt
	}
	from, until = from.Add(-dayMargin), until.Add(dayMargin)
	if day.Appointments, err = s.Appointments(ctx, r.OrganizationID, day.Rep, from, until); err != nil {
		return day, err
	}
	others, err := s.talksOf(ctx, r, from, until)
	if err != nil {
		return day, err
	}
	day.Talks = append(day.Talks, others...)
	for i := range day.Talks {
		if of := day.Talks[i].Recording; of.Processed() && of.PurgedAt.IsZero() {
			if day.Talks[i].Words, err = s.wordsOf(ctx, *of); err != nil {
				return day, err
			}
		}
	}
	if day.Beside, err = s.connectionsBeside(ctx, r.OrganizationID); err != nil {
		return day, err
	}
	day.Thresholds, err = s.thresholds(ctx, r.OrganizationID)
	return day, err
}

// connectionsBeside are those of the organization whose engagements compete with no appointment.
func (s *Store) connectionsBeside(ctx context.Context, organization string) (map[string]bool, error) {
	ids, err := s.connectionsOf(ctx, organization, hub.Platform.Inbound)
	beside := make(map[string]bool, len(ids))
	for _, id := range ids {
		beside[id] = true
	}
	return beside, err
}

// connectionsOf are the ids of the organization's connections, ordered, whose platform is of a kind.
func (s *Store) connectionsOf(ctx context.Context, organization string, kind func(hub.Platform) bool) ([]string, error) {
	var platforms []string
	for _, p := range hub.Platforms() {
		if kind(p) {
			platforms = append(platforms, string(p))
		}
	}
	in, arg := s.db.Dialect().In("$2", platforms)
	return queryAll(ctx, s.db, scanText, `SELECT id FROM connections WHERE organization_id = $1 AND platform `+in+` ORDER BY id`, organization, arg)
}

// talksOf are the rep's other recordings that begin between the times, the nearest to the recording.
func (s *Store) talksOf(ctx context.Context, r hub.Recording, from, until time.Time) ([]hub.Talk, error) {
	found, err := queryAll(ctx, s.db, scanRecording, `SELECT `+recordingColumns+` FROM recordings
		WHERE organization_id = $1 AND user_id = $2 AND started_at >= $3 AND started_at < $4 AND id <> $5 AND deleted_at IS NULL
		ORDER BY ABS(started_at - $6), id LIMIT $7`, r.OrganizationID, r.UserID, micros(from), micros(until), r.ID, micros(r.StartedAt), maxDayTalks)
	talks := make([]hub.Talk, len(found))
	for i := range found {
		talks[i].Recording = &found[i]
	}
	return talks, err
}

func (s *Store) wordsOf(ctx context.Context, r hub.Recording) ([]string, error) {
	return queryAll(ctx, s.db, scanText, `SELECT text FROM utterances WHERE organization_id = $1 AND recording_id = $2 AND position >= $4 AND position < $5 ORDER BY position LIMIT $3`,
		r.OrganizationID, r.ID, maxHeard, r.WordsFrom, r.WordsFrom+utteranceStride)
}

// Appointments returns the rep's appointments, over all connections, that have any of the time between from and until,
// with all that hub.MatchDay asks of them.
func (s *Store) Appointments(ctx context.Context, organization string, rep []hub.CRMUser, from, until time.Time) ([]hub.Appointment, error) {
	byConnection := map[string][]string{}
	for _, u := range rep {
		byConnection[u.ConnectionID] = append(byConnection[u.ConnectionID], u.ExternalID)
	}
	var all []hub.Appointment
	for connection, users := range byConnection {
		others, err := s.otherTypes(ctx, organization, connection)
		if err != nil {
			return nil, err
		}
		found, err := s.engagementsOf(ctx, organization, connection, users, others, from, until)
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

// engagementsOf returns the latest engagements of some users of a connection that have any of the time, maxCandidates at most. It reads
// on past those that are no appointments, however many they are: by the types that are others, or by what they themselves say.
func (s *Store) engagementsOf(ctx context.Context, organization, connection string, users, others []string, from, until time.Time) ([]Record, error) {
	in, arg := s.db.Dialect().In("$7", users)
	other, otherArg := s.db.Dialect().In("$10", others)
	var all []Record
	for before, after := micros(until), ""; ; {
		page, err := queryAll(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
			AND start_time >= $4 AND start_time <= $5 AND (start_time < $5 OR external_id > $11) AND (end_time >= $6 OR start_time >= $9) AND deleted_at IS NULL
			AND (type_ref IS NULL OR NOT type_ref `+other+`)
			AND (owner_ref `+in+` OR EXISTS (SELECT 1 FROM records j WHERE j.organization_id = $1 AND j.connection_id = $2
				AND j.engagement_ref = records.external_id AND j.model = 'ENGAGEMENT_USER' AND j.user_ref `+in+` AND j.deleted_at IS NULL))`+
			ofLiveConnection+` ORDER BY start_time DESC, external_id LIMIT $8`,
			organization, connection, string(hub.ModelEngagement), micros(from.Add(-longestAppointment)), before, micros(from), arg, maxCandidates,
			micros(from.Add(-hub.AppointmentLength)), otherArg, after)
		if err != nil {
			return nil, err
		}
		for i := range page {
			if e := &page[i]; e.Refs.EngagementType != "" || e.Details.ActivityType == "" || hub.CountsAsAppointment(e.Details.ActivityType) {
				all = append(all, *e)
			}
		}
		if len(page) < maxCandidates || len(all) >= maxCandidates {
			return all[:min(len(all), maxCandidates)], nil
		}
		last := page[len(page)-1]
		before, after = micros(last.StartTime), last.ExternalID
	}
}

// otherTypes are a connection's types of engagements that are no appointments, such as e-mails.
func (s *Store) otherTypes(ctx context.Context, organization, connection string) ([]string, error) {
	types, err := queryAll(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3`,
		organization, connection, string(hub.ModelEngagementType))
	others := []string{} // nil would be NULL in SQL, which no type is outside of
	for _, t := range types {
		if t.Details.ActivityType != "" && !hub.CountsAsAppointment(t.Details.ActivityType) {
			others = append(others, t.ExternalID)
		}
	}
	return others, err
}

// appointments puts together what is known of some engagements of one connection: their types, users, places and
// customers.
func (s *Store) appointments(ctx context.Context, organization, connection string, engagements []Record) ([]hub.Appointment, error) {
	ids := make([]string, len(engagements))
	var keys []RecordKey
	for i := range engagements {
		ids[i] = engagements[i].ExternalID
		keys = append(keys, RecordKey{connection, hub.ModelEngagementType, engagements[i].Refs.EngagementType})
		keys = append(keys, refersTo(engagements[i])...)
	}
	known, err := s.RecordsByKey(ctx, organization, keys)
	if err != nil {
		return nil, err
	}
	// The customer of an opportunity is that of an engagement which has none of its own.
	keys = keys[:0]
	for k, r := range known {
		if k.Model == hub.ModelOpportunity {
			keys = append(keys, refersTo(r)...)
		}
	}
	further, err := s.RecordsByKey(ctx, organization, keys)
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
			ConnectionID: connection, ExternalID: e.ExternalID, ID: e.ID, Name: cmp.Or(e.Name, e.Details.Subject), Start: e.StartTime, End: e.EndTime, AllDay: e.Details.AllDay, Deleted: e.Deleted,
			ActivityType: cmp.Or(known[RecordKey{connection, hub.ModelEngagementType, e.Refs.EngagementType}].Details.ActivityType, e.Details.ActivityType),
			Users:        users[e.ExternalID],
		}
		if e.Refs.Owner != "" {
			a.Users = append(a.Users, hub.CRMUser{ConnectionID: connection, ExternalID: e.Refs.Owner})
		}
		around := customersOf(*e, known, further)
		for _, c := range around {
			a.Parties = append(a.Parties, party(c))
		}
		// Where the work is says the engagement or its opportunity; a customer's place may be where the bill goes.
		for _, of := range append([]Record{*e, known[RecordKey{connection, hub.ModelOpportunity, e.Refs.Opportunity}]}, around...) {
			if of.Details.Latitude != nil && of.Details.Longitude != nil {
				a.Latitude, a.Longitude = of.Details.Latitude, of.Details.Longitude
				break
			}
		}
		all[i] = a
	}
	return all, nil
}

// Unread are those that an engagement refers to, itself or by its opportunity, and that no reading has brought: what they would say of its
// place, and of whom it is with, is not known.
func (s *Store) Unread(ctx context.Context, organization, connection string, engagement hub.RecordRef) ([]hub.RecordRef, error) {
	own := RecordKey{connection, engagement.Model, engagement.ExternalID}
	known, err := s.RecordsByKey(ctx, organization, []RecordKey{own})
	if err != nil {
		return nil, err
	}
	var unread []hub.RecordRef
	for refs := refersTo(known[own]); len(refs) > 0; {
		if known, err = s.RecordsByKey(ctx, organization, refs, DeletedToo); err != nil {
			return nil, err
		}
		var further []RecordKey // the opportunity of an engagement is of a customer itself
		for _, k := range refs {
			of, ref := known[k], hub.RecordRef{Model: k.Model, ExternalID: k.ExternalID}
			switch {
			case of.ID == "" && !slices.Contains(unread, ref):
				unread = append(unread, ref)
			case k.Model == hub.ModelOpportunity && !of.Deleted:
				further = append(further, refersTo(of)...)
			}
		}
		refs = slices.DeleteFunc(further, func(k RecordKey) bool { return k.Model == hub.ModelOpportunity })
	}
	return unread, nil
}

// customersOf are the accounts, contacts and leads of an engagement, its own before those of its opportunity.
func customersOf(e Record, known, further map[RecordKey]Record) []Record {
	keys := refersTo(e)
	keys = append(keys, refersTo(known[RecordKey{e.ConnectionID, hub.ModelOpportunity, e.Refs.Opportunity}])...)
	var all []Record
	for _, k := range keys {
		c := known[k]
		if c.ID == "" {
			c = further[k]
		}
		if c.ID != "" && k.Model != hub.ModelOpportunity && !slices.ContainsFunc(all, func(o Record) bool { return o.ID == c.ID }) {
			all = append(all, c)
		}
	}
	return all
}

// party is what a recording may know a customer by.
func party(c Record) hub.Party {
	p := hub.Party{Name: c.Name, Phones: c.Details.Phones}
	if p.Name == "" {
		p.Name = c.Details.FirstName + " " + c.Details.LastName
	}
	if len(c.Details.Addresses) > 0 {
		p.Street = c.Details.Addresses[0].Street
	}
	return p
}
