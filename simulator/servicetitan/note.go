package servicetitan

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

func listNotes(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	number, size, ok := page(w, r.URL.Query())
	if !ok {
		return
	}
	items := []map[string]any{}
	for _, n := range s.Notes.ListedOn(m, r.PathValue("id")) {
		items = append(items, showNote(n))
	}
	part, _, more := simulator.Part(items, (number-1)*size, size)
	write(w, part, number, size, more)
}

func addNote(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	var body struct {
		Text string `json:"text"`
	}
	of, there := s.Get(m, r.PathValue("id"))
	if m == hub.ModelAccount && there && of.Deleted {
		writeProblem(w, http.StatusConflict, "Customer ID = "+of.ExternalID+" is not active")
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || !there {
		writeProblem(w, http.StatusNotFound, "Not found")
		return
	}
	if s.Notes.TooLong(body.Text) {
		writeProblem(w, http.StatusBadRequest, "The text is too long")
		return
	}
	if reason := s.Notes.Refused(); reason != "" {
		writeProblem(w, http.StatusBadRequest, reason)
		return
	}
	simulator.WriteJSON(w, http.StatusOK, showNote(s.Notes.Add(m, r.PathValue("id"), body.Text)))
}

// exportPage is how many notes a page of the feed has.
const exportPage = 100

// exportNotes is the feed of all notes of jobs.
func exportNotes(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	from, after := 0, time.Time{}
	text := r.URL.Query().Get("from")
	if place, ok := strings.CutPrefix(text, "at|"); ok {
		from, _ = strconv.Atoi(place) // made here
	} else if at, err := time.Parse(time.RFC3339, text); err == nil {
		after = at
	} else if text != "" {
		writeProblem(w, http.StatusBadRequest, "Invalid token")
		return
	}
	notes := s.Notes.Listed()
	items := []map[string]any{}
	for ; from < len(notes) && len(items) < exportPage; from++ {
		n := notes[from]
		if n.Target != hub.ModelOpportunity || n.CreatedAt.Before(after) {
			continue
		}
		item := showNote(n)
		item["id"], item["active"], item["jobId"] = number(n.ID), true, number(n.ExternalID)
		items = append(items, item)
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"hasMore": from < len(notes), "continueFrom": "at|" + strconv.Itoa(from), "data": items})
}

// removeNote takes a note of a customer back.
func removeNote(w http.ResponseWriter, r *http.Request, s *simulator.Server) {
	if !s.Notes.Remove(r.PathValue("note")) {
		writeProblem(w, http.StatusNotFound, "Not found")
		return
	}
	w.WriteHeader(http.StatusOK)
}

// showNote writes a note; those of jobs have no id.
func showNote(n simulator.Note) map[string]any {
	item := map[string]any{"text": n.Text, "isPinned": false, "createdById": 1, "createdOn": instant(n.CreatedAt), "modifiedOn": instant(n.CreatedAt)}
	if n.Target != hub.ModelOpportunity {
		item["id"] = number(n.ID)
	}
	return item
}
