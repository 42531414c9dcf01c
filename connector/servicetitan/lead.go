package servicetitan

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// lead is a row of the list of leads. One without a customer says itself who it is about.
type lead struct {
	ID           number `json:"id"`
	Status       string `json:"status"`
	CustomerID   number `json:"customerId"`
	Summary      string `json:"summary"`
	CustomerName string `json:"leadCustomerName"`
	Phone        string `json:"leadPhone"`
	Email        string `json:"leadEmail"`
	Street       string `json:"leadStreet"`
	Unit         string `json:"leadUnit"`
	City         string `json:"leadCity"`
	State        string `json:"leadState"`
	Zip          string `json:"leadZip"`
	Country      string `json:"leadCountry"`
	stamps
}

// leadDispositions are what the states of a lead mean; one that became a job has no outcome of its own.
var leadDispositions = map[string]string{"open": "OPEN", "dismissed": "LOST"}

func readLeads(_ context.Context, _ *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	connector.AppendItems(page, rows, func(l lead) []hub.Record {
		at := address{Street: l.Street, Unit: l.Unit, City: l.City, State: l.State, Zip: l.Zip, Country: l.Country}
		r := hub.Record{
			Model: hub.ModelLead, ExternalID: id(l.ID), Name: oneLine(cmp.Or(plainText(l.Summary), l.CustomerName)), ModifiedAt: l.ModifiedOn.Time,
			Refs: hub.Refs{Account: id(l.CustomerID)},
			Details: hub.Details{
				Disposition: leadDispositions[strings.ToLower(l.Status)], Addresses: at.list(), Email: l.Email,
				CreatedAt: l.CreatedOn.Wire(), UpdatedAt: l.ModifiedOn.Wire(),
			},
		}
		if l.Email != "" {
			r.Details.Emails = []string{l.Email}
		}
		if l.Phone != "" {
			r.Details.Phones = []string{l.Phone}
		}
		return []hub.Record{r}
	})
	return nil
}
