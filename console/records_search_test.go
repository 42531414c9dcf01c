package console

import (
	"strings"
	"testing"

	"sirocco/store/storetest"
)

// TestRecordsByAddressAndNumber finds a contact by its e-mail address and by its telephone number, however they are spelled.
func TestRecordsByAddressAndNumber(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		b := s.viewer(s.organization)
		for query, want := range map[string]string{
			"by=email&q=MARISOL@rivera.example": "Marisol Rivera", "by=phone&q=%28602%29+555-0142": "Marisol Rivera", "by=phone&q=602.555.0177": "Marcus Oyelaran",
			"by=email&q=marisol@rivera": "Nothing is found.", "by=phone&q=7025550142": "Nothing is found.", "by=phone&q=x": "Nothing is found.",
			"by=email&model=USER&q=dana@cedar.example": "Dana Whitfield",
		} {
			page := b.get("/records?" + query)
			mustContain(t, page, want)
			if n := strings.Count(page, `data-label="What is known"`); n > 1 {
				t.Errorf("%s finds %d", query, n)
			}
		}
		mustContain(t, b.get("/people/crm-users?find=DANA@cedar.example"), "Dana Whitfield", "the same e-mail address")
		mustContain(t, b.get("/people/crm-users?find=nobody@cedar.example"), "No CRM user here.")
		mustContain(t, s.operator(s.organization).get("/recordings/"+s.offered+"/link?model=CONTACT&by=phone&q=6025550142"), "Marisol Rivera", "It is this one")
	})
}
