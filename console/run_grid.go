package console

import (
	"fmt"
	"slices"

	"sirocco/hub"
	"sirocco/store"
)

// gridRuns is how many runs the grid has.
const gridRuns = 50

// runGrid is what each run did of each model; the latest run is on the right.
type runGrid struct {
	Runs []gridCell
	Rows []gridRow
}

// gridRow is one model.
type gridRow struct {
	Model hub.Model
	Cells []gridCell
}

// gridCell is one run, or what it did of one model.
type gridCell struct {
	URL string
	// Tone is changed, same, warn, bad, busy or none; Words says it all.
	Tone, Words string
}

// runTones are how a run ended.
var runTones = map[store.RunOutcome]string{
	store.RunDone: "good", store.RunFailed: "bad", "": "busy", store.RunPaused: "warn", store.RunDisabled: "warn", store.RunCutOff: "warn",
	store.RunReplaced: "warn", store.RunDeleted: "warn",
}

// runWords says how a run ended.
func runWords(outcome store.RunOutcome) string {
	if outcome == "" {
		return "Goes on"
	}
	return words(outcome)
}

// totalsWords is what a run did, in words; what is nought is left out.
func totalsWords(t store.RunTotals) string {
	text := ""
	for _, part := range []struct {
		n     int
		words string
	}{
		{t.Created, "created"}, {t.Updated, "updated"}, {t.Unchanged, "unchanged"}, {t.Deleted, "deleted"}, {t.Quarantined, "quarantined"}, {t.Missed, "missed before"},
	} {
		if part.n > 0 {
			text += ", " + number(part.n) + " " + part.words
		}
	}
	if text == "" {
		text = ", nothing came"
	}
	text += fmt.Sprintf(" (%s, %s", count(t.Pages, "page", "pages"), size(t.Bytes))
	if t.RateWait > 0 {
		text += ", waited " + lasting(t.RateWait)
	}
	return text[2:] + ")"
}

// totalsTone is the tone of what a run that came to its end did.
func totalsTone(t store.RunTotals) string {
	switch {
	case t.Quarantined > 0 || t.Missed > 0:
		return "warn"
	case t.Created+t.Updated+t.Deleted > 0:
		return "changed"
	}
	return "same"
}

// gridModels are the models that are read over a connection, and after them those whose records come with others, so that the rows add
// up to what the runs did.
func gridModels(c connectionView, runs []store.SyncRun) (models []hub.Model) {
	for _, st := range c.SyncStatus {
		models = append(models, st.Model)
	}
	var more []hub.Model
	for _, run := range runs {
		for model := range run.Models {
			if !slices.Contains(models, model) && !slices.Contains(more, model) {
				more = append(more, model)
			}
		}
	}
	slices.Sort(more)
	return append(models, more...)
}

func drawGrid(c connectionView, runs []store.SyncRun, href func(run string) string) (g runGrid) {
	runs = slices.Clone(runs)
	slices.Reverse(runs)
	for _, run := range runs {
		words := runWords(run.Outcome) + ", began " + exact(run.StartedAt)
		if !run.EndedAt.IsZero() {
			words += ", took " + lasting(run.EndedAt.Sub(run.StartedAt))
		}
		tone := runTones[run.Outcome]
		if run.Outcome == store.RunDone {
			tone = totalsTone(run.RunTotals)
		}
		g.Runs = append(g.Runs, gridCell{href(run.ID), tone, words + ": " + totalsWords(run.RunTotals)})
	}
	for i, model := range gridModels(c, runs) {
		row := gridRow{Model: model}
		nothing := "nothing was asked"
		if i >= len(c.SyncStatus) {
			nothing = "nothing came with another model"
		}
		for i, run := range runs {
			cell := gridCell{URL: g.Runs[i].URL, Tone: "none", Words: nothing}
			if t, ok := run.Models[model]; ok {
				cell.Tone, cell.Words = totalsTone(t), totalsWords(t)
			}
			row.Cells = append(row.Cells, cell)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}
