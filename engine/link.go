package engine

import (
	"context"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// link looks again at the organization's recordings of the times that something asked for, for about a slice of
// time, and links them to the appointments that the rule finds. How far it came is kept with what it linked.
func (e *Engine) link(ctx context.Context, task store.Task) (next time.Time, err error) {
	began := e.Clock()
	for {
		relink, found, err := e.Store.ClaimRelink(ctx, task)
		if err != nil || !found {
			return time.Time{}, err
		}
		for more := true; more; {
			if e.Clock().Sub(began) >= timeSlice {
				return e.Clock(), nil
			}
			var recordings []hub.Recording
			recordings, relink, more, err = e.Store.Linkable(ctx, task.OrganizationID, relink)
			if err != nil {
				return time.Time{}, err
			}
			matches := make([]store.Match, 0, len(recordings))
			for _, r := range recordings {
				m, err := e.match(ctx, r)
				if err != nil {
					return time.Time{}, err
				}
				matches = append(matches, m)
			}
			if err := e.Store.SaveMatches(ctx, task, matches, relink, !more); err != nil {
				return time.Time{}, err
			}
		}
	}
}

func (e *Engine) match(ctx context.Context, r hub.Recording) (store.Match, error) {
	found, err := e.Store.Verdict(ctx, r)
	if err != nil {
		return store.Match{}, err
	}
	return matchOf(r, found), nil
}

// matchOf is what becomes of a recording's link by what the rule found.
func matchOf(r hub.Recording, found hub.Verdict) store.Match {
	m := store.Match{RecordingID: r.ID, Before: r.Link, Link: hub.Link{Reason: found.Reason, Lost: found.Lost}}
	switch {
	case found.Linked:
		w := found.Winner()
		m.Link.ConnectionID, m.Link.Model, m.Link.ExternalID = w.Appointment.ConnectionID, w.Model, w.Appointment.ExternalID
		m.Link.By, m.Link.Trigger, m.Link.Basis = hub.LinkedByMatching, fuzzyMatches[w.Model], w.Appointment.Basis()
	case found.Holds(r.Link):
		m.Link = r.Link
		m.Link.Basis = found.BasisOf(r.Link)
	case found.Offered:
		m.Link.ConnectionID, m.Link.By = found.Choices[0].Appointment.ConnectionID, hub.Offered
	}
	return m
}

// fuzzyMatches is what the contract calls links that the rule makes.
var fuzzyMatches = map[hub.Model]string{
	hub.ModelEngagement: "FUZZY_MATCH_ENGAGEMENTS_FOR_RECORDING", hub.ModelOpportunity: "FUZZY_MATCH_OPPORTUNITIES_FOR_RECORDING",
}
