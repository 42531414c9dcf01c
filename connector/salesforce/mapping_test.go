package salesforce_test

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/simulator"
)

// checked completes and checks a mapping.
func checked(t *testing.T, session *connector.Session, given hub.GivenMapping) (hub.Mapping, error) {
	t.Helper()
	c := salesforce.Connector{}
	m, err := c.Info().CompleteMapping(given)
	if err != nil {
		return m, err
	}
	return c.CheckMapping(t.Context(), session, m)
}

// TestImproveIt360 reads an organization with the package by its preset: what refers to what is found out.
func TestImproveIt360(t *testing.T) {
	crm, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	given := hub.GivenMapping{Preset: "improveit360"}
	_, err := checked(t, session, given)
	if wrong, ok := errors.AsType[*hub.InvalidError](err); !ok || len(wrong.Issues) != 4 || !strings.Contains(err.Error(), `"i360__Staff__c", which is not there`) {
		t.Fatalf("an organization without the package: %v", err)
	}
	organization.HaveImproveIt360()
	m, err := checked(t, session, given)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"account": "i360__Prospect__c", "opportunity": "i360__Sale__c"}
	fields := m.Sources[hub.ModelEngagement].Fields
	for part, name := range want {
		if fields[part] != name {
			t.Errorf("%s is %q", part, fields[part])
		}
	}
	if fields := m.Sources[hub.ModelUser].Fields; len(fields) != 2 {
		t.Errorf("of users there are %v", fields)
	}
	session.Mapping = m
	id := crm.Rows(hub.ModelEngagement)[3]
	there, _ := crm.Get(hub.ModelEngagement, id)
	r := read(t, session, connector.Query{Model: hub.ModelEngagement, Limit: 7})[id]
	if !r.StartTime.Equal(there.StartTime.Truncate(time.Minute)) || r.Refs.Owner != there.Refs.Owner || r.Refs.Account != there.Refs.Account || r.Name != strings.TrimSpace(there.Name) ||
		len(r.Details.Addresses) != 1 || r.Details.Addresses[0].City != "Springfield" {
		t.Errorf("%+v of %+v", r, there)
	}
	if page, err := (salesforce.Connector{}).Fetch(t.Context(), session, connector.Query{Model: hub.ModelLead, Limit: 7}); err != nil || len(page.Records) != 0 || page.More {
		t.Errorf("a model that is not mapped: %+v %v", page, err)
	}
	// A note on what is no object of the standard names it as what the task is about.
	note := connector.Note{Target: hub.ModelOpportunity, ExternalID: crm.Rows(hub.ModelOpportunity)[0], Title: "Talk", Body: "They signed.", Marker: "sirocco:one"}
	if _, err := (salesforce.Connector{}).WriteNote(t.Context(), session, note); err != nil || len(crm.Notes.All()) != 1 {
		t.Errorf("%v, %d notes", err, len(crm.Notes.All()))
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}

// TestMappingNamesWhatIsNotThere refuses a field that is not there with those that are, until somebody makes it; and lets pass
// one that every organization has and the user may not see.
func TestMappingNamesWhatIsNotThere(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	given := hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"ACCOUNT": {Fields: map[string]string{"industry": "trade__c"}}}}
	_, err := checked(t, session, given)
	wrong, ok := errors.AsType[*hub.InvalidError](err)
	if !ok || len(wrong.Issues) != 1 || wrong.Issues[0].Field != "models.ACCOUNT.fields.industry" || !strings.Contains(wrong.Issues[0].Problem, "trade__c") || !strings.HasPrefix(wrong.Issues[0].Want, "one of Segment__c, ") {
		t.Fatalf("%+v", wrong)
	}
	organization.AddField("Account", "Trade__c")
	organization.Hide("Account.Phone")
	m, err := checked(t, session, given)
	if err != nil || m.Sources[hub.ModelAccount].Fields["industry"] != "Trade__c" || m.Sources[hub.ModelAccount].Fields["phone"] != "Phone" {
		t.Fatalf("once it is there: %+v %v", m.Sources[hub.ModelAccount], err)
	}
	session.Mapping = m
	for id, r := range read(t, session, connector.Query{Model: hub.ModelAccount, Limit: 7}) {
		if r.Details.Industry != "Account "+id {
			t.Errorf("%+v", r)
		}
	}
	given.NoteField = "Marker__c"
	_, err = checked(t, session, given)
	if wrong, ok := errors.AsType[*hub.InvalidError](err); !ok || len(wrong.Issues) != 1 || wrong.Issues[0] != (hub.Issue{
		Field: "noteField", Problem: `is "Marker__c", which is no external-id field of Task that the user may see`, Want: "an external-id field of Task",
	}) {
		t.Errorf("a field for notes that is not there: %v", err)
	}
	organization.HaveMarkers()
	given.NoteField = "sirocco_marker__C"
	if m, err := checked(t, session, given); err != nil || m.NoteField != "Sirocco_Marker__c" {
		t.Errorf("a field for notes: %+v %v", m.NoteField, err)
	}
}

// TestObjectsAreSpelledAsTheVendorDoes takes an object by its name in any case, and keeps it as the vendor has it: the name is a part of
// addresses of pages.
func TestObjectsAreSpelledAsTheVendorDoes(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	organization.HaveImproveIt360()
	object := "I360__PROSPECT__c"
	m, err := checked(t, session, hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"ACCOUNT": {Object: &object, Fields: map[string]string{"name": "name"}}}})
	if err != nil || m.Sources[hub.ModelAccount].Object != "i360__Prospect__c" || m.Sources[hub.ModelAccount].Fields["name"] != "Name" {
		t.Errorf("%+v %v", m.Sources[hub.ModelAccount], err)
	}
}

// TestMappingsAreWhatTheyBecame: what a mapping has become gives the same one again.
func TestMappingsAreWhatTheyBecame(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	organization.HaveImproveIt360()
	empty := ""
	first, err := checked(t, session, hub.GivenMapping{Preset: "improveit360", Models: map[string]hub.GivenSource{
		"USER": {Object: &empty}, "ENGAGEMENT": {Fields: map[string]string{"account": "", "zip": ""}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := first.Sources[hub.ModelUser]; ok || first.Sources[hub.ModelEngagement].Fields["account"] != "" {
		t.Errorf("%+v", first)
	}
	given := hub.GivenMapping{Preset: first.Preset, Models: map[string]hub.GivenSource{"USER": {Object: &empty}}}
	for model, src := range first.Sources {
		given.Models[string(model)] = hub.GivenSource{Object: &src.Object, Fields: maps.Clone(src.Fields)}
	}
	again, err := checked(t, session, given)
	if err != nil {
		t.Fatal(err)
	}
	if changed, _ := again.Changed(first); len(changed) > 0 {
		t.Errorf("of %v it is another one", changed)
	}
}

// TestObjectsThatCannotBeReadByTheirChanges refuses an object of which the user does not see the id, or when it changed.
func TestObjectsThatCannotBeReadByTheirChanges(t *testing.T) {
	_, organization, session := standIn(t, simulator.Options{Records: 20}, nil)
	organization.HaveImproveIt360()
	object := "i360__Prospect__c"
	given := hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"ACCOUNT": {Object: &object, Fields: map[string]string{"name": "Name"}}}}
	organization.Hide(object + ".SystemModstamp")
	_, err := checked(t, session, given)
	if wrong, ok := errors.AsType[*hub.InvalidError](err); !ok || len(wrong.Issues) != 1 || wrong.Issues[0] != (hub.Issue{
		Field: "models.ACCOUNT.object", Problem: `is "i360__Prospect__c", whose fields Id and SystemModstamp the user cannot see or ask by`, Want: "an object that can be read by its changes",
	}) {
		t.Errorf("%+v", err)
	}
}
