package servicetitan

import (
	"context"
	"encoding/json"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// estimate is an offer that is part of a job.
type estimate struct {
	ID       number           `json:"id"`
	JobID    number           `json:"jobId"`
	Active   *bool            `json:"active"`
	Status   json.RawMessage  `json:"status"`
	SoldBy   number           `json:"soldBy"`
	SoldOn   connector.Time   `json:"soldOn"`
	Subtotal connector.Number `json:"subtotal"`
}

// is reports whether the estimate has a status: Open, Sold or Dismissed. The vendor writes it as an object with a name.
func (e *estimate) is(status string) bool {
	var object struct {
		Name string `json:"name"`
	}
	var name string
	if json.Unmarshal(e.Status, &object) == nil {
		name = object.Name
	} else if json.Unmarshal(e.Status, &name) != nil {
		return false
	}
	return strings.EqualFold(name, status)
}

// readJobsOfEstimates reads the jobs anew whose estimates the rows are.
func readJobsOfEstimates(ctx context.Context, s *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	var ids []string
	for _, e := range decodeEach[estimate](rows) {
		ids = append(ids, id(e.JobID))
	}
	return readByIDs(ctx, s, page, hub.ModelOpportunity, jobs, ids, readJobs)
}

// sale is what the estimates of a job came to.
type sale struct {
	sold, open bool
	amount     float64
	by         string
	on         connector.Time
}

func saleOf(estimates []estimate) sale {
	var all sale
	for _, e := range estimates {
		switch {
		case e.is("Sold"):
			all.sold = true
			if e.Subtotal.Float != nil {
				all.amount += *e.Subtotal.Float
			}
			if e.SoldBy != 0 && !e.SoldOn.Before(all.on.Time) { // who sold last
				all.by, all.on = id(e.SoldBy), e.SoldOn
			}
		case e.is("Open"):
			all.open = true
		}
	}
	return all
}
