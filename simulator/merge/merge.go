// Package merge stands in for Merge's unified CRM API. Lists are in the order of creation, and a cursor
// is a position in it: rows that change while someone pages through them stay where they are.
package merge

import (
	_ "embed"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

//go:embed openapi.json
var description []byte

var spec = simulator.NewSpec(description)

const (
	apiKey       = "merge-key-of-the-simulator"
	accountToken = "merge-account-of-the-simulator"
	maxPageSize  = 100
)

var models = map[string]hub.Model{
	"users": hub.ModelUser, "accounts": hub.ModelAccount, "contacts": hub.ModelContact, "leads": hub.ModelLead,
	"opportunities": hub.ModelOpportunity, "engagement-types": hub.ModelEngagementType, "engagements": hub.ModelEngagement,
	"tasks": simulator.Task,
}

// New returns a stand-in for Merge.
func New(o simulator.Options) *simulator.Server {
	return simulator.New(simulator.Platform{
		Name: hub.PlatformMerge,
		Spec: spec,
		Models: []hub.Model{
			hub.ModelUser, hub.ModelAccount, hub.ModelContact, hub.ModelLead, hub.ModelOpportunity, hub.ModelEngagementType, hub.ModelEngagement,
			simulator.Task,
		},
		IDs:    simulator.UUIDs,
		Fields: fields,
		Values: func(origin string) map[string]string {
			return map[string]string{"apiKey": apiKey, "accountToken": accountToken, "baseURL": origin + "/api"}
		},
		Refuses: func(r *http.Request) int {
			if r.Header.Get("Authorization") != "Bearer "+apiKey || r.Header.Get("X-Account-Token") != accountToken {
				return http.StatusUnauthorized
			}
			return 0
		},
		Routes:   routes,
		Held:     held,
		Items:    "results",
		Statuses: []string{"/api/crm/v1/sync-status"},
		Repeat: func(r *http.Request, answer map[string]any) {
			if at := r.URL.Query().Get("cursor"); at != "" {
				answer["next"] = at
			}
		},
	}, o)
}

func routes(mux *http.ServeMux, s *simulator.Server) {
	mux.HandleFunc("GET /api/crm/v1/account-details", func(w http.ResponseWriter, _ *http.Request) {
		simulator.WriteJSON(w, http.StatusOK, map[string]any{
			"id": "5a8d1f4e-4bb0-4f0e-9d0d-000000000001", "end_user_organization_name": "Acme Roofing", "status": "COMPLETE", "category": "crm",
		})
	})
	mux.HandleFunc("GET /api/crm/v1/sync-status", func(w http.ResponseWriter, r *http.Request) {
		limit, from := page(r.URL.Query())
		part, next, more := simulator.Part(statuses(s), from, limit)
		writeList(w, append([]map[string]any{}, part...), next, more)
	})
	mux.HandleFunc("GET /api/crm/v1/stages", func(w http.ResponseWriter, r *http.Request) {
		limit, from := page(r.URL.Query())
		var items []map[string]any
		for i, name := range stages {
			items = append(items, map[string]any{"id": stageID(i), "remote_id": strconv.Itoa(i), "name": name, "remote_was_deleted": false})
		}
		part, next, more := simulator.Part(items, from, limit)
		writeList(w, append([]map[string]any{}, part...), next, more)
	})
	for path, m := range models {
		mux.HandleFunc("GET /api/crm/v1/"+path+"/{id}", func(w http.ResponseWriter, r *http.Request) {
			row, there := s.Get(m, r.PathValue("id"))
			if !there || row.Deleted && m == hub.ModelEngagementType {
				simulator.WriteJSON(w, http.StatusNotFound, map[string]string{"detail": "Not found."})
				return
			}
			simulator.WriteJSON(w, http.StatusOK, show(row))
		})
	}
	for path, m := range models {
		mux.HandleFunc("GET /api/crm/v1/"+path, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			limit, from := page(q)
			since, _ := time.Parse(time.RFC3339, q.Get("modified_after")) // checked against the description
			before, _ := time.Parse(time.RFC3339, q.Get("modified_before"))
			rows, next, more := s.List(simulator.Listing{
				Model: m, From: from, Since: since, Before: before, Limit: limit,
				HideDeleted: q.Get("include_deleted_data") != "true" || m == hub.ModelEngagementType, // which have no mark
			})
			items := make([]map[string]any, len(rows))
			for i, row := range rows {
				items[i] = show(row)
			}
			writeList(w, items, next, more)
		})
	}
	for path, m := range models {
		if m == simulator.Task { // of which nothing can be set
			continue
		}
		mux.HandleFunc("GET /api/crm/v1/"+path+"/remote-field-classes", func(w http.ResponseWriter, r *http.Request) { listFields(w, r, s, m) })
		mux.HandleFunc("PATCH /api/crm/v1/"+path+"/{id}", func(w http.ResponseWriter, r *http.Request) { setFields(w, r, s, m) })
	}
	mux.HandleFunc("GET /api/crm/v1/notes", func(w http.ResponseWriter, r *http.Request) { listNotes(w, r, s) })
	mux.HandleFunc("GET /api/crm/v1/notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		n, ok := s.Notes.ListedByID(r.PathValue("id"))
		if !ok {
			simulator.WriteJSON(w, http.StatusNotFound, map[string]string{"detail": "Not found."})
			return
		}
		simulator.WriteJSON(w, http.StatusOK, showNote(n))
	})
	taken := &keys{all: map[string]sentNote{}}
	mux.HandleFunc("POST /api/crm/v1/notes", func(w http.ResponseWriter, r *http.Request) { addNote(w, r, s, taken) })
}

// statuses are how the syncs of the models stand: each ended just now, so that all that the CRM has is in the copy.
func statuses(s *simulator.Server) []map[string]any {
	// A change made in this microsecond may have a time that is a little later.
	end := s.Now().Add(time.Millisecond).Format(instant)
	var all []map[string]any
	for _, name := range []string{"Account", "Contact", "Engagement", "EngagementType", "Lead", "Note", "Opportunity", "Stage", "Task", "User"} {
		all = append(all, map[string]any{
			"model_name": name, "model_id": "crm." + name, "status": "DONE", "is_initial_sync": false, "last_sync_result": "DONE",
			"last_sync_start": s.Now().Add(-time.Minute).Format(instant), "last_sync_finished": end,
		})
	}
	return all
}

// instant is how the vendor writes times.
const instant = "2006-01-02T15:04:05.000000Z"

func page(q url.Values) (limit, from int) {
	limit, from = 30, 0
	if n, err := strconv.Atoi(q.Get("page_size")); err == nil {
		limit = min(max(n, 1), maxPageSize)
	}
	if n, err := strconv.Atoi(q.Get("cursor")); err == nil {
		from = n
	}
	return limit, from
}

func writeList(w http.ResponseWriter, items []map[string]any, next int, more bool) {
	answer := map[string]any{"next": nil, "previous": nil, "results": items}
	if more {
		answer["next"] = strconv.Itoa(next)
	}
	simulator.WriteJSON(w, http.StatusOK, answer)
}
