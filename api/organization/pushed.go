package organization

import (
	"sirocco/api/wire"
)

// PostalAddress is a postal address; each part is there, though it may be empty.
type PostalAddress struct {
	Country string `json:"country"`
	Street  string `json:"street"`
	City    string `json:"city"`
	State   string `json:"state"`
	Zip     string `json:"zip"`
}

// PushedOwner names the CRM user who owns a record.
type PushedOwner struct {
	ExternalID string `json:"externalId" minLength:"1" maxLength:"512"`
}

// Place is how and where somebody can be reached.
type Place struct {
	Latitude       *float64         `json:"latitude,omitempty" minimum:"-90" maximum:"90" doc:"In degrees."`
	Longitude      *float64         `json:"longitude,omitempty" minimum:"-180" maximum:"180" doc:"In degrees."`
	Addresses      *[]PostalAddress `json:"addresses,omitempty" nullable:"false"`
	PhoneNumbers   *[]string        `json:"phoneNumbers,omitempty" nullable:"false"`
	EmailAddresses *[]string        `json:"emailAddresses,omitempty" nullable:"false"`
}

// Life is what befalls accounts, contacts and leads alike.
type Life struct {
	LastActivityAt        wire.Optional[string]      `json:"lastActivityAt" required:"false" nullable:"false"`
	DeletedAt             wire.Optional[wire.Moment] `json:"deletedAt" required:"false" doc:"A time deletes the record, null brings it back."`
	Owner                 wire.Optional[PushedOwner] `json:"owner" required:"false"`
	MergedToExternalID    *string                    `json:"mergedToExternalId,omitempty" doc:"The survivor: every reference to this record moves there."`
	MergedFromExternalIDs []string                   `json:"mergedFromExternalIds,omitempty" nullable:"false" maxItems:"100" doc:"Records that this one survives."`
}

// PushedAccount is an account as a customer pushes it.
type PushedAccount struct {
	ExternalID string  `json:"externalId,omitempty" maxLength:"512"`
	Name       *string `json:"name,omitempty"`
	Place
	Life
}

// PushedContact is a contact as a customer pushes it.
type PushedContact struct {
	ExternalID string                       `json:"externalId" minLength:"1" maxLength:"512"`
	Name       *string                      `json:"name,omitempty"`
	Account    wire.Optional[PushedAccount] `json:"account" required:"false"`
	Place
	Life
}

// PushedOpportunityContact is a contact of an opportunity.
type PushedOpportunityContact struct {
	PushedContact
	IsPrimary *bool `json:"isPrimary,omitempty" doc:"Whether this one is kept as the opportunity's contact."`
}

// PushedLead is a lead as a customer pushes it.
type PushedLead struct {
	ExternalID string  `json:"externalId" minLength:"1" maxLength:"512"`
	FirstName  *string `json:"firstName,omitempty"`
	LastName   *string `json:"lastName,omitempty"`
	Place
	Life
}

// PushedUser is a CRM user of an opportunity or engagement.
type PushedUser struct {
	ExternalID  string                     `json:"externalId" minLength:"1" maxLength:"512"`
	Email       *string                    `json:"email,omitempty"`
	ShareOfSale *float64                   `json:"shareOfSale,omitempty" minimum:"0" maximum:"1" doc:"A fraction from 0 to 1."`
	Name        *string                    `json:"name,omitempty"`
	DeletedAt   wire.Optional[wire.Moment] `json:"deletedAt" required:"false" doc:"A time takes the user off; null, or nothing, puts the user on."`
}

// PushedEngagementType is the type of an engagement.
type PushedEngagementType struct {
	ExternalID   string `json:"externalId,omitempty" maxLength:"512"`
	Name         string `json:"name"`
	ActivityType string `json:"activityType" enum:"MEETING,CALL,APPOINTMENT,EMAIL,TEXT,EVENT,SIRO_EVENT,SIRO_BOT_RECORDING"`
}

// EngagementOpportunity is the opportunity of an engagement.
type EngagementOpportunity struct {
	ExternalID                  string                `json:"externalId" minLength:"1" maxLength:"512"`
	Name                        *string               `json:"name,omitempty"`
	Amount                      *float64              `json:"amount,omitempty"`
	ClosedAt                    wire.Optional[string] `json:"closedAt" required:"false" nullable:"false"`
	RemoteCreatedAt             wire.Optional[string] `json:"remoteCreatedAt" required:"false" nullable:"false"`
	LastActivityAt              wire.Optional[string] `json:"lastActivityAt" required:"false" nullable:"false"`
	Disposition                 *string               `json:"disposition,omitempty" enum:"OPEN,LOST,WON"`
	CopyEngagementRelationships bool                  `json:"copyEngagementRelationships,omitempty" doc:"Give it the engagement's account, contact and users."`
}

// PushedEngagement is an engagement as a customer pushes it.
type PushedEngagement struct {
	ExternalID         string                               `json:"externalId" minLength:"1" maxLength:"512"`
	Direction          wire.Optional[string]                `json:"direction" required:"false" enum:"INBOUND,OUTBOUND"`
	Content            wire.Optional[string]                `json:"content" required:"false"`
	Subject            wire.Optional[string]                `json:"subject" required:"false"`
	StartTime          wire.Optional[string]                `json:"startTime" required:"false"`
	StartTimeLocalized wire.Optional[string]                `json:"startTimeLocalized" required:"false"`
	EndTime            wire.Optional[string]                `json:"endTime" required:"false"`
	RemoteCreatedAt    wire.Optional[string]                `json:"remoteCreatedAt" required:"false"`
	RemoteUpdatedAt    wire.Optional[string]                `json:"remoteUpdatedAt" required:"false"`
	DeletedAt          wire.Optional[wire.Moment]           `json:"deletedAt" required:"false" doc:"A time deletes the engagement; null, or nothing beside other fields, brings it back."`
	EngagementTypeID   wire.Optional[string]                `json:"engagementTypeId" required:"false" doc:"Our id of its type; it goes before engagementType."`
	EngagementType     wire.Optional[PushedEngagementType]  `json:"engagementType" required:"false"`
	Account            wire.Optional[PushedAccount]         `json:"account" required:"false"`
	EngagementUsers    []PushedUser                         `json:"engagementUsers,omitempty" nullable:"false" maxItems:"1000"`
	Opportunity        wire.Optional[EngagementOpportunity] `json:"opportunity" required:"false"`
	Lead               wire.Optional[PushedLead]            `json:"lead" required:"false"`
	Contact            wire.Optional[PushedContact]         `json:"contact" required:"false"`
}

// PushedOpportunity is an opportunity as a customer pushes it.
type PushedOpportunity struct {
	ExternalID          string                       `json:"externalId" minLength:"1" maxLength:"512"`
	Name                *string                      `json:"name,omitempty"`
	Amount              *float64                     `json:"amount,omitempty"`
	ClosedAt            wire.Optional[string]        `json:"closedAt" required:"false" nullable:"false"`
	RemoteCreatedAt     wire.Optional[string]        `json:"remoteCreatedAt" required:"false" nullable:"false"`
	LastActivityAt      wire.Optional[string]        `json:"lastActivityAt" required:"false" nullable:"false"`
	DeletedAt           wire.Optional[wire.Moment]   `json:"deletedAt" required:"false" doc:"A time deletes the opportunity; null, or nothing beside other fields, brings it back."`
	Disposition         *string                      `json:"disposition,omitempty" enum:"OPEN,LOST,WON"`
	AccountID           wire.Optional[string]        `json:"accountId" required:"false" doc:"Our id of its account; it goes before account."`
	Account             wire.Optional[PushedAccount] `json:"account" required:"false"`
	Contact             wire.Optional[PushedContact] `json:"contact" required:"false" doc:"The main contact. Alone it takes the place of the one that was, beside the others."`
	OpportunityContacts []PushedOpportunityContact   `json:"opportunityContacts,omitempty" nullable:"false" maxItems:"1000" doc:"All contacts of the opportunity, in their order, and contact where it is sent beside them: they replace those that were there. The main one is the primary one of these, or else contact, or else the first of these."`
	OpportunityUsers    []PushedUser                 `json:"opportunityUsers,omitempty" nullable:"false" maxItems:"1000"`
}
