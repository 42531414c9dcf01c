package merge

import "testing"

// TestWhoseSyncAStatusIs finds the status of a list by the vendor's id of it, and by its name where the vendor gives no id.
func TestWhoseSyncAStatusIs(t *testing.T) {
	for name, test := range map[string]struct {
		all  syncStatuses
		want string
	}{
		"by its id":                        {syncStatuses{{ID: "crm.Contact", Status: "FAILED"}, {ID: "crm.Lead", Status: "DONE"}}, "DONE"},
		"by its id, whatever its name":     {syncStatuses{{ID: "crm.Lead", Name: "Leads", Status: "DONE"}}, "DONE"},
		"by its name alone":                {syncStatuses{{Name: "Contact", Status: "FAILED"}, {Name: "Lead", Status: "DONE"}}, "DONE"},
		"not by the name of another thing": {syncStatuses{{ID: "ats.Lead", Name: "Lead", Status: "FAILED"}}, ""},
		"nothing is told of it":            {syncStatuses{{ID: "crm.Contact", Name: "Contact", Status: "FAILED"}}, ""},
		"nothing is told":                  {nil, ""},
	} {
		if got := test.all.of("Lead"); got.Status != test.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
