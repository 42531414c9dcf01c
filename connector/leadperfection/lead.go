package leadperfection

import (
	"errors"
	"strings"
	"time"

	"sirocco/hub"
)

// lead is a lead of a customer, with its appointments and its jobs.
func (t *teller) lead(of *hub.Record, o object) ([]hub.Record, error) {
	r := hub.Record{
		Model: hub.ModelLead, ExternalID: o.id(leadID), Name: of.Name, Refs: hub.Refs{Account: of.ExternalID},
		Details: hub.Details{
			FirstName: of.Details.FirstName, LastName: of.Details.LastName, Email: of.Details.Email, Emails: of.Details.Emails, Phones: of.Details.Phones,
			Addresses: of.Details.Addresses, Amount: o.amount(grossSale), Status: o.text(leadOutcome), Labels: some(o.text(source), o.text(sourceDetail)),
		},
	}
	if r.ExternalID == "" {
		return nil, errors.New("one of its leads has no id")
	}
	t.own(&r, o.text(repName))
	if o.yes(sold) {
		r.Details.Disposition = "WON"
	}
	t.dates(&r, o)
	visits, err := t.appointments(&r, o)
	if err != nil {
		return nil, err
	}
	all := append([]hub.Record{r}, visits...)
	jobs, err := o.objects(jobsOf)
	if err != nil {
		return nil, err
	}
	for _, j := range jobs {
		job, err := t.job(&r, j)
		if err != nil {
			return nil, err
		}
		all = append(all, job)
	}
	return all, nil
}

// dates tells when something was made and changed, where that can be read.
func (t *teller) dates(r *hub.Record, o object) {
	entered, _ := o.time(enteredOn, t.zone)
	r.ModifiedAt, _ = o.time(changedOn, t.zone)
	r.Details.CreatedAt, r.Details.UpdatedAt = wire(entered), wire(r.ModifiedAt)
}

func wire(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return hub.WireTime(at)
}

// appointments are that of a lead, which has the lead's id, and those that the lead lists beside it.
func (t *teller) appointments(of *hub.Record, o object) ([]hub.Record, error) {
	start, allDay, err := parseAppointment(o.text(apptDate), o.text(apptTime), t.zone)
	if err != nil {
		return nil, errors.New("the time of an appointment has a form that is not known")
	}
	var all []hub.Record
	if !start.IsZero() && !strings.EqualFold(o.text(apptSet), "false") {
		all = append(all, appointment(of, of.ExternalID, start, allDay))
	}
	others, err := o.objects(appointmentsOf)
	if err != nil {
		return all, nil //nolint:nilerr // what is in it was not seen: where it is something else, it is left
	}
	for _, other := range others {
		id := other.id(issuedID)
		at, whole, err := parseAppointment(other.text(issuedDate), other.text(issuedTime), t.zone)
		if id == "" || err != nil || at.IsZero() || at.Equal(start) {
			continue // it cannot be known again, or is the lead's own
		}
		all = append(all, appointment(of, "issued:"+id, at, whole))
	}
	return all, nil
}

func appointment(of *hub.Record, id string, start time.Time, allDay bool) hub.Record {
	name := strings.TrimSpace("Appointment with " + of.Name)
	if of.Name == "" {
		name = "Appointment"
	}
	return hub.Record{
		Model: hub.ModelEngagement, ExternalID: id, ModifiedAt: of.ModifiedAt, Name: name, StartTime: start,
		Refs: hub.Refs{Account: of.Refs.Account, Lead: of.ExternalID, Owner: of.Refs.Owner}, OwnerName: of.OwnerName,
		Details: hub.Details{
			Subject: name, ActivityType: "APPOINTMENT", Status: of.Details.Status, AllDay: allDay, Addresses: of.Details.Addresses,
			CreatedAt: of.Details.CreatedAt, UpdatedAt: of.Details.UpdatedAt,
		},
	}
}

// job is a job of a lead.
func (t *teller) job(of *hub.Record, o object) (hub.Record, error) {
	r := hub.Record{
		Model: hub.ModelOpportunity, ExternalID: o.id(jobID), Name: of.Name,
		Refs:    hub.Refs{Account: of.Refs.Account, Lead: of.ExternalID},
		Details: hub.Details{Amount: o.amount(jobAmount), Status: o.text(jobStatus), Disposition: of.Details.Disposition, URL: t.recordURL(hub.ModelOpportunity, o.id(jobID))},
	}
	if r.ExternalID == "" {
		return r, errors.New("one of its jobs has no id")
	}
	t.own(&r, o.text(repName))
	t.dates(&r, o)
	return r, nil
}
