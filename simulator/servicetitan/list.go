package servicetitan

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

const maxPageSize = 5000

// list is one of the vendor's lists of rows.
type list struct {
	path string
	m    hub.Model
	// active says that the list knows the parameter for inactive rows, and hides them unless it is asked for them;
	// other lists have them all or none.
	active bool
	// all says that inactive rows are in the list anyway.
	all bool
	// unsorted says that the list takes no sort.
	unsorted bool
}

var lists = []list{
	{path: "/settings/v2/tenant/{tenant}/technicians", m: hub.ModelUser, active: true, unsorted: true},
	{path: "/settings/v2/tenant/{tenant}/employees", m: simulator.Employee, active: true, unsorted: true},
	{path: "/crm/v2/tenant/{tenant}/customers", m: hub.ModelAccount, active: true},
	{path: "/crm/v2/tenant/{tenant}/locations", m: simulator.Location, active: true},
	{path: "/crm/v2/tenant/{tenant}/leads", m: hub.ModelLead},
	{path: "/jpm/v2/tenant/{tenant}/jobs", m: hub.ModelOpportunity},
	{path: "/jpm/v2/tenant/{tenant}/appointments", m: hub.ModelEngagement, active: true},
	{path: "/dispatch/v2/tenant/{tenant}/appointment-assignments", m: hub.ModelEngagementUser, active: true},
	{path: "/dispatch/v2/tenant/{tenant}/non-job-appointments", m: simulator.Event, all: true},
	{path: "/sales/v2/tenant/{tenant}/estimates", m: simulator.Estimate, active: true},
}

// answer answers with a page of the rows in the order of their creation.
func (l list) answer(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	q := r.URL.Query()
	number, size, ok := page(w, q)
	if !ok {
		return
	}
	since, _ := time.Parse(time.RFC3339, q.Get("modifiedOnOrAfter")) // checked against the description
	from, _ := time.Parse(time.RFC3339, q.Get("createdOnOrAfter"))
	keep := l.filter(q, from)
	if ids := q.Get("ids"); ids != "" {
		l.answerIDs(w, s, strings.Split(ids, ","), keep)
		return
	}
	listing := simulator.Listing{
		Model: l.m, From: numberOf(from), Since: since, HideDeleted: !l.shows(q), Skip: (number - 1) * size, Limit: size, Keep: keep,
	}
	if sort := q.Get("sort"); l.unsorted || strings.HasPrefix(sort, "-") || q.Get("locationId") != "" {
		listing.ByChange, listing.From, listing.Skip, listing.Limit = sort == "-ModifiedOn", 0, 0, math.MaxInt
		rows, _, _ := s.List(listing)
		slices.Reverse(rows) // without a sort the order is nothing to rely on
		writeRows(w, s, rows, number, size)
		return
	}
	rows, _, more := s.List(listing)
	items := make([]map[string]any, len(rows))
	for i, row := range rows {
		items[i] = show(s, row)
	}
	write(w, items, number, size, more)
}

// shows reports whether inactive rows are wanted and can be shown.
func (l list) shows(q url.Values) bool { return l.all || l.active && q.Get("active") == "Any" }

// filter is what the list's own parameters ask for.
func (l list) filter(q url.Values, from time.Time) func(hub.Record) bool {
	location, visits := q.Get("locationId"), q.Get("appointmentIds")
	return func(r hub.Record) bool {
		if visits != "" && !slices.Contains(strings.Split(visits, ","), r.Refs.Engagement) {
			return false
		}
		if r.Model == hub.ModelAccount && r.MergedInto != "" { // those are in the feed only
			return false
		}
		return !created(r.ExternalID).Before(from) && (location == "" || location == locationOf(r))
	}
}

func (l list) answerIDs(w http.ResponseWriter, s *simulator.Server, ids []string, keep func(hub.Record) bool) {
	if len(ids) > 50 {
		writeProblem(w, http.StatusBadRequest, "at most 50 ids")
		return
	}
	items := []map[string]any{}
	for _, id := range ids {
		if row, ok := s.Get(l.m, id); ok && (!row.Deleted || l.all || l.active) && keep(row) {
			items = append(items, show(s, row))
		}
	}
	write(w, items, 1, maxPageSize, false)
}

// writeRows answers with a page of rows that are all there.
func writeRows(w http.ResponseWriter, s *simulator.Server, rows []hub.Record, number, size int) {
	part, _, more := simulator.Part(rows, (number-1)*size, size)
	items := []map[string]any{}
	for _, row := range part {
		items = append(items, show(s, row))
	}
	write(w, items, number, size, more)
}

// listContacts answers with the ways to reach customers, which change with them here.
func listContacts(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	q := r.URL.Query()
	number, size, ok := page(w, q)
	if !ok {
		return
	}
	since, err := time.Parse(time.RFC3339, q.Get("modifiedOnOrAfter"))
	if err != nil {
		writeProblem(w, http.StatusBadRequest, "Either modifiedBefore or modifiedOnOrAfter parameter must be specified")
		return
	}
	items := []map[string]any{}
	if ids := q.Get("customerIds"); ids != "" {
		for id := range strings.SplitSeq(ids, ",") {
			row, ok := s.Get(hub.ModelAccount, id)
			if ok && row.Deleted {
				writeProblem(w, http.StatusConflict, "Customer ID = "+id+" is not active")
				return
			}
			if ok && !row.ModifiedAt.Before(since) {
				items = append(items, showContacts(row)...)
			}
		}
	} else {
		rows, _, _ := s.List(simulator.Listing{Model: hub.ModelAccount, Since: since, HideDeleted: true, Limit: math.MaxInt})
		for _, row := range rows {
			items = append(items, showContacts(row)...)
		}
	}
	part, _, more := simulator.Part(items, (number-1)*size, size)
	write(w, part, number, size, more)
}

// exportCustomers is the feed of customers: inactive and merged ones too, in the order of change.
func exportCustomers(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	listing := simulator.Listing{Model: hub.ModelAccount, ByChange: true, Limit: 100}
	from := r.URL.Query().Get("from")
	if place, ok := strings.CutPrefix(from, "at|"); ok {
		listing.From, _ = strconv.Atoi(place) // made here
	} else if day, err := time.Parse(time.DateOnly, from); err == nil {
		listing.Since = day
	} else if from != "" {
		writeProblem(w, http.StatusBadRequest, "Invalid token")
		return
	}
	rows, next, more := s.List(listing)
	items := make([]map[string]any, len(rows))
	for i, row := range rows {
		items[i] = show(s, row)
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"hasMore": more, "continueFrom": "at|" + strconv.Itoa(next), "data": items})
}

// page reads the number and the size of the page asked for.
func page(w http.ResponseWriter, q url.Values) (number, size int, ok bool) {
	number, size = 1, 50
	if n, err := strconv.Atoi(q.Get("page")); err == nil {
		number = n
	}
	if n, err := strconv.Atoi(q.Get("pageSize")); err == nil {
		size = n
	}
	if number < 1 || size < 1 || size > maxPageSize {
		writeProblem(w, http.StatusBadRequest, "a page that cannot be")
		return 0, 0, false
	}
	return number, size, true
}

func write(w http.ResponseWriter, items []map[string]any, number, size int, more bool) {
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"page": number, "pageSize": size, "hasMore": more, "data": items})
}

// firstCreated is when row 0 of each model was created; the others follow, pace apart.
var firstCreated = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)

const pace = time.Second

// rowNumbers is how many numbers the ids of one model have.
const rowNumbers = 100_000_000

func created(id string) time.Time {
	return firstCreated.Add(pace * time.Duration(number(id)%rowNumbers))
}

// numberOf is the first row created at a time or later.
func numberOf(at time.Time) int {
	if !at.After(firstCreated) {
		return 0
	}
	return int((at.Sub(firstCreated) + pace - 1) / pace)
}

// number is an id as the vendor writes it; 0 is none.
func number(id string) int64 {
	if id == "" {
		return 0
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		panic("simulator: a record has the id " + id)
	}
	return n
}

// twin is the id of the row of another kind that has the same number.
func twin(id string, kind hub.Model) string {
	if id == "" {
		return ""
	}
	return strconv.FormatInt(simulator.FirstNumber(kind)+number(id)%rowNumbers, 10)
}

// locationOf is where a job is: at the place of its customer.
func locationOf(r hub.Record) string {
	if r.Model != hub.ModelOpportunity {
		return ""
	}
	return twin(r.Refs.Account, simulator.Location)
}
