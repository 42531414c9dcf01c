package servicetitan

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// appointment is a visit for a job.
type appointment struct {
	ID         number         `json:"id"`
	Active     *bool          `json:"active"`
	JobID      number         `json:"jobId"`
	CustomerID number         `json:"customerId"`
	Number     string         `json:"appointmentNumber"`
	Start      connector.Time `json:"start"`
	End        connector.Time `json:"end"`
	Status     string         `json:"status"`
	Special    string         `json:"specialInstructions"`
	stamps
}

func readAppointments(_ context.Context, _ *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	connector.AppendItems(page, rows, func(a appointment) []hub.Record {
		name := strings.TrimSpace("Appointment " + a.Number)
		r := hub.Record{
			Model: hub.ModelEngagement, ExternalID: id(a.ID), Name: name, ModifiedAt: a.ModifiedOn.Time,
			Deleted: inactive(a.Active) || strings.EqualFold(a.Status, "Canceled"),
			Refs:    hub.Refs{Opportunity: id(a.JobID), Account: id(a.CustomerID)},
			Details: hub.Details{
				Subject: name, Content: a.Special, ActivityType: "APPOINTMENT", CreatedAt: a.CreatedOn.Wire(), UpdatedAt: a.ModifiedOn.Wire(),
			},
		}
		r.StartTime, r.EndTime = a.Start.Time, endAfter(a.Start.Time, a.End.Time)
		return []hub.Record{r}
	})
	return nil
}

// endAfter is the end of what begins at start; one before it is not known.
func endAfter(start, end time.Time) time.Time {
	if end.Before(start) {
		return time.Time{}
	}
	return end
}

// event is time of a technician that is of no job.
type event struct {
	ID           number         `json:"id"`
	Active       *bool          `json:"active"`
	TechnicianID number         `json:"technicianId"`
	Start        connector.Time `json:"start"`
	Duration     string         `json:"duration"`
	AllDay       bool           `json:"allDay"`
	Name         string         `json:"name"`
	Summary      string         `json:"summary"`
	stamps
}

func readEvents(_ context.Context, _ *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	connector.AppendItems(page, rows, func(e event) []hub.Record {
		r := hub.Record{
			Model: hub.ModelEngagement, ExternalID: prefixed(eventPrefix, e.ID), Name: e.Name, ModifiedAt: e.ModifiedOn.Time,
			Deleted: inactive(e.Active), StartTime: e.Start.Time, Refs: hub.Refs{Owner: id(e.TechnicianID)},
			Details: hub.Details{
				Subject: e.Name, Content: plainText(e.Summary), ActivityType: "EVENT", AllDay: e.AllDay, CreatedAt: e.CreatedOn.Wire(), UpdatedAt: e.ModifiedOn.Wire(),
			},
		}
		if length, ok := duration(e.Duration); ok && !e.Start.IsZero() {
			r.EndTime = e.Start.Add(length)
		}
		return []hub.Record{r}
	})
	return nil
}

// assignment is a technician's part in an appointment.
type assignment struct {
	ID             number          `json:"id"`
	Active         *bool           `json:"active"`
	TechnicianID   number          `json:"technicianId"`
	TechnicianName string          `json:"technicianName"`
	AppointmentID  number          `json:"appointmentId"`
	ModifiedOn     connector.Stamp `json:"modifiedOn"`
}

func readAssignments(_ context.Context, _ *connector.Session, page *connector.Page, rows []json.RawMessage) error {
	connector.AppendItems(page, rows, func(a assignment) []hub.Record {
		return []hub.Record{{
			Model: hub.ModelEngagementUser, ExternalID: id(a.ID), Name: a.TechnicianName, ModifiedAt: a.ModifiedOn.Time, Deleted: inactive(a.Active),
			Refs: hub.Refs{Engagement: id(a.AppointmentID), User: id(a.TechnicianID)},
		}}
	})
	return nil
}
