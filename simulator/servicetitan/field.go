package servicetitan

import (
	"encoding/json"
	"net/http"

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

// useFields puts a value in each field of the first record: the vendor tells a field's name only where one is.
func useFields(s *simulator.Server) {
	for _, f := range fields {
		if first, _, _ := s.List(simulator.Listing{Model: f.Model, Limit: 1}); len(first) > 0 {
			s.Fields.Set(f.Model, first[0].ExternalID, map[string]any{f.Key: "unknown"})
		}
	}
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
		writeMissing(w)
		return
	}
	simulator.WriteJSON(w, http.StatusOK, show(s, row))
}

// setFields changes a row's custom fields: those that are not sent are removed, as the vendor says of jobs.
func setFields(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	id := r.PathValue("id")
	if row, ok := s.Get(m, id); !ok || row.Deleted {
		writeMissing(w)
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
		writeRefused(w, "no JSON")
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
				writeRefused(w, "there is no such custom field")
				return
			}
			values[key] = f.Value
		}
		s.Fields.Replace(m, id, values)
	}
	s.Change(m, id, func(r *hub.Record) {
		if body.Summary != nil {
			r.Name = *body.Summary
		}
	})
	getRow(w, r, s, m)
}

func writeMissing(w http.ResponseWriter) {
	simulator.WriteJSON(w, http.StatusNotFound, problem("Not found", http.StatusNotFound))
}

func writeRefused(w http.ResponseWriter, title string) {
	simulator.WriteJSON(w, http.StatusBadRequest, problem(title, http.StatusBadRequest))
}

func problem(title string, status int) map[string]any {
	return map[string]any{"type": "about:blank", "title": title, "status": status, "traceId": "0", "errors": map[string]any{}, "data": map[string]any{}}
}
