package companycam_test

import (
	"fmt"
	"net/http"
	"testing"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/simulator"
	simulated "sirocco/simulator/companycam"
)

// TestWebhooksOnLaterPages has webhooks of others in front of and between those to our address: of ours one is left where the vendor is told
// of the address again, and none once it is taken back, whichever page they are on.
func TestWebhooksOnLaterPages(t *testing.T) {
	const ours = "https://hub.example.com/inbound/1"
	crm, s := standIn(t, simulated.New(simulator.Options{}))
	for i := range 120 {
		if i%40 == 39 {
			crm.Hooks.Add(simulator.Hook{URL: ours, Scopes: []string{"project.*"}, Active: true})
		}
		crm.Hooks.Add(simulator.Hook{URL: fmt.Sprintf("https://others.example.com/%d", i), Scopes: []string{"project.*"}, Active: true})
	}
	if err := (companycam.Connector{}).RegisterWebhook(t.Context(), s, connector.Webhook{URL: ours, Secret: "s"}); err != nil || len(crm.Hooks.All()) != 121 {
		t.Errorf("of 123 webhooks there are %d: %v", len(crm.Hooks.All()), err)
	}
	if err := (companycam.Connector{}).RemoveWebhook(t.Context(), s, ours); err != nil || len(crm.Hooks.All()) != 120 {
		t.Errorf("of 120 webhooks of others and one there are %d: %v", len(crm.Hooks.All()), err)
	}
}

// TestTheListOfWebhooksEnds has a vendor with one page, whatever number is asked for, and one whose pages never end: that is told.
func TestTheListOfWebhooksEnds(t *testing.T) {
	for name, test := range map[string]struct {
		id   func(asked int) int
		kind connector.Kind
		want int
	}{
		"one page":      {func(int) int { return 7 }, "", 2},
		"ever new ones": {func(asked int) int { return asked }, connector.Malformed, 20},
	} {
		asked := 0
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			answer(http.StatusOK, fmt.Sprintf(`[{"id":"%d","url":"https://others.example.com/"}]`, test.id(asked))).ServeHTTP(w, r)
		}))
		err := (companycam.Connector{}).RemoveWebhook(t.Context(), s, "https://hub.example.com/inbound/1")
		if asked != test.want || (err == nil) != (test.kind == "") || err != nil && !connector.IsKind(err, test.kind) {
			t.Errorf("%s: asked %d times: %v", name, asked, err)
		}
	}
}
