package servicetitan

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

// fields are the custom fields of jobs and customers, all of which are texts.
var fields = []simulator.Field{
	{Model: hub.ModelOpportunity, Name: "Budget", Key: "Budget", Type: simulator.TextField},
	{Model: hub.ModelOpportunity, Name: "Roof type", Key: "Roof type", Type: simulator.TextField},
	{Model: hub.ModelOpportunity, Name: "Wants financing", Key: "Wants financing", Type: simulator.TextField},
	{Model: hub.ModelAccount, Name: "Segment", Key: "Segment", Type: simulator.TextField},
}

// listFields lists the types of custom fields that a model has.
func listFields(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	at, size, ok := page(w, r.URL.Query())
	if !ok {
		return
	}
	items := []map[string]any{}
	for _, d := range s.Fields.Defined(m) {
		items = append(items, map[string]any{
			"id": number(d.ID), "name": d.Name, "dataType": "Text", "createdOn": firstCreated.Format(time.RFC3339), "modifiedOn": firstCreated.Format(time.RFC3339),
		})
	}
	from := min((at-1)*size, len(items))
	until := min(from+size, len(items))
	write(w, items[from:until], at, size, until < len(items))
}

// showFields are the custom fields that a row has a value in.
func showFields(s *simulator.Server, r hub.Record) []map[string]any {
	values := s.Fields.Of(r.Model, r.ExternalID)
	items := []map[string]any{}
	for _, d := range s.Fields.Defined(r.Model) {
		if v, ok := values[d.Key]; ok {
			items = append(items, map[string]any{"typeId": number(d.ID), "name": d.Name, "value": v})
		}
	}
	return items
}

func getRow(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	row, ok := s.Get(m, r.PathValue("id"))
	if !ok || row.Deleted {
		writeProblem(w, http.StatusNotFound, "Not found")
		return
	}
	simulator.WriteJSON(w, http.StatusOK, show(s, row))
}

// setFields changes a row's custom fields: those that are not sent are removed, as the vendor says of jobs.
func setFields(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	id := r.PathValue("id")
	if row, ok := s.Get(m, id); !ok || row.Deleted {
		writeProblem(w, http.StatusNotFound, "Not found")
		return
	}
	var body struct {
		Summary      *string `json:"summary"`
		CustomFields *[]struct {
			TypeID int64  `json:"typeId"`
			Value  string `json:"value"`
		} `json:"customFields"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		writeProblem(w, http.StatusBadRequest, "no JSON")
		return
	}
	if body.CustomFields != nil {
		values := map[string]any{}
		for _, f := range *body.CustomFields {
			key := ""
			for _, d := range s.Fields.Defined(m) {
				if number(d.ID) == f.TypeID {
					key = d.Key
				}
			}
			if key == "" {
				writeProblem(w, http.StatusBadRequest, "there is no such custom field")
				return
			}
			values[key] = f.Value
		}
		s.Fields.Replace(m, id, values)
	}
	s.Change(m, id, func(r *hub.Record) {
		if body.Summary != nil {
			r.Name = html.UnescapeString(strings.TrimSuffix(strings.TrimPrefix(*body.Summary, "<p>"), "</p>"))
		}
	})
	getRow(w, r, s, m)
}
