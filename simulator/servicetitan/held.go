package servicetitan

import (
	"sirocco/hub"
	"sirocco/simulator"
)

// held is what a hub should hold of a row: less what the vendor does not tell of it.
func held(s *simulator.Server, r hub.Record) []hub.Record {
	has := r.Details
	keep := hub.Details{CreatedAt: hub.WireTime(created(r.ExternalID)), UpdatedAt: hub.WireTime(r.ModifiedAt)}
	refs := hub.Refs{}
	switch r.Model {
	case simulator.Location, simulator.Estimate:
		return nil
	case hub.ModelUser:
		keep.Email, keep.Emails = has.Email, has.Emails
	case simulator.Employee:
		r.Model, r.ExternalID = hub.ModelUser, "employee:"+r.ExternalID
		keep.Email, keep.Emails = has.Email, has.Emails
	case hub.ModelAccount:
		keep.Addresses, keep.Phones, keep.Email, keep.Emails = has.Addresses, has.Phones, has.Email, has.Emails
		keep.URL = "https://go.servicetitan.com/#/Customer/" + r.ExternalID
	case hub.ModelLead:
		refs.Account = r.Refs.Account
		switch showLead(r)["status"] {
		case "Open":
			keep.Disposition = "OPEN"
		case "Dismissed":
			keep.Disposition = "LOST"
		}
	case hub.ModelOpportunity:
		refs = hub.Refs{Account: r.Refs.Account, Owner: r.Refs.Owner}
		keep.ClosedAt, keep.URL = has.ClosedAt, "https://go.servicetitan.com/#/Job/Index/"+r.ExternalID
		place, _ := s.Get(simulator.Location, locationOf(r))
		keep.Addresses, keep.Latitude, keep.Longitude = place.Details.Addresses, place.Details.Latitude, place.Details.Longitude
		outcome(s, r, &keep, &refs)
	case hub.ModelEngagement:
		refs.Opportunity, refs.Account = r.Refs.Opportunity, customerOf(s, r)
		r.Deleted = r.Deleted || appointmentStatus(r) == "Canceled"
		keep.Content, keep.ActivityType = r.Name, "APPOINTMENT"
		r.Name = "Appointment " + visitNumber(r)
		keep.Subject = r.Name
	case simulator.Event:
		r.Model, r.ExternalID = hub.ModelEngagement, "nonjob:"+r.ExternalID
		refs.Owner = r.Refs.Owner
		keep.Subject, keep.Content, keep.ActivityType = r.Name, has.Content, "EVENT"
	case hub.ModelEngagementUser:
		refs, r.Name, keep = r.Refs, technicianName(r), hub.Details{}
	}
	r.Details, r.Refs = keep, refs
	return []hub.Record{r}
}

// outcome says what became of a job, by its estimate.
func outcome(s *simulator.Server, r hub.Record, keep *hub.Details, refs *hub.Refs) {
	e, offered := s.Get(simulator.Estimate, twin(r.ExternalID, simulator.Estimate))
	offered = offered && !e.Deleted
	sold := offered && e.Details.Disposition == "WON"
	if sold {
		keep.Amount = e.Details.Amount
		if e.Refs.Owner != "" {
			refs.Owner = e.Refs.Owner
		}
	}
	switch status := jobStatus(r); {
	case status == "Canceled":
		keep.Disposition = "LOST"
	case sold:
		keep.Disposition = "WON"
	case status != "Completed" || offered && e.Details.Disposition != "LOST":
		keep.Disposition = "OPEN"
	case offered:
		keep.Disposition = "LOST"
	}
}
