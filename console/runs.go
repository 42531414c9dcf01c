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
	// Kinds are the ways to end that the hour has, each with the list of its runs; Ended is the chosen one.
	Kinds []runKindCount
	Ended string
	Rows  []runRow
	Next  string
}

// runKindCount says how many runs ended in a way.
type runKindCount struct{ Name, Words string }

// runRow is one run, over which connection, and how it went.
type runRow struct {
	store.NamedRun

	URL, Outcome, Tone, Words string
}

// runsShown is how many runs a page has.
const runsShown = 100

func (s *server) showRuns(w http.ResponseWriter, v *visit) error {
	query := v.URL.Query()
	from, err := hub.ParseTime(query.Get("from"))
	if err != nil {
		from = s.Clock()
	}
	from = from.UTC().Truncate(time.Hour)
	shown := &runsPage{page: s.page(v, "Runs"), From: from, Until: from.Add(time.Hour)}
	window := store.RunWindow{From: shown.From, Until: shown.Until, Before: query.Get("before"), Limit: runsShown + 1}
	bars, err := s.Store.RunBars(v.Context(), v.organization.ID, from, 1)
	if err != nil {
		return err
	}
	for _, kind := range runKinds {
		n := kind.count(bars[0])
		if kind.name == query.Get("ended") {
			shown.Ended, window.Outcomes = kind.name, kind.outcomes
		}
		if n > 0 || kind.name == shown.Ended {
			shown.Kinds = append(shown.Kinds, runKindCount{kind.name, number(n) + " " + kind.Words})
		}
	}
	runs, err := s.Store.RunsBetween(v.Context(), v.organization.ID, window)
	if err != nil {
		return err
	}
	if len(runs) > runsShown {
		runs = runs[:runsShown]
		shown.Next = shown.Here("before", runs[runsShown-1].ID)
	}
	for _, run := range runs {
		shown.Rows = append(shown.Rows, runRow{
			NamedRun: run, URL: s.href(v, "/connections/"+run.ConnectionID+"/runs/"+run.ID),
			Outcome: runWords(run.Outcome), Tone: runTones[run.Outcome], Words: totalsWords(run.RunTotals),
		})
	}
	return s.render(w, v, http.StatusOK, "runs", shown)
}
