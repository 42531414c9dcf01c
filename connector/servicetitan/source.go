package servicetitan

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// list is one of the vendor's lists.
type list struct {
	api, path string
	// right is the scope that an app needs for it.
	right string
	// query is what is always asked, such as for inactive rows too.
	query url.Values
	// counted says that the list takes no sort, so that its pages can only be counted.
	counted bool
	// what is what it tells of records of other lists, for people: where the app may not read it, what is known of that stays.
	what string
}

var inactiveToo = url.Values{"active": {"Any"}}

var (
	technicians  = list{api: "settings", path: "technicians", right: "tn.stt.technicians:r", query: inactiveToo, counted: true}
	employees    = list{api: "settings", path: "employees", right: "tn.stt.employees:r", query: inactiveToo, counted: true}
	customers    = list{api: "crm", path: "customers", right: "tn.crm.customers:r", query: inactiveToo}
	contacts     = list{api: "crm", path: "customers/contacts", right: "tn.crm.customers:r", counted: true, what: "the phones and e-mails of customers"}
	merged       = list{api: "crm", path: "export/customers", right: "tn.crm.customers:r", query: url.Values{"includeRecentChanges": {"true"}}}
	locations    = list{api: "crm", path: "locations", right: "tn.crm.locations:r", query: inactiveToo, what: "the places of jobs"}
	leads        = list{api: "crm", path: "leads", right: "tn.crm.leads:r"}
	jobs         = list{api: "jpm", path: "jobs", right: "tn.jpm.jobs:r"}
	estimates    = list{api: "sales", path: "estimates", right: "tn.sal.estimates:r", query: inactiveToo, what: "what became of jobs"}
	appointments = list{api: "jpm", path: "appointments", right: "tn.jpm.appointments:r", query: inactiveToo}
	events       = list{api: "dispatch", path: "non-job-appointments", right: "tn.dis.nonjobappointments:r"}
	assignments  = list{api: "dispatch", path: "appointment-assignments", right: "tn.dis.appointmentassignments:r", query: inactiveToo}
)

// source is a list that a model is read from.
type source struct {
	list
	// read turns the list's rows into the model's records on the page.
	read func(ctx context.Context, s *connector.Session, page *connector.Page, rows []json.RawMessage) error
	// prefix stands before the ids of records from a second list, so that they are not taken for those of the first.
	prefix string
	// changes says that the list's rows belong to records of other lists, which are read anew where one of its rows
	// changed: a run from the beginning has no use for it.
	changes bool
	// extra says that the model goes on without the list where the app lacks its scope.
	extra bool
	// feed says that the list is an export feed, whose pages begin at a day or where the one before ended.
	feed bool
	// most bounds how many rows are asked for at a time; zero leaves it to the query.
	most int
}

// What stands before the ids of records from second lists.
const (
	employeePrefix = "employee:"
	eventPrefix    = "nonjob:"
)

// sources are where the records of each model are, one after another.
var sources = map[hub.Model][]source{
	hub.ModelUser: {
		{list: technicians, read: readUsers("")},
		{list: employees, read: readUsers(employeePrefix), prefix: employeePrefix, extra: true},
	},
	hub.ModelAccount: {
		{list: customers, read: readCustomers},
		{list: contacts, read: readCustomersOfContacts, changes: true, extra: true},
		{list: merged, read: readMerged, changes: true, extra: true, feed: true},
	},
	hub.ModelLead: {{list: leads, read: readLeads}},
	hub.ModelOpportunity: {
		{list: jobs, read: readJobs},
		{list: estimates, read: readJobsOfEstimates, changes: true, extra: true},
		{list: locations, read: readJobsOfLocations, changes: true, extra: true, most: 20},
	},
	hub.ModelEngagement: {
		{list: appointments, read: readAppointments},
		{list: events, read: readEvents, prefix: eventPrefix, extra: true},
	},
	hub.ModelEngagementUser: {{list: assignments, read: readAssignments}},
}

// place is where a page begins: in which of the model's sources, at a time of creation, and at which page of the rows
// from then on.
type place struct {
	source int
	// created is, in a feed, the vendor's own word for the place.
	created string
	number  int
	// counted says that the source turned out not to heed times of creation.
	counted bool
}

// placeOf reads a place; one that an earlier version kept has no source.
func placeOf(next string) place {
	parts := strings.Split(next, "|")
	if len(parts) == 2 {
		parts = append([]string{"0"}, parts...)
	}
	p := place{number: 1}
	if len(parts) < 3 {
		return p
	}
	p.created, p.counted = parts[1], len(parts) > 3
	if n, err := strconv.Atoi(parts[0]); err == nil && n > 0 {
		p.source = n
	}
	if n, err := strconv.Atoi(parts[2]); err == nil && n > 0 {
		p.number = n
	}
	return p
}

func (p place) String() string {
	text := strconv.Itoa(p.source) + "|" + p.created + "|" + strconv.Itoa(p.number)
	if p.counted {
		text += "|counted"
	}
	return text
}

// after is the place after a page that began at p, which has rows of those times of creation.
func (p place) after(created []time.Time) place {
	from, _ := connector.ParseTime(p.created) // empty is the beginning of time
	for _, at := range created {
		if at.Before(from) { // the list does not heed what was asked, and began again with its first page
			return place{source: p.source, number: 2, counted: true}
		}
	}
	if len(created) == 0 || p.counted {
		p.number++
		return p
	}
	if !slices.IsSortedFunc(created, time.Time.Compare) { // nor the order: what is behind the last may be older than it
		next := place{source: p.source, number: 1, counted: true}
		if p.created == "" {
			next.number = p.number + 1
		}
		return next
	}
	last := hub.WireTime(created[len(created)-1])
	if last == p.created { // a whole page of one instant: go on with the next page of it
		p.number++
		return p
	}
	return place{source: p.source, created: last, number: 1}
}

// Fetch implements connector.Connector. A source that ends before the page is full is followed by the next one, so that
// a run with little news takes one page.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	var page connector.Page
	from := sources[q.Model]
	for at := placeOf(q.Next); at.source < len(from); at = (place{source: at.source + 1, number: 1}) {
		src := from[at.source]
		if src.changes && q.Since.IsZero() {
			continue
		}
		if len(page.Records)+len(page.Rejected) >= q.Limit {
			page.Next, page.More = at.String(), true
			return page, nil
		}
		before := page
		next, more, err := src.fetch(ctx, s, q, at, &page)
		if src.extra && connector.IsKind(err, connector.Forbidden) {
			src.mayNotRead(&page, err)
			continue
		}
		if before.MeetsLater(ctx, err) {
			before.Next, before.More = at.String(), true
			return before, nil
		}
		if err != nil {
			return connector.Page{}, err
		}
		if more {
			page.Next, page.More = next.String(), true
			return page, nil
		}
	}
	return page, nil
}

// mayNotRead says on the page which right is missing for what the list tells of the page's records.
func (l list) mayNotRead(page *connector.Page, denied error) {
	if l.what == "" || denied == nil {
		return
	}
	if said := denied.Error() + ". What is known of " + l.what + " stays as it is."; !strings.Contains(page.Note, said) {
		page.Note = strings.TrimSpace(page.Note + " " + said)
	}
}

// fetch adds the rows from a place on to the page, and returns the place after them.
func (src source) fetch(ctx context.Context, s *connector.Session, q connector.Query, at place, page *connector.Page) (next place, more bool, err error) {
	size := min(q.Limit, maxPageSize)
	if src.most > 0 {
		size = min(size, src.most)
	}
	query := url.Values{}
	if src.feed {
		return src.follow(ctx, s, q, at, page)
	}
	if src.counted { // few, and in no order that is known: all on one page, where they can be
		size = countedMost
	} else {
		query.Set("sort", "+CreatedOn")
		if at.created != "" && !at.counted {
			query.Set("createdOnOrAfter", at.created)
		}
	}
	query.Set("page", strconv.Itoa(at.number))
	query.Set("pageSize", strconv.Itoa(size))
	if !q.Since.IsZero() {
		query.Set("modifiedOnOrAfter", hub.WireTime(q.Since))
	}
	got, err := ask(ctx, s, src.list, query)
	if err != nil {
		return at, false, err
	}
	if page.AsOf.IsZero() {
		page.AsOf = got.date
	}
	rows, created := news(got.rows, q.Since)
	if at.number > 1 { // where rows of the page before went meanwhile, others moved into it
		query.Set("page", strconv.Itoa(at.number-1))
		again, err := ask(ctx, s, src.list, query)
		if err != nil {
			return at, false, err
		}
		met := map[string]bool{}
		for _, raw := range got.rows {
			met[rowID(raw)] = true
		}
		before, _ := news(again.rows, q.Since)
		rows = append(rows, slices.DeleteFunc(before, func(raw json.RawMessage) bool { return met[rowID(raw)] })...)
	}
	if err := src.append(ctx, s, page, rows); err != nil {
		return at, false, err
	}
	if src.counted {
		created = nil
	}
	return at.after(created), got.more, nil
}

// follow adds what a feed has from a place on to the page, and returns the place after it.
func (src source) follow(ctx context.Context, s *connector.Session, q connector.Query, at place, page *connector.Page) (next place, more bool, err error) {
	from := q.Since.UTC().Format(time.DateOnly)
	if at.created != "" {
		if from, err = url.QueryUnescape(at.created); err != nil {
			return at, false, connector.Fail(connector.Refused, service, "the place in the feed of %s is none", src.path)
		}
	}
	got, err := ask(ctx, s, src.list, url.Values{"from": {from}})
	if err != nil {
		return at, false, err
	}
	rows, _ := news(got.rows, q.Since)
	at.created = url.QueryEscape(got.next) // it may hold what parts a place
	return at, got.more, src.append(ctx, s, page, rows)
}

// append adds what rows of the source are to the page. Those that cannot be read have the ids that their records have.
func (src source) append(ctx context.Context, s *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	before := len(page.Rejected)
	err := src.read(ctx, s, page, rows)
	for i := range page.Rejected[before:] {
		if item := &page.Rejected[before+i]; item.ExternalID != "" {
			item.ExternalID = src.prefix + item.ExternalID
		}
	}
	return err
}

// stamps are when a row was made and changed.
type stamps struct {
	CreatedOn  connector.Stamp `json:"createdOn"`
	ModifiedOn connector.Stamp `json:"modifiedOn"`
}

// news returns the rows but for those that changed before since: a list that does not know the question for them
// answers with all it has. The times of creation are those of all rows.
func news(rows []json.RawMessage, since time.Time) (fresh []json.RawMessage, created []time.Time) {
	for _, raw := range rows {
		var row stamps
		if err := json.Unmarshal(raw, &row); err == nil {
			if !row.CreatedOn.IsZero() {
				created = append(created, row.CreatedOn.Time)
			}
			if !row.ModifiedOn.IsZero() && row.ModifiedOn.Before(since) {
				continue
			}
		}
		fresh = append(fresh, raw)
	}
	return fresh, created
}
