package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"sirocco/api"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// salesforceCheck is a Salesforce that accepts any values but bad ones, and keeps those that it was asked with last.
type salesforceCheck struct {
	mu    sync.Mutex
	asked []map[string]string
}

func (c *salesforceCheck) check(_ context.Context, conn hub.Connection, values map[string]string) (hub.CRMAccount, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, values)
	if values["privateKey"] == "bad" {
		return hub.CRMAccount{}, hub.Invalid("credentials", "were not accepted", "credentials that the CRM accepts")
	}
	return hub.SalesforceAccount(conn.ExternalAccountID), nil
}

// TestPutSalesforce makes the connection, gives it the rest of its credentials, changes how it signs in, and moves it to another
// organization at Salesforce.
func TestPutSalesforce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		salesforce := &salesforceCheck{}
		w := newWorld(t, url, func(cfg *api.Config) {
			cfg.CheckCredentials = salesforce.check
			cfg.CredentialFields = func(hub.Platform) []hub.CredentialField {
				return []hub.CredentialField{{Name: "clientId"}, {Name: "clientSecret"}, {Name: "privateKey"}, {Name: "refreshToken"}, {Name: "username"}}
			}
		})
		acme, other := w.tenant("Acme"), w.tenant("Other")
		c := acme.token
		const path = "/v1/core/integrations/salesforce"
		type answer struct {
			IntegrationConnectionID string `json:"integrationConnectionId"`
			IsActive                bool   `json:"isActive"`
		}
		var made, again answer
		body := `{"namespace":"acme","org_id":"00D000000000001","instance_url":"https://acme.my.salesforce.com","username":"sync@acme.example","is_prod":false}`
		c.do("PUT", path, body).want(t, http.StatusOK).into(t, &made)
		c.do("PUT", path, body).want(t, http.StatusOK).into(t, &again)
		if made != again || !made.IsActive || len(salesforce.asked) != 0 {
			t.Errorf("%+v, then %+v; it was asked %d times", made, again, len(salesforce.asked))
		}
		// The contract's enum cannot name the platform, so the store is asked.
		if kept, err := w.st.Connection(t.Context(), acme.id, made.IntegrationConnectionID); err != nil || kept.Platform != hub.PlatformSalesforce || kept.ExternalAccountID != "00D000000000001" {
			t.Errorf("%+v %v", kept, err)
		}
		credentials := connections + "/" + made.IntegrationConnectionID + "/credentials"
		c.do("PUT", credentials, `{"clientId":"key","privateKey":"bad"}`).want(t, http.StatusBadRequest)
		c.do("PUT", credentials, `{"clientId":"key","privateKey":"good"}`).want(t, http.StatusOK)
		if v := salesforce.asked[len(salesforce.asked)-1]; v["baseURL"] != "https://acme.my.salesforce.com" || v["username"] != "sync@acme.example" || v["authURL"] != "https://test.salesforce.com" || v["namespace"] != "acme" {
			t.Errorf("it is asked with %v", v)
		}
		// What is left out stays, and what changes is asked about.
		c.do("PUT", path, `{"namespace":"acme","org_id":"00D000000000001EAA","instance_url":"https://acme2.my.salesforce.com","is_prod":true}`).want(t, http.StatusOK).into(t, &again)
		v := salesforce.asked[len(salesforce.asked)-1]
		if again != made || v["baseURL"] != "https://acme2.my.salesforce.com" || v["privateKey"] != "good" || v["authURL"] != "https://login.salesforce.com" {
			t.Errorf("%+v, asked with %v", again, v)
		}
		// The namespace is said each time: an empty one is none.
		c.do("PUT", path, `{"namespace":"","org_id":"00D000000000001","instance_url":"https://acme2.my.salesforce.com"}`).want(t, http.StatusOK)
		if v := salesforce.asked[len(salesforce.asked)-1]; v["namespace"] != "" || v["privateKey"] != "good" {
			t.Errorf("without a namespace it is asked with %v", v)
		}
		// What is kept and not used is said, and a field that there is not is refused before all that is needed is there, too.
		if a := c.do("PUT", path, `{"namespace":"","org_id":"00D000000000001","instance_url":"https://acme2.my.salesforce.com","refresh_token":"bogus"}`).want(t, http.StatusOK); !strings.Contains(a.body, `"notice":"refreshToken is kept, was not tried and is not used`) {
			t.Error(a.body)
		}
		if a := c.do("PUT", credentials, `{"refreshToken":"bogus","clientSecret":"s"}`).want(t, http.StatusOK); !strings.Contains(a.body, `"notice":"refreshToken and clientSecret are kept, were not tried`) {
			t.Error(a.body)
		}
		if a := c.do("PUT", credentials, `{"refreshToken":"","clientSecret":""}`).want(t, http.StatusOK); strings.Contains(a.body, "notice") {
			t.Error(a.body)
		}
		var early answer
		third := w.tenant("Third").token
		third.do("PUT", path, `{"namespace":"","org_id":"00D000000000009","instance_url":"https://other.my.salesforce.com","refresh_token":"r"}`).want(t, http.StatusOK).into(t, &early)
		if a := third.do("PUT", connections+"/"+early.IntegrationConnectionID+"/credentials", `{"clientSecrt":"s"}`).want(t, http.StatusBadRequest); !strings.Contains(a.body, "clientSecrt is not known; expected one of clientId, clientSecret") {
			t.Error(a.body)
		}
		moved := `"namespace":"acme","org_id":"00D000000000002","instance_url":"https://acme2.my.salesforce.com"`
		if a := c.do("PUT", path, "{"+moved+"}").want(t, http.StatusConflict); !strings.Contains(a.body, "replaceAccount") {
			t.Error(a.body)
		}
		c.do("PUT", path, "{"+moved+`,"replaceAccount":true}`).want(t, http.StatusOK).into(t, &again)
		if kept, err := w.st.Connection(t.Context(), acme.id, made.IntegrationConnectionID); err != nil || again != made || kept.ExternalAccountID != "00D000000000002" {
			t.Errorf("%+v %v", kept, err)
		}
		c.do("PUT", path, `{"namespace":"acme","org_id":"","instance_url":"nowhere"}`).want(t, http.StatusBadRequest)
		c.do("PUT", path, `{"namespace":"acme"}`).want(t, http.StatusBadRequest)
		if a := other.token.do("GET", connections, "").want(t, 200); strings.Contains(a.body, made.IntegrationConnectionID) {
			t.Error("another organization sees the connection")
		}
	})
}
