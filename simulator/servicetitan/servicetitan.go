// Package servicetitan stands in for ServiceTitan: lists in pages with numbers that hide inactive rows unless they are
// asked for and do not know every question, notes, an export feed, and the address that gives access tokens of 15
// minutes. A row's time of creation follows from its number.
package servicetitan

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"sirocco/hub"
	"sirocco/simulator"
)

//go:embed crm.json
var crm []byte

//go:embed jpm.json
var jpm []byte

//go:embed settings.json
var settings []byte

//go:embed dispatch.json
var dispatch []byte

//go:embed salestech.json
var salestech []byte

var spec = simulator.NewSpec(crm, jpm, settings, dispatch, salestech)

const (
	clientID     = "servicetitan-client-of-the-simulator"
	clientSecret = "servicetitan-secret-of-the-simulator"
	appKey       = "servicetitan-app-of-the-simulator"
	tenant       = "4711"
)

// New returns a stand-in for ServiceTitan.
func New(o simulator.Options) *simulator.Server {
	var s *simulator.Server
	s = simulator.New(simulator.Platform{
		Name:        hub.PlatformServiceTitan,
		Spec:        spec,
		Unspecified: []string{tokenPath},
		Models: []hub.Model{
			hub.ModelUser, simulator.Employee, hub.ModelAccount, hub.ModelLead, hub.ModelOpportunity, hub.ModelEngagement, simulator.Event, hub.ModelEngagementUser,
		},
		Others: []hub.Model{simulator.Location, simulator.Estimate},
		IDs:    simulator.Numbers,
		Fields: fields,
		Values: func(origin string) map[string]string {
			return map[string]string{
				"clientId": clientID, "clientSecret": clientSecret, "appKey": appKey, "tenant": tenant, "baseURL": origin, "authURL": origin,
			}
		},
		Refuses: func(r *http.Request) int { return refuses(r, s.Now()) },
		Refusal: refusal,
		Routes:  routes,
		Held:    func(r hub.Record) []hub.Record { return held(s, r) },
		Items:   "data",
		Repeat:  func(_ *http.Request, answer map[string]any) { answer["hasMore"] = true },
	}, o)
	return s
}

// WithoutScopes is the app key of an app that lacks scopes, such as tn.crm.leads:r.
func WithoutScopes(scopes ...string) string { return appKey + without + strings.Join(scopes, ",") }

const without = "-without-"

func routes(mux *http.ServeMux, s *simulator.Server) {
	mux.HandleFunc("POST "+tokenPath, func(w http.ResponseWriter, r *http.Request) { giveToken(w, r, s) })
	for _, l := range lists {
		mux.HandleFunc("GET "+l.path, func(w http.ResponseWriter, r *http.Request) { l.answer(w, r, s) })
	}
	for _, path := range [...]struct {
		path string
		m    hub.Model
	}{{"/crm/v2/tenant/{tenant}/customers", hub.ModelAccount}, {"/jpm/v2/tenant/{tenant}/jobs", hub.ModelOpportunity}} {
		mux.HandleFunc("GET "+path.path+"/{id}", func(w http.ResponseWriter, r *http.Request) { getRow(w, r, s, path.m) })
		mux.HandleFunc("GET "+path.path+"/custom-fields", func(w http.ResponseWriter, r *http.Request) { listFields(w, r, s, path.m) })
		mux.HandleFunc("PATCH "+path.path+"/{id}", func(w http.ResponseWriter, r *http.Request) { setFields(w, r, s, path.m) })
	}
	mux.HandleFunc("GET /crm/v2/tenant/{tenant}/customers/contacts", func(w http.ResponseWriter, r *http.Request) { listContacts(w, r, s) })
	mux.HandleFunc("GET /crm/v2/tenant/{tenant}/export/customers", func(w http.ResponseWriter, r *http.Request) { exportCustomers(w, r, s) })
	mux.HandleFunc("GET /jpm/v2/tenant/{tenant}/export/job-notes", func(w http.ResponseWriter, r *http.Request) { exportNotes(w, r, s) })
	mux.HandleFunc("DELETE /crm/v2/tenant/{tenant}/customers/{id}/notes/{note}", func(w http.ResponseWriter, r *http.Request) { removeNote(w, r, s) })
	for path, m := range map[string]hub.Model{"crm/v2/tenant/{tenant}/customers": hub.ModelAccount, "crm/v2/tenant/{tenant}/leads": hub.ModelLead, "jpm/v2/tenant/{tenant}/jobs": hub.ModelOpportunity} {
		mux.HandleFunc("GET /"+path+"/{id}/notes", func(w http.ResponseWriter, r *http.Request) { listNotes(w, r, s, m) })
		mux.HandleFunc("POST /"+path+"/{id}/notes", func(w http.ResponseWriter, r *http.Request) { addNote(w, r, s, m) })
	}
}

// scopes are what an app needs, by method and path, as the descriptions have them.
var scopes = sync.OnceValue(func() map[string]string {
	found := map[string]string{}
	for _, text := range [][]byte{crm, jpm, settings, dispatch, salestech} {
		var doc struct {
			Paths map[string]map[string]struct {
				Scope string `json:"x-scope"`
			} `json:"paths"`
		}
		if err := json.Unmarshal(text, &doc); err != nil {
			panic("simulator: a vendor's description is not usable: " + err.Error())
		}
		for path, methods := range doc.Paths {
			for method, operation := range methods {
				found[strings.ToUpper(method)+" "+path] = operation.Scope
			}
		}
	}
	return found
})

// scopeOf is the scope that a request needs; empty where none is known.
func scopeOf(r *http.Request) string {
	asked := strings.Split(r.URL.Path, "/")
	best := ""
	for operation, scope := range scopes() {
		method, path, _ := strings.Cut(operation, " ")
		parts := strings.Split(path, "/")
		if method != r.Method || len(parts) != len(asked) {
			continue
		}
		fits, exact := true, true
		for i, part := range parts {
			if variable := strings.HasPrefix(part, "{"); !variable && part != asked[i] {
				fits = false
			} else if variable && i > 4 {
				exact = false
			}
		}
		if fits && (exact || best == "") {
			best = scope
		}
	}
	return best
}
