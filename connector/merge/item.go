package merge

import (
	"cmp"
	"encoding/json"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// item has the fields of all models; each uses its part.
type item struct {
	ID         connector.ID    `json:"id"`
	RemoteID   connector.ID    `json:"remote_id"`
	ModifiedAt connector.Stamp `json:"modified_at"`
	Deleted    bool            `json:"remote_was_deleted"`
	CreatedAt  connector.Stamp `json:"remote_created_at"`
	UpdatedAt  connector.Stamp `json:"remote_updated_at"`
	ActiveAt   connector.Stamp `json:"last_activity_at"`

	Name           string           `json:"name"`
	FirstName      string           `json:"first_name"`
	LastName       string           `json:"last_name"`
	Company        string           `json:"company"`
	Email          string           `json:"email"`
	Description    string           `json:"description"`
	Industry       string           `json:"industry"`
	Website        string           `json:"website"`
	IsActive       *bool            `json:"is_active"`
	Amount         connector.Number `json:"amount"`
	CloseDate      connector.Time   `json:"close_date"`
	Status         string           `json:"status"`
	Stage          stage            `json:"stage"`
	ActivityType   string           `json:"activity_type"`
	Subject        string           `json:"subject"`
	Content        string           `json:"content"`
	Direction      string           `json:"direction"`
	StartTime      connector.Time   `json:"start_time"`
	EndTime        connector.Time   `json:"end_time"`
	Account        connector.ID     `json:"account"`
	Owner          connector.ID     `json:"owner"`
	Contacts       []connector.ID   `json:"contacts"`
	EngagementType connector.ID     `json:"engagement_type"`
	ToAccount      connector.ID     `json:"converted_account"`
	ToContact      connector.ID     `json:"converted_contact"`

	// Of tasks alone.
	Opportunity   connector.ID   `json:"opportunity"`
	Contact       connector.ID   `json:"contact"`
	DueDate       connector.Time `json:"due_date"`
	CompletedDate connector.Time `json:"completed_date"`

	UserURL        string `json:"user_url"`
	AccountURL     string `json:"account_url"`
	ContactURL     string `json:"contact_url"`
	LeadURL        string `json:"lead_url"`
	OpportunityURL string `json:"opportunity_url"`
	EngagementURL  string `json:"engagement_url"`
	TaskURL        string `json:"task_url"`

	Emails []struct {
		Address string `json:"email_address"`
	} `json:"email_addresses"`
	Phones []struct {
		Number string `json:"phone_number"`
	} `json:"phone_numbers"`
	Addresses []struct {
		Street1 string `json:"street_1"`
		Street2 string `json:"street_2"`
		City    string `json:"city"`
		State   string `json:"state"`
		Zip     string `json:"postal_code"`
		Country string `json:"country"`
	} `json:"addresses"`
}

// stage is an opportunity's stage. The vendor gives the stage itself where it is asked to and can, and else its id.
type stage struct {
	ID   connector.ID `json:"id"`
	Name string       `json:"name"`
}

// UnmarshalJSON reads either; it never fails, since no record is lost for its stage.
func (s *stage) UnmarshalJSON(b []byte) error {
	*s = stage{}
	if json.Unmarshal(b, &s.ID) == nil {
		return nil
	}
	var object struct {
		ID   connector.ID `json:"id"`
		Name string       `json:"name"`
	}
	if json.Unmarshal(b, &object) == nil {
		*s = object
	}
	return nil
}

// recordURL is the address of the record's page in the CRM, as the vendor tells it; "" where it does not.
func (i *item) recordURL() string {
	return cmp.Or(i.UserURL, i.AccountURL, i.ContactURL, i.LeadURL, i.OpportunityURL, i.EngagementURL, i.TaskURL)
}

func (i *item) record(m hub.Model) hub.Record {
	r := hub.Record{
		Model: m, ExternalID: string(i.ID), ModifiedAt: i.ModifiedAt.Time, Deleted: i.Deleted, Name: i.Name,
		StartTime: i.StartTime.Time, EndTime: i.EndTime.Time,
		Refs: hub.Refs{Account: string(i.Account), Owner: string(i.Owner), EngagementType: string(i.EngagementType)},
		Details: hub.Details{
			RemoteID: string(i.RemoteID), FirstName: i.FirstName, LastName: i.LastName, Email: i.Email, Amount: i.Amount.Float, ClosedAt: i.CloseDate.Wire(),
			LastActivity: i.ActiveAt.Wire(), CreatedAt: i.CreatedAt.Wire(), UpdatedAt: i.UpdatedAt.Wire(),
			Direction: i.Direction, Subject: i.Subject, Content: i.Content, ActivityType: i.ActivityType,
			Description: i.Description, Industry: i.Industry, Website: i.Website, Active: i.IsActive, Stage: i.Stage.Name,
			URL: i.recordURL(),
		},
	}
	switch m {
	case hub.ModelContact, hub.ModelLead:
		r.Name = strings.TrimSpace(i.FirstName + " " + i.LastName)
	case hub.ModelOpportunity:
		r.Details.Disposition = i.Status
	case hub.ModelEngagement:
		r.Name = i.Subject
	}
	if m == hub.ModelLead {
		r.Refs.Account, r.Refs.Contact, r.Details.Status = string(i.ToAccount), string(i.ToContact), i.Status
		r.Name = cmp.Or(r.Name, i.Company)
	}
	for n, id := range i.Contacts {
		if n == 0 {
			r.Refs.Contact = string(id)
		} else {
			r.Details.OtherContacts = append(r.Details.OtherContacts, string(id))
		}
	}
	i.reach(&r)
	return r
}

// reach fills in how to reach a person or a company. What is empty is not known.
func (i *item) reach(r *hub.Record) {
	for _, e := range i.Emails {
		if e.Address != "" {
			r.Details.Email = cmp.Or(r.Details.Email, e.Address)
			r.Details.Emails = append(r.Details.Emails, e.Address)
		}
	}
	for _, p := range i.Phones {
		if p.Number != "" {
			r.Details.Phones = append(r.Details.Phones, p.Number)
		}
	}
	for _, a := range i.Addresses {
		address := hub.Address{
			Country: a.Country, Street: strings.TrimSpace(a.Street1 + " " + a.Street2), City: a.City, State: a.State, Zip: a.Zip,
		}
		if address != (hub.Address{}) {
			r.Details.Addresses = append(r.Details.Addresses, address)
		}
	}
}
