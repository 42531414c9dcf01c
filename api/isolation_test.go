package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"sort"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestNobodySeesAnothersThings walks every operation of the document that names a thing by its id, and asks
// for another organization's: the answer must be, byte for byte, the one for a thing that never was. An
// operation that it cannot make an id for fails it.
func TestNobodySeesAnothersThings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		mine, other := w.tenant("Mine"), w.tenant("Other")
		connection := other.token.create("MERGE").ID
		other.token.create("SIRO_CUSTOM_INPUT")
		engagement := other.token.push("/sync/engagements", fullEngagement)
		var opportunity pushed
		other.token.do("GET", records+"/opportunities/"+engagement.OpportunityID, "").want(t, 200).into(t, &opportunity)
		var hook struct{ ID string }
		other.token.do("POST", endpoints, `{"url":"https://example.com/"}`).want(t, 201).into(t, &hook)
		me, they := mine.people(), other.people()
		recording := w.user(other, hub.User{Email: "rep@other.example"}, hub.ScopeWrite).record("audio", `"userEmail":"rep@other.example"`)
		reader := w.user(mine, hub.User{Email: "rep@mine.example", Admin: true}, hub.ScopeWrite)
		delivery := w.delivery(other.id, connection, recording)
		other.token.do("PUT", recordings+"/"+recording+"/analysis", analysis).want(t, 200)
		var card struct{ Data struct{ ID string } }
		other.token.do("PUT", "/v1/core/scorecards/instances", `{"name":"c","conversationType":"t","nodes":[{"id":"r","name":"r","nodeType":"ROOT"}]}`).want(t, 200).into(t, &card)
		event, err := w.st.CreateMobileEvent(t.Context(), hub.MobileEvent{OrganizationID: other.id, UserID: they.user, Code: "networkStatusChange", Event: map[string]string{"value": "online"}})
		if err != nil {
			t.Fatal(err)
		}
		other.token.do("PUT", records+"/briefs", `{"externalId":"b","jobId":"j","appointmentId":"a","tenantId":"t","technicianId":"x","audioUrl":"https://a.example/","message":"m"}`).want(t, 200)
		other.token.do("PUT", records+"/multimedia-events", `{"downloadUrl":"https://a.example/","remoteCreatedAt":"2026-11-20T10:00:00Z","externalUserId":"u","externalEmailAddress":"u@a.example","externalId":"m",
			"organizationId":"`+other.id+`","mimeType":"audio/mpeg","externalEventId":"e"}`).want(t, 201)
		followup, err := w.st.FollowupsOf(t.Context(), other.id, []string{recording})
		if err != nil {
			t.Fatal(err)
		}
		theirs := map[string]string{ // an id of the other organization's for each path that takes one
			"/v1/core/integrations/connections/{id}":                       connection,
			"/v1/core/mobile-events/{id}":                                  event.ID,
			"/v1/core/scorecards/evaluated-instances/{id}":                 card.Data.ID,
			records + "/engagements/{id}/deep-link":                        engagement.ID,
			"/v1/core/integrations/connections/{id}/linking":               connection,
			"/api-externalApi" + recordings + "/{id}":                      recording,
			recordings + "/{id}":                                           recording,
			recordings + "/{id}/analysis":                                  recording,
			recordings + "/{id}/link":                                      recording,
			recordings + "/{id}/signedUrl":                                 recording,
			recordings + "/{id}/summaries":                                 recording,
			recordings + "/{id}/summary":                                   recording,
			recordings + "/{id}/utterances":                                recording,
			"/v1/core/entities/extractions/{recordingId}":                  recording,
			"/v1/core/integrations/connections/{id}/credentials":           connection,
			"/v1/core/integrations/connections/{id}/mapping":               connection,
			"/v1/core/integrations/connections/{id}/sync":                  connection,
			"/v1/core/integrations/connections/{id}/runs":                  connection,
			"/v1/core/integrations/connections/{id}/runs/{run}":            connection,
			"/v1/core/integrations/connections/{id}/requests":              connection,
			"/v1/core/integrations/connections/{id}/quarantine":            connection,
			"/v1/core/integrations/connections/{id}/quarantine/retry":      connection,
			"/v1/core/integrations/connections/{id}/deletions":             connection,
			"/v1/core/integrations/connections/{id}/deliveries":            connection,
			"/v1/core/integrations/connections/{id}/write-back":            connection,
			"/v1/core/integrations/connections/{id}/offers":                connection,
			recordings + "/{id}/offer/take":                                recording,
			"/v1/core/integrations/connections/{id}/inbound":               connection,
			"/v1/core/integrations/connections/{id}/inbound/rotate-secret": connection,
			"/v1/deliveries/{id}":                                          delivery,
			"/v1/deliveries/{id}/replay":                                   delivery,
			"/v1/deliveries/{id}/settle":                                   delivery,
			endpoints + "/{id}":                                            hook.ID,
			endpoints + "/{id}/rotate-secret":                              hook.ID,
			endpoints + "/{id}/test":                                       hook.ID,
			endpoints + "/{id}/deliveries":                                 hook.ID,
			endpoints + "/{id}/deliveries/{eventId}/replay":                hook.ID,
			endpoints + "/{id}/replay":                                     hook.ID,
			"/v1/core/auth/tokens/{id}":                                    other.tokenID,
			"/v1/core/followups/{id}":                                      followup[recording][0].ID,
			records + "/accounts/{id}":                                     engagement.AccountID,
			records + "/opportunities/{id}":                                engagement.OpportunityID,
			records + "/engagements/{id}":                                  engagement.ID,
			records + "/users/{id}":                                        engagement.EngagementUsers[0].UserID,
			records + "/users/{id}/engagements":                            engagement.EngagementUsers[0].UserID,
			records + "/engagement-users/{id}":                             engagement.EngagementUsers[0].ID,
			records + "/opportunity-users/{id}":                            opportunity.OpportunityUsers[0].ID,
			records + "/users/{id}/match":                                  engagement.EngagementUsers[0].UserID,
			users + "/{id}":                                                they.user,
			organizations + "/{id}":                                        other.id,
			organizations + "/{id}/settings":                               other.id,
			organizations + "/{orgId}/teams":                               other.id,
			organizations + "/{orgId}/teams/{teamId}":                      they.team,
			apps + "/{clientId}":                                           they.app,
			apps + "/{clientId}/access-token":                              they.app,
			apps + "/{clientId}/access-token/{tokenId}":                    they.token,
		}
		within := map[string]string{ // the id of our own that the first of two stands for
			organizations + "/{orgId}/teams/{teamId}":   mine.id,
			apps + "/{clientId}/access-token/{tokenId}": me.app,
		}
		queries := map[string]string{
			"GET " + tokens + "/{id}":                          "?organizationId=" + mine.id,
			"DELETE " + tokens + "/{id}":                       "?organizationId=" + mine.id,
			"GET " + apps + "/{clientId}/access-token":         "?owner=ops",
			"GET /v1/core/scorecards/evaluated-instances/{id}": "?startAt=2026-01-01T00:00:00Z&endAt=2026-12-31T00:00:00Z&filterBy=ORGANIZATION&filterByIds=x",
		}
		bodies := map[string]string{
			"PUT " + recordings + "/{id}/analysis":                         `{"universalOutcomeLabel":"NEGATIVE"}`,
			"PUT " + recordings + "/{id}/link":                             `{"externalId":"e1","integrationConnectionId":"` + connection + `","dataType":"ENGAGEMENT"}`,
			"DELETE " + recordings + "/{id}/link":                          `{"externalId":"e1","integrationConnectionId":"` + connection + `","dataType":"ENGAGEMENT"}`,
			"PATCH " + endpoints + "/{id}":                                 `{"description":"stolen"}`,
			"PATCH /v1/core/followups/{id}":                                `{"note":"stolen"}`,
			"POST " + endpoints + "/{id}/test":                             `{}`,
			"POST " + endpoints + "/{id}/replay":                           `{"since":"2026-01-01T00:00:00Z"}`,
			"PUT /v1/core/integrations/connections/{id}/linking":           `{}`,
			"PATCH /v1/core/integrations/connections/{id}":                 `{"name":"stolen"}`,
			"PUT /v1/core/integrations/connections/{id}/credentials":       `{"apiKey":"good"}`,
			"PUT /v1/core/integrations/connections/{id}/mapping":           `{"preset":"standard"}`,
			"POST /v1/core/integrations/connections/{id}/sync":             `{}`,
			"PATCH /v1/core/integrations/connections/{id}/sync":            `{"intervalSeconds":60}`,
			"POST /v1/core/integrations/connections/{id}/quarantine/retry": `{}`,
			"POST /v1/core/integrations/connections/{id}/deletions":        `{"decision":"delete"}`,
			"PATCH /v1/core/integrations/connections/{id}/deletions":       `{"limitPercent":100}`,
			"PATCH /v1/core/integrations/connections/{id}/write-back":      `{"corrections":"LEAVE"}`,
			"POST /v1/deliveries/{id}/settle":                              `{"there":true}`,
			"PUT " + records + "/accounts/{id}":                            `{"name":"stolen"}`,
			"PUT " + records + "/engagement-users/{id}":                    `{"name":"stolen"}`,
			"PUT " + records + "/opportunity-users/{id}":                   `{"name":"stolen"}`,
			"PUT " + records + "/users/{id}/match":                         `{"userId":null}`,
			"PUT " + users + "/{id}":                                       `{"firstName":"stolen"}`,
			"PATCH " + organizations + "/{id}":                             `{"name":"stolen"}`,
			"PATCH " + organizations + "/{id}/settings":                    `{"timeZone":"UTC"}`,
			"POST " + recordings + "/{id}/offer/take":                      `{"candidateId":null}`,
			"POST " + organizations + "/{orgId}/teams":                     `{"name":"stolen"}`,
			"PATCH " + organizations + "/{orgId}/teams/{teamId}":           `{"name":"stolen"}`,
			"POST " + apps + "/{clientId}/access-token":                    `{"clientSecret":"` + they.secret + `","userId":"` + they.user + `","scope":"read"}`,
			"DELETE " + apps + "/{clientId}/access-token/{tokenId}":        `{"clientSecret":"` + me.secret + `","userId":"` + they.user + `"}`,
		}
		walked := 0
		for _, op := range operations(t, w) {
			if !strings.Contains(op.path, "{") {
				continue
			}
			id, ok := theirs[op.path]
			if !ok {
				t.Errorf("%s %s: the test knows no id of another organization for it", op.method, op.path)
				continue
			}
			askers := []*client{mine.token, mine.group}
			if strings.Contains(fmt.Sprint(op.doc["security"]), "userToken") {
				askers = []*client{reader}
			}
			for _, c := range askers {
				ask := func(id string) answer {
					path := op.path
					if own, ok := within[path]; ok {
						path = regexp.MustCompile(`^([^{]*)\{\w+\}`).ReplaceAllString(path, "${1}"+own)
					}
					path = regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, id)
					return c.do(op.method, path+queries[op.method+" "+op.path], bodies[op.method+" "+op.path])
				}
				foreign, unknown := ask(id), ask(hub.NewID())
				if foreign.status != unknown.status || foreign.body != unknown.body || heads(foreign) != heads(unknown) {
					t.Errorf("%s %s tells another organization's thing: %d %s %s, unknown: %d %s %s", op.method, op.path,
						foreign.status, foreign.body, heads(foreign), unknown.status, unknown.body, heads(unknown))
				}
				if foreign.status != http.StatusNotFound && foreign.status != http.StatusForbidden {
					t.Errorf("%s %s answered %d", op.method, op.path, foreign.status)
				}
				walked++
			}
		}
		if walked < 10 {
			t.Errorf("only %d calls were walked", walked)
		}
		// The selector of a group token, and lists.
		for _, c := range []*client{mine.token, mine.group} {
			foreign := c.do("GET", connections+"?organizationId="+other.id, "").want(t, 404)
			unknown := c.do("GET", connections+"?organizationId="+hub.NewID(), "").want(t, 404)
			if foreign.body != unknown.body {
				t.Errorf("the selector tells another organization: %s, %s", foreign.body, unknown.body)
			}
			for _, list := range []string{endpoints, connections, tokens, records + "/accounts", records + "/opportunities", records + "/engagements", records + "/users", records + "/opportunity-users", records + "/engagement-users", users, organizations, "/v1/audit", "/v1/audit/logs", "/v1/core/mobile-events", records + "/briefs", records + "/multimedia-events"} {
				if list == tokens { // a group's token has to say whose
					list += "?organizationId=" + mine.id
				}
				if a := c.do("GET", list, "").want(t, 200); strings.Contains(a.body, other.id) {
					t.Errorf("%s shows another organization's: %s", list, a.body)
				}
			}
		}
		foreign := mine.group.do("POST", tokens, `{"tokenName":"x","organizationId":"`+other.id+`"}`).want(t, 404)
		unknown := mine.group.do("POST", tokens, `{"tokenName":"x","organizationId":"`+hub.NewID()+`"}`).want(t, 404)
		if foreign.body != unknown.body {
			t.Errorf("making a token tells another organization: %s, %s", foreign.body, unknown.body)
		}
		// Other's things named in bodies and queries.
		for _, c := range []*client{mine.token, mine.group} {
			for request, with := range map[string]func(id string) answer{
				"make a user": func(id string) answer {
					return c.do("POST", users, `{"email":"x@example.com","organizationId":"`+id+`"}`)
				},
				"make an app": func(id string) answer {
					return c.do("POST", apps, `{"appName":"x","owner":"x","organizationId":"`+id+`"}`)
				},
				"list apps":     func(id string) answer { return c.do("GET", apps+"?owner=ops&organizationId="+id, "") },
				"a user's team": func(id string) answer { return c.do("PUT", users+"/"+me.user, `{"memberTeamId":"`+id+`"}`) },
				"a team's members": func(id string) answer {
					return c.do("PATCH", organizations+"/"+mine.id+"/teams/"+me.team, `{"memberUids":["`+id+`"]}`)
				},
				"an organization's": func(id string) answer { return c.do("PATCH", organizations+"/"+mine.id, `{"ownerUid":"`+id+`"}`) },
				"a token for a user": func(id string) answer {
					return c.do("POST", apps+"/"+me.app+"/access-token", `{"clientSecret":"`+me.secret+`","userId":"`+id+`","scope":"read"}`)
				},
			} {
				unknown := with(hub.NewID())
				for _, id := range []string{other.id, they.user, they.team} {
					if foreign := with(id); foreign.status < 400 || foreign.status != unknown.status || foreign.body != unknown.body {
						t.Errorf("%s tells another organization's thing: %d %s, unknown: %d %s", request, foreign.status, foreign.body, unknown.status, unknown.body)
					}
				}
			}
		}
		if got := other.token.do("GET", connections, "").want(t, 200); strings.Contains(got.body, "stolen") {
			t.Errorf("changed by another organization: %s", got.body)
		}
	})
}

func TestGroupTokenActsForItsOrganizations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		parent, child := w.tenant("Parent"), w.tenant("Child")
		var who token
		parent.group.do("GET", "/v1/core/auth/caller-identity", "").into(t, &who)
		if err := w.st.AddToGroup(t.Context(), child.id, *who.AuthorizedOrgGroupID); err != nil {
			t.Fatal(err)
		}
		selector := "?organizationId=" + child.id
		var made connection
		parent.group.do("POST", connections+selector, `{"name":"n","integrationPlatform":"MERGE","externalAccountId":"a"}`).want(t, 201).into(t, &made)
		if made.OrganizationID != child.id {
			t.Errorf("made for %s, want %s", made.OrganizationID, child.id)
		}
		child.token.do("GET", connections+"/"+made.ID, "").want(t, 200)
		parent.group.do("GET", connections+"/"+made.ID, "").want(t, 404) // without the selector it means its own
		parent.group.do("GET", connections+"/"+made.ID+selector, "").want(t, 200)
		parent.token.do("GET", connections+"/"+made.ID+selector, "").want(t, 404) // no group token
		var given token
		parent.group.do("POST", tokens, `{"tokenName":"x","organizationId":"`+child.id+`"}`).want(t, 200).into(t, &given)
		w.client(given.Token).do("GET", connections+"/"+made.ID, "").want(t, 200)
	})
}

func heads(a answer) string {
	var lines []string
	for name, values := range a.header {
		if name != "Date" && name != "X-Request-Id" && !strings.HasPrefix(strings.ToLower(name), "ratelimit") {
			lines = append(lines, name+": "+strings.Join(values, ","))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

type operation struct {
	method, path string
	doc          map[string]any
}

// operations are those of the served document.
func operations(t *testing.T, w *world) []operation {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	w.client("").do("GET", "/openapi.json", "").want(t, 200).into(t, &doc)
	var all []operation
	for path, item := range doc.Paths {
		for method, raw := range item {
			op := operation{method: strings.ToUpper(method), path: path}
			if err := json.Unmarshal(raw, &op.doc); err != nil {
				t.Fatal(err)
			}
			all = append(all, op)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].path+all[i].method < all[j].path+all[j].method })
	return all
}
