package merge

import (
	"encoding/json"
	"net/http"

	"sirocco/hub"
	"sirocco/simulator"
)

// fields are what the vendor calls remote fields: those of the CRM behind it.
var fields = []simulator.Field{
	{Model: hub.ModelOpportunity, Name: "Budget", Key: "budget__c", Type: simulator.NumberField},
	{Model: hub.ModelOpportunity, Name: "Roof type", Key: "roof_type__c", Type: simulator.TextField},
	{Model: hub.ModelOpportunity, Name: "Wants financing", Key: "wants_financing__c", Type: simulator.BoolField},
	{Model: hub.ModelOpportunity, Name: "Objections", Key: "objections__c", Type: simulator.ListField},
	{Model: hub.ModelAccount, Name: "Segment", Key: "segment__c", Type: simulator.TextField},
	{Model: hub.ModelContact, Name: "Decides", Key: "decides__c", Type: simulator.BoolField},
	{Model: hub.ModelEngagement, Name: "Next step", Key: "next_step__c", Type: simulator.TextField},
}

func listFields(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	limit, from := page(r.URL.Query())
	defined, next, more := simulator.Part(s.Fields.Defined(m), from, limit)
	items := []map[string]any{}
	for _, f := range defined {
		items = append(items, map[string]any{
			"id": f.ID, "display_name": f.Name, "remote_key_name": f.Key, "is_custom": true, "is_common_model_field": false, "is_required": false,
			"field_type": f.Type,
		})
	}
	writeList(w, items, next, more)
}

// setFields changes a row: its remote fields, and those of the vendor's own fields that a row has here.
func setFields(w http.ResponseWriter, r *http.Request, s *simulator.Server, m hub.Model) {
	id := r.PathValue("id")
	if row, ok := s.Get(m, id); !ok || row.Deleted {
		simulator.WriteJSON(w, http.StatusNotFound, map[string]string{"detail": "Not found."})
		return
	}
	var body struct {
		Model struct {
			Name         *string `json:"name"`
			Amount       *int64  `json:"amount"`
			Status       *string `json:"status"`
			CloseDate    *string `json:"close_date"`
			RemoteFields []struct {
				Class string `json:"remote_field_class"`
				Value any    `json:"value"`
			} `json:"remote_fields"`
		} `json:"model"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		refuse(w, "no JSON")
		return
	}
	values := map[string]any{}
	for _, f := range body.Model.RemoteFields {
		key := ""
		for _, d := range s.Fields.Defined(m) {
			if d.ID == f.Class && d.Type.Takes(f.Value) {
				key = d.Key
			}
		}
		if key == "" {
			refuse(w, "there is no such field, or it takes another type")
			return
		}
		values[key] = f.Value
	}
	s.Fields.Set(m, id, values)
	s.Change(m, id, func(r *hub.Record) {
		set(&r.Name, body.Model.Name)
		set(&r.Details.Disposition, body.Model.Status)
		set(&r.Details.ClosedAt, body.Model.CloseDate)
		if body.Model.Amount != nil {
			amount := float64(*body.Model.Amount)
			r.Details.Amount = &amount
		}
	})
	row, _ := s.Get(m, id)
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"model": show(row), "warnings": []any{}, "errors": []any{}})
}

func set(field, sent *string) {
	if sent != nil {
		*field = *sent
	}
}

func refuse(w http.ResponseWriter, detail string) {
	simulator.WriteJSON(w, http.StatusBadRequest, map[string]string{"detail": detail})
}
