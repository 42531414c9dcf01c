package servicetitan

import (
	"encoding/json"
	"net/http"

	"sirocco/hub"
	"sirocco/simulator"
)

func listNotes(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	number, size, ok := page(w, r.URL.Query())
	if !ok {
		return
	}
	items := []map[string]any{}
	for _, n := range s.Notes.On(m, r.PathValue("id")) {
		items = append(items, showNote(n))
	}
	part, _, more := simulator.Part(items, (number-1)*size, size)
	write(w, part, number, size, more)
}

func addNote(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	var body struct {
		Text string `json:"text"`
	}
	_, there := s.Get(m, r.PathValue("id"))
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || !there {
		writeProblem(w, http.StatusNotFound, "Not found")
		return
	}
	if reason := s.Notes.Refused(); reason != "" {
		writeProblem(w, http.StatusBadRequest, reason)
		return
	}
	simulator.WriteJSON(w, http.StatusOK, showNote(s.Notes.Add(m, r.PathValue("id"), body.Text)))
}

// showNote writes a note; those of jobs have no id.
func showNote(n simulator.Note) map[string]any {
	item := map[string]any{"text": n.Text, "isPinned": false, "createdById": 1, "createdOn": instant(n.CreatedAt), "modifiedOn": instant(n.CreatedAt)}
	if n.Target != hub.ModelOpportunity {
		item["id"] = number(n.ID)
	}
	return item
}
