package api_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

const (
	users         = "/v1/core/users"
	organizations = "/v1/core/organizations"
	apps          = "/v1/core/oauth/apps"
)

// person, group and oauth are what tests read of users, teams and apps.
type person struct {
	ID           string   `json:"id"`
	Email        *string  `json:"email"`
	FirstName    *string  `json:"firstName"`
	MemberTeamID *string  `json:"memberTeamId"`
	CoachTeamIDs []string `json:"coachTeamIds"`
	Disabled     bool     `json:"disabled"`
	Billable     bool     `json:"billable"`
}

type group struct {
	ID             string                    `json:"id"`
	Name           string                    `json:"name"`
	CoachUIDs      []string                  `json:"coachUids"`
	MemberUIDs     []string                  `json:"memberUids"`
	MemberManifest map[string]map[string]any `json:"memberManifest"`
}

// folk is a user, a team, an app and an access token of a tenant.
type folk struct{ user, team, app, secret, token, text string }

func (o tenant) user(name string) person {
	o.token.w.t.Helper()
	var p person
	o.token.do("POST", users, `{"email":"`+name+`@example.com","organizationId":"`+o.id+`","firstName":"`+name+`","password":"hunter2-secret"}`).want(o.token.w.t, 200).into(o.token.w.t, &p)
	return p
}

func (o tenant) people() folk {
	t := o.token.w.t
	t.Helper()
	f := o.access(o.user("ann").ID)
	var team group
	o.token.do("POST", organizations+"/"+o.id+"/teams", `{"name":"Team"}`).want(t, 201).into(t, &team)
	f.team = team.ID
	return f
}

// access makes an app and an access token of it for the user.
func (o tenant) access(user string) folk {
	t := o.token.w.t
	t.Helper()
	var app struct{ ClientID, ClientSecret string }
	o.token.do("POST", apps, `{"appName":"App","owner":"ops","organizationId":"`+o.id+`"}`).want(t, 201).into(t, &app)
	var token struct{ AccessTokenID, AccessToken string }
	o.token.do("POST", apps+"/"+app.ClientID+"/access-token", `{"clientSecret":"`+app.ClientSecret+`","userId":"`+user+`","scope":"write"}`).want(t, 201).into(t, &token)
	return folk{user: user, app: app.ClientID, secret: app.ClientSecret, token: token.AccessTokenID, text: token.AccessToken}
}

func TestUsersAndTeams(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		ann, bob := o.user("ann"), o.user("bob")
		if ann.Disabled || !ann.Billable || ann.MemberTeamID != nil {
			t.Errorf("made %+v", ann)
		}
		o.token.do("POST", users, `{"email":"ANN@example.com","organizationId":"`+o.id+`"}`).want(t, 409)
		o.token.do("POST", users, `{"email":"nonsense","organizationId":"`+o.id+`"}`).want(t, 400)
		teams := organizations + "/" + o.id + "/teams"
		team := func(name, people string) group {
			var g group
			o.token.do("POST", teams, `{"name":"`+name+`"`+people+`}`).want(t, 201).into(t, &g)
			return g
		}
		first := team("First", `,"memberUids":["`+ann.ID+`"],"coachUids":["`+bob.ID+`"]`)
		second := team("Second", `,"memberUids":["`+ann.ID+`"],"coachUids":["`+bob.ID+`"]`)
		if second.MemberManifest[ann.ID]["firstName"] != "ann" {
			t.Errorf("the manifest is %v", second.MemberManifest)
		}
		see := func(id string) person {
			var p person
			o.token.do("GET", users+"/"+id, "").want(t, 200).into(t, &p)
			return p
		}
		if p := see(ann.ID); p.MemberTeamID == nil || *p.MemberTeamID != second.ID {
			t.Errorf("Ann is in %v, want the second team alone", p.MemberTeamID)
		}
		if p := see(bob.ID); !slices.Equal(p.CoachTeamIDs, []string{first.ID, second.ID}) {
			t.Errorf("Bob coaches %v", p.CoachTeamIDs)
		}
		var g group
		o.token.do("GET", teams+"/"+first.ID, "").want(t, 200).into(t, &g)
		if len(g.MemberUIDs) != 0 {
			t.Errorf("the first team still has %v", g.MemberUIDs)
		}
		refused := o.token.do("PATCH", teams+"/"+first.ID, `{"memberUids":["`+bob.ID+`","nobody"],"name":"Other"}`).want(t, 400)
		if !strings.Contains(refused.body, "memberUids[1] names no user of the organization") {
			t.Errorf("refused with %s", refused.body)
		}
		o.token.do("PATCH", teams+"/"+second.ID, `{"memberUids":["`+bob.ID+`"]}`).want(t, 200).into(t, &g)
		if g.Name != "Second" || !slices.Equal(g.MemberUIDs, []string{bob.ID}) || !slices.Equal(g.CoachUIDs, []string{bob.ID}) {
			t.Errorf("patched to %+v", g)
		}
		if p := see(ann.ID); p.MemberTeamID != nil {
			t.Errorf("Ann is still in %v", *p.MemberTeamID)
		}
		o.token.do("DELETE", teams+"/"+second.ID, "").want(t, 200)
		if gone := o.token.do("GET", teams+"/"+second.ID, "").want(t, 404); gone.body != "No such team." || !strings.HasPrefix(gone.header.Get("Content-Type"), "text/plain") {
			t.Errorf("a deleted team answers %s %s", gone.header.Get("Content-Type"), gone.body)
		}
		if p := see(bob.ID); p.MemberTeamID != nil || !slices.Equal(p.CoachTeamIDs, []string{first.ID}) {
			t.Errorf("after the deletion Bob is %+v", p)
		}
		// Disabled users are listed with the others, unless asked otherwise.
		o.token.do("PUT", users+"/"+bob.ID, `{"disabled":true,"lastName":"Ray"}`).want(t, 200)
		for query, want := range map[string]string{"?disabled=false": ann.ID, "?disabled=true&excludeSiroUsers=true": bob.ID} {
			var page struct{ Data []person }
			o.token.do("GET", users+query, "").want(t, 200).into(t, &page)
			if len(page.Data) != 1 || page.Data[0].ID != want {
				t.Errorf("users%s: %+v, want %s", query, page.Data, want)
			}
		}
		var all struct{ Data []person }
		if o.token.do("GET", users, "").want(t, 200).into(t, &all); len(all.Data) != 2 {
			t.Errorf("without a filter: %+v", all)
		}
	})
}

// spanned is the id of the group that the token spans, as JSON.
func (c *client) spanned() string {
	c.w.t.Helper()
	var self struct {
		Group string `json:"authorizedOrgGroupId"`
	}
	c.do("GET", "/v1/core/auth/caller-identity", "").want(c.w.t, 200).into(c.w.t, &self)
	return `"` + self.Group + `"`
}

func TestOrganizations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		owner := o.user("ann")
		o.token.create("MERGE")
		o.token.do("POST", organizations, `{"name":"Child","orgGroupIds":[]}`).want(t, 403)
		o.group.do("POST", organizations, `{"name":"Child","orgGroupIds":["elsewhere"]}`).want(t, 400)
		o.group.do("POST", organizations, `{"name":"Child","orgGroupIds":[`+o.group.spanned()+`],"ownerUid":"nobody"}`).want(t, 400)
		var child struct {
			ID       string
			OwnerUID string `json:"ownerUid"`
			Name     string
			Disabled bool
		}
		o.group.do("POST", organizations, `{"name":"Child","orgGroupIds":[`+o.group.spanned()+`],"ownerUid":"`+owner.ID+`"}`).want(t, 200).into(t, &child)
		names := func(c *client) []string {
			var page struct {
				Data []struct {
					Name         string
					Integrations []map[string]any
				}
			}
			c.do("GET", organizations, "").want(t, 200).into(t, &page)
			var all []string
			for _, o := range page.Data {
				all = append(all, o.Name)
			}
			return all
		}
		if got := names(o.token); !slices.Equal(got, []string{"Acme"}) {
			t.Errorf("the organization's token sees %v", got)
		}
		if got := names(o.group); !slices.Equal(got, []string{"Acme", "Child"}) {
			t.Errorf("the group's token sees %v", got)
		}
		o.token.do("GET", organizations+"/"+child.ID, "").want(t, 404)
		o.group.do("PATCH", organizations+"/"+child.ID, `{"disabled":true,"industryIds":["roofing"]}`).want(t, 200).into(t, &child)
		if child.Name != "Child" || !child.Disabled || child.OwnerUID != owner.ID {
			t.Errorf("patched to %+v", child)
		}
	})
}

// TestOAuth makes an app and tokens, pages through them, and ends them: on the node that answers at once, on
// another within a second.
func TestOAuth(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		f := o.people()
		tokens := apps + "/" + f.app + "/access-token"
		body := func(secret, user string) string {
			return `{"clientSecret":"` + secret + `","userId":"` + user + `","scope":"read"}`
		}
		o.token.do("POST", tokens, body("wrong", f.user)).want(t, 403)
		for _, bad := range []string{body(f.secret, "nobody"), `{"clientSecret":"` + f.secret + `"}`, `not json`} {
			var zod struct {
				Name   string
				Issues []struct{ Code, Message string }
			}
			o.token.do("POST", tokens, bad).want(t, 422).into(t, &zod)
			if zod.Name != "ZodError" || len(zod.Issues) == 0 {
				t.Errorf("%s is refused with %+v", bad, zod)
			}
		}
		for range 2 {
			w.clock.advance(time.Minute)
			o.token.do("POST", tokens, body(f.secret, f.user)).want(t, 201)
		}
		seen, cursor := []string{}, ""
		for page := range 3 {
			var list struct {
				Data        []struct{ AccessTokenID, RevokedAt string }
				Cursor      *string
				Total       int
				HasNextPage bool
			}
			o.token.do("GET", tokens+"?owner=ops&limit=1&sortDirection=asc"+cursor, "").want(t, 200).into(t, &list)
			if len(list.Data) != 1 || list.Total != 3 || list.HasNextPage != (page < 2) || (list.Cursor != nil) != list.HasNextPage {
				t.Fatalf("page %d is %+v", page, list)
			}
			seen = append(seen, list.Data[0].AccessTokenID)
			if list.Cursor != nil {
				cursor = "&cursor=" + *list.Cursor
			}
		}
		if seen[0] != f.token || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 3 {
			t.Errorf("the pages show %v", seen)
		}
		if a := o.token.do("GET", tokens+"?owner=others", "").want(t, 200); !strings.Contains(a.body, `"data":[]`) {
			t.Errorf("tokens of somebody else: %s", a.body)
		}
		other := w.serve() // another node
		ask := func(node, text string, lives bool) {
			t.Helper()
			// Only a token that counts for nothing is refused as that; this one is refused as one of a user.
			c := &client{w: w, server: node}
			a := c.do("GET", users, "", header{"x-siro-auth-token", text}).want(t, 401)
			if got := !strings.Contains(a.body, "unknown, mistyped, expired or revoked"); got != lives {
				t.Errorf("the token lives: %v, want %v: %s", got, lives, a.body)
			}
		}
		ask(w.server.URL, f.text, true)
		ask(other.URL, f.text, true)
		o.token.do("PUT", users+"/"+f.user, `{"disabled":true}`).want(t, 200)
		ask(w.server.URL, f.text, false)
		w.clock.advance(time.Second)
		ask(other.URL, f.text, false)
		o.token.do("PUT", users+"/"+f.user, `{"disabled":false}`).want(t, 200)
		ask(w.server.URL, f.text, true)
		ask(other.URL, f.text, true)
		organization := organizations + "/" + o.id
		o.token.do("PATCH", organization, `{"disabled":true}`).want(t, 200)
		ask(w.server.URL, f.text, false)
		w.clock.advance(time.Second)
		ask(other.URL, f.text, false)
		o.token.do("PATCH", organization, `{"disabled":false}`).want(t, 200)
		ask(w.server.URL, f.text, true)
		o.token.do("DELETE", apps+"/"+f.app, "").want(t, 200)
		ask(w.server.URL, f.text, false)
		w.clock.advance(time.Second)
		ask(other.URL, f.text, false)
		o.token.do("POST", tokens, body(f.secret, f.user)).want(t, 404)
		var gone struct {
			Data struct {
				Deleted   bool
				DeletedAt *string
			}
		}
		o.token.do("GET", apps+"/"+f.app, "").want(t, 200).into(t, &gone)
		if !gone.Data.Deleted || gone.Data.DeletedAt == nil {
			t.Errorf("the deleted app shows %+v", gone)
		}
		if strings.Contains(w.log.String(), f.secret) || strings.Contains(w.log.String(), f.text) {
			t.Error("a secret is in the log")
		}
	})
}

func TestUserMatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		o.token.create("SIRO_CUSTOM_INPUT")
		engagement := o.token.push("/sync/engagements", fullEngagement)
		match := records + "/users/" + engagement.EngagementUsers[0].UserID + "/match"
		is := func(a answer, user *string, by string) {
			t.Helper()
			var m struct {
				UserID *string
				By     string
			}
			a.want(t, 200).into(t, &m)
			if m.By != by || (m.UserID == nil) != (user == nil) || user != nil && *m.UserID != *user {
				t.Errorf("matched %s, want %v by %s", a.body, user, by)
			}
		}
		ann := o.user("ann")
		is(o.token.do("GET", match, ""), nil, "NONE")
		is(o.token.do("PUT", match, `{"userId":"`+ann.ID+`"}`), &ann.ID, "HAND")
		is(o.token.do("PUT", match, `{"userId":null}`), nil, "HAND")
		o.token.do("PUT", match, `{"userId":"nobody"}`).want(t, 400)
		o.token.do("PUT", match, `{}`).want(t, 400)
		is(o.token.do("DELETE", match, ""), nil, "NONE")
	})
}

// TestAdministrators makes and unmakes administrators in each of the ways there are.
func TestAdministrators(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		o := w.tenant("Acme")
		var ann struct{ ID string }
		o.token.do("POST", users, `{"organizationId":"`+o.id+`","email":"ann@acme.example","firstName":"Ann","lastName":"Ray","isAdmin":true}`).want(t, 200).into(t, &ann)
		bob := w.user(o, hub.User{Email: "bob@acme.example"}, hub.ScopeWrite)
		bob.record("audio", `"userEmail":"bob@acme.example"`)
		reader := w.actAs(o, ann.ID, hub.ScopeRead)
		path := organizations + "/" + o.id
		sees := func(want bool) {
			t.Helper()
			if got := strings.Contains(reader.do("GET", recordings, "").want(t, 200).body, `"userId"`); got != want {
				t.Errorf("Ann sees Bob's recording: %v, want %v", got, want)
			}
		}
		sees(true)
		if a := o.token.do("GET", path, "").want(t, 200); !strings.Contains(a.body, `"adminUids":["`+ann.ID+`"]`) {
			t.Errorf("who was made an administrator is not among them: %s", a.body)
		}
		o.token.do("PATCH", path, `{"adminUids":[]}`).want(t, 200)
		sees(false)
		o.token.do("PATCH", path, `{"ownerUid":"`+ann.ID+`"}`).want(t, 200)
		sees(true)
		o.token.do("PATCH", path, `{"adminUids":[],"ownerUid":""}`).want(t, 200)
		sees(false)
		o.token.do("PATCH", path, `{"adminUids":["`+ann.ID+`"]}`).want(t, 200)
		sees(true)
		if a := o.token.do("GET", "/v1/audit?objectKind=user&objectId="+ann.ID, "").want(t, 200); !strings.Contains(a.body, `"isAdmin":true`) || !strings.Contains(a.body, "Ray") {
			t.Errorf("the audit log does not say who was made an administrator: %s", a.body)
		}
	})
}

// TestListsAreBoundedByWhatTheyShow asks for what was made until the time that is shown, which has no microseconds.
func TestListsAreBoundedByWhatTheyShow(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.clock.advance(123456 * time.Microsecond)
	o := w.tenant("Acme")
	f := o.people()
	for _, list := range []string{apps + "?organizationId=" + o.id + "&owner=ops", apps + "/" + f.app + "/access-token?owner=ops"} {
		var all struct{ Data []struct{ CreatedAt string } }
		o.token.do("GET", list, "").want(t, 200).into(t, &all)
		if len(all.Data) != 1 {
			t.Fatalf("%s lists %+v", list, all)
		}
		o.token.do("GET", list+"&toDate="+all.Data[0].CreatedAt, "").want(t, 200).into(t, &all)
		if len(all.Data) != 1 {
			t.Errorf("%s leaves out what was made at toDate", list)
		}
	}
}

// TestTeamsAreMadeAsTheyAreChanged holds the lists of a new team to what holds for those of a changed one.
func TestTeamsAreMadeAsTheyAreChanged(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	o := w.tenant("Acme")
	path := organizations + "/" + o.id + "/teams"
	for _, list := range []string{"newUserDefaultConversationTypes", "betaFeatures"} {
		if a := o.token.do("POST", path, `{"name":"T","`+list+`":["a"," "]}`).want(t, 400); !strings.Contains(a.body, `"path":["`+list+`",1]`) {
			t.Error(a.body)
		}
	}
	made := o.token.do("POST", path, `{"name":"T","newUserDefaultConversationTypes":["b","a","b"]}`).want(t, 201)
	if !strings.Contains(made.body, `"newUserDefaultConversationTypes":["b","a"]`) {
		t.Error(made.body)
	}
}
