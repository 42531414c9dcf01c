package console

import (
	"net/http"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// runsPage lists the runs of an organization that began within an hour.
type runsPage struct {
	page

	From, Until time.Time
	Rows        []runRow
}

// runRow is one run, over which connection, and how it went.
type runRow struct {
	store.SyncRun

	Name, URL, Outcome, Tone, Words string
}

// runsShown bounds how many runs of an hour are told.
const runsShown = 500

func (s *server) showRuns(w http.ResponseWriter, v *visit) error {
	from, err := hub.ParseTime(v.URL.Query().Get("from"))
	if err != nil {
		from = s.Clock().UTC().Truncate(time.Hour)
	}
	shown := &runsPage{page: s.page(v, "Runs"), From: from, Until: from.Add(time.Hour)}
	connections, err := s.Store.Connections(v.Context(), v.organization.ID, store.ConnectionFilter{Limit: 100})
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, c := range connections {
		names[c.ID] = c.Name
	}
	runs, err := s.Store.RunsBetween(v.Context(), v.organization.ID, shown.From, shown.Until, runsShown)
	if err != nil {
		return err
	}
	for _, run := range runs {
		shown.Rows = append(shown.Rows, runRow{
			SyncRun: run, Name: names[run.ConnectionID], URL: s.href(v, "/connections/"+run.ConnectionID+"/runs/"+run.ID),
			Outcome: runWords(run.Outcome), Tone: runTones[run.Outcome], Words: totalsWords(run.RunTotals),
		})
	}
	return s.render(w, v, http.StatusOK, "runs", shown)
}
