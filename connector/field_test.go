package connector_test

import (
	"fmt"
	"testing"

	"sirocco/connector"
)

// TestNamedFields finds fields by names that several may have, by the vendor's API or for people, and but for case.
func TestNamedFields(t *testing.T) {
	type field struct{ key, seen string }
	fields := []field{{"roof__c", "Roof"}, {"roof2__c", "Roof"}, {"Roof_Type", "Type"}, {"gate", "Gate"}, {"Gate", "Old gate"}, {"x", "gate"}}
	for name, want := range map[string]string{
		"Roof": "[{roof__c Roof} {roof2__c Roof}]", "ROOF2__C": "[{roof2__c Roof}]", "type": "[{Roof_Type Type}]", "gate": "[{gate Gate}]", "Gate": "[{Gate Old gate}]",
		"GATE": "[{gate Gate} {Gate Old gate}]", "old gate": "[{Gate Old gate}]", "": "[]", "Dog": "[]",
	} {
		if got := fmt.Sprint(connector.NamedFields(fields, name, func(f field) string { return f.key }, func(f field) string { return f.seen })); got != want {
			t.Errorf("%q: %s, not %s", name, got, want)
		}
	}
}
