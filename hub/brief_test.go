package hub_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sirocco/hub"
)

// TestBriefs says all that is wrong with a brief, each by its field and with what would be right.
func TestBriefs(t *testing.T) {
	const address = "an address as in https://crm.example/visits/4711, or of an app's own scheme"
	long := strings.Repeat("x", 256)
	audio := func(url string) hub.Brief { return hub.Brief{ExternalID: "b", AudioURL: url} }
	for name, c := range map[string]struct {
		brief hub.Brief
		want  []hub.Issue
	}{
		"an id alone": {hub.Brief{ExternalID: "b"}, nil},
		"all that may be": {hub.Brief{
			ExternalID: long, JobID: long, AppointmentID: long, TenantID: long, TechnicianID: long, Message: strings.Repeat("x", 16<<10), AudioURL: "https://" + strings.Repeat("x", 4096-len("https://")),
		}, nil},
		"nothing": {hub.Brief{}, []hub.Issue{{Field: "externalId", Problem: "is empty", Want: "the sender's own id of the brief"}}},
		"a byte more": {hub.Brief{
			ExternalID: long + "x", JobID: long + "x", AppointmentID: long + "x", TenantID: long + "x", TechnicianID: long + "x", Message: strings.Repeat("x", 16<<10+1),
			AudioURL: "https://" + strings.Repeat("x", 4097-len("https://")),
		}, []hub.Issue{
			{Field: "externalId", Problem: "is too long", Want: "fewer bytes"}, {Field: "jobId", Problem: "is too long", Want: "fewer bytes"}, {Field: "appointmentId", Problem: "is too long", Want: "fewer bytes"},
			{Field: "tenantId", Problem: "is too long", Want: "fewer bytes"}, {Field: "technicianId", Problem: "is too long", Want: "fewer bytes"}, {Field: "message", Problem: "is too long", Want: "fewer bytes"},
			{Field: "audioUrl", Problem: "is too long", Want: "at most 4096 bytes"},
		}},
		"an address of two lines":    {audio("https://crm.example/\na"), []hub.Issue{{Field: "audioUrl", Problem: "has a control character, or is no text", Want: address}}},
		"an address that is none":    {audio("https://crm.example/\xff"), []hub.Issue{{Field: "audioUrl", Problem: "has a control character, or is no text", Want: address}}},
		"a script":                   {audio("JavaScript:alert(1)"), []hub.Issue{{Field: "audioUrl", Problem: "begins with javascript:, and so is a script or what a script can be in", Want: address}}},
		"a password":                 {audio("app://ann:secret@crm.example/"), []hub.Issue{{Field: "audioUrl", Problem: "has a user name or a password", Want: address + ", without them: it is shown as it is"}}},
		"an app's user":              {audio("app://ann@crm.example/"), nil},
		"a user of a site, and less": {hub.Brief{AudioURL: "https://ann@crm.example/"}, []hub.Issue{{Field: "audioUrl", Problem: "has a user name or a password", Want: address + ", without them: it is shown as it is"}, {Field: "externalId", Problem: "is empty", Want: "the sender's own id of the brief"}}},
	} {
		err := c.brief.Validate()
		var got []hub.Issue
		if invalid, ok := errors.AsType[*hub.InvalidError](err); ok {
			got = invalid.Issues
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
