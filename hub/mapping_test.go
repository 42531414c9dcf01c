package hub_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sirocco/hub"
)

// mappable is a platform with mappings.
func mappable() hub.PlatformInfo {
	return hub.PlatformInfo{
		Platform: hub.PlatformSalesforce, Name: "CRM", Models: []hub.ModelInfo{{Model: hub.ModelUser}, {Model: hub.ModelAccount}},
		Mapping: &hub.MappingInfo{Parts: []string{"name", "email"}, Presets: []hub.Mapping{
			{Preset: "standard", Sources: map[hub.Model]hub.Source{hub.ModelUser: {Object: "User", Fields: map[string]string{"name": "Name"}}}},
		}},
	}
}

// TestCompleteMapping refuses what cannot be, whatever the CRM has; above all what is no name, since it becomes part of a query.
func TestCompleteMapping(t *testing.T) {
	text := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		given hub.GivenMapping
		want  string
	}{
		"nothing":      {hub.GivenMapping{}, "models has none that is read"},
		"a preset":     {hub.GivenMapping{Preset: "standard"}, ""},
		"no preset":    {hub.GivenMapping{Preset: "other"}, `preset is "other"; expected one of standard`},
		"no model":     {hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"LEAD": {}}}, `models."LEAD" is not read from CRM; expected one of USER, ACCOUNT`},
		"no object":    {hub.GivenMapping{Models: map[string]hub.GivenSource{"USER": {}}}, "models.USER.object is missing"},
		"a query":      {hub.GivenMapping{Models: map[string]hub.GivenSource{"USER": {Object: text("User WHERE Id = 1")}}}, "models.USER.object is"},
		"no part":      {hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"USER": {Fields: map[string]string{"shoe": "Shoe__c"}}}}, `fields."shoe" is nothing of a record; expected one of name, email`},
		"no name":      {hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"USER": {Fields: map[string]string{"email": "a,b"}}}}, "models.USER.fields.email is"},
		"a long name":  {hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"USER": {Fields: map[string]string{"email": strings.Repeat("a", 129)}}}}, "models.USER.fields.email is"},
		"a note field": {hub.GivenMapping{Preset: "standard", NoteField: "1"}, "noteField is"},
		"none is read": {hub.GivenMapping{Preset: "standard", Models: map[string]hub.GivenSource{"USER": {Object: text("")}}}, "models has none that is read"},
	} {
		_, err := mappable().CompleteMapping(c.given)
		if _, ok := errors.AsType[*hub.InvalidError](err); c.want == "" && err != nil || c.want != "" && (!ok || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (hub.PlatformInfo{Platform: hub.PlatformMerge}).CompleteMapping(hub.GivenMapping{Preset: "standard"}); err == nil || !strings.Contains(err.Error(), "MERGE connection has no mapping") {
		t.Errorf("a platform without: %v", err)
	}
}

// TestMappingChanged tells which models are read otherwise, and which from elsewhere.
func TestMappingChanged(t *testing.T) {
	m := func(sources map[hub.Model]hub.Source) hub.Mapping { return hub.Mapping{Sources: sources} }
	src := func(object, name string) hub.Source {
		return hub.Source{Object: object, Fields: map[string]string{"name": name}}
	}
	before := m(map[hub.Model]hub.Source{hub.ModelUser: src("User", "Name"), hub.ModelLead: src("Lead", "Name"), hub.ModelContact: src("Contact", "Name"), hub.ModelAccount: src("Account", "Name")})
	now := m(map[hub.Model]hub.Source{hub.ModelUser: src("User", "Name"), hub.ModelLead: src("Lead", "Other__c"), hub.ModelContact: src("Person__c", "Name"), hub.ModelOpportunity: src("Sale__c", "Name")})
	changed, moved := now.Changed(before)
	if !slices.Equal(changed, []hub.Model{hub.ModelAccount, hub.ModelContact, hub.ModelLead, hub.ModelOpportunity}) || !slices.Equal(moved, []hub.Model{hub.ModelAccount, hub.ModelContact}) {
		t.Errorf("%v and %v", changed, moved)
	}
}
