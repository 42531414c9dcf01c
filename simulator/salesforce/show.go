package salesforce

import (
	"strings"
	"time"

	"sirocco/hub"
)

// show writes a row with all its fields.
func (o *Organization) show(of object, r hub.Record) map[string]any {
	row := map[string]any{
		"Id": r.ExternalID, "CreatedDate": stamp(read(r.Details.CreatedAt)), "LastModifiedDate": stamp(r.ModifiedAt), "SystemModstamp": stamp(r.ModifiedAt),
		"IsDeleted": r.Deleted, "MasterRecordId": optional(r.MergedInto), "OwnerId": optional(r.Refs.Owner),
	}
	switch r.Model {
	case hub.ModelUser:
		delete(row, "IsDeleted")
		person(row, r)
		row["Username"], row["UserType"], row["IsActive"] = r.Details.Email, "Standard", !r.Deleted
	case hub.ModelAccount:
		row["Name"], row["LastActivityDate"] = r.Name, day(read(r.Details.LastActivity))
		reach(row, r, "Shipping")
		o.with(func() {
			if b, ok := o.bills[r.ExternalID]; ok {
				row["BillingStreet"], row["BillingLatitude"], row["BillingLongitude"] = b.street, b.latitude, b.longitude
			}
		})
	case hub.ModelContact:
		person(row, r)
		reach(row, r, "Mailing")
		row["AccountId"] = optional(r.Refs.Account)
	case hub.ModelLead:
		person(row, r)
		reach(row, r, "")
		row["Company"], row["Status"], row["IsConverted"] = "Household", leadStatus(r), r.Refs.Account != ""
		row["ConvertedAccountId"], row["ConvertedContactId"], row["ConvertedOpportunityId"] = optional(r.Refs.Account), optional(r.Refs.Contact), optional(r.Refs.Opportunity)
	case hub.ModelOpportunity:
		opportunity(row, r)
	case hub.ModelOpportunityUser:
		row["OpportunityId"], row["UserId"], row["TeamMemberRole"] = r.Refs.Opportunity, r.Refs.User, optional(r.Name)
	case hub.ModelEngagement:
		event(row, r)
	case hub.ModelEngagementUser:
		row["EventId"], row["RelationId"], row["Status"], row["Response"] = r.Refs.Engagement, r.Refs.User, "Accepted", optional(r.Name)
	}
	for _, f := range o.s.Fields.Defined(r.Model) {
		row[f.Key] = shown(o.s.Fields.Of(r.Model, r.ExternalID)[f.Key])
	}
	if strings.HasSuffix(of.name, "__c") {
		showPackaged(row, of, r)
	}
	for _, f := range o.addedTo(of.name) {
		row[f.name] = f.text(r.ExternalID)
	}
	return row
}

// shown is a value of a field: several chosen ones are one text.
func shown(value any) any {
	list, ok := value.([]any)
	if !ok {
		return value
	}
	var chosen []string
	for _, one := range list {
		if text, ok := one.(string); ok {
			chosen = append(chosen, text)
		}
	}
	return strings.Join(chosen, ";")
}

func day(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.DateOnly)
}

func person(row map[string]any, r hub.Record) {
	row["Name"], row["FirstName"], row["LastName"], row["Email"] = r.Name, r.Details.FirstName, r.Details.LastName, r.Details.Email
}

func reach(row map[string]any, r hub.Record, kind string) {
	if len(r.Details.Phones) > 0 {
		row["Phone"] = r.Details.Phones[0]
	}
	if len(r.Details.Addresses) > 0 {
		a := r.Details.Addresses[0]
		row[kind+"Street"], row[kind+"City"], row[kind+"State"], row[kind+"PostalCode"], row[kind+"Country"] = a.Street, a.City, a.State, a.Zip, a.Country
	}
	if r.Details.Latitude != nil {
		row[kind+"Latitude"], row[kind+"Longitude"] = *r.Details.Latitude, *r.Details.Longitude
	}
}

func leadStatus(r hub.Record) string {
	if r.Refs.Account != "" {
		return "Closed - Converted"
	}
	return "Working - Contacted"
}

var stages = map[string]string{"WON": "Closed Won", "LOST": "Closed Lost", "OPEN": "Prospecting"}

func opportunity(row map[string]any, r hub.Record) {
	closes := read(r.Details.ClosedAt)
	if closes.IsZero() { // one has to be hoped for
		closes = r.ModifiedAt.Add(30 * 24 * time.Hour)
	}
	row["Name"], row["AccountId"], row["ContactId"], row["CloseDate"] = r.Name, optional(r.Refs.Account), optional(r.Refs.Contact), day(closes)
	row["StageName"], row["IsClosed"], row["IsWon"] = stages[r.Details.Disposition], r.Details.Disposition != "OPEN", r.Details.Disposition == "WON"
	if r.Details.Amount != nil {
		row["Amount"] = *r.Details.Amount
	}
}

// child is the disposition of an appointment that is the row of an invitee, which doubles another one.
const child = "CHILD"

// allDay is the disposition of an appointment that stands in the calendar as an entry of its whole day.
const allDay = "ALL_DAY"

// event shows an appointment.
func event(row map[string]any, r hub.Record) {
	what := r.Refs.Opportunity
	if what == "" {
		what = r.Refs.Account
	}
	row["Subject"], row["Description"], row["WhoId"], row["WhatId"], row["AccountId"] = r.Name, r.Details.Content, optional(r.Refs.Contact), optional(what), optional(r.Refs.Account)
	row["StartDateTime"], row["EndDateTime"], row["ActivityDateTime"], row["ActivityDate"] = stamp(r.StartTime), stamp(r.EndTime), stamp(r.StartTime), day(r.StartTime)
	row["DurationInMinutes"] = int(r.EndTime.Sub(r.StartTime) / time.Minute)
	if r.Details.Disposition == allDay { // a day without a zone: the vendor says so of both times
		first, days := wholeDays(r)
		row["StartDateTime"], row["EndDateTime"] = stamp(first), stamp(first.AddDate(0, 0, days-1)) // the last day's midnight
		row["ActivityDateTime"], row["DurationInMinutes"] = nil, days*24*60
	}
	row["IsAllDayEvent"], row["IsChild"], row["IsRecurrence"], row["IsArchived"] = r.Details.Disposition == allDay, r.Details.Disposition == child, false, false
}

// wholeDays is the first midnight of an entry of whole days, and how many days it has.
func wholeDays(r hub.Record) (first time.Time, days int) {
	const day = 24 * time.Hour
	return r.StartTime.Truncate(day), 1 + int(r.EndTime.Sub(r.StartTime)/day)
}

// pages are the objects whose rows have a page in the web app.
var pages = map[hub.Model]string{
	hub.ModelUser: "User", hub.ModelAccount: "Account", hub.ModelContact: "Contact", hub.ModelLead: "Lead", hub.ModelOpportunity: "Opportunity",
	hub.ModelEngagement: "Event",
}

// held is what a hub should hold of a row.
func (o *Organization) held(r hub.Record) []hub.Record {
	has := r.Details
	keep := hub.Details{CreatedAt: hub.WireTime(seconds(read(has.CreatedAt))), UpdatedAt: hub.WireTime(seconds(r.ModifiedAt))}
	midnight := func(wire string) string {
		if wire == "" {
			return ""
		}
		return hub.WireTime(read(wire).Truncate(24 * time.Hour))
	}
	reached := func() {
		keep.Phones, keep.Addresses, keep.Latitude, keep.Longitude = has.Phones, has.Addresses, has.Latitude, has.Longitude
	}
	named := func() {
		keep.FirstName, keep.LastName, keep.Email, keep.Emails = has.FirstName, has.LastName, has.Email, has.Emails
	}
	if origin := o.origin.Load(); origin != nil && pages[r.Model] != "" {
		keep.URL = *origin + "/lightning/r/" + pages[r.Model] + "/" + r.ExternalID + "/view"
	}
	refs := r.Refs
	refs.EngagementType = ""
	r.Name = strings.TrimSpace(r.Name)
	switch r.Model {
	case hub.ModelUser:
		named()
		active := !r.Deleted
		keep.Active = &active
	case hub.ModelAccount:
		reached()
		keep.LastActivity = midnight(has.LastActivity)
	case hub.ModelContact:
		named()
		reached()
	case hub.ModelLead:
		named()
		reached()
		keep.Status = leadStatus(r)
	case hub.ModelOpportunity:
		keep.Amount, keep.Disposition, keep.Stage = has.Amount, has.Disposition, stages[has.Disposition]
		if has.Disposition != "OPEN" {
			keep.ClosedAt = midnight(has.ClosedAt)
		}
	case hub.ModelEngagement:
		keep.Subject, keep.Content, keep.ActivityType = r.Name, has.Content, "EVENT"
		r.Deleted = r.Deleted || has.Disposition == child
		if has.Disposition == allDay {
			first, days := wholeDays(r)
			keep.AllDay, r.StartTime, r.EndTime = true, first, first.AddDate(0, 0, days)
		}
	case hub.ModelEngagementUser:
		keep.Status, keep.Description, r.Name = "Accepted", r.Name, ""
	}
	r.Details, r.Refs = keep, refs
	return []hub.Record{r}
}
