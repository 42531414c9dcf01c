package console

import (
	"net/http"
	"slices"
	"time"

	"sirocco/hub"
)

// rewindPage asks from when on a connection is read again, and says how much that is.
type rewindPage struct {
	page

	Connection connectionView
	// Models are those chosen; all where none is.
	Models []rewindModel
	// From is the chosen time, zero before one is chosen; Field is it as the form has it.
	From  time.Time
	Field string
	Wrong string
	// Total is how many records are read again, as far as the CRM says when they changed.
	Total int64
}

// rewindModel is one model that can be read again.
type rewindModel struct {
	Model  hub.Model
	Chosen bool
	Cursor time.Time
	N      int64
	// Whole says that every run reads it whole, or reads what it does not know the time of.
	Whole bool
}

func (s *server) showRewind(w http.ResponseWriter, v *visit) error {
	c, err := s.connectionOf(v.Context(), v)
	if err != nil {
		return err
	}
	query := v.URL.Query()
	shown := &rewindPage{page: s.page(v, "Read again over "+c.Name), Connection: c, Field: query.Get("from")}
	chosen := query["model"]
	var models []hub.Model
	for _, st := range c.SyncStatus {
		m := rewindModel{Model: st.Model, Cursor: st.ModifiedAfter, Chosen: len(chosen) == 0 && !query.Has("zone") || slices.Contains(chosen, string(st.Model))}
		for _, info := range s.Platforms[c.Platform].Models {
			m.Whole = m.Whole || info.Model == st.Model && !info.Incremental
		}
		if m.Chosen {
			models = append(models, st.Model)
		}
		shown.Models = append(shown.Models, m)
	}
	if shown.Field == "" {
		return s.render(w, v, http.StatusOK, "rewind", shown)
	}
	if shown.From, err = readMoment(shown.Field, query.Get("zone")); err != nil || shown.From.After(s.Clock()) {
		shown.Wrong, shown.From = "Choose a time that has passed.", time.Time{}
		return s.render(w, v, http.StatusUnprocessableEntity, "rewind", shown)
	}
	counts, err := s.Store.RewindCounts(v.Context(), c.OrganizationID, c.ID, models, shown.From)
	if err != nil {
		return err
	}
	if len(chosen) == 0 && query.Has("zone") { // the form was sent with none ticked
		shown.Wrong, shown.From = "Choose at least one model.", time.Time{}
		return s.render(w, v, http.StatusUnprocessableEntity, "rewind", shown)
	}
	for i := range shown.Models {
		m := &shown.Models[i]
		m.N = counts[m.Model]
		shown.Total += m.N
	}
	return s.render(w, v, http.StatusOK, "rewind", shown)
}

// readMoment reads a moment as a form has it: with a zone of its own, or as a clock on the wall shows it in a zone that is so
// many minutes behind UTC.
func readMoment(text, zone string) (time.Time, error) {
	if at, err := hub.ParseTime(text); err == nil {
		return at, nil
	}
	at, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		return at, err
	}
	if zone == "" {
		return at, nil
	}
	behind, err := time.ParseDuration(zone + "m")
	return at.Add(behind), err
}

// rewind lets the chosen models be read again from a time on.
func (s *server) rewind(w http.ResponseWriter, v *visit) error {
	from, err := hub.ParseTime(v.PostFormValue("from"))
	if err != nil {
		return hub.Invalid("from", "is no time", hub.WantTime)
	}
	var models []hub.Model
	for _, m := range v.PostForm["model"] {
		models = append(models, hub.Model(m))
	}
	id := v.PathValue("connection")
	if err := s.Store.RequestSync(v.Context(), v.organization.ID, id, models, &from); err != nil {
		return err
	}
	return s.redirect(w, v, "rewound", "/connections/"+id)
}
