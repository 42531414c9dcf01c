// Package jobnimbus stands in for JobNimbus: lists filtered by JSON, sorted by a time, in parts by offset; times in whole
// seconds of which 0 is none; deleted records that are no longer listed, which nobody is told; notes that are activities.
// The vendor publishes no description: openapi.json is written here, from what is known of how it answers.
package jobnimbus

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

//go:embed openapi.json
var description []byte

var spec = simulator.NewSpec(description)

const (
	// Platform is what the platform is called; it is none of the contract's.
	Platform hub.Platform = "JOBNIMBUS"

	apiKey = "jobnimbus-key-of-the-simulator"
	base   = "/api1"
	// mostRows is how many rows a list brings at most, and where it is not asked for fewer.
	mostRows = 1000
	// all is more rows than a simulator has.
	all = 1 << 30
)

var paths = map[string]hub.Model{"contacts": hub.ModelContact, "jobs": hub.ModelOpportunity, "tasks": hub.ModelEngagement}

// New returns a stand-in for JobNimbus.
func New(o simulator.Options) *simulator.Server {
	return simulator.New(simulator.Platform{
		Name:    Platform,
		Spec:    spec,
		Models:  []hub.Model{hub.ModelUser, hub.ModelContact, hub.ModelOpportunity, hub.ModelEngagement},
		Turning: []hub.Model{hub.ModelEngagement},
		IDs:     simulator.UUIDs,
		Values: func(origin string) map[string]string {
			return map[string]string{"apiKey": apiKey, "baseURL": origin + base}
		},
		Refuses: func(r *http.Request) int {
			if scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " "); !strings.EqualFold(scheme, "bearer") || key != apiKey {
				return http.StatusUnauthorized
			}
			return 0
		},
		Routes: routes,
		Held:   held,
		Items:  "results", OtherItems: []string{"users", "activity"},
		ID:     "jnid id",
		Repeat: func(*http.Request, map[string]any) {}, // no list says where it goes on
	}, o)
}

func routes(mux *http.ServeMux, s *simulator.Server) {
	mux.HandleFunc("GET "+base+"/account/users", func(w http.ResponseWriter, _ *http.Request) {
		rows, _, _ := s.List(simulator.Listing{Model: hub.ModelUser, HideDeleted: true, Limit: all})
		users := []map[string]any{}
		for _, row := range rows {
			users = append(users, showUser(row))
		}
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"users": users, "date_updated": s.Now().Unix()})
	})
	for path, m := range paths {
		mux.HandleFunc("GET "+base+"/"+path, func(w http.ResponseWriter, r *http.Request) { list(w, r, s, m) })
		mux.HandleFunc("GET "+base+"/"+path+"/{jnid}", func(w http.ResponseWriter, r *http.Request) {
			row, there := s.Get(m, r.PathValue("jnid"))
			if !there || row.Deleted {
				problem(w, http.StatusNotFound, "Not Found")
				return
			}
			simulator.WriteJSON(w, http.StatusOK, show(row))
		})
	}
	mux.HandleFunc("GET "+base+"/activities", func(w http.ResponseWriter, r *http.Request) { listActivities(w, r, s) })
	mux.HandleFunc("POST "+base+"/activities", func(w http.ResponseWriter, r *http.Request) { addActivity(w, r, s) })
}

func problem(w http.ResponseWriter, status int, text string) {
	simulator.WriteJSON(w, status, map[string]string{"message": text})
}

// filter is what a list is asked for.
type filter struct {
	Must []struct {
		Range struct {
			Updated struct {
				From int64 `json:"gte"`
			} `json:"date_updated"`
		} `json:"range"`
		Term struct {
			Primary string `json:"primary.id"`
		} `json:"term"`
	} `json:"must"`
}

// asked is what a request asks of a list; it answers where that cannot be read.
func asked(w http.ResponseWriter, r *http.Request) (since time.Time, primary string, from, size int, ok bool) {
	q := r.URL.Query()
	if text := q.Get("filter"); text != "" {
		var f filter
		d := json.NewDecoder(strings.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			problem(w, http.StatusBadRequest, "the filter cannot be read")
			return since, "", 0, 0, false
		}
		for _, must := range f.Must {
			if must.Range.Updated.From > 0 {
				since = time.Unix(must.Range.Updated.From, 0)
			}
			primary = cmp.Or(primary, must.Term.Primary)
		}
	}
	from, _ = strconv.Atoi(q.Get("from"))
	size, _ = strconv.Atoi(q.Get("size"))
	return since, primary, max(from, 0), min(cmp.Or(max(size, 0), mostRows), mostRows), true
}

func list(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	since, primary, from, size, ok := asked(w, r)
	if !ok {
		return
	}
	if primary != "" {
		problem(w, http.StatusBadRequest, "the filter is not known here")
		return
	}
	rows, _, _ := s.List(simulator.Listing{Model: m, ByChange: true, HideDeleted: true, Since: since, Limit: all})
	by := func(r hub.Record) int64 { return r.ModifiedAt.Unix() }
	if r.URL.Query().Get("sort_field") != "date_updated" {
		by = created
	}
	slices.SortStableFunc(rows, func(a, b hub.Record) int { return cmp.Compare(by(a), by(b)) })
	if r.URL.Query().Get("sort_direction") != "asc" {
		slices.Reverse(rows)
	}
	items := []map[string]any{}
	part, _, _ := simulator.Part(rows, from, size)
	for _, row := range part {
		items = append(items, show(row))
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"results": items, "count": len(rows)})
}

func listActivities(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	_, primary, from, size, ok := asked(w, r)
	if !ok {
		return
	}
	var found []map[string]any
	for _, n := range s.Notes.Listed() {
		if primary == "" || n.ExternalID == primary {
			found = append(found, showActivity(n))
		}
	}
	if r.URL.Query().Get("sort_direction") != "asc" {
		slices.Reverse(found)
	}
	part, _, _ := simulator.Part(found, from, size)
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"activity": append([]map[string]any{}, part...), "count": len(found)})
}

func addActivity(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	var body struct {
		Note    string `json:"note"`
		Primary struct {
			ID string `json:"id"`
		} `json:"primary"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Note == "" {
		problem(w, http.StatusBadRequest, "it is no note")
		return
	}
	for _, m := range []hub.Model{hub.ModelOpportunity, hub.ModelContact} {
		if row, there := s.Get(m, body.Primary.ID); there && !row.Deleted {
			if s.Notes.TooLong(body.Note) {
				problem(w, http.StatusBadRequest, "it is too long")
				return
			}
			if reason := s.Notes.Refused(); reason != "" {
				problem(w, http.StatusBadRequest, reason)
				return
			}
			simulator.WriteJSON(w, http.StatusOK, showActivity(s.Notes.Add(m, body.Primary.ID, body.Note)))
			return
		}
	}
	problem(w, http.StatusBadRequest, "there is no such record")
}

func showActivity(n simulator.Note) map[string]any {
	return map[string]any{"jnid": n.ID, "date_created": n.CreatedAt.Unix(), "date_updated": n.CreatedAt.Unix(), "record_type_name": "Note", "note": n.Text, "primary": map[string]any{"id": n.ExternalID}}
}
