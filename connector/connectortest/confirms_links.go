package connectortest

import (
	"slices"
	"testing"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/simulator"
)

// confirmsLinks asks for what a link rests on, before and after it changes at the vendor: what is told must be what is so
// now, with all who are on it, and no answer must be none.
func confirmsLinks(t *testing.T, c connector.Connector, crm NewCRM) {
	confirmer, ok := c.(connector.Confirmer)
	if !ok {
		t.Skip("the vendor cannot be asked what is so now")
	}
	r := newRig(t, c, crm, simulator.Options{Seed: 17, Records: 30})
	model, child := hub.ModelEngagement, hub.ModelEngagementUser
	if !hasRows(r.crm, model) {
		model, child = hub.ModelOpportunity, hub.ModelOpportunityUser
	}
	held := map[hub.Model]map[string]hub.Record{}
	r.pass(connector.Query{Model: r.bringing(model), Limit: 100}, held)
	for _, m := range c.Info().Models {
		if m.Model == child {
			r.pass(connector.Query{Model: child, Limit: 100}, held)
		}
	}
	refers := func(u hub.Record) string {
		if child == hub.ModelEngagementUser {
			return u.Refs.Engagement
		}
		return u.Refs.Opportunity
	}
	of := hub.RecordRef{Model: model}
	for _, u := range values(held[child]) {
		if record := held[model][refers(u)]; !u.Deleted && record.ExternalID != "" && !record.Deleted && (of.ExternalID == "" || isAbout(r, record)) {
			of.ExternalID = refers(u)
		}
	}
	joined := len(held[child]) > 0
	for _, record := range values(held[model]) {
		if !joined && !record.Deleted && record.Refs.Owner != "" && (of.ExternalID == "" || isAbout(r, record)) { // who is on it, it says itself
			of.ExternalID = record.ExternalID
		}
	}
	if of.ExternalID == "" {
		t.Fatalf("nobody is on any %s", model)
	}
	confirm := func() (connector.Confirmed, []string) {
		t.Helper()
		found, err := confirmer.Confirm(t.Context(), r.session, of)
		if err != nil {
			t.Fatal(err)
		}
		var users []string
		for _, u := range found.Records {
			if u.Model == child && !u.Deleted && refers(u) == of.ExternalID {
				users = append(users, u.Refs.User)
			}
			if !joined && u.Model == model && u.ExternalID == of.ExternalID {
				users = append(users, u.Refs.Owner)
			}
		}
		slices.Sort(users)
		return found, users
	}
	first, users := confirm()
	var want []string
	for _, u := range values(held[child]) {
		if !u.Deleted && refers(u) == of.ExternalID {
			want = append(want, u.Refs.User)
		}
	}
	if !joined {
		want = []string{held[model][of.ExternalID].Refs.Owner}
	}
	slices.Sort(want)
	if !first.Has(of) || !slices.Equal(users, want) || joined && !slices.Contains(first.Children, child) {
		t.Errorf("it is there: %v; on it are %v, want %v; children %v", first.Has(of), users, want, first.Children)
	}
	if record := held[model][of.ExternalID]; isAbout(r, record) {
		job := record.Refs.Opportunity
		tells := func(deleted bool) {
			t.Helper()
			found, _ := confirm()
			ref := hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: job}
			absent := slices.Contains(found.Absent, ref) || slices.ContainsFunc(found.Records, func(o hub.Record) bool { return o.Model == ref.Model && o.ExternalID == job && o.Deleted })
			if found.Has(ref) == deleted || absent != deleted {
				t.Errorf("of the opportunity %s, deleted %v, that %s is about it tells %+v", job, deleted, of.ExternalID, found.Records)
			}
		}
		tells(false)
		jobRow, jobID := r.crm.Row(hub.ModelOpportunity, job)
		r.crm.Change(jobRow, jobID, func(o *hub.Record) { o.Deleted = true })
		tells(true)
		r.crm.Change(jobRow, jobID, func(o *hub.Record) { o.Deleted = false })
	}
	row, id := r.crm.Row(model, of.ExternalID)
	if planned := held[model][of.ExternalID].StartTime; !planned.IsZero() {
		r.crm.Change(row, id, func(e *hub.Record) { e.StartTime, e.EndTime = e.StartTime.AddDate(0, 0, 3), e.EndTime.AddDate(0, 0, 3) })
		moved, _ := confirm()
		for _, told := range moved.Records {
			if told.Model == model && told.ExternalID == of.ExternalID && !told.StartTime.Equal(planned.AddDate(0, 0, 3)) {
				t.Errorf("%s %s is told to be at %s after it was moved from %s by three days", model, of.ExternalID, told.StartTime, planned)
			}
		}
	}
	r.crm.Change(row, id, func(e *hub.Record) { e.Deleted = true })
	if gone, _ := confirm(); gone.Has(of) {
		t.Errorf("%s %s is told to be there after it was deleted", model, of.ExternalID)
	}
	for _, fault := range []simulator.FaultKind{simulator.ServerError, simulator.RateLimited, simulator.Drop} {
		r.crm.Faults.Script(simulator.Fault{Kind: fault})
		if found, err := confirmer.Confirm(t.Context(), r.session, of); err == nil {
			t.Errorf("%s was taken for an answer: %+v", fault, found)
		}
	}
}

// isAbout reports whether a record is about an opportunity that the vendor has.
func isAbout(r *rig, of hub.Record) bool {
	about, there := r.crm.Get(hub.ModelOpportunity, of.Refs.Opportunity)
	return of.Model == hub.ModelEngagement && there && !about.Deleted
}
