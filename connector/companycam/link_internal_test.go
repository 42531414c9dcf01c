package companycam

import "testing"

// TestRecordURL takes the page that the vendor tells, and makes the address of a project's where it does not.
func TestRecordURL(t *testing.T) {
	for told, want := range map[string]string{
		"": "https://app.companycam.com/projects/7", "https://app.companycam.com/projects/7?told": "https://app.companycam.com/projects/7?told",
	} {
		if got := (&project{ID: "7", URL: told}).record().Details.URL; got != want {
			t.Errorf("told %q: %q", told, got)
		}
	}
	if got := (&user{ID: "1"}).record().Details.URL; got != "" {
		t.Errorf("a user's page is %q", got)
	}
}
