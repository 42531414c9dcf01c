package servicetitan

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// address is a postal address with its coordinates.
type address struct {
	Street    string           `json:"street"`
	Unit      string           `json:"unit"`
	City      string           `json:"city"`
	State     string           `json:"state"`
	Zip       string           `json:"zip"`
	Country   string           `json:"country"`
	Latitude  connector.Number `json:"latitude"`
	Longitude connector.Number `json:"longitude"`
}

// list is the address as the hub has it, and nothing of one without any of its parts.
func (a *address) list() []hub.Address {
	if a == nil {
		return nil
	}
	h := hub.Address{Country: a.Country, Street: strings.TrimSpace(a.Street + " " + a.Unit), City: a.City, State: a.State, Zip: a.Zip}
	if h == (hub.Address{}) {
		return nil
	}
	return []hub.Address{h}
}

// location is a place where work is done.
type location struct {
	ID      number   `json:"id"`
	Address *address `json:"address"`
}

// readJobsOfLocations reads the latest jobs anew whose places the rows are; older ones come when all are read.
func readJobsOfLocations(ctx context.Context, s *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	for _, l := range decodeEach[location](rows) {
		if l.ID == 0 {
			continue
		}
		query := url.Values{"locationId": {id(l.ID)}, "sort": {"-CreatedOn"}, "pageSize": {strconv.Itoa(maxPageSize)}}
		got, err := ask(ctx, s, jobs, query)
		if err != nil {
			return err
		}
		var fresh []json.RawMessage
		for _, raw := range got.rows {
			var j job
			if json.Unmarshal(raw, &j) == nil && j.LocationID == l.ID && !has(page, hub.ModelOpportunity, id(j.ID)) {
				fresh = append(fresh, raw)
			}
		}
		if err := readJobs(ctx, s, page, fresh); err != nil {
			return err
		}
	}
	return nil
}
