package view

import (
	"cmp"
	"context"
	"maps"
	"strings"

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

// CustomerOpportunityUser is a CRM user of a customer's opportunity.
type CustomerOpportunityUser struct {
	ID                      string   `json:"id"`
	OpportunityID           string   `json:"opportunityId"`
	UserID                  string   `json:"userId"`
	Name                    string   `json:"name,omitempty"`
	AmountPercentage        *float64 `json:"amountPercentage,omitempty"`
	OrganizationID          string   `json:"organizationId"`
	CreatedAt               string   `json:"createdAt"`
	UpdatedAt               string   `json:"updatedAt"`
	IntegrationConnectionID string   `json:"integrationConnectionId"`
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

// Customers shows the records that recordings are linked to, by recording, read together.
func Customers(ctx context.Context, st *store.Store, organization string, rs []hub.Recording) (map[string]*CRMCustomer, error) {
	crms, err := st.LinkedCRMs(ctx, organization, rs)
	if err != nil || len(crms) == 0 {
		return nil, err
	}
	found, err := readCustomers(ctx, st, organization, rs, crms)
	if err != nil {
		return nil, err
	}
	shown := make(map[string]*CRMCustomer, len(crms))
	for _, rec := range rs {
		if crm := crms[rec.ID]; crm != nil {
			shown[rec.ID] = found.show(rec, crm)
		}
	}
	return shown, nil
}

// customers is what is shown of the records that recordings are linked to.
type customers struct {
	organization string
	connections  map[string]hub.Connection
	records      map[store.RecordKey]store.Record
	recordings   map[store.RecordKey]store.RecordRecordings
	// opportunities are those of accounts and contacts, users those of opportunities.
	opportunities, users map[store.RecordKey][]store.Record
}

// opportunitiesPage is how many opportunities of a customer are shown.
const opportunitiesPage = 100

func readCustomers(ctx context.Context, st *store.Store, organization string, rs []hub.Recording, crms map[string]*hub.LinkedCRM) (*customers, error) {
	c := &customers{organization: organization}
	var err error
	if c.connections, err = ConnectionsByID(ctx, st, organization); err != nil {
		return nil, err
	}
	var keys []store.RecordKey
	for _, rec := range rs {
		if crm := crms[rec.ID]; crm != nil {
			keys = append(keys, LinkKey(rec))
			for _, k := range around(crm) {
				keys = append(keys, k)
			}
		}
	}
	if c.records, err = st.RecordsByKey(ctx, organization, keys); err != nil {
		return nil, err
	}
	if c.opportunities, err = st.OpportunitiesOf(ctx, organization, keys, opportunitiesPage+1); err != nil {
		return nil, err
	}
	for k, all := range c.opportunities {
		for _, o := range all {
			c.records[recordKey(o)] = o
			keys = append(keys, recordKey(o))
		}
		keys = append(keys, k)
	}
	var owners []store.RecordKey // and whom opportunities are joined to, and accounts of contacts
	for _, r := range c.records {
		owners = append(owners, store.RecordKey{ConnectionID: r.ConnectionID, Model: hub.ModelUser, ExternalID: r.Refs.Owner},
			store.RecordKey{ConnectionID: r.ConnectionID, Model: hub.ModelAccount, ExternalID: r.Refs.Account})
	}
	if c.users, err = st.UsersOfOpportunities(ctx, organization, keys); err != nil {
		return nil, err
	}
	for _, joined := range c.users {
		for _, j := range joined {
			owners = append(owners, store.RecordKey{ConnectionID: j.ConnectionID, Model: hub.ModelUser, ExternalID: j.Refs.User})
		}
	}
	more, err := st.RecordsByKey(ctx, organization, owners)
	if err != nil {
		return nil, err
	}
	maps.Copy(c.records, more)
	c.recordings, err = st.RecordingsOf(ctx, organization, keys)
	return c, err
}

func recordKey(r store.Record) store.RecordKey {
	return store.RecordKey{ConnectionID: r.ConnectionID, Model: r.Model, ExternalID: r.ExternalID}
}

// around are the records that a link leads to, by model.
func around(crm *hub.LinkedCRM) map[hub.Model]store.RecordKey {
	of := map[hub.Model]*hub.CRMIdentity{
		hub.ModelAccount: crm.Account, hub.ModelOpportunity: crm.Opportunity, hub.ModelEngagement: crm.Engagement, hub.ModelLead: crm.Lead,
	}
	if len(crm.Contacts) > 0 {
		of[hub.ModelContact] = &crm.Contacts[0]
	}
	keys := map[hub.Model]store.RecordKey{}
	for m, id := range of {
		if id != nil {
			keys[m] = store.RecordKey{ConnectionID: crm.ConnectionID, Model: m, ExternalID: id.Key}
		}
	}
	return keys
}

func (c *customers) show(rec hub.Recording, crm *hub.LinkedCRM) *CRMCustomer {
	main, connection := c.records[LinkKey(rec)], c.connections[crm.ConnectionID]
	near := func(m hub.Model) store.Record { return c.records[around(crm)[m]] }
	account, contact, lead, opportunity := near(hub.ModelAccount), near(hub.ModelContact), near(hub.ModelLead), near(hub.ModelOpportunity)
	matching := "DIRECT"
	if rec.Link.By == hub.LinkedByMatching {
		matching = "FUZZY"
	}
	details := func(of func(hub.Details) string) *string { // the record's own, or else that of whom it is with
		return wire.OrNull(cmp.Or(of(main.Details), of(contact.Details), of(lead.Details), of(account.Details)))
	}
	amount := main.Details.Amount
	if amount == nil {
		amount = opportunity.Details.Amount
	}
	customer := &CRMCustomer{
		ID: main.ID, Name: wire.OrNull(cmp.Or(main.Name, account.Name, contact.Name, lead.Name)), CRMURL: pageOf(main, opportunity, account, contact, lead), CustomerType: string(main.Model),
		LastActivityAt: wire.OrNull(main.Details.LastActivity), CreatedAt: hub.WireTime(main.CreatedAt), UpdatedAt: hub.WireTime(main.UpdatedAt),
		ClosedAt:     wire.OrNull(cmp.Or(main.Details.ClosedAt, opportunity.Details.ClosedAt)),
		EmailAddress: details(func(d hub.Details) string { return cmp.Or(d.Email, first(d.Emails)) }),
		PhoneNumber:  details(func(d hub.Details) string { return first(d.Phones) }),
		Address:      details(addressText), ExternalID: new(main.ShownID()), Amount: amount,
		Disposition: wire.OrNull(cmp.Or(main.Details.Disposition, opportunity.Details.Disposition)), MatchingSource: &matching,
		AccountID: wire.OrNull(account.ID), ContactID: wire.OrNull(contact.ID), OpportunityID: wire.OrNull(opportunity.ID), EngagementID: wire.OrNull(near(hub.ModelEngagement).ID),
		OrganizationID: rec.OrganizationID, IntegrationConnectionID: &crm.ConnectionID, IntegrationName: wire.OrNull(connection.Name), IntegrationPlatform: wire.OrNull(string(connection.Platform)),
	}
	if all, ok := c.recordings[LinkKey(rec)]; ok {
		customer.RecordingID, customer.LastRecordingDate, customer.NumRecordings = &all.Latest, wire.TimeOrNull(all.At), new(float64(all.Count))
	}
	if opportunity.ID != "" {
		customer.OpportunityAccountName, customer.OpportunityContactName = wire.OrNull(c.nameOf(opportunity, hub.ModelAccount, opportunity.Refs.Account, account)), wire.OrNull(contact.Name)
		customer.Opportunity, customer.OpportunityUsers = wire.Some(c.opportunity(opportunity)), c.opportunityUsers(opportunity)
	}
	switch main.Model {
	case hub.ModelAccount, hub.ModelContact:
		customer.Opportunities = wire.Some(c.opportunitiesOf(main))
	}
	if of := c.records[store.RecordKey{ConnectionID: main.ConnectionID, Model: hub.ModelAccount, ExternalID: main.Refs.Account}]; main.Model == hub.ModelContact && of.ID != "" {
		customer.ContactAccount = wire.Some(ContactAccount{ID: of.ID, Name: wire.OrNull(of.Name), ExternalID: new(of.ShownID())})
	}
	return customer
}

// pageOf is the page in the CRM of the first of the records that has one: that of a visit's deal or customer leads people on where the
// visit has none.
func pageOf(records ...store.Record) string {
	for _, r := range records {
		if page := hub.WebURL(r.Details.URL); page != "" {
			return page
		}
	}
	return ""
}

// nameOf is the name of what a record refers to, or else of what is known beside it.
func (c *customers) nameOf(r store.Record, m hub.Model, externalID string, beside store.Record) string {
	return cmp.Or(c.records[store.RecordKey{ConnectionID: r.ConnectionID, Model: m, ExternalID: externalID}].Name, beside.Name)
}

func (c *customers) opportunitiesOf(customer store.Record) CustomerOpportunities {
	all := c.opportunities[recordKey(customer)]
	shown := CustomerOpportunities{}
	all, shown.Cursor = wire.CutByID(all, false, opportunitiesPage, func(r store.Record) string { return r.ID })
	shown.Data = wire.Each(all, c.opportunity)
	return shown
}

func (c *customers) opportunity(o store.Record) CustomerOpportunity {
	return CustomerOpportunity{
		ID: o.ID, ExternalID: o.ShownID(), Name: wire.OrNull(o.Name), Amount: o.Details.Amount, ClosedAt: o.Details.ClosedAt, Disposition: o.Details.Disposition,
		CreatedAt: hub.WireTime(o.CreatedAt), UpdatedAt: hub.WireTime(o.UpdatedAt), RecordingID: c.recordings[recordKey(o)].Latest, OrganizationID: c.organization,
		AccountID:        c.records[store.RecordKey{ConnectionID: o.ConnectionID, Model: hub.ModelAccount, ExternalID: o.Refs.Account}].ID,
		OpportunityUsers: c.opportunityUsers(o),
	}
}

// opportunityUsers are who is joined to an opportunity, and who owns it.
func (c *customers) opportunityUsers(o store.Record) *[]wire.Anything {
	shown := []wire.Anything{}
	user := func(externalID string) store.Record {
		return c.records[store.RecordKey{ConnectionID: o.ConnectionID, Model: hub.ModelUser, ExternalID: externalID}]
	}
	add := func(u CustomerOpportunityUser, who store.Record) {
		u.OpportunityID, u.UserID, u.Name, u.OrganizationID, u.IntegrationConnectionID = o.ID, who.ID, cmp.Or(u.Name, who.Name), c.organization, o.ConnectionID
		shown = append(shown, wire.Anything{Value: u})
	}
	owned := o.Refs.Owner == "" || user(o.Refs.Owner).ID == ""
	for _, j := range c.users[recordKey(o)] {
		owned = owned || j.Refs.User == o.Refs.Owner
		add(CustomerOpportunityUser{ID: j.ID, Name: j.Name, AmountPercentage: j.Details.ShareOfSale, CreatedAt: hub.WireTime(j.CreatedAt), UpdatedAt: hub.WireTime(j.UpdatedAt)}, user(j.Refs.User))
	}
	if owner := user(o.Refs.Owner); !owned {
		add(CustomerOpportunityUser{ID: hub.OwnershipID(o.ID, owner.ID), CreatedAt: hub.WireTime(o.CreatedAt), UpdatedAt: hub.WireTime(o.UpdatedAt)}, owner)
	}
	return &shown
}

// addressText is the first address in one line.
func addressText(d hub.Details) string {
	if len(d.Addresses) == 0 {
		return ""
	}
	a := d.Addresses[0]
	var parts []string
	for _, part := range []string{a.Street, a.City, strings.TrimSpace(a.State + " " + a.Zip), a.Country} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
