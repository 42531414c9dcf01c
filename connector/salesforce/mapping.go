package salesforce

import (
	"sirocco/connector"
	"sirocco/hub"
)

// Mapping says from which object of the organization each model is read; a model that is not there is not read.
type Mapping map[hub.Model]Source

// Source is where a model's records are.
type Source struct {
	// Object is the API name of an object.
	Object string `json:"object"`
	// Fields are the API names of its fields, by what they are of a record: one of PartNames.
	Fields map[string]string `json:"fields"`
}

// standard is the mapping of what every organization has.
var standard = Mapping{
	hub.ModelUser: {Object: "User", Fields: map[string]string{
		"name": "Name", "firstName": "FirstName", "lastName": "LastName", "email": "Email", "phone": "Phone", "mobile": "MobilePhone", "active": "IsActive",
	}},
	hub.ModelAccount: {Object: "Account", Fields: map[string]string{
		"name": "Name", "owner": "OwnerId", "mergedInto": "MasterRecordId", "phone": "Phone", "mobile": "PersonMobilePhone", "email": "PersonEmail",
		"street": "ShippingStreet", "city": "ShippingCity", "state": "ShippingState", "zip": "ShippingPostalCode", "country": "ShippingCountry",
		"latitude": "ShippingLatitude", "longitude": "ShippingLongitude",
		"otherStreet": "BillingStreet", "otherCity": "BillingCity", "otherState": "BillingState", "otherZip": "BillingPostalCode", "otherCountry": "BillingCountry",
		"otherLatitude": "BillingLatitude", "otherLongitude": "BillingLongitude",
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

// mappingOf is the mapping of the session's connection.
func mappingOf(_ *connector.Session) (Mapping, error) { return standard, nil }
