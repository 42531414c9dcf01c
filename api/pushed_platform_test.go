package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// listOnly are the platforms that the contract's list filter alone knows, and whose records are pushed.
var listOnly = []hub.Platform{
	hub.PlatformSolutionView, hub.PlatformCalendarOnly, hub.PlatformAuthenticom, hub.PlatformFortellis,
	hub.PlatformYardiSeniorHousing, hub.PlatformFunnel, hub.PlatformKnock,
}

// platformsOf lists the platforms of the client's connections, past the check against the document: the contract's list of
// what answers name is shorter than that of what its filter takes.
func (c *client) platformsOf(query string) []string {
	c.w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, c.server+connections+query, nil)
	if err != nil {
		c.w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	var list struct{ Data []connection }
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(text, &list) != nil { //nolint:musttag // it has no names of its own
		c.w.t.Fatalf("%d %v: %s", resp.StatusCode, err, text)
	}
	var names []string
	for _, made := range list.Data {
		names = append(names, made.IntegrationPlatform)
	}
	return names
}

func TestListOnlyPlatformsArePushed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c := acme.token
		var all []string
		for _, p := range listOnly {
			all = append(all, string(p))
			if !p.Pushed() || !slices.Contains(hub.OperatorPlatforms(), p) {
				t.Errorf("an operator cannot make a %s connection that is pushed to", p)
			}
			c.do("POST", connections, `{"name":"n","integrationPlatform":"`+string(p)+`","externalAccountId":"a"}`).want(t, 400)
			over := "?integrationConnectionId=" + storetest.Connection(t, w.st, acme.id, p).ID
			e := c.push("/sync/engagements"+over, `{"externalId":"e-`+string(p)+`","subject":"Tour","startTime":"2026-03-02T00:00:00Z","engagementUsers":[{"externalId":"u1"}]}`)
			if e.Subject != "Tour" || len(e.EngagementUsers) != 1 {
				t.Errorf("%s: %+v", p, e)
			}
			if got := c.platformsOf("?integrationPlatform=" + string(p)); !slices.Equal(got, []string{string(p)}) {
				t.Errorf("the filter %s lists %v", p, got)
			}
		}
		if got := c.platformsOf(""); !slices.Equal(got, all) {
			t.Errorf("listed are %v, want %v", got, all)
		}
		c.do("DELETE", records+"/engagements/e-KNOCK?idType=external&integrationPlatform=FUNNEL", "").want(t, 404)
		c.do("DELETE", records+"/engagements/e-KNOCK?idType=external&integrationPlatform=KNOCK", "").want(t, 200)
	})
}

// TestPlatformsThatAreAFile filters by platforms that no text of the contract has: one that the server pulls, and one whose
// connection another node pulls. One that nobody knows is refused with those that are known.
func TestPlatformsThatAreAFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme, other := w.tenant("Acme"), w.tenant("Other")
		c := acme.token
		nimbus := storetest.Connection(t, w.st, acme.id, "JOBNIMBUS", hub.ModelEngagement)
		storetest.Connection(t, w.st, acme.id, hub.PlatformKnock)
		storetest.Connection(t, w.st, other.id, "ACME_CRM")
		for query, want := range map[string][]string{
			"?integrationPlatform=JOBNIMBUS": {"JOBNIMBUS"}, "?integrationPlatform=KNOCK": {"KNOCK"}, "?integrationPlatform=FILE_OF_TESTS": nil,
		} {
			if got := c.platformsOf(query); !slices.Equal(got, want) {
				t.Errorf("%s lists %v", query, got)
			}
		}
		for _, unknown := range []string{"ACME_CRM", "jobnimbus"} {
			if a := c.do("GET", connections+"?integrationPlatform="+unknown, "").want(t, 400); !strings.Contains(a.body, unknown) || !strings.Contains(a.body, "KNOCK") {
				t.Error(a.body)
			}
		}
		sched := storetest.Lease(t, w.st, acme.id, nimbus.ID)
		visit := hub.Record{Model: hub.ModelEngagement, ExternalID: "e1", Name: "Visit", StartTime: w.clock.read()}
		if _, err := w.st.CommitPage(t.Context(), sched, store.PageCommit{State: store.SyncState{Model: hub.ModelEngagement}, Records: []hub.Record{visit}}); err != nil {
			t.Fatal(err)
		}
		c.do("DELETE", records+"/engagements/e1?idType=external&integrationPlatform=KNOCK", "").want(t, 404)
		c.do("DELETE", records+"/engagements/e1?idType=external&integrationPlatform=JOBNIMBUS", "").want(t, 409) // it is pulled, and so is changed in the CRM
	})
}

func TestPushOverAConnectionThatIsNamed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		acme := w.tenant("Acme")
		c := acme.token
		if a := c.do("PUT", records+"/sync/opportunities", `{"externalId":"o"}`).want(t, 409); !strings.Contains(a.body, "integrationConnectionId") {
			t.Error(a.body)
		}
		funnel := storetest.Connection(t, w.st, acme.id, hub.PlatformFunnel)
		over := "?integrationConnectionId=" + funnel.ID
		custom := c.create("SIRO_CUSTOM_INPUT")

		// The same external id is another record over each connection, and an id of the one means nothing over the other.
		there := c.push("/sync/engagements"+over, `{"externalId":"e","subject":"Tour","startTime":"2026-03-02T00:00:00Z","account":{"externalId":"a","name":"Oaks"},"engagementUsers":[{"externalId":"u","email":"u@example.com"}],"opportunity":{"externalId":"o","name":"Flat"}}`)
		here := c.push("/sync/engagements", `{"externalId":"e","subject":"Visit","startTime":"2026-03-02T00:00:00Z"}`)
		if there.ID == here.ID || here.Subject != "Visit" {
			t.Errorf("%+v and %+v", there, here)
		}
		c.do("PUT", records+"/sync/opportunities", `{"externalId":"o","accountId":"`+there.AccountID+`"}`).want(t, 400)
		if o := c.push("/sync/opportunities"+over, `{"externalId":"o","accountId":"`+there.AccountID+`"}`); o.AccountID != there.AccountID {
			t.Errorf("%+v", o)
		}

		// What is pushed over it is changed as what is pushed over SIRO_CUSTOM_INPUT.
		c.do("PUT", records+"/accounts/"+there.AccountID, `{"name":"Old Oaks"}`).want(t, 200)
		join := there.EngagementUsers[0]
		c.do("PUT", records+"/engagement-users/"+join.ID, `{"userId":"`+join.UserID+`","name":"Rep"}`).want(t, 200)
		// Ids of ours say by themselves over which connection.
		c.do("DELETE", records+"/engagement-users/"+join.ID, "").want(t, 200)
		c.do("POST", records+"/engagement-users", `{"engagementId":"`+there.ID+`","userId":"`+join.UserID+`"}`).want(t, 200)
		c.do("POST", records+"/accounts"+over, `{"externalId":"a2","name":"Elms","latitude":1,"longitude":2}`).want(t, 200)

		span := `{"validExternalIds":[],"fromTime":"2026-03-01T00:00:00Z","toTime":"2026-03-05T00:00:00Z"}`
		if a := c.do("POST", records+"/sync/engagements/soft-delete-removed"+over, span).want(t, 200); !strings.Contains(a.body, `"deleted":1`) {
			t.Error(a.body)
		}
		c.do("GET", records+"/engagements/"+there.ID, "").want(t, 404)
		c.do("GET", records+"/engagements/"+here.ID, "").want(t, 200)

		// Nothing is pushed over what is pulled, paused, another's or not there.
		pulled := c.create("MERGE")
		for over, status := range map[string]int{
			pulled.ID: 409, hub.NewID(): 400, "nobody": 400,
			storetest.Connection(t, w.st, storetest.Organization(t, w.st), hub.PlatformKnock).ID: 400,
		} {
			c.do("PUT", records+"/sync/engagements?integrationConnectionId="+over, `{"externalId":"x"}`).want(t, status)
		}
		c.do("PATCH", connections+"/"+custom.ID, `{"isActive":false}`).want(t, 200)
		if a := c.do("PUT", records+"/sync/batch/engagements?integrationConnectionId="+custom.ID, `[{"externalId":"x"}]`).want(t, 409); !strings.Contains(a.body, "paused") {
			t.Error(a.body)
		}
		// It says of itself that there is nothing to pull.
		if a := c.do("GET", connections+"/"+funnel.ID+"/sync", "").want(t, 200); !strings.Contains(a.body, "Its records are pushed to Sirocco") {
			t.Error(a.body)
		}
	})
}
