// Package leadperfection stands in for LeadPerfection as programs have met it: customers by windows of days in which
// something of them happened, with all their leads inside; keys in whatever case; times without a zone; refusals inside
// answers of 200; and one answer to every note, whether or not it was kept.
package leadperfection

import (
	_ "embed"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

//go:embed openapi.json
var description []byte

var spec = simulator.NewSpec(description)

// Habits are what the live servers do, or may do, that not all do.
type Habits struct {
	// Partial lets a window bring of a customer only those leads and jobs of which something happened in it.
	Partial bool
	// FirstPageOnly answers every page with the first one.
	FirstPageOnly bool
	// Capped is how many rows a page has at most, whatever was asked for; zero is no bound.
	Capped int
	// Silent answers every list of customers with an empty one.
	Silent bool
	// Leadless, while it is set, lets all customers come with an empty list of leads.
	Leadless *atomic.Bool
}

// New returns a stand-in for LeadPerfection.
func New(o simulator.Options) *simulator.Server { return NewWith(o, Habits{}) }

// NewPartial returns one whose windows bring of a customer only what happened in them.
func NewPartial(o simulator.Options) *simulator.Server { return NewWith(o, Habits{Partial: true}) }

// vendor is what the stand-in has beside its rows.
type vendor struct {
	*simulator.Server
	habits Habits
	zone   *time.Location
	// base is the day that appointments are around.
	base time.Time
	// team says that the rows are those of a team at work.
	team bool
	// reps are the names by which the list has told of reps, by id.
	reps sync.Map
	// accounts and leads are how many of these there were at first, among which leads and jobs are spread.
	accounts, leads int
}

// NewWith returns a stand-in with habits.
func NewWith(o simulator.Options, habits Habits) *simulator.Server {
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		panic(err)
	}
	v := &vendor{habits: habits, zone: zone, team: !o.Around.IsZero()}
	v.Server = simulator.New(simulator.Platform{
		Name:        hub.PlatformLeadPerfection,
		Spec:        spec,
		Unspecified: []string{tokenPath},
		Models:      []hub.Model{hub.ModelUser, hub.ModelAccount, hub.ModelLead, hub.ModelOpportunity},
		IDs:         simulator.Numbers,
		Values: func(origin string) map[string]string {
			return map[string]string{"clientId": clientID, "username": username, "password": password, "appKey": appKey, "timeZone": zoneName, "baseURL": origin}
		},
		Refuses: func(r *http.Request) int { return refuses(r, v.Now()) },
		Refusal: func(*http.Request, int) any {
			return map[string]string{"Message": "Authorization has been denied for this request."}
		},
		Denied: func(r *http.Request) any {
			action := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
			return map[string]string{"Message": "User does not have permission to execute action '" + action + "'."}
		},
		Routes:   func(mux *http.ServeMux, _ *simulator.Server) { v.routes(mux) },
		Held:     func(r hub.Record) []hub.Record { return v.held(r) },
		ID:       "cst_id CstID CST_ID emp_id EmpID EMP_ID",
		Repeat:   func(*http.Request, map[string]any) {}, // nothing points to a next page
		Statuses: []string{},
	}, o)
	v.base = v.Now().Truncate(24 * time.Hour)
	v.accounts, v.leads = len(v.Rows(hub.ModelAccount)), len(v.Rows(hub.ModelLead))
	return v.Server
}

func (v *vendor) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST "+tokenPath, func(w http.ResponseWriter, r *http.Request) { giveToken(w, r, v.Now()) })
	mux.HandleFunc("POST /api/Customers/GetLead", v.getLead)
	mux.HandleFunc("POST /api/Customers/GetCustomersByProspectID", v.getProspect)
	mux.HandleFunc("POST /api/SalesApi/ListSalesReps", v.listReps)
	mux.HandleFunc("POST /api/SalesApi/AddNotes", v.addNote)
}

// problem answers as the vendor does where something is wrong: with 200.
func problem(w http.ResponseWriter, text string) {
	simulator.WriteJSON(w, http.StatusOK, []any{map[string]any{"Result": 0, "Message": "Error: " + text}})
}

// whole are all living rows of a model.
func (v *vendor) whole(m hub.Model) []hub.Record {
	rows, _, _ := v.List(simulator.Listing{Model: m, HideDeleted: true, Limit: 1 << 30})
	return rows
}

// asked is what a request for customers asks for.
type asked struct {
	from, to             time.Time
	customer, lead       string
	issued               string
	options, start, size int
}

func readAsked(r *http.Request) (asked, bool) {
	number := func(name string) int {
		n, _ := strconv.Atoi(r.PostFormValue(name))
		return n
	}
	id := func(name string) string {
		if text := r.PostFormValue(name); text != "0" {
			return text
		}
		return ""
	}
	a := asked{customer: id("cst_id"), lead: id("lds_id"), issued: id("ils_id"), options: number("options"), start: number("StartIndex"), size: number("PageSize")}
	var err, err2 error
	a.from, err = time.Parse("01/02/2006", r.PostFormValue("startdate"))
	a.to, err2 = time.Parse("01/02/2006", r.PostFormValue("enddate"))
	return a, err == nil && err2 == nil && a.start > 0 && a.size > 0
}

func (v *vendor) getLead(w http.ResponseWriter, r *http.Request) {
	a, ok := readAsked(r)
	if !ok {
		problem(w, "Conversion failed when converting date and/or time from character string.")
		return
	}
	if v.habits.Silent || a.issued != "" {
		simulator.WriteJSON(w, http.StatusOK, []any{})
		return
	}
	var shown []map[string]any
	for _, c := range v.customers() {
		if a.customer != "" && c.ExternalID != a.customer || a.lead != "" && !slices.ContainsFunc(c.leads, func(l lead) bool { return l.ExternalID == a.lead }) {
			continue
		}
		if happened := c.in(v, a); happened {
			shown = append(shown, v.showCustomer(c, a))
		}
	}
	size, start := a.size, a.start
	if v.habits.Capped > 0 {
		size = min(size, v.habits.Capped)
	}
	if v.habits.FirstPageOnly {
		start = 1
	}
	part, _, _ := simulator.Part(shown, start-1, size)
	simulator.WriteJSON(w, http.StatusOK, append([]map[string]any{}, part...))
}

func (v *vendor) getProspect(w http.ResponseWriter, r *http.Request) {
	found := []any{}
	if row, there := v.Get(hub.ModelAccount, r.PostFormValue("ProspectID")); there && !row.Deleted {
		found = append(found, map[string]any{"ProspectID": row.ExternalID})
	}
	simulator.WriteJSON(w, http.StatusOK, found)
}

func (v *vendor) listReps(w http.ResponseWriter, _ *http.Request) {
	shown := []map[string]any{}
	for _, u := range v.whole(hub.ModelUser) {
		v.reps.Store(u.ExternalID, u.Name)
		shown = append(shown, spelled(number(u), map[string]any{
			"emp_id": u.ExternalID, "firstname": u.Details.FirstName, "lastname": u.Details.LastName, "salesrepname": u.Name, "email": u.Details.Email,
		}))
	}
	simulator.WriteJSON(w, http.StatusOK, shown)
}

// addNote answers the same whatever becomes of the note.
func (v *vendor) addNote(w http.ResponseWriter, r *http.Request) {
	target := map[string]hub.Model{"cst": hub.ModelAccount, "job": hub.ModelOpportunity}[r.PostFormValue("rectype")]
	text := r.PostFormValue("notes")
	if target != "" {
		row, there := v.Get(target, r.PostFormValue("recid"))
		if there && !row.Deleted && text != "" && !v.Notes.TooLong(text) && v.Notes.Refused() == "" {
			v.Notes.Add(target, row.ExternalID, text)
		}
	}
	simulator.WriteJSON(w, http.StatusOK, "UPDATED SUCCESSFULLY!")
}
