package salesforce

import "testing"

// TestNumbersThatAreNone holds that what is written as no number is neither read as one nor written: no JSON has it.
func TestNumbersThatAreNone(t *testing.T) {
	for _, text := range []string{"NaN", "inf", "-Infinity", "1e999", "ten"} {
		if n := (row{"Size__c": text}).number("Size__c"); n != nil {
			t.Errorf("%s is read as %v", text, *n)
		}
		for _, kind := range []string{"double", "currency", "percent", "int", "long"} {
			if value, ok := (field{Name: "Size__c", Type: kind}).take(text); ok {
				t.Errorf("a field of the type %s takes %s as %v", kind, text, value)
			}
		}
	}
	if n := (row{"Size__c": "12.5"}).number("Size__c"); n == nil || *n != 12.5 {
		t.Errorf("12.5 is read as %v", n)
	}
}
