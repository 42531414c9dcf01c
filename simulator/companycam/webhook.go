package companycam

import (
	"encoding/json"
	"net/http"

	"sirocco/simulator"
)

func showHook(h simulator.Hook) map[string]any {
	return map[string]any{"id": h.ID, "company_id": companyID, "url": h.URL, "scopes": h.Scopes, "token": h.Secret, "enabled": h.Active}
}

// webhookRoutes are those of webhooks, whose tokens the vendor tells on every read.
func webhookRoutes(mux *http.ServeMux, s *simulator.Server, fixed int) {
	read := func(w http.ResponseWriter, r *http.Request) (h simulator.Hook, ok bool) {
		var body struct {
			URL     string   `json:"url"`
			Token   string   `json:"token"`
			Scopes  []string `json:"scopes"`
			Enabled bool     `json:"enabled"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.URL == "" {
			simulator.WriteJSON(w, http.StatusBadRequest, map[string]any{"errors": []string{"Url can't be blank"}})
			return h, false
		}
		return simulator.Hook{ID: r.PathValue("id"), URL: body.URL, Scopes: body.Scopes, Secret: body.Token, Active: body.Enabled}, true
	}
	mux.HandleFunc("GET /v2/webhooks", func(w http.ResponseWriter, r *http.Request) { writePage(w, r, fixed, s.Hooks.All(), showHook) })
	mux.HandleFunc("POST /v2/webhooks", func(w http.ResponseWriter, r *http.Request) {
		if h, ok := read(w, r); ok {
			simulator.WriteJSON(w, http.StatusCreated, showHook(s.Hooks.Add(h)))
		}
	})
	mux.HandleFunc("PUT /v2/webhooks/{id}", func(w http.ResponseWriter, r *http.Request) {
		h, ok := read(w, r)
		switch {
		case !ok:
		case s.Hooks.Change(h):
			simulator.WriteJSON(w, http.StatusCreated, showHook(h))
		default:
			notFound(w)
		}
	})
	mux.HandleFunc("DELETE /v2/webhooks/{id}", func(w http.ResponseWriter, r *http.Request) {
		if s.Hooks.Remove(r.PathValue("id")) {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		notFound(w)
	})
}
