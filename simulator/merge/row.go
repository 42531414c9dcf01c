package merge

import (
	"fmt"
	"strings"

	"sirocco/hub"
	"sirocco/simulator"
)

// stages are those of opportunities; which one an opportunity has depends on its amount.
var stages = []string{"New", "Inspected", "Offered", "Closed"}

func stageID(i int) string { return fmt.Sprintf("5a8d1f4e-4bb0-4f0e-9d0d-1%011d", i) }

func stageOf(r hub.Record) int { return int(*r.Details.Amount) / 50 % len(stages) }

// urlOf is the page of a record in the web app of the CRM behind.
func urlOf(r hub.Record) string {
	return "https://crm.example.com/" + strings.ToLower(string(r.Model)) + "/" + r.ExternalID[:8]
}

func remoteID(r hub.Record) string { return "crm-" + r.ExternalID[:8] }

// first is a number made of an id, for what a row has no more of.
func first(r hub.Record) int { return int(r.ExternalID[0]) }

func isActive(r hub.Record) bool { return first(r)%4 != 0 }

var industries = []string{"Homes", "Retail"}

func industry(r hub.Record) string { return industries[first(r)%2] }

var leadStatuses = []string{"OPEN", "CLOSED", "QUALIFIED"}

func leadStatus(r hub.Record) string { return leadStatuses[first(r)%3] }

// second is another contact of an engagement that has one; empty where there is none.
func second(r hub.Record) string {
	if r.Refs.Contact == "" || first(r)%2 == 0 {
		return ""
	}
	return r.Refs.Contact[:35] + "f"
}

// show writes a row as the vendor does.
func show(r hub.Record) map[string]any {
	d := r.Details
	item := map[string]any{
		"id": r.ExternalID, "remote_id": remoteID(r), "created_at": d.CreatedAt, "modified_at": r.ModifiedAt.Format(instant),
	}
	set := func(name string, value any) { item[name] = value }
	if r.Model != hub.ModelEngagementType {
		set("remote_was_deleted", r.Deleted)
	}
	switch r.Model {
	case hub.ModelUser:
		set("name", r.Name)
		set("email", d.Email)
		set("is_active", isActive(r))
		set("user_url", urlOf(r))
	case hub.ModelAccount:
		set("name", r.Name)
		set("description", nil)
		set("industry", industry(r))
		set("account_url", urlOf(r))
		set("owner", optional(r.Refs.Owner))
		set("last_activity_at", optional(d.LastActivity))
		set("remote_created_at", d.CreatedAt)
		set("remote_updated_at", d.UpdatedAt)
		reach(item, d, false)
	case hub.ModelContact:
		person(item, d)
		set("contact_url", urlOf(r))
		set("account", optional(r.Refs.Account))
		set("owner", optional(r.Refs.Owner))
		set("last_activity_at", optional(d.LastActivity))
		set("remote_created_at", d.CreatedAt)
		reach(item, d, true)
	case hub.ModelLead:
		person(item, d)
		set("status", leadStatus(r))
		set("company", nil)
		set("lead_url", urlOf(r))
		set("owner", optional(r.Refs.Owner))
		set("converted_account", optional(r.Refs.Account))
		set("converted_contact", optional(r.Refs.Contact))
		set("remote_created_at", d.CreatedAt)
		set("remote_updated_at", d.UpdatedAt)
		reach(item, d, true)
	case hub.ModelOpportunity:
		set("name", r.Name)
		set("stage", stageID(stageOf(r)))
		set("description", "About "+r.Name)
		set("opportunity_url", urlOf(r))
		set("amount", int(*d.Amount))
		set("status", d.Disposition)
		set("close_date", optional(d.ClosedAt))
		set("account", optional(r.Refs.Account))
		set("owner", optional(r.Refs.Owner))
		set("last_activity_at", optional(d.LastActivity))
		set("remote_created_at", d.CreatedAt)
	case hub.ModelEngagementType:
		set("name", r.Name)
		set("activity_type", d.ActivityType)
	case hub.ModelEngagement:
		set("subject", d.Subject)
		set("content", d.Content)
		set("direction", d.Direction)
		set("start_time", hub.WireTime(r.StartTime))
		set("end_time", hub.WireTime(r.EndTime))
		set("account", optional(r.Refs.Account))
		set("owner", optional(r.Refs.Owner))
		set("engagement_type", optional(r.Refs.EngagementType))
		contacts := []string{}
		if r.Refs.Contact != "" {
			contacts = append(contacts, r.Refs.Contact)
			if other := second(r); other != "" {
				contacts = append(contacts, other)
			}
		}
		set("engagement_url", urlOf(r))
		set("contacts", contacts)
	}
	if r.Model == simulator.Task {
		showTask(item, r)
	}
	return item
}

func showTask(item map[string]any, r hub.Record) {
	d := r.Details
	item["subject"], item["content"], item["status"], item["task_url"] = d.Subject, d.Content, d.Status, urlOf(r)
	item["due_date"], item["completed_date"] = hub.WireTime(r.EndTime), optional(d.ClosedAt)
	item["owner"], item["account"] = optional(r.Refs.Owner), optional(r.Refs.Account)
	item["opportunity"], item["contact"] = optional(r.Refs.Opportunity), optional(r.Refs.Contact)
}

// heldTask is what a hub should hold of a task.
func heldTask(r hub.Record) hub.Record {
	d := r.Details
	r.Refs.EngagementType = ""
	r.Details = hub.Details{
		RemoteID: remoteID(r), URL: urlOf(r), Subject: d.Subject, Content: d.Content, Status: d.Status, ClosedAt: d.ClosedAt, ActivityType: "TASK",
	}
	r.Model, r.ExternalID = hub.ModelEngagement, "task:"+r.ExternalID
	return r
}

func person(item map[string]any, d hub.Details) {
	item["first_name"], item["last_name"] = d.FirstName, d.LastName
}

func reach(item map[string]any, d hub.Details, emails bool) {
	phones, addresses := []map[string]any{}, []map[string]any{}
	for _, p := range d.Phones {
		phones = append(phones, map[string]any{"phone_number": p, "phone_number_type": "WORK"})
	}
	for _, a := range d.Addresses {
		addresses = append(addresses, map[string]any{
			"street_1": a.Street, "street_2": nil, "city": a.City, "state": a.State, "postal_code": a.Zip, "country": a.Country,
		})
	}
	item["phone_numbers"], item["addresses"] = phones, addresses
	if emails {
		all := []map[string]any{}
		for _, e := range d.Emails {
			all = append(all, map[string]any{"email_address": e, "email_address_type": "WORK"})
		}
		item["email_addresses"] = all
	}
}

func optional(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// held is a row less what the vendor does not tell of it.
func held(r hub.Record) []hub.Record {
	if r.Model == simulator.Task {
		return []hub.Record{heldTask(r)}
	}
	if r.Model == simulator.Task {
		return []hub.Record{heldTask(r)}
	}
	d := r.Details
	keep := hub.Details{}
	refs := hub.Refs{Owner: r.Refs.Owner}
	switch r.Model {
	case hub.ModelUser:
		active := isActive(r)
		keep.Email, keep.Active = d.Email, &active
		refs = hub.Refs{}
	case hub.ModelAccount:
		keep = hub.Details{LastActivity: d.LastActivity, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Phones: d.Phones, Addresses: d.Addresses, Industry: industry(r)}
	case hub.ModelContact:
		keep = hub.Details{
			FirstName: d.FirstName, LastName: d.LastName, Email: d.Email, Emails: d.Emails, Phones: d.Phones, Addresses: d.Addresses,
			LastActivity: d.LastActivity, CreatedAt: d.CreatedAt,
		}
		refs.Account = r.Refs.Account
	case hub.ModelLead:
		keep = hub.Details{
			FirstName: d.FirstName, LastName: d.LastName, Email: d.Email, Emails: d.Emails, Phones: d.Phones, Addresses: d.Addresses,
			CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Status: leadStatus(r),
		}
		refs.Account, refs.Contact = r.Refs.Account, r.Refs.Contact
	case hub.ModelOpportunity:
		keep = hub.Details{Amount: d.Amount, Disposition: d.Disposition, ClosedAt: d.ClosedAt, LastActivity: d.LastActivity, CreatedAt: d.CreatedAt}
		keep.Stage, keep.Description = stages[stageOf(r)], "About "+r.Name
		refs.Account = r.Refs.Account
	case hub.ModelEngagementType:
		keep.ActivityType = d.ActivityType
		refs = hub.Refs{}
	case hub.ModelEngagement:
		keep = hub.Details{Subject: d.Subject, Content: d.Content, Direction: d.Direction}
		if other := second(r); other != "" {
			keep.OtherContacts = []string{other}
		}
		refs.Account, refs.Contact, refs.EngagementType = r.Refs.Account, r.Refs.Contact, r.Refs.EngagementType
	}
	keep.RemoteID = remoteID(r)
	if r.Model != hub.ModelEngagementType {
		keep.URL = urlOf(r)
	}
	r.Details, r.Refs = keep, refs
	return []hub.Record{r}
}
