package console

import (
	"maps"
	"net/http"
	"slices"

	"sirocco/hub"
	"sirocco/store"
)

// runPage is one run, and each request that was sent to the CRM for it.
type runPage struct {
	page

	Connection connectionView
	Run        store.SyncRun
	Models     []runModel
	Requests   []store.CRMRequest
	Next       string
}

// runModel is what a run did of a model.
type runModel struct {
	Model hub.Model
	store.RunTotals
}

// Outcome and Tone say how the run ended.
func (p *runPage) Outcome() string { return runWords(p.Run.Outcome) }

func (p *runPage) Tone() string { return runTones[p.Run.Outcome] }

// requestsShown is how many requests a page has.
const requestsShown = 100

func (s *server) showRun(w http.ResponseWriter, v *visit) error {
	ctx := v.Context()
	c, err := s.connectionOf(ctx, v)
	if err != nil {
		return err
	}
	run, err := s.Store.SyncRun(ctx, c.OrganizationID, c.ID, v.PathValue("run"))
	if err != nil {
		return err
	}
	shown := &runPage{page: s.page(v, "A run of "+c.Name), Connection: c, Run: run}
	for _, model := range slices.Sorted(maps.Keys(run.Models)) {
		shown.Models = append(shown.Models, runModel{model, run.Models[model]})
	}
	shown.Requests, err = s.Store.CRMRequests(ctx, c.OrganizationID, c.ID, store.CRMRequestFilter{RunID: run.ID, Before: v.URL.Query().Get("before"), Limit: requestsShown})
	if err != nil {
		return err
	}
	if len(shown.Requests) == requestsShown {
		shown.Next = shown.Requests[requestsShown-1].ID
	}
	return s.render(w, v, http.StatusOK, "run", shown)
}
