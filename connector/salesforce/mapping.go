package salesforce

import (
	"cmp"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// Source is where a model's records are.
type Source hub.Source

// The names of presets.
const (
	standardPreset     = "standard"
	improveIt360Preset = "improveit360"
)

// customSuffix ends the names of objects and fields that not every organization has.
const customSuffix = "__c"

func isCustom(name string) bool { return strings.HasSuffix(strings.ToLower(name), customSuffix) }

// standard is the mapping of what every organization has.
var standard = map[hub.Model]hub.Source{
	hub.ModelUser: {Object: "User", Fields: map[string]string{
		"name": "Name", "firstName": "FirstName", "lastName": "LastName", "email": "Email", "phone": "Phone", "mobile": "MobilePhone", "active": "IsActive",
	}},
	hub.ModelAccount: {Object: "Account", Fields: map[string]string{
		"name": "Name", "owner": "OwnerId", "mergedInto": "MasterRecordId", "phone": "Phone", "mobile": "PersonMobilePhone", "email": "PersonEmail",
		"street": "ShippingStreet", "city": "ShippingCity", "state": "ShippingState", "zip": "ShippingPostalCode", "country": "ShippingCountry",
		"latitude": "ShippingLatitude", "longitude": "ShippingLongitude",
		"otherStreet": "BillingStreet", "otherCity": "BillingCity", "otherState": "BillingState", "otherZip": "BillingPostalCode", "otherCountry": "BillingCountry",
		"website": "Website", "industry": "Industry", "description": "Description", "lastActivityAt": "LastActivityDate",
	}},
	hub.ModelContact: {Object: "Contact", Fields: map[string]string{
		"name": "Name", "firstName": "FirstName", "lastName": "LastName", "account": "AccountId", "owner": "OwnerId", "mergedInto": "MasterRecordId",
		"email": "Email", "phone": "Phone", "mobile": "MobilePhone", "homePhone": "HomePhone",
		"street": "MailingStreet", "city": "MailingCity", "state": "MailingState", "zip": "MailingPostalCode", "country": "MailingCountry",
		"latitude": "MailingLatitude", "longitude": "MailingLongitude", "description": "Description",
	}},
	hub.ModelLead: {Object: "Lead", Fields: map[string]string{
		"name": "Name", "firstName": "FirstName", "lastName": "LastName", "company": "Company", "owner": "OwnerId", "mergedInto": "MasterRecordId",
		"account": "ConvertedAccountId", "contact": "ConvertedContactId", "opportunity": "ConvertedOpportunityId",
		"email": "Email", "phone": "Phone", "mobile": "MobilePhone", "status": "Status",
		"street": "Street", "city": "City", "state": "State", "zip": "PostalCode", "country": "Country", "latitude": "Latitude", "longitude": "Longitude",
		"description": "Description",
	}},
	hub.ModelOpportunity: {Object: "Opportunity", Fields: map[string]string{
		"name": "Name", "account": "AccountId", "contact": "ContactId", "owner": "OwnerId", "amount": "Amount", "closedAt": "CloseDate",
		"won": "IsWon", "closed": "IsClosed", "stage": "StageName", "description": "Description",
	}},
	hub.ModelOpportunityUser: {Object: "OpportunityTeamMember", Fields: map[string]string{
		"opportunity": "OpportunityId", "user": "UserId", "name": "TeamMemberRole",
	}},
	hub.ModelEngagement: {Object: "Event", Fields: map[string]string{
		"name": "Subject", "content": "Description", "startTime": "StartDateTime", "endTime": "EndDateTime", "date": "ActivityDate", "minutes": "DurationInMinutes",
		"allDay": "IsAllDayEvent", "who": "WhoId", "what": "WhatId", "account": "AccountId", "owner": "OwnerId", "child": "IsChild", "series": "IsRecurrence",
	}},
	hub.ModelEngagementUser: {Object: "EventRelation", Fields: map[string]string{
		"engagement": "EventId", "user": "RelationId", "status": "Status", "description": "Response",
	}},
}

// seldom are fields that many organizations do not have, by object: their absence says nothing of what a user may see.
var seldom = map[string]map[string]bool{
	"Account":     {"PersonEmail": true, "PersonMobilePhone": true},
	"Opportunity": {"ContactId": true},
}

// seldomThere are the objects that many organizations do not have.
var seldomThere = map[string]bool{"OpportunityTeamMember": true, "EventRelation": true}

// improveIt360 is the mapping of organizations with the managed package of that name, as far as its fields are known: what refers
// to what, and whatever else an organization has, is asked of it.
var improveIt360 = map[hub.Model]hub.Source{
	hub.ModelUser:        {Object: "i360__Staff__c", Fields: map[string]string{"name": "Name", "email": "i360__Email__c"}},
	hub.ModelAccount:     {Object: "i360__Prospect__c", Fields: map[string]string{"name": "Name"}},
	hub.ModelOpportunity: {Object: "i360__Sale__c", Fields: map[string]string{"name": "Name"}},
	hub.ModelEngagement: {Object: "i360__Appointment__c", Fields: map[string]string{
		"name": "Name", "startTime": "i360__Start__c", "startClock": "i360__Start_Time__c", "owner": "i360__Sales_Rep_1__c",
		"street": "i360__Address__c", "city": "i360__City__c", "state": "i360__State__c", "zip": "i360__Zip__c",
	}},
}

// mappingInfo is what a mapping can have.
func mappingInfo() *hub.MappingInfo {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	return &hub.MappingInfo{
		Presets: []hub.Mapping{{Preset: standardPreset, Sources: standard}, {Preset: improveIt360Preset, Sources: improveIt360}},
		Parts:   names,
	}
}

// sourceOf is where a model is read over the session's connection; ok is false where it is not.
func sourceOf(s *connector.Session, m hub.Model) (Source, bool) {
	sources := s.Mapping.Sources
	if len(sources) == 0 {
		sources = standard
	}
	src, ok := sources[m]
	return Source(src), ok
}

// noteFieldOf is the external-id field of Task that notes are written by; empty where there is none.
func noteFieldOf(s *connector.Session) string {
	return cmp.Or(s.Mapping.NoteField, s.Values["noteField"])
}
