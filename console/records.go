package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// recordsPageSize is how many records a page lists.
const recordsPageSize = 50

// searchedModels are the models that are looked through, those that people look for first before the others.
var searchedModels = []hub.Model{
	hub.ModelContact, hub.ModelAccount, hub.ModelLead, hub.ModelOpportunity, hub.ModelEngagement, hub.ModelUser, hub.ModelEngagementType, hub.ModelOpportunityUser, hub.ModelEngagementUser,
}

// recordSearch is what somebody looks for among the records of one model.
type recordSearch struct {
	Model      hub.Model
	By, Text   string
	Connection string
}

// ways are the ways to look for a record.
var ways = []struct{ Value, Label string }{{"name", "Name begins with"}, {"email", "E-mail address"}, {"phone", "Telephone number"}, {"id", "The CRM's id"}}

// searchOf reads what a URL looks for.
func searchOf(v *visit) recordSearch {
	q := recordSearch{Model: hub.Model(cmp.Or(v.FormValue("model"), string(hub.ModelContact))), By: cmp.Or(v.FormValue("by"), "name"), Text: strings.TrimSpace(v.FormValue("q")), Connection: v.FormValue("connection")}
	if !slices.Contains(searchedModels, q.Model) {
		q.Model = hub.ModelContact
	}
	return q
}

// recordsPage lists records of one model.
type recordsPage struct {
	page

	Search      recordSearch
	Models      []hub.Model
	Ways        []struct{ Value, Label string }
	Connections []hub.Connection
	Found       []foundRecord
	Next        string
	// For is the recording that is to be linked to what is found; empty where nothing is. Near are the appointments nearest to it.
	For  string
	Near []candidate
}

// foundRecord is a record in a list.
type foundRecord struct {
	store.Record

	Connection hub.Connection
	// Joins is whom it joins to what, by their names; empty where it joins nobody, or they have not come.
	Joins string
}

// Title is how pages call the record.
func (r *foundRecord) Title() string { return cmp.Or(r.Joins, recordTitle(&r.Record)) }

// nameJoined finds out the names of those whom records join to something: the CRM has none for the record itself.
func (s *server) nameJoined(v *visit, found []foundRecord) error {
	ends := func(r *store.Record) (user, to store.RecordKey) {
		user = store.RecordKey{ConnectionID: r.ConnectionID, Model: hub.ModelUser, ExternalID: r.Refs.User}
		switch r.Model {
		case hub.ModelEngagementUser:
			return user, store.RecordKey{ConnectionID: r.ConnectionID, Model: hub.ModelEngagement, ExternalID: r.Refs.Engagement}
		case hub.ModelOpportunityUser:
			return user, store.RecordKey{ConnectionID: r.ConnectionID, Model: hub.ModelOpportunity, ExternalID: r.Refs.Opportunity}
		}
		return store.RecordKey{}, store.RecordKey{}
	}
	var keys []store.RecordKey
	for i := range found {
		if user, to := ends(&found[i].Record); user.ExternalID != "" && to.ExternalID != "" {
			keys = append(keys, user, to)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	joined, err := s.Store.RecordsByKey(v.Context(), v.organization.ID, keys)
	for i := range found {
		user, to := ends(&found[i].Record)
		u, came := joined[user]
		t, cameToo := joined[to]
		if came && cameToo {
			found[i].Joins = recordTitle(&u) + " · " + recordTitle(&t)
		}
	}
	return err
}

// Path is the record's page.
func (r *foundRecord) Path() string { return recordPath(&r.Record) }

// Hint is what tells records of one name apart.
func (r *foundRecord) Hint() string {
	var parts []string
	if len(r.Details.Addresses) > 0 {
		parts = append(parts, address(r.Details.Addresses[0]))
	}
	parts = append(parts, emails(&r.Details)...)
	parts = append(parts, r.Details.Phones...)
	parts = append(parts, r.Details.Status, r.Details.Stage)
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " · ")
}

func recordTitle(r *store.Record) string {
	return cmp.Or(r.Name, strings.TrimSpace(r.Details.FirstName+" "+r.Details.LastName), r.Details.Subject, r.Details.Email, r.ExternalID)
}

func recordPath(r *store.Record) string { return "/records/" + string(r.Model) + "/" + r.ID }

func address(a hub.Address) string {
	parts := []string{a.Street, a.City, strings.TrimSpace(a.State + " " + a.Zip), a.Country}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// emails are all e-mail addresses of a record, each once.
func emails(d *hub.Details) []string {
	all := slices.Clone(d.Emails)
	if d.Email != "" && !slices.Contains(all, d.Email) {
		all = append([]string{d.Email}, all...)
	}
	return all
}

func (s *server) showRecords(w http.ResponseWriter, v *visit) error {
	shown := &recordsPage{page: s.page(v, "Records"), Search: searchOf(v), Models: searchedModels, Ways: ways}
	if err := s.search(v, shown); err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "records", shown)
}

// showLinkSearch looks for the record that a recording is to be linked to.
func (s *server) showLinkSearch(w http.ResponseWriter, v *visit) error {
	r, err := s.Store.RecordingHead(v.Context(), v.organization.ID, v.PathValue("recording"))
	if err != nil {
		return err
	}
	shown := &recordsPage{page: s.page(v, "Link by hand: "+cmp.Or(r.Title, "a recording")), Search: searchOf(v), Models: linkedModels, Ways: ways, For: r.ID}
	if v.FormValue("model") == "" {
		shown.Search.Model = hub.ModelEngagement
	}
	if err := s.search(v, shown); err != nil {
		return err
	}
	if shown.Search.Text == "" {
		if shown.Near, err = s.nearOnes(v, &r); err != nil {
			return err
		}
	}
	return s.render(w, v, http.StatusOK, "records", shown)
}

const (
	// nearTime is how far from a recording an appointment may be that is offered without being searched for, nearMost how many are.
	nearTime, nearMost = 3 * 24 * time.Hour, 12
)

// nearOnes are the rep's appointments about the time of a recording, the nearest first.
func (s *server) nearOnes(v *visit, r *hub.Recording) ([]candidate, error) {
	keys, err := s.Store.CRMUsersOf(v.Context(), r.OrganizationID, r.UserID)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	var rep []hub.CRMUser
	for _, k := range keys {
		rep = append(rep, hub.CRMUser{ConnectionID: k.ConnectionID, ExternalID: k.ExternalID})
	}
	found, err := s.Store.Appointments(v.Context(), r.OrganizationID, rep, r.StartedAt.Add(-nearTime), r.StartedAt.Add(nearTime))
	if err != nil {
		return nil, err
	}
	of, err := s.connectionsByID(v)
	if err != nil {
		return nil, err
	}
	var near []candidate
	for _, a := range found {
		if c := newCandidate(r, hub.Choice{Model: hub.ModelEngagement, Appointment: a}, of.byID); c.Takeable && !a.Start.IsZero() {
			near = append(near, c)
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int {
		return cmp.Compare(a.Appointment.Start.Sub(r.StartedAt).Abs(), b.Appointment.Start.Sub(r.StartedAt).Abs())
	})
	return near[:min(len(near), nearMost)], nil
}

// linkedModels are the models that a recording can be linked to.
var linkedModels = []hub.Model{hub.ModelEngagement, hub.ModelOpportunity, hub.ModelContact, hub.ModelAccount, hub.ModelLead}

// search finds what a page looks for.
func (s *server) search(v *visit, shown *recordsPage) error {
	of, err := s.connectionsByID(v)
	if err != nil {
		return err
	}
	shown.Connections = of.all
	var after *store.Record
	if id := v.FormValue("after"); id != "" {
		last, err := s.Store.Record(v.Context(), v.organization.ID, shown.Search.Model, id)
		if err != nil {
			return err
		}
		after = &last
	}
	found, err := s.find(v, &shown.Search, after)
	if err = ignoreCut(err); err != nil {
		return err
	}
	if len(found) > recordsPageSize {
		found = found[:recordsPageSize]
		shown.Next = shown.Here("after", found[len(found)-1].ID)
	}
	for _, r := range found {
		shown.Found = append(shown.Found, foundRecord{Record: r, Connection: of.byID[r.ConnectionID]})
	}
	return s.nameJoined(v, shown.Found)
}

func (s *server) find(v *visit, q *recordSearch, after *store.Record) ([]store.Record, error) {
	switch ctx, organization := v.Context(), v.organization.ID; {
	case q.Text == "":
	case q.By == "email":
		return s.Store.RecordsByEmail(ctx, organization, q.Model, q.Text, q.Connection, after, recordsPageSize+1)
	case q.By == "phone":
		return s.Store.RecordsByPhone(ctx, organization, q.Model, q.Text, q.Connection, after, recordsPageSize+1)
	case q.By == "id":
		f := store.RecordFilter{Model: q.Model, ConnectionID: q.Connection, ExternalID: q.Text, Limit: recordsPageSize + 1}
		if after != nil {
			f.After = after.ID
		}
		return s.Store.Records(ctx, organization, f)
	}
	return s.Store.RecordsByName(v.Context(), v.organization.ID, q.Model, q.Text, q.Connection, after, recordsPageSize+1)
}
