package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"sirocco/api"
	"sirocco/connector/salesforce"
	"sirocco/hub"
	"sirocco/store/storetest"
)

// crmMapping is a CRM that has all that a mapping names but what is missing, unless it is down.
type crmMapping struct {
	missing string
	down    bool
}

func (c *crmMapping) check(_ context.Context, conn hub.Connection, given hub.GivenMapping) (hub.Mapping, error) {
	m, err := salesforce.Connector{}.Info().CompleteMapping(given)
	if err != nil {
		return m, err
	}
	if c.down {
		return m, &hub.UnavailableError{Who: "CRM", Reason: "it does not answer"}
	}
	for model, src := range m.Sources {
		for part, name := range src.Fields {
			if name == c.missing {
				return m, hub.Invalid("models."+string(model)+".fields."+part, "is "+name+" of "+conn.Name+", which is not there", "one of Trade__c")
			}
		}
	}
	return m, nil
}

// TestMapping puts mappings of a connection: what is not there is refused, what the CRM could not be asked about is kept as
// that, a change begins a version and what was put comes again as it is.
func TestMapping(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		crm := &crmMapping{missing: "Gone__c"}
		w := newWorld(t, url, func(cfg *api.Config) {
			cfg.Models = func(hub.Platform) []hub.Model { return []hub.Model{hub.ModelUser, hub.ModelAccount, hub.ModelLead} }
			cfg.CheckCredentials, cfg.CheckMapping = (&salesforceCheck{}).check, crm.check
			cfg.Mappings = func(p hub.Platform) *hub.MappingInfo {
				if p != hub.PlatformSalesforce {
					return nil
				}
				return salesforce.Connector{}.Info().Mapping
			}
		})
		acme, other := w.tenant("Acme"), w.tenant("Other")
		c := acme.token
		var made struct {
			ID string `json:"integrationConnectionId"`
		}
		c.do("PUT", "/v1/core/integrations/salesforce", `{"namespace":"acme","org_id":"00D000000000001","instance_url":"https://acme.my.salesforce.com"}`).want(t, http.StatusOK).into(t, &made)
		path := connections + "/" + made.ID + "/mapping"
		type mapped struct {
			Preset    *string
			CheckedAt *string
			Models    map[string]struct {
				Object string
				Fields map[string]string
			}
			Explanation string
		}
		var first, got mapped
		a := c.do("GET", path, "").want(t, http.StatusOK)
		a.into(t, &first)
		if first.Preset == nil || *first.Preset != "standard" || first.CheckedAt != nil || first.Models["ACCOUNT"].Object != "Account" {
			t.Errorf("before one is put: %s", a.body)
		}
		before := a.header.Get("ETag")
		trade := `{"preset":"standard","models":{"ACCOUNT":{"fields":{"industry":"Trade__c"}},"LEAD":{"object":""}}}`
		if a := c.do("PUT", path, strings.ReplaceAll(trade, "Trade__c", "Gone__c")).want(t, http.StatusBadRequest); !strings.Contains(a.body, "models.ACCOUNT.fields.industry is Gone__c of Salesforce, which is not there") || !strings.Contains(a.body, "Trade__c") {
			t.Error(a.body)
		}
		c.do("PUT", path, `{"preset":"standard","models":{"ACCOUNT":{"fields":{"shoe":"Shoe__c"}}}}`).want(t, http.StatusBadRequest)
		c.do("PUT", path, trade, header{"If-Match", `"1"`}).want(t, http.StatusPreconditionFailed)
		if a := c.do("GET", path, "").want(t, http.StatusOK); a.header.Get("ETag") != before {
			t.Error("what is refused changes the version")
		}
		crm.down = true
		a = c.do("PUT", path, trade, header{"If-Match", before}).want(t, http.StatusOK)
		a.into(t, &got)
		if got.CheckedAt != nil || !strings.Contains(got.Explanation, "not checked yet") || got.Models["ACCOUNT"].Fields["industry"] != "Trade__c" || got.Models["ACCOUNT"].Fields["phone"] != "Phone" || got.Models["LEAD"].Object != "" {
			t.Errorf("where the CRM cannot be asked: %s", a.body)
		}
		if a.header.Get("ETag") == before {
			t.Error("the version stays")
		}
		if a := c.do("GET", connections+"/"+made.ID+"/sync", "").want(t, http.StatusOK); !strings.Contains(a.body, "mapping is not checked yet") {
			t.Errorf("the sentence: %s", a.body)
		}
		crm.down = false
		a = c.do("PUT", path, trade).want(t, http.StatusOK)
		a.into(t, &got)
		if got.CheckedAt == nil {
			t.Errorf("once it can be asked: %s", a.body)
		}
		version := a.header.Get("ETag")
		if a := c.do("PUT", path, a.body).want(t, http.StatusOK); a.header.Get("ETag") != version {
			t.Errorf("what came was put again: %s", a.body)
		}
		merge := acme.token.create("MERGE").ID
		c.do("GET", connections+"/"+merge+"/mapping", "").want(t, http.StatusConflict)
		c.do("PUT", connections+"/"+merge+"/mapping", trade).want(t, http.StatusConflict)
		other.token.do("GET", path, "").want(t, http.StatusNotFound)
		other.token.do("PUT", path, trade).want(t, http.StatusNotFound)
		c.do("PUT", path, `{"preset":"standard","noteField":"`+strings.Repeat("x", 200)+`"}`).want(t, http.StatusBadRequest)
		if a := c.do("GET", "/v1/audit", "").want(t, http.StatusOK); strings.Count(a.body, `"objectKind":"mapping"`) != 2 && strings.Count(a.body, `"mapping"`) != 2 {
			t.Errorf("the audit log: %s", a.body)
		}
	})
}
