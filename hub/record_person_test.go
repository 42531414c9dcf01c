package hub_test

import (
	"strings"
	"testing"

	"sirocco/hub"
)

// TestWhatPeopleAreMatchedByFits gives CRM users names and addresses in fields that count where their own are empty: what they are
// matched by must fit into an index all the same.
func TestWhatPeopleAreMatchedByFits(t *testing.T) {
	long := strings.Repeat("x", 6000)
	for field, details := range map[string]hub.Details{
		"firstName": {FirstName: long}, "lastName": {LastName: long}, "emails": {Emails: []string{long + "@example.com"}},
	} {
		r := hub.Record{Model: hub.ModelUser, ExternalID: "1", Details: details}
		if err := r.Validate(); err == nil {
			t.Errorf("%s may be of any length", field)
		}
	}
	r := hub.Record{Model: hub.ModelUser, ExternalID: "1", Details: hub.Details{FirstName: "Ann", LastName: "Lee", Emails: []string{"ann@example.com"}}}
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
}
