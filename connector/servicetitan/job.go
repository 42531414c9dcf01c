package servicetitan

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// job is a row of the list of jobs.
type job struct {
	ID          number           `json:"id"`
	Number      string           `json:"jobNumber"`
	CustomerID  number           `json:"customerId"`
	LocationID  number           `json:"locationId"`
	Status      string           `json:"jobStatus"`
	CompletedOn connector.Time   `json:"completedOn"`
	SoldByID    number           `json:"soldById"`
	Total       connector.Number `json:"total"`
	EstimateIDs []number         `json:"estimateIds"`
	Summary     string           `json:"summary"`
	stamps
}

// readJobs reads jobs with their places and estimates.
func readJobs(ctx context.Context, s *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	var placeIDs, estimateIDs []string
	for _, j := range decodeEach[job](rows) {
		if at := id(j.LocationID); at != "" && !slices.Contains(placeIDs, at) {
			placeIDs = append(placeIDs, at)
		}
		for _, e := range j.EstimateIDs {
			estimateIDs = append(estimateIDs, id(e))
		}
	}
	places, noPlaces, err := rowsByID(ctx, s, locations, placeIDs, func(l location) number { return l.ID })
	if err != nil {
		return err
	}
	offers, noOffers, err := rowsByID(ctx, s, estimates, estimateIDs, func(e estimate) number { return e.ID })
	if err != nil {
		return err
	}
	locations.mayNotRead(page, noPlaces)
	estimates.mayNotRead(page, noOffers)
	before := len(page.Records)
	connector.AppendItems(page, rows, func(j job) []hub.Record {
		at := places[j.LocationID].Address
		r := hub.Record{
			Model: hub.ModelOpportunity, ExternalID: id(j.ID), Name: oneLine(plainText(j.Summary)), ModifiedAt: j.ModifiedOn.Time,
			Refs: hub.Refs{Account: id(j.CustomerID), Owner: id(j.SoldByID)},
			Details: hub.Details{
				Addresses: at.list(), URL: recordURL(s, hub.ModelOpportunity, id(j.ID)), ClosedAt: j.CompletedOn.Wire(), CreatedAt: j.CreatedOn.Wire(), UpdatedAt: j.ModifiedOn.Wire(),
			},
		}
		if at != nil {
			r.Details.Latitude, r.Details.Longitude = connector.Coordinates(at.Latitude, at.Longitude)
		}
		if r.Name == "" {
			r.Name = "Job " + j.Number
		}
		j.outcome(&r, offers)
		if noPlaces != nil && j.LocationID != 0 {
			r.Unread |= hub.UnreadPlace
		}
		if noOffers != nil && len(j.EstimateIDs) > 0 {
			r.Unread |= hub.UnreadSale
		}
		return []hub.Record{r}
	})
	return nameSellers(ctx, s, page.Records[before:])
}

// nameSellers gives owners who are no technicians the ids that employees have here: the vendor does not say of a seller
// which of the two it is.
func nameSellers(ctx context.Context, s *connector.Session, jobs []hub.Record) error {
	var sellers []string
	for _, r := range jobs {
		if r.Refs.Owner != "" && !slices.Contains(sellers, r.Refs.Owner) {
			sellers = append(sellers, r.Refs.Owner)
		}
	}
	others, err := without(ctx, s, technicians, sellers)
	if err != nil || len(others) == 0 {
		return err
	}
	unknown, err := without(ctx, s, employees, others)
	for i := range jobs {
		if by := jobs[i].Refs.Owner; slices.Contains(others, by) && !slices.Contains(unknown, by) {
			jobs[i].Refs.Owner = employeePrefix + by
		}
	}
	return err
}

// without returns those of the ids that a list of users does not have; all where the app may not read it.
func without(ctx context.Context, s *connector.Session, l list, ids []string) ([]string, error) {
	rows, err := askByIDs(ctx, s, l, "ids", ids)
	if connector.IsKind(err, connector.Forbidden) {
		return ids, nil
	}
	found := map[string]bool{}
	for _, raw := range rows {
		found[rowID(raw)] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return found[id] }), err
}

// outcome says what became of the job. The sale is a sold estimate: that the work is completed says nothing of one, and
// a total of 0 is how the vendor writes that none is known.
func (j *job) outcome(r *hub.Record, all map[number]estimate) {
	var offers []estimate
	known := true
	for _, id := range j.EstimateIDs {
		e, ok := all[id]
		known = known && ok
		if ok && e.JobID == j.ID && !inactive(e.Active) {
			offers = append(offers, e)
		}
	}
	sale := saleOf(offers)
	if sale.by != "" {
		r.Refs.Owner = sale.by
	}
	amount := sale.amount
	if amount == 0 && j.Total.Float != nil {
		amount = *j.Total.Float
	}
	if amount != 0 {
		r.Details.Amount = &amount
	}
	switch done := strings.EqualFold(j.Status, "Completed"); {
	case strings.EqualFold(j.Status, "Canceled"):
		r.Details.Disposition = "LOST"
	case sale.sold:
		r.Details.Disposition = "WON"
	case !done || sale.open:
		r.Details.Disposition = "OPEN"
	case known && len(offers) > 0: // all that was offered was dismissed
		r.Details.Disposition = "LOST"
	}
}
