package simulator

import (
	"fmt"
	"slices"

	"sirocco/hub"
)

// Diff compares what a hub should hold of one model with what it holds and returns one sentence for
// each difference: content that differs, records that are missing, doubled, wrongly deleted, or still
// there though the CRM deleted them. Modified times are not compared, and a record that the CRM
// deleted may be missing.
func Diff(want, got []hub.Record) []string {
	var problems []string
	held := make(map[string]hub.Record, len(got))
	for _, r := range got {
		if _, twice := held[r.ExternalID]; twice {
			problems = append(problems, fmt.Sprintf("%s %s is there twice", r.Model, r.ExternalID))
		}
		held[r.ExternalID] = r
	}
	for _, w := range want {
		g, ok := held[w.ExternalID]
		delete(held, w.ExternalID)
		name := string(w.Model) + " " + w.ExternalID
		switch {
		case !ok && w.Deleted:
		case !ok:
			problems = append(problems, name+" is missing")
		case w.Deleted != g.Deleted && w.Deleted:
			problems = append(problems, name+" is there though the CRM deleted it")
		case w.Deleted != g.Deleted:
			problems = append(problems, name+" is deleted though the CRM has it")
		case !w.Deleted && w.Hash() != g.Hash():
			problems = append(problems, fmt.Sprintf("%s differs: the CRM has %s, the hub %s", name, show(w), show(g)))
		}
	}
	for id, g := range held {
		if !g.Deleted {
			problems = append(problems, fmt.Sprintf("%s %s is not in the CRM", g.Model, id))
		}
	}
	slices.Sort(problems)
	return problems
}

func show(r hub.Record) string {
	return fmt.Sprintf("%+v", r)
}
