package spotio

import (
	"encoding/json"
	"net/http"

	"sirocco/simulator"
)

// scopes are what webhooks can tell of.
var scopes = []string{
	"lead.added", "lead.updated", "lead.deleted", "activity.created", "activity.updated", "activity.deleted", "activity.done",
	"appointment.created", "appointment.updated", "appointment.deleted", "user.added",
}

// hookHeader carries the secret of a webhook of the hub's.
const hookHeader = "X-Sirocco-Secret"

func showHook(h simulator.Hook) map[string]any {
	return map[string]any{"id": h.ID, "callback": h.URL, "scopes": h.Scopes, "active": h.Active, "customHeaders": []map[string]string{{"name": hookHeader, "value": h.Secret}}}
}

// webhookRoutes are those of webhooks; the vendor signs with a secret of the company.
func (v *vendor) webhookRoutes(mux *http.ServeMux) {
	read := func(w http.ResponseWriter, r *http.Request) (h simulator.Hook, ok bool) {
		var body struct {
			Callback      string   `json:"callback"`
			Scopes        []string `json:"scopes"`
			Active        *bool    `json:"active"`
			CustomHeaders []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"customHeaders"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Callback == "" {
			problem(w, http.StatusBadRequest, "callback", "it is required")
			return h, false
		}
		h = simulator.Hook{ID: r.PathValue("id"), URL: body.Callback, Scopes: body.Scopes, Active: body.Active == nil || *body.Active}
		for _, header := range body.CustomHeaders {
			if header.Name == hookHeader {
				h.Secret = header.Value
			}
		}
		return h, true
	}
	mux.HandleFunc("GET /api/Webhooks", func(w http.ResponseWriter, _ *http.Request) {
		endpoints := []map[string]any{}
		for _, h := range v.Hooks.All() {
			endpoints = append(endpoints, showHook(h))
		}
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"secret": "of-the-company", "endpoints": endpoints})
	})
	mux.HandleFunc("GET /api/Webhooks/scopes", func(w http.ResponseWriter, _ *http.Request) { simulator.WriteJSON(w, http.StatusOK, scopes) })
	mux.HandleFunc("POST /api/Webhooks", func(w http.ResponseWriter, r *http.Request) {
		if h, ok := read(w, r); ok {
			simulator.WriteJSON(w, http.StatusOK, showHook(v.Hooks.Add(h)))
		}
	})
	mux.HandleFunc("PUT /api/Webhooks/{id}", func(w http.ResponseWriter, r *http.Request) {
		h, ok := read(w, r)
		switch {
		case !ok:
		case v.Hooks.Change(h):
			simulator.WriteJSON(w, http.StatusOK, showHook(h))
		default:
			http.NotFound(w, r)
		}
	})
	mux.HandleFunc("DELETE /api/Webhooks/{id}", func(w http.ResponseWriter, r *http.Request) {
		if v.Hooks.Remove(r.PathValue("id")) {
			w.WriteHeader(http.StatusOK)
			return
		}
		http.NotFound(w, r)
	})
}
