// Package salesforce stands in for Salesforce: an organization that is described object by object, asked in SOQL, and written
// to row by row. It speaks as much of SOQL as a sync needs and refuses the rest with the vendor's codes. Times of change count
// in whole seconds, as the vendor's do. Of the rows that are deleted every other one leaves the bin at once.
package salesforce

import (
	_ "embed" // its description and a key
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"sirocco/hub"
	"sirocco/simulator"
)

//go:embed rest.json
var rest []byte

// key is the private key of the stand-in's app: no secret of anybody.
//
//go:embed key.pem
var key string

var spec = simulator.NewSpec(rest)

const (
	version        = "/services/data/v67.0"
	clientID       = "salesforce-app-of-the-simulator"
	clientSecret   = "salesforce-secret-of-the-simulator" //nolint:gosec // the simulator's own
	username       = "integration@acme.example"
	organizationID = "00D000000000001EAA"
	// MarkerField is the external-id field that tasks have where the organization has one.
	MarkerField = "Sirocco_Marker__c"
)

// Organization is what differs between organizations, besides what they hold. All its methods may be used at once.
type Organization struct {
	s  *simulator.Server
	mu sync.Mutex
	// origin is where it listens, as whoever asked for credentials said.
	origin atomic.Pointer[string]
	// hidden are objects, and fields as Object.Field, that the user may not see.
	hidden []string
	// used and most are the calls of a day.
	used, most int
	// generation counts sessions that were ended: tokens of earlier ones are no good.
	generation int
	// refresh is the refresh token that is good; those before it are dead where they rotate.
	refresh   int
	rotates   bool
	refreshed int
	marker    bool
	tasks     map[string]task
	// improveIt360 says that it has the package, added are the fields that people made while the stand-in runs.
	improveIt360 bool
	added        []addedField
	// deletionsFail is the code that the list of deletions answers with, where it does not answer.
	deletionsFail string
	bulk          bulk
	// bills are where the bills of accounts go to, by their ids.
	bills map[string]billing
}

type billing struct {
	street              string
	latitude, longitude float64
}

// Hide keeps objects, and fields as Object.Field, from the user; no names show all again.
func (o *Organization) Hide(names ...string) { o.with(func() { o.hidden = names }) }

// Use says how many calls of the day's are used, and how many there are.
func (o *Organization) Use(used, most int) { o.with(func() { o.used, o.most = used, most }) }

// EndSessions makes every access token a dead one.
func (o *Organization) EndSessions() { o.with(func() { o.generation++ }) }

// Rotate gives a new refresh token with each access token from now on.
func (o *Organization) Rotate() { o.with(func() { o.rotates = true }) }

// Refreshed returns how often a refresh token was used well.
func (o *Organization) Refreshed() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refreshed
}

// HaveMarkers gives tasks the external-id field MarkerField.
func (o *Organization) HaveMarkers() { o.with(func() { o.marker = true }) }

// FailDeletions lets the list of deletions answer with an error of the vendor's.
func (o *Organization) FailDeletions(code string) { o.with(func() { o.deletionsFail = code }) }

// Bill gives an account an address for bills.
func (o *Organization) Bill(account, street string, latitude, longitude float64) {
	o.with(func() {
		if o.bills == nil {
			o.bills = map[string]billing{}
		}
		o.bills[account] = billing{street, latitude, longitude}
	})
}

func (o *Organization) with(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

func (o *Organization) hides(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.hidden, func(h string) bool { return strings.EqualFold(h, name) })
}

// NewBulk returns a stand-in for Salesforce whose values let objects of 40 rows on be read by Bulk jobs.
func NewBulk(options simulator.Options) *simulator.Server {
	s, o := NewOrganization(options)
	o.ReadInBulk()
	return s
}

// New returns a stand-in for Salesforce.
func New(o simulator.Options) *simulator.Server {
	s, _ := NewOrganization(o)
	return s
}

// NewOrganization returns a stand-in for Salesforce, and what can be said of its organization.
func NewOrganization(options simulator.Options) (*simulator.Server, *Organization) {
	o := &Organization{most: 100_000, refresh: 1, tasks: map[string]task{}, bulk: bulk{jobs: map[string]*job{}}}
	var describes []string
	for _, object := range slices.Concat(objects, packaged) {
		describes = append(describes, version+"/sobjects/"+object.name+"/describe")
	}
	o.s = simulator.New(simulator.Platform{
		Name:     hub.PlatformSalesforce,
		Spec:     spec,
		Statuses: describes,
		Models: []hub.Model{
			hub.ModelUser, hub.ModelAccount, hub.ModelContact, hub.ModelLead, hub.ModelOpportunity, hub.ModelOpportunityUser, hub.ModelEngagement, hub.ModelEngagementUser,
		},
		IDs:     simulator.Prefixed,
		Fields:  fields,
		Values:  o.values,
		Refuses: o.refuses,
		Refusal: func(_ *http.Request, _ int) any { return problems("INVALID_SESSION_ID", "Session expired or invalid") },
		Routes:  o.routes,
		Held:    o.held,
		Items:   "records",
		ID:      "Id",
		Repeat: func(r *http.Request, answer map[string]any) {
			if _, rows := answer["records"]; rows {
				answer["done"], answer["nextRecordsUrl"] = false, r.URL.Path
			}
		},
	}, options)
	return o.s, o
}

func (o *Organization) values(origin string) map[string]string {
	o.origin.Store(&origin)
	values := map[string]string{"baseURL": origin, "authURL": origin, "clientId": clientID, "username": username, "privateKey": key}
	if o.bulk.from != "" {
		values["bulkFrom"] = o.bulk.from
	}
	return values
}

// RefreshValues are credentials with a refresh token, of an organization that listens at origin.
func RefreshValues(origin string) map[string]string {
	return map[string]string{"baseURL": origin, "authURL": origin, "clientId": clientID, "clientSecret": clientSecret, "refreshToken": refreshToken(1)}
}

func (o *Organization) routes(mux *http.ServeMux, s *simulator.Server) {
	o.s = s
	mux.HandleFunc("POST "+tokenPath, o.giveToken)
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET " + version + "/query":                               func(w http.ResponseWriter, r *http.Request) { o.answerQuery(w, r, false) },
		"GET " + version + "/queryAll":                            func(w http.ResponseWriter, r *http.Request) { o.answerQuery(w, r, true) },
		"GET " + version + "/sobjects":                            o.listObjects,
		"GET " + version + "/sobjects/{object}/describe":          o.describe,
		"GET " + version + "/sobjects/{object}/deleted":           o.listDeleted,
		"POST " + version + "/sobjects/{object}":                  o.create,
		"PATCH " + version + "/sobjects/{object}/{id}":            o.update,
		"DELETE " + version + "/sobjects/{object}/{id}":           o.remove,
		"PATCH " + version + "/sobjects/{object}/{field}/{value}": o.upsert,
		"POST " + version + "/jobs/query":                         o.createJob,
		"GET " + version + "/jobs/query/{id}":                     o.showJob,
		"PATCH " + version + "/jobs/query/{id}":                   o.ofJob(o.abortJob),
		"DELETE " + version + "/jobs/query/{id}":                  o.ofJob(o.deleteJob),
		"GET " + version + "/jobs/query/{id}/results":             o.ofJob(o.jobResults),
	} {
		mux.HandleFunc(pattern, o.counted(handler))
	}
}

// counted counts a call against the day's, and says how many there were.
func (o *Organization) counted(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		o.used++
		used, most := o.used, o.most
		o.mu.Unlock()
		if used > most {
			refuse(w, http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
			return
		}
		w.Header().Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d", used, most))
		handler(w, r)
	}
}

func problems(code, message string) []map[string]any {
	return []map[string]any{{"message": message, "errorCode": code}}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	simulator.WriteJSON(w, status, problems(code, message))
}
