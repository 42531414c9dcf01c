package salesforce

import (
	"net/http"
	"slices"
	"strings"

	"sirocco/hub"
	"sirocco/simulator"
)

// HaveImproveIt360 gives the organization objects of the managed package of that name, whose rows are those of the standard objects
// once more: an appointment refers to its prospect and its sale, and to who sells.
func (o *Organization) HaveImproveIt360() { o.with(func() { o.improveIt360 = true }) }

// AddField gives an object a text field that people made, each of whose rows says the name of the object and its id.
func (o *Organization) AddField(object, name string) {
	o.with(func() { o.added = append(o.added, addedField{object, name}) })
}

type addedField struct{ object, name string }

// text is what the field has of a row.
func (f addedField) text(id string) string { return f.object + " " + id }

func references(name string, to ...string) column {
	return column{name: name, kind: "reference", to: to}
}

// packaged are the objects of the package.
var packaged = []object{
	{"i360__Staff__c", "a01", hub.ModelUser, slices.Concat(common, deletable, columns("string", "Name"), columns("email", "i360__Email__c"))},
	{"i360__Prospect__c", "a02", hub.ModelAccount, slices.Concat(common, deletable, writable, []column{references("OwnerId", "Group", "User")}, columns("phone", "i360__Phone__c"))},
	{"i360__Sale__c", "a03", hub.ModelOpportunity, slices.Concat(common, deletable, writable, []column{references("OwnerId", "Group", "User"), references("i360__Prospect__c", "i360__Prospect__c")})},
	{"i360__Appointment__c", "a04", hub.ModelEngagement, slices.Concat(common, deletable, columns("string", "Name"), columns("date", "i360__Start__c"), columns("string", "i360__Start_Time__c"),
		columns("string", "i360__Address__c", "i360__City__c", "i360__State__c", "i360__Zip__c"), columns("date", "i360__Appt_Set_On__c"),
		[]column{
			references("OwnerId", "Group", "User"), references("i360__Prospect__c", "i360__Prospect__c"), references("i360__Sale__c", "i360__Sale__c"),
			references("i360__Sales_Rep_1__c", "i360__Staff__c"), references("i360__Sales_Rep_2__c", "i360__Staff__c"),
		})},
}

// objects are those of the organization, whether the user may see them or not.
func (o *Organization) objects() []object {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.improveIt360 {
		return slices.Concat(objects, packaged)
	}
	return objects
}

// addedTo are the fields that people made of an object while the stand-in runs.
func (o *Organization) addedTo(object string) []addedField {
	o.mu.Lock()
	defer o.mu.Unlock()
	var of []addedField
	for _, f := range o.added {
		if strings.EqualFold(f.object, object) {
			of = append(of, f)
		}
	}
	return of
}

// showPackaged adds to a row what it has as one of the package's.
func showPackaged(row map[string]any, of object, r hub.Record) {
	row["IsDeleted"], row["Name"] = r.Deleted, r.Name
	switch of.name {
	case "i360__Staff__c":
		row["i360__Email__c"] = r.Details.Email
	case "i360__Sale__c":
		row["i360__Prospect__c"] = optional(r.Refs.Account)
	case "i360__Appointment__c":
		row["i360__Start__c"], row["i360__Start_Time__c"] = day(r.StartTime), r.StartTime.UTC().Format("3:04 PM")
		row["i360__Prospect__c"], row["i360__Sale__c"], row["i360__Sales_Rep_1__c"] = optional(r.Refs.Account), optional(r.Refs.Opportunity), optional(r.Refs.Owner)
		row["i360__City__c"] = "Springfield"
	}
}

// listObjects lists the objects that the user may see.
func (o *Organization) listObjects(w http.ResponseWriter, _ *http.Request) {
	items := []map[string]any{}
	for _, of := range o.objects() {
		if !o.hides(of.name) {
			items = append(items, map[string]any{"name": of.name, "label": of.name, "keyPrefix": of.prefix, "custom": strings.HasSuffix(of.name, "__c"), "queryable": true})
		}
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": items})
}
