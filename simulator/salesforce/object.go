package salesforce

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

// object is an object of the organization.
type object struct {
	name, prefix string
	// model is what its rows are here; empty where they are something else.
	model   hub.Model
	columns []column
}

// column is a field of an object.
type column struct {
	name, kind string
	// label is what people see; empty is the name.
	label string
	// writable says that it can be changed here.
	writable, external bool
	// to are the objects that it may refer to.
	to []string
}

func columns(kind string, names ...string) []column {
	all := make([]column, len(names))
	for i, name := range names {
		all[i] = column{name: name, kind: kind}
	}
	return all
}

// common are the fields that every object has; users have no IsDeleted.
var common = slices.Concat(columns("id", "Id"), columns("datetime", "CreatedDate", "LastModifiedDate", "SystemModstamp"))

var (
	deletable = columns("boolean", "IsDeleted")
	writable  = []column{{name: "Name", kind: "string", writable: true}}
)

var objects = []object{
	{"User", "005", hub.ModelUser, slices.Concat(common, columns("string", "Username", "Name", "FirstName", "LastName", "UserType"), columns("email", "Email"), columns("phone", "Phone", "MobilePhone"), columns("boolean", "IsActive"))},
	{"Account", "001", hub.ModelAccount, slices.Concat(common, deletable, writable, columns("reference", "OwnerId", "MasterRecordId"), columns("phone", "Phone"),
		columns("textarea", "Description", "ShippingStreet", "BillingStreet"),
		columns("string", "ShippingCity", "ShippingState", "ShippingPostalCode", "ShippingCountry", "BillingCity", "BillingState", "BillingPostalCode", "BillingCountry"),
		columns("double", "ShippingLatitude", "ShippingLongitude", "BillingLatitude", "BillingLongitude"), columns("url", "Website"), columns("picklist", "Industry"), columns("date", "LastActivityDate"))},
	{"Contact", "003", hub.ModelContact, slices.Concat(common, deletable, columns("reference", "AccountId", "OwnerId", "MasterRecordId"), columns("string", "Name", "FirstName", "LastName"),
		columns("email", "Email"), columns("phone", "Phone", "MobilePhone", "HomePhone"), columns("textarea", "Description", "MailingStreet"),
		columns("string", "MailingCity", "MailingState", "MailingPostalCode", "MailingCountry"), columns("double", "MailingLatitude", "MailingLongitude"))},
	{"Lead", "00Q", hub.ModelLead, slices.Concat(common, deletable, columns("reference", "OwnerId", "MasterRecordId", "ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId"),
		columns("boolean", "IsConverted"), columns("string", "Name", "FirstName", "LastName", "Company"), columns("email", "Email"), columns("phone", "Phone", "MobilePhone"), columns("picklist", "Status"),
		columns("textarea", "Description", "Street"), columns("string", "City", "State", "PostalCode", "Country"), columns("double", "Latitude", "Longitude"))},
	{"Opportunity", "006", hub.ModelOpportunity, slices.Concat(common, deletable, writable, columns("reference", "AccountId", "ContactId", "OwnerId"), columns("currency", "Amount"),
		columns("date", "CloseDate"), columns("boolean", "IsClosed", "IsWon"), columns("picklist", "StageName"), columns("textarea", "Description"))},
	{"OpportunityTeamMember", "00q", hub.ModelOpportunityUser, slices.Concat(common, deletable, columns("reference", "OpportunityId", "UserId"), columns("picklist", "TeamMemberRole"))},
	{"Event", "00U", hub.ModelEngagement, slices.Concat(common, deletable, columns("reference", "OwnerId", "WhoId", "WhatId", "AccountId"), columns("string", "Subject"), columns("textarea", "Description"),
		columns("datetime", "StartDateTime", "EndDateTime", "ActivityDateTime"), columns("date", "ActivityDate"), columns("int", "DurationInMinutes"),
		columns("boolean", "IsAllDayEvent", "IsChild", "IsRecurrence", "IsArchived"))},
	{"EventRelation", "0RE", hub.ModelEngagementUser, slices.Concat(common, deletable, columns("reference", "EventId", "RelationId"), columns("picklist", "Status"), columns("string", "Response"))},
	{"Task", "00T", "", slices.Concat(common, deletable, columns("reference", "WhoId", "WhatId"), columns("string", "Subject"), columns("textarea", "Description"), columns("picklist", "Status"), columns("date", "ActivityDate"))},
	{"Organization", "00D", "", columns("string", "Id", "Name")},
}

// fields are those that the organization's people have made.
var fields = []simulator.Field{
	{Model: hub.ModelOpportunity, Name: "Budget", Key: "Budget__c", Type: simulator.NumberField},
	{Model: hub.ModelOpportunity, Name: "Roof type", Key: "Roof_Type__c", Type: simulator.TextField},
	{Model: hub.ModelOpportunity, Name: "Wants financing", Key: "Wants_Financing__c", Type: simulator.BoolField},
	{Model: hub.ModelOpportunity, Name: "Objections", Key: "Objections__c", Type: simulator.ListField},
	{Model: hub.ModelAccount, Name: "Segment", Key: "Segment__c", Type: simulator.TextField},
	{Model: hub.ModelContact, Name: "Decides", Key: "Decides__c", Type: simulator.BoolField},
	{Model: hub.ModelLead, Name: "Heard of us", Key: "Heard_Of_Us__c", Type: simulator.TextField},
	{Model: hub.ModelEngagement, Name: "Next step", Key: "Next_Step__c", Type: simulator.TextField},
}

var fieldKinds = map[simulator.FieldType]string{
	simulator.NumberField: "double", simulator.TextField: "string", simulator.BoolField: "boolean", simulator.ListField: "multipicklist",
}

// object finds one that the user may see, with the fields that the user may see.
func (o *Organization) object(name string) (object, bool) {
	all := o.objects()
	i := slices.IndexFunc(all, func(each object) bool { return strings.EqualFold(each.name, name) })
	if i < 0 || o.hides(all[i].name) {
		return object{}, false
	}
	found := all[i]
	found.columns = slices.Clone(found.columns)
	for _, f := range o.s.Fields.Defined(found.model) {
		found.columns = append(found.columns, column{name: f.Key, kind: fieldKinds[f.Type], label: f.Name, writable: true})
	}
	for _, f := range o.addedTo(found.name) {
		found.columns = append(found.columns, column{name: f.name, kind: "string"})
	}
	if o.mu.Lock(); found.name == "Task" && o.marker {
		found.columns = append(found.columns, column{name: MarkerField, kind: "string", external: true})
	}
	o.mu.Unlock()
	found.columns = slices.DeleteFunc(found.columns, func(c column) bool { return o.hides(found.name + "." + c.name) })
	return found, true
}

func (of object) column(name string) (column, bool) {
	i := slices.IndexFunc(of.columns, func(c column) bool { return strings.EqualFold(c.name, name) })
	if i < 0 {
		return column{}, false
	}
	return of.columns[i], true
}

func (o *Organization) describe(w http.ResponseWriter, r *http.Request) {
	of, ok := o.object(r.PathValue("object"))
	if !ok {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	described := []map[string]any{}
	for _, c := range of.columns {
		label := c.label
		if label == "" {
			label = c.name
		}
		to := c.to
		if to == nil {
			to = []string{}
		}
		described = append(described, map[string]any{
			"referenceTo": to, "name": c.name, "label": label, "type": c.kind, "filterable": c.kind != "textarea" || strings.HasSuffix(c.name, "Street"), "sortable": c.kind != "textarea",
			"updateable": c.writable, "createable": c.writable, "custom": strings.HasSuffix(c.name, "__c"), "externalId": c.external, "nillable": true,
		})
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{
		"name": of.name, "label": of.name, "keyPrefix": of.prefix, "custom": strings.HasSuffix(of.name, "__c"), "queryable": true, "replicateable": of.name != "User", "fields": described,
	})
}

const stampLayout = "2006-01-02T15:04:05.000-0700"

// seconds is a time as the vendor keeps it.
func seconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func stamp(t time.Time) string { return seconds(t).Format(stampLayout) }

// read reads a time of the dataset; none is the zero time.
func read(wire string) time.Time {
	t, _ := time.Parse(time.RFC3339, wire)
	return t
}

// optional is null for what is not there.
func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// purged reports whether a row that was deleted has left the bin: of those that were not merged every other one does at once.
func purged(r hub.Record) bool {
	return r.Deleted && r.MergedInto == "" && r.Model != hub.ModelUser && (r.ExternalID[14]-'0')%2 == 0
}
