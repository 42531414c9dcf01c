package view

import (
	"cmp"
	"context"
	"slices"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// CRMCustomer is the CRM record that a recording is linked to, as the user surface shows it.
type CRMCustomer struct {
	ID                      string                               `json:"id"`
	Name                    *string                              `json:"name,omitempty" nullable:"true"`
	CRMURL                  string                               `json:"crmUrl,omitempty"`
	CustomerType            string                               `json:"customerType,omitempty" enum:"ACCOUNT,LEAD,OPPORTUNITY,ENGAGEMENT,CONTACT,DMS_OPPORTUNITY"`
	LastActivityAt          *string                              `json:"lastActivityAt,omitempty" nullable:"true"`
	CreatedAt               string                               `json:"createdAt" format:"date-time"`
	UpdatedAt               string                               `json:"updatedAt" format:"date-time"`
	ClosedAt                *string                              `json:"closedAt,omitempty" nullable:"true" format:"date-time"`
	EmailAddress            *string                              `json:"emailAddress,omitempty" nullable:"true"`
	PhoneNumber             *string                              `json:"phoneNumber,omitempty" nullable:"true"`
	ExternalID              *string                              `json:"externalId,omitempty" nullable:"true"`
	Amount                  *float64                             `json:"amount,omitempty" nullable:"true"`
	Disposition             *string                              `json:"disposition,omitempty" nullable:"true"`
	RecordingID             *string                              `json:"recordingId,omitempty" nullable:"true"`
	LastRecordingDate       *string                              `json:"lastRecordingDate,omitempty" nullable:"true" format:"date-time"`
	NumRecordings           *float64                             `json:"numRecordings,omitempty" nullable:"true"`
	MatchingSource          *string                              `json:"matchingSource,omitempty" nullable:"true" enum:"DIRECT,FUZZY,NOT_FOUND" doc:"FUZZY where the rule linked it, DIRECT where somebody did."`
	AccountID               *string                              `json:"accountId,omitempty" nullable:"true"`
	OpportunityAccountName  *string                              `json:"opportunityAccountName,omitempty" nullable:"true"`
	ContactID               *string                              `json:"contactId,omitempty" nullable:"true"`
	OpportunityContactName  *string                              `json:"opportunityContactName,omitempty" nullable:"true"`
	OpportunityID           *string                              `json:"opportunityId,omitempty" nullable:"true"`
	EngagementID            *string                              `json:"engagementId,omitempty" nullable:"true"`
	Opportunity             wire.Optional[CustomerOpportunity]   `json:"opportunity,omitzero" required:"false"`
	Opportunities           wire.Optional[CustomerOpportunities] `json:"opportunities,omitzero" required:"false"`
	OpportunityUsers        *[]wire.Anything                     `json:"opportunityUsers,omitempty" nullable:"true"`
	ContactAccount          wire.Optional[ContactAccount]        `json:"contactAccount,omitzero" required:"false"`
	Address                 *string                              `json:"address,omitempty" nullable:"true"`
	OrganizationID          string                               `json:"organizationId"`
	IntegrationConnectionID *string                              `json:"integrationConnectionId,omitempty" nullable:"true"`
	IntegrationPlatform     *string                              `json:"integrationPlatform,omitempty" nullable:"true" enum:"MERGE,SIRO_CUSTOM_INPUT,SERVICE_TITAN,COMPANY_CAM,INGAGE,LEAD_PERFECTION,SPOTIO"`
	IntegrationName         *string                              `json:"integrationName,omitempty" nullable:"true"`
}

// CustomerOpportunity is the opportunity of a customer.
type CustomerOpportunity struct {
	ID               string           `json:"id"`
	ExternalID       string           `json:"externalId"`
	Name             *string          `json:"name,omitempty" nullable:"true"`
	Amount           *float64         `json:"amount,omitempty"`
	ClosedAt         string           `json:"closedAt,omitempty"`
	Disposition      string           `json:"disposition,omitempty"`
	CreatedAt        string           `json:"createdAt"`
	UpdatedAt        string           `json:"updatedAt"`
	RecordingID      string           `json:"recordingId,omitempty"`
	AccountID        string           `json:"accountId,omitempty"`
	OrganizationID   string           `json:"organizationId"`
	Account          *wire.Anything   `json:"account,omitempty"`
	OpportunityUsers *[]wire.Anything `json:"opportunityUsers,omitempty" nullable:"false"`
}

// CustomerOpportunities are the opportunities of a customer.
type CustomerOpportunities struct {
	Data   []CustomerOpportunity `json:"data" nullable:"false"`
	Cursor *string               `json:"cursor,omitempty" nullable:"true"`
}

// ContactAccount is the account of a contact.
type ContactAccount struct {
	ID         string  `json:"id"`
	Name       *string `json:"name,omitempty" nullable:"true"`
	ExternalID *string `json:"externalId,omitempty" nullable:"true"`
}

// Customers shows the records that recordings are linked to, by recording, read together.
func Customers(ctx context.Context, st *store.Store, organization string, rs []hub.Recording) (map[string]*CRMCustomer, error) {
	crms, err := st.LinkedCRMs(ctx, organization, rs)
	if err != nil || len(crms) == 0 {
		return nil, err
	}
	connections, err := ConnectionsByID(ctx, st, organization)
	if err != nil {
		return nil, err
	}
	var keys []store.RecordKey
	for _, rec := range rs {
		keys = append(keys, LinkKey(rec))
		if crm := crms[rec.ID]; crm != nil {
			for m, id := range map[hub.Model]*hub.CRMIdentity{hub.ModelAccount: crm.Account, hub.ModelOpportunity: crm.Opportunity} {
				if id != nil {
					keys = append(keys, store.RecordKey{ConnectionID: crm.ConnectionID, Model: m, ExternalID: id.Key})
				}
			}
		}
	}
	found, err := st.RecordsByKey(ctx, organization, keys)
	if err != nil {
		return nil, err
	}
	shown := make(map[string]*CRMCustomer, len(crms))
	for _, rec := range rs {
		if crm := crms[rec.ID]; crm != nil {
			shown[rec.ID] = showCustomer(rec, crm, found, connections[crm.ConnectionID])
		}
	}
	return shown, nil
}

// LinkKey is the key of the record that a recording is linked to.
func LinkKey(rec hub.Recording) store.RecordKey {
	return store.RecordKey{ConnectionID: rec.Link.ConnectionID, Model: rec.Link.Model, ExternalID: rec.Link.ExternalID}
}

// ConnectionsByID reads the organization's connections, of which it has at most one of each platform.
func ConnectionsByID(ctx context.Context, st *store.Store, organization string) (map[string]hub.Connection, error) {
	all, err := st.Connections(ctx, organization, store.ConnectionFilter{Limit: len(hub.Platforms())})
	byID := make(map[string]hub.Connection, len(all))
	for _, c := range all {
		byID[c.ID] = c
	}
	return byID, err
}

func showCustomer(rec hub.Recording, crm *hub.LinkedCRM, found map[store.RecordKey]store.Record, c hub.Connection) *CRMCustomer {
	main := found[LinkKey(rec)]
	idOf := func(id *hub.CRMIdentity) *string {
		if id == nil {
			return nil
		}
		return &id.ID
	}
	account, opportunity := store.Record{}, store.Record{}
	if crm.Account != nil {
		account = found[store.RecordKey{ConnectionID: crm.ConnectionID, Model: hub.ModelAccount, ExternalID: crm.Account.Key}]
	}
	if crm.Opportunity != nil {
		opportunity = found[store.RecordKey{ConnectionID: crm.ConnectionID, Model: hub.ModelOpportunity, ExternalID: crm.Opportunity.Key}]
	}
	matching := "DIRECT"
	if rec.Link.By == hub.LinkedByMatching {
		matching = "FUZZY"
	}
	customer := &CRMCustomer{
		ID: main.ID, Name: wire.OrNull(cmp.Or(main.Name, account.Name)), CustomerType: string(main.Model), LastActivityAt: wire.OrNull(main.Details.LastActivity),
		CreatedAt: hub.WireTime(main.CreatedAt), UpdatedAt: hub.WireTime(main.UpdatedAt), ClosedAt: wire.OrNull(main.Details.ClosedAt),
		EmailAddress: wire.OrNull(main.Details.Email), PhoneNumber: wire.OrNull(first(main.Details.Phones)), ExternalID: new(main.ShownID()),
		Amount: main.Details.Amount, Disposition: wire.OrNull(main.Details.Disposition), RecordingID: &rec.ID, MatchingSource: &matching,
		AccountID: idOf(crm.Account), OpportunityID: idOf(crm.Opportunity), EngagementID: idOf(crm.Engagement), OrganizationID: rec.OrganizationID,
		OpportunityAccountName: wire.OrNull(account.Name), IntegrationConnectionID: &crm.ConnectionID, IntegrationName: wire.OrNull(c.Name),
	}
	if len(crm.Contacts) > 0 {
		customer.ContactID = &crm.Contacts[0].ID
	}
	if slices.Contains(hub.CreatablePlatforms(), c.Platform) { // the others are not in the contract's list
		customer.IntegrationPlatform = wire.OrNull(string(c.Platform))
	}
	if opportunity.ID != "" {
		customer.Opportunity = wire.Optional[CustomerOpportunity]{Sent: true, Value: CustomerOpportunity{
			ID: opportunity.ID, ExternalID: opportunity.ShownID(), Name: wire.OrNull(opportunity.Name), Amount: opportunity.Details.Amount,
			ClosedAt: opportunity.Details.ClosedAt, Disposition: opportunity.Details.Disposition, CreatedAt: hub.WireTime(opportunity.CreatedAt),
			UpdatedAt: hub.WireTime(opportunity.UpdatedAt), AccountID: account.ID, OrganizationID: rec.OrganizationID,
		}}
	}
	return customer
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
