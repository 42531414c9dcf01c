package api_test

import (
	"slices"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// change is what a test reads of an audit entry.
type change struct {
	ID, At     string
	Actor      struct{ Kind, ID, Name string }
	Action     string
	ObjectKind string
	ObjectID   string
	Changes    map[string]any
}

func (c *client) audit(query string) (page struct {
	Data   []change
	Cursor *string
},
) {
	c.w.t.Helper()
	c.do("GET", "/v1/audit"+query, "").want(c.w.t, 200).into(c.w.t, &page)
	return page
}

// TestEveryChangeIsAudited makes each kind of change through the API and finds it in the audit log: who, what, and
// no secret.
func TestEveryChangeIsAudited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		var self struct{ TokenID, AuthorizedOrgGroupID string }
		o.group.do("GET", "/v1/core/auth/caller-identity", "").want(t, 200).into(t, &self)
		c := o.group
		// did makes a change and looks for its one entry. An empty action is no entry.
		did := func(action, kind, method, path, body, field string, value any) string {
			t.Helper()
			before := c.audit("?pageSize=1").Data
			made := c.do(method, path, body)
			if made.status >= 300 {
				t.Fatalf("%s %s answered %d: %s", method, path, made.status, made.body)
			}
			var ids struct{ ID, TokenID, ClientID, AccessTokenID string }
			if strings.HasPrefix(made.body, "{") {
				made.into(t, &ids)
			}
			news := c.audit("?pageSize=1").Data
			if action == "" {
				if news[0].ID != before[0].ID {
					t.Errorf("%s %s changed nothing and left %+v", method, path, news[0])
				}
				return ids.ID
			}
			e := news[0]
			if e.ID == before[0].ID {
				t.Fatalf("%s %s left no entry", method, path)
			}
			if e.Action != action || e.ObjectKind != kind || e.Actor.Kind != "TOKEN" || e.Actor.ID != self.TokenID || e.Actor.Name != "Acme group" || e.At == "" {
				t.Errorf("%s %s left %+v, want %s %s by the token", method, path, e, action, kind)
			}
			if field != "" && e.Changes[field] != value {
				t.Errorf("%s %s left the changes %v, want %s %v", method, path, e.Changes, field, value)
			}
			if found := c.audit("?objectKind=" + kind + "&objectId=" + e.ObjectID).Data; len(found) == 0 || found[0].ID != e.ID {
				t.Errorf("%s %s is not found by what it changed: %+v", method, path, found)
			}
			return e.ObjectID
		}
		crm := did("create", "connection", "POST", connections, `{"name":"n","integrationPlatform":"MERGE","externalAccountId":"a"}`, "integrationPlatform", "MERGE")
		did("update", "connection", "PATCH", connections+"/"+crm, `{"syncTranscript":true}`, "syncTranscript", true)
		did("", "", "PATCH", connections+"/"+crm, `{"syncTranscript":true}`, "", nil)
		did("", "", "PATCH", connections+"/"+crm, `{}`, "", nil)
		did("update", "connection", "PATCH", connections+"/"+crm, `{"isActive":false}`, "isActive", false)
		did("update", "connection", "PATCH", connections+"/"+crm, `{"isActive":true,"name":"m"}`, "name", "m")
		did("set", "credentials", "PUT", connections+"/"+crm+"/credentials", `{"apiKey":"good"}`, "", nil)
		did("update", "connection", "PATCH", connections+"/"+crm+"/sync", `{"intervalSeconds":77}`, "intervalSeconds", 77.0)
		did("sync", "connection", "POST", connections+"/"+crm+"/sync", `{"from":"2026-01-01T00:00:00Z"}`, "from", "2026-01-01T00:00:00.000Z")
		did("delete", "connection", "DELETE", connections+"/"+crm, "", "name", "m")
		did("create", "connection", "POST", connections, `{"name":"n","integrationPlatform":"SIRO_CUSTOM_INPUT","externalAccountId":"a"}`, "", nil)
		did("push", "connection", "PUT", records+"/sync/engagements", fullEngagement, "", nil)
		engagement := c.push("/sync/engagements", fullEngagement)
		did("update", "crmRecord", "PUT", records+"/accounts/"+engagement.AccountID, `{"name":"Renamed"}`, "name", "changed") // the log outlives the record, so it has no text of it
		did("", "", "PUT", records+"/accounts/"+engagement.AccountID, `{"name":"Renamed"}`, "", nil)
		did("delete", "crmRecord", "DELETE", records+"/accounts/"+engagement.AccountID, "", "deleted", true)
		var token struct{ Token string }
		made := c.do("POST", tokens, `{"tokenName":"laptop","organizationId":"`+o.id+`"}`).want(t, 200)
		made.into(t, &token)
		given := c.audit("?objectKind=token").Data[0]
		if given.Action != "create" || given.Changes["tokenName"] != "laptop" {
			t.Errorf("making a token left %+v", given)
		}
		did("revoke", "token", "DELETE", tokens+"/"+given.ObjectID+"?organizationId="+o.id, "", "tokenName", "laptop")
		ann := did("create", "user", "POST", users, `{"email":"ann@example.com","password":"hunter2-secret","organizationId":"`+o.id+`"}`, "email", "ann@example.com")
		did("update", "user", "PUT", users+"/"+ann, `{"firstName":"Ann"}`, "firstName", "Ann")
		did("", "", "PUT", users+"/"+ann, `{"firstName":"Ann"}`, "", nil)
		match := records + "/users/" + engagement.EngagementUsers[0].UserID + "/match"
		did("match", "crmUser", "PUT", match, `{"userId":"`+ann+`"}`, "userId", ann)
		did("", "", "PUT", match, `{"userId":"`+ann+`"}`, "", nil)
		did("unmatch", "crmUser", "DELETE", match, "", "", nil)
		teams := organizations + "/" + o.id + "/teams"
		team := did("create", "team", "POST", teams, `{"name":"First"}`, "name", "First")
		did("update", "team", "PATCH", teams+"/"+team, `{"name":"Second"}`, "name", "Second")
		did("delete", "team", "DELETE", teams+"/"+team, "", "", nil)
		did("update", "organization", "PATCH", organizations+"/"+o.id, `{"name":"Acme Roofing"}`, "name", "Acme Roofing")
		f := tenant{id: o.id, token: c}.access(ann)
		if e := c.audit("?objectKind=oauthApp&objectId=" + f.app).Data; len(e) != 1 || e[0].Action != "create" {
			t.Errorf("making an app left %+v", e)
		}
		if e := c.audit("?objectKind=accessToken&objectId=" + f.token).Data; len(e) != 1 || e[0].Action != "create" || e[0].Changes["scope"] != "write" {
			t.Errorf("making an access token left %+v", e)
		}
		did("revoke", "accessToken", "DELETE", apps+"/"+f.app+"/access-token/"+f.token, `{"clientSecret":"`+f.secret+`","userId":"`+ann+`"}`, "userId", ann)
		did("delete", "oauthApp", "DELETE", apps+"/"+f.app, "", "appName", "App")
		var child struct{ ID string }
		c.do("POST", organizations, `{"name":"Child","orgGroupIds":["`+self.AuthorizedOrgGroupID+`"]}`).want(t, 200).into(t, &child)
		if log := c.audit("?organizationId=" + child.ID).Data; len(log) != 1 || log[0].Action != "create" || log[0].ObjectKind != "organization" || log[0].Actor.ID != self.TokenID {
			t.Errorf("the new organization's log is %+v", log)
		}

		rep := w.user(o, hub.User{Email: "rep@example.com", FirstName: "Rep", LastName: "One"}, hub.ScopeWrite)
		heard := rep.record("audio", `"userEmail":"rep@example.com"`)
		if log := c.audit("?objectKind=recording&objectId=" + heard).Data; len(log) != 1 || log[0].Actor.Kind != "USER" || log[0].Actor.Name != "Rep One" || log[0].Actor.ID == "" {
			t.Errorf("the user's recording left %+v", log)
		}

		// Refused changes leave nothing; all of it comes page by page, newest first; the secrets are nowhere.
		newest := c.audit("?pageSize=1").Data[0].ID
		c.do("POST", connections, `{"name":"n","integrationPlatform":"SIRO_CUSTOM_INPUT","externalAccountId":"a"}`).want(t, 409)
		c.do("POST", users, `{"email":"ANN@example.com","organizationId":"`+o.id+`"}`).want(t, 409)
		if now := c.audit("?pageSize=1").Data[0]; now.ID != newest {
			t.Errorf("a refused change left %+v", now)
		}
		var ids []string
		for cursor := ""; ; {
			a := c.do("GET", "/v1/audit?pageSize=7"+cursor, "").want(t, 200)
			for _, secret := range []string{token.Token, f.secret, f.text, "hunter2", `good`} {
				if strings.Contains(a.body, secret) {
					t.Errorf("a secret is in the audit log: %s", a.body)
				}
			}
			var page struct {
				Data   []change
				Cursor *string
			}
			a.into(t, &page)
			for _, e := range page.Data {
				ids = append(ids, e.ID)
			}
			if page.Cursor == nil {
				break
			}
			cursor = "&cursor=" + *page.Cursor
		}
		sorted := slices.Sorted(slices.Values(ids))
		slices.Reverse(sorted)
		if all := c.audit("?pageSize=1000").Data; len(ids) < 30 || len(all) != len(ids) || !slices.Equal(slices.Compact(sorted), ids) {
			t.Errorf("the pages show %d entries, newest first %v, one page %d", len(ids), slices.Equal(sorted, ids), len(all))
		}
	})
}
