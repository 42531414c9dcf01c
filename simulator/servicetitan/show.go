package servicetitan

import (
	"fmt"
	"html"
	"strconv"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

func optional(id string) any {
	if id == "" {
		return nil
	}
	return number(id)
}

func instant(t time.Time) string { return t.Format("2006-01-02T15:04:05.000000Z") }

// show writes a row as the vendor does.
func show(s *simulator.Server, r hub.Record) map[string]any {
	var item map[string]any
	switch r.Model {
	case hub.ModelUser:
		item = showTechnician(r)
	case simulator.Employee:
		item = showEmployee(r)
	case hub.ModelAccount:
		item = showCustomer(s, r)
	case simulator.Location:
		item = showLocation(r)
	case hub.ModelLead:
		item = showLead(r)
	case hub.ModelOpportunity:
		item = showJob(s, r)
	case simulator.Estimate:
		item = showEstimate(r)
	case hub.ModelEngagement:
		item = showAppointment(s, r)
	case simulator.Event:
		item = showEvent(r)
	case hub.ModelEngagementUser:
		item = showAssignment(s, r)
	}
	item["id"], item["createdOn"], item["modifiedOn"] = number(r.ExternalID), instant(created(r.ExternalID)), instant(r.ModifiedAt)
	return item
}

func showTechnician(r hub.Record) map[string]any {
	return map[string]any{
		"userId": number(r.ExternalID), "name": r.Name, "email": r.Details.Email, "dailyGoal": 0, "isManagedTech": true, "active": !r.Deleted,
		"customFields": []any{}, "burdenRate": 0, "commissionRate": 0, "hourlyRate": 0, "soldByRate": 0, "status": "Idle",
	}
}

func showEmployee(r hub.Record) map[string]any {
	return map[string]any{
		"userId": number(r.ExternalID), "name": r.Name, "email": r.Details.Email, "role": "SalesManager", "active": !r.Deleted, "agentId": 0, "hourlyRate": 0,
	}
}

func showAddress(d hub.Details) map[string]any {
	a := d.Addresses[0]
	return map[string]any{
		"street": a.Street, "unit": nil, "city": a.City, "state": a.State, "zip": a.Zip, "country": a.Country,
		"latitude": d.Latitude, "longitude": d.Longitude,
	}
}

func showCustomer(s *simulator.Server, r hub.Record) map[string]any {
	return map[string]any{
		"name": r.Name, "active": !r.Deleted && r.MergedInto == "", "mergedToId": optional(r.MergedInto), "type": "Residential",
		"address": showAddress(r.Details), "customFields": showFields(s, r), "balance": 0, "doNotMail": false, "doNotService": false, "createdById": 1,
		"taxExempt": false, "tagTypeIds": []any{}, "nationalAccount": false, "externalData": []any{},
	}
}

// showContacts are the ways to reach a customer, their ids in an order of their own.
func showContacts(r hub.Record) []map[string]any {
	var all []map[string]any
	add := func(kind, value string) {
		all = append(all, map[string]any{
			"id": number(r.ExternalID)*10 + int64(len(all)), "customerId": number(r.ExternalID), "type": kind, "value": value, "memo": nil,
			"createdOn": instant(created(r.ExternalID)), "modifiedOn": instant(r.ModifiedAt),
			"phoneSettings": map[string]any{"phoneNumber": value, "doNotText": false},
		})
	}
	for _, phone := range r.Details.Phones {
		add("MobilePhone", phone)
	}
	for _, email := range r.Details.Emails {
		add("Email", email)
	}
	add("Fax", "+1 555 000 0000")
	return all
}

func showLocation(r hub.Record) map[string]any {
	return map[string]any{
		"customerId": number(twin(r.ExternalID, hub.ModelAccount)), "active": !r.Deleted, "name": r.Name, "address": showAddress(r.Details), "customFields": []any{},
		"createdById": 1, "taxExempt": false, "tagTypeIds": []any{}, "externalData": []any{},
	}
}

func showLead(r hub.Record) map[string]any {
	status := map[string]string{"LOST": "Dismissed", "WON": "Converted"}[r.Details.Disposition]
	if status == "" {
		status = "Open"
	}
	return map[string]any{
		"status": status, "priority": "Normal", "campaignId": 1, "createdById": 1, "summary": r.Name, "customerId": optional(r.Refs.Account), "tagTypeIds": []any{},
	}
}

func showJob(s *simulator.Server, r hub.Record) map[string]any {
	item := map[string]any{
		"jobNumber": r.ExternalID, "customerId": number(r.Refs.Account), "locationId": number(locationOf(r)), "jobStatus": jobStatus(r), "businessUnitId": 1,
		"jobTypeId": 1, "priority": "Normal", "campaignId": 1, "summary": "<p>" + html.EscapeString(r.Name) + "</p>", "customFields": showFields(s, r),
		"appointmentCount": 1, "firstAppointmentId": 1, "lastAppointmentId": 1, "noCharge": false, "notificationsEnabled": false, "createdById": 1,
		"tagTypeIds": []any{}, "externalData": []any{}, "soldById": optional(r.Refs.Owner), "completedOn": nil, "customerPo": "", "invoiceId": 1,
		"total": 0, "estimateIds": []int64{}, "equipmentIds": []any{},
	}
	if e, ok := s.Get(simulator.Estimate, twin(r.ExternalID, simulator.Estimate)); ok {
		item["estimateIds"] = []int64{number(e.ExternalID)}
	}
	if r.Details.ClosedAt != "" {
		item["completedOn"] = r.Details.ClosedAt
	}
	return item
}

// jobStatus is Completed of a job that is closed, whether it was sold or not: that the estimate says.
func jobStatus(r hub.Record) string {
	switch r.Details.Disposition {
	case "WON":
		return "Completed"
	case "LOST":
		return "Canceled"
	}
	return "Scheduled"
}

func showEstimate(r hub.Record) map[string]any {
	status, value, by, on := "Open", 0, any(nil), any(nil)
	switch r.Details.Disposition {
	case "WON":
		status, value, by, on = "Sold", 1, optional(r.Refs.Owner), instant(r.ModifiedAt)
	case "LOST":
		status, value = "Dismissed", 2
	}
	return map[string]any{
		"jobId": number(r.Refs.Opportunity), "name": r.Name, "status": map[string]any{"value": value, "name": status}, "reviewStatus": "None", "soldBy": by,
		"soldOn": on, "active": !r.Deleted, "subtotal": *r.Details.Amount, "tax": 0, "isRecommended": false, "isChangeOrder": false,
	}
}

func showAppointment(s *simulator.Server, r hub.Record) map[string]any {
	return map[string]any{
		"jobId": number(r.Refs.Opportunity), "customerId": number(customerOf(s, r)), "appointmentNumber": visitNumber(r), "start": instant(r.StartTime),
		"end": instant(r.EndTime), "status": appointmentStatus(r), "specialInstructions": r.Name, "unused": false, "createdById": 1, "isConfirmed": false,
		"active": !r.Deleted,
	}
}

// visitNumber is what people call an appointment by.
func visitNumber(r hub.Record) string {
	return strconv.FormatInt(48_000+number(r.ExternalID)%rowNumbers, 10) + "-1"
}

// customerOf is the customer of an appointment's job; where the job is not there, the appointment still has its own.
func customerOf(s *simulator.Server, r hub.Record) string {
	if job, ok := s.Get(hub.ModelOpportunity, r.Refs.Opportunity); ok || r.Refs.Opportunity == "" {
		return job.Refs.Account
	}
	return r.Refs.Account
}

// appointmentStatus is Canceled of an appointment whose disposition is LOST.
func appointmentStatus(r hub.Record) string {
	if r.Details.Disposition == "LOST" {
		return "Canceled"
	}
	return "Scheduled"
}

func showEvent(r hub.Record) map[string]any {
	return map[string]any{
		"technicianId": number(r.Refs.Owner), "start": instant(r.StartTime), "name": r.Name, "duration": clock(r.EndTime.Sub(r.StartTime)), "timesheetCodeId": 1,
		"summary": r.Details.Content, "clearDispatchBoard": false, "clearTechnicianView": false, "removeTechnicianFromCapacityPlanning": false, "allDay": false,
		"showOnTechnicianSchedule": true, "active": !r.Deleted, "createdById": 1,
	}
}

// clock writes a duration as the vendor's platform does.
func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

func showAssignment(s *simulator.Server, r hub.Record) map[string]any {
	appointment, _ := s.Get(hub.ModelEngagement, r.Refs.Engagement)
	return map[string]any{
		"technicianId": number(r.Refs.User), "technicianName": technicianName(r), "assignedById": 1, "assignedOn": instant(created(r.ExternalID)),
		"status": "Scheduled", "isPaused": false, "jobId": number(appointment.Refs.Opportunity), "appointmentId": number(r.Refs.Engagement), "active": !r.Deleted,
	}
}

func technicianName(assignment hub.Record) string {
	return "Technician " + assignment.Refs.User + assignment.Name
}
