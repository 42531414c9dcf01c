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
	// From is the chosen time, zero before one is chosen; Counted says that there is a count of what is read again from then on.
	From    time.Time
	Counted bool
	Wrong   string
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
	shown := &rewindPage{page: s.page(v, "Read again over "+c.Name), Connection: c}
	sent := query.Has("from")
	var models []hub.Model
	for _, st := range c.SyncStatus {
		m := rewindModel{Model: st.Model, Cursor: st.ModifiedAfter, Chosen: !sent || slices.Contains(query["model"], string(st.Model))}
		for _, info := range s.Platforms[c.Platform].Models {
			m.Whole = m.Whole || info.Model == st.Model && !info.Incremental
		}
		if m.Chosen {
			models = append(models, st.Model)
		}
		shown.Models = append(shown.Models, m)
	}
	if !sent {
		return s.render(w, v, http.StatusOK, "rewind", shown)
	}
	shown.From, err = readMoment(query.Get("from"))
	switch {
	case err != nil || shown.From.After(s.Clock()):
		shown.Wrong = "Choose a time that has passed."
	case len(models) == 0:
		shown.Wrong = "Choose at least one model."
	}
	if shown.Wrong != "" {
		return s.render(w, v, http.StatusUnprocessableEntity, "rewind", shown)
	}
	counts, err := s.Store.RewindCounts(v.Context(), c.OrganizationID, c.ID, models, shown.From)
	if err != nil {
		return err
	}
	shown.Counted = true
	for i := range shown.Models {
		m := &shown.Models[i]
		m.N = counts[m.Model]
		shown.Total += m.N
	}
	return s.render(w, v, http.StatusOK, "rewind", shown)
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
