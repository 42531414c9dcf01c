package merge

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"sirocco/hub"
	"sirocco/simulator"
)

// noteFields are the fields of a note that name the record it is on.
var noteFields = map[string]hub.Model{"account": hub.ModelAccount, "contact": hub.ModelContact, "opportunity": hub.ModelOpportunity}

func listNotes(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	q := r.URL.Query()
	limit, from := page(q)
	var items []map[string]any
	for _, n := range s.Notes.Listed() {
		keep := true
		for field, m := range noteFields {
			if id := q.Get(field + "_id"); id != "" && (n.Target != m || n.ExternalID != id) {
				keep = false
			}
		}
		if keep {
			items = append(items, showNote(n))
		}
	}
	part, next, more := simulator.Part(items, from, limit)
	writeList(w, append([]map[string]any{}, part...), next, more)
}

func showNote(n simulator.Note) map[string]any {
	item := map[string]any{"id": n.ID, "content": n.Text, "created_at": hub.WireTime(n.CreatedAt), "modified_at": hub.WireTime(n.CreatedAt)}
	for field, m := range noteFields {
		item[field] = nil
		if m == n.Target {
			item[field] = n.ExternalID
		}
	}
	return item
}

// sentNote is a note with the body that it was sent in.
type sentNote struct {
	body string
	note simulator.Note
}

// keys are what was sent with an idempotency key.
type keys struct {
	mu  sync.Mutex
	all map[string]sentNote
}

func (k *keys) of(key string) (sentNote, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, ok := k.all[key]
	return n, ok && key != ""
}

func (k *keys) put(key string, n sentNote) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all[key] = n
}

func addNote(w http.ResponseWriter, r *http.Request, s *simulator.Server, taken *keys) {
	var body struct {
		Model map[string]any `json:"model"`
	}
	sent, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(sent, &body) != nil {
		simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"detail": "no JSON"})
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if before, ok := taken.of(key); ok {
		if before.body != string(sent) {
			simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"detail": "the idempotency key was used with another body"})
			return
		}
		simulator.WriteJSON(w, http.StatusCreated, map[string]any{"model": showNote(before.note), "warnings": []any{}, "errors": []any{}})
		return
	}
	text, _ := body.Model["content"].(string)
	for field, m := range noteFields {
		id, _ := body.Model[field].(string)
		if _, ok := s.Get(m, id); ok {
			var reason string
			if s.Notes.TooLong(text) {
				reason = "The text is too long"
			} else {
				reason = s.Notes.Refused()
			}
			if reason != "" { // by the CRM behind: Merge itself took it
				simulator.WriteJSON(w, http.StatusCreated, map[string]any{
					"model": map[string]any{"content": text, field: id}, "warnings": []any{},
					"errors": []map[string]any{{"title": reason, "detail": reason, "problem_type": "PROVIDER_ERROR"}},
				})
				return
			}
			made := s.Notes.Add(m, id, text)
			taken.put(key, sentNote{string(sent), made})
			simulator.WriteJSON(w, http.StatusCreated, map[string]any{"model": showNote(made), "warnings": []any{}, "errors": []any{}})
			return
		}
	}
	simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"detail": "there is no such record"})
}
