package hub_test

import (
	"net/url"
	"testing"

	"sirocco/hub"
)

func TestDeepLink(t *testing.T) {
	text := hub.DeepLink{
		Title: "Roof & gutters", RedirectURL: "https://crm.example/a?b=c", ConnectionID: "c1", Objects: []hub.RecordRef{{Model: hub.ModelEngagement, ExternalID: "e 1/2"}},
	}.URL()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "https" || u.Host != "app.siro.ai" || u.Path != "/record" {
		t.Errorf("it leads to %s", text)
	}
	for name, want := range map[string]string{
		"action": "start", "title": "Roof & gutters", "redirectUrl": "https://crm.example/a?b=c", "integrationConnectionId": "c1", "crmObjects": `[{"objectType":"Engagement","objectId":"e 1/2"}]`, "conversationType": "",
	} {
		if got := u.Query().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if blank := (hub.DeepLink{Title: "Roof + gutters"}).URL(); blank != "https://app.siro.ai/record?action=start&title=Roof%20%2B%20gutters" {
		t.Errorf("blanks are not as every reader of addresses takes them: %s", blank)
	}
	if got := (hub.DeepLink{Host: "app.acme.example"}).URL(); got != "https://app.acme.example/record?action=start" {
		t.Errorf("with nothing said it is %s", got)
	}
}
