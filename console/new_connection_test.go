package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// withForms has platforms whose forms have what MERGE's has not: one signs in in two ways, one may do without its tenant, and
// one takes a word.
func withForms(o *Options) {
	const refresh, both = "refreshToken", "a user name and a private key, or a refresh token"
	again := func(name string) hub.CredentialField {
		return hub.CredentialField{Name: name, Doc: "It is the " + name + ".", APIAlone: true}
	}
	o.Platforms = map[hub.Platform]hub.PlatformInfo{
		hub.PlatformSalesforce: {Platform: hub.PlatformSalesforce, Name: "Salesforce", Models: []hub.ModelInfo{{Model: hub.ModelUser, Incremental: true}}, Credentials: []hub.CredentialField{
			{Name: "baseURL", Doc: "The address.", Required: true}, {Name: "clientId", Doc: "The key.", Required: true}, {Name: "username", Doc: "The user.", Unless: refresh, Missing: both},
			{Name: "privateKey", Doc: "The key.", Secret: true, Lines: true, Unless: refresh, Missing: both}, {Name: refresh, Doc: "A token.", Secret: true}, again("isProd"), again("useProdEca"),
		}},
		hub.PlatformServiceTitan: {Platform: hub.PlatformServiceTitan, Name: "ServiceTitan", Models: []hub.ModelInfo{{Model: hub.ModelUser, Incremental: true}}, Credentials: []hub.CredentialField{
			{Name: "tenant", Doc: "The number.", Account: true}, {Name: "idempotency", Doc: "A word.", Default: "off", Words: []string{"on", "off"}},
		}},
	}
	o.Check = func(_ context.Context, c hub.Connection, values map[string]string) (hub.CRMAccount, error) {
		if _, err := o.Platforms[c.Platform].CompleteCredentials(values); err != nil {
			return hub.CRMAccount{}, err
		}
		return hub.CRMAccount{ID: "00D000000000001EAA", Name: "Acme"}, nil
	}
}

// TestSalesforceIsConnected makes the connection that the API has an operation of its own for, signing in either way.
func TestSalesforceIsConnected(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withForms)
		for name, how := range map[string]url.Values{
			"with a key":           {"credential.username": {"sync@acme.example"}, "credential.privateKey": {"-----BEGIN"}},
			"with a refresh token": {"credential.refreshToken": {"5Aep"}},
		} {
			b := s.operator(s.organization("Acme, " + name))
			mustContain(t, b.get("/connections/new"), "/connections/new?platform=SALESFORCE")
			form := b.get("/connections/new?platform=SALESFORCE")
			mustContain(t, form, "Connect Salesforce", `name="credential.privateKey"`, `name="credential.refreshToken"`)
			if strings.Contains(form, "useProdEca") {
				t.Error("it asks for what only the API's clients know")
			}
			how.Set("platform", "SALESFORCE")
			how.Set("name", "Our Salesforce")
			how.Set("credential.baseURL", "https://acme.my.salesforce.com")
			how.Set("credential.clientId", "3MVG9")
			bare := url.Values{"platform": {"SALESFORCE"}, "name": {"Ours"}, "credential.baseURL": {"https://acme.my.salesforce.com"}, "credential.clientId": {"3MVG9"}}
			a := b.do(http.MethodPost, "/connections", bare)
			if a.status != http.StatusUnprocessableEntity {
				t.Fatalf("without a way to sign in: %d", a.status)
			}
			mustContain(t, a.body, "It is missing; expected a user name and a private key, or a refresh token.", `value="3MVG9"`)
			a = b.do(http.MethodPost, "/connections", how)
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/console/connections/") {
				t.Fatalf("%s: %d %s", name, a.status, a.body)
			}
			mustContain(t, b.get(strings.TrimPrefix(a.location, "/console")), "Our Salesforce", "00D000000000001EAA", "It is about to sync.")
		}
	})
}

// TestFieldsAreAskedForBeforeTheCRM refuses at its field what is left out, and a word that a field does not take.
func TestFieldsAreAskedForBeforeTheCRM(t *testing.T) {
	s := serveOn(t, storetest.SQLite(t), withForms)
	b := s.operator(s.organization("Acme Roofing"))
	form := url.Values{"platform": {"SERVICE_TITAN"}, "name": {"Ours"}}
	a := b.do(http.MethodPost, "/connections", form)
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("without a tenant: %d", a.status)
	}
	mustContain(t, a.body, "It is missing; expected a value, as no account id is given that would stand in for it.")
	form.Set("account", "1234")
	form.Set("credential.idempotency", "maybe")
	a = b.do(http.MethodPost, "/connections", form)
	if a.status != http.StatusUnprocessableEntity {
		t.Errorf("another word: %d", a.status)
	}
	mustContain(t, a.body, "It is another word than it takes; expected on or off.", "<option>on</option>")
	form.Set("credential.idempotency", "on")
	if a := b.do(http.MethodPost, "/connections", form); a.status != http.StatusSeeOther {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestInboundAddress shows where INGAGE posts to, and makes its secret, which is shown once; and says how records are pushed.
func TestInboundAddress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, func(o *Options) { o.PublicURL = "https://hub.example.com" })
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformIngage)
		b := s.operator(organization)
		at := "/connections/" + c.ID
		mustContain(t, b.get(at), "https://hub.example.com/inbound/"+c.ID, hub.InboundHeader, "none yet")
		if strings.Contains(s.viewer(organization).get(at), "Make the secret") {
			t.Error("a viewer may make it")
		}
		made := b.do(http.MethodPost, at+"/inbound", nil)
		if made.status != http.StatusSeeOther {
			t.Fatalf("%d %s", made.status, made.body)
		}
		mustContain(t, b.get(at), "It is shown this once", "Make a new secret")
		if again := b.get(at); strings.Contains(again, "shown-once") {
			t.Error("it is shown twice")
		}
		in, err := s.store.InboundOf(t.Context(), organization, c.ID)
		if err != nil || in.Generation != 1 {
			t.Errorf("%+v, %v", in, err)
		}
		pushed := storetest.Connection(t, s.store, organization, hub.PlatformCustomInput)
		mustContain(t, b.get("/connections/"+pushed.ID), "PUT https://hub.example.com/v1/integrations/sync/", "integrationConnectionId="+pushed.ID, `href="https://hub.example.com/docs/"`)
	})
}
