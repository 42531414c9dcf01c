package meaning_test

import (
	"fmt"
	"strings"
)

const (
	tokens        = core + "/auth/tokens"
	apps          = core + "/oauth/apps"
	organizations = core + "/organizations"
	users         = core + "/users"
)

var _ = resource(bothPrefixes,
	line{"M-TOK-01", holds, "caller-identity describes the very token that asks", func(s *scene) {
		s.org().get(core+"/auth/caller-identity").want("organizationId", s.id0()).want("tokenName", "own")
		s.group().get(core+"/auth/caller-identity").want("tokenName", "group")
	}},
	line{"M-TOK-02", holds, "authorizedOrgGroupId is the group of a group token, and null otherwise", func(s *scene) {
		s.org().get(core+"/auth/caller-identity").want("authorizedOrgGroupId", nil)
		s.group().get(core + "/auth/caller-identity").has("authorizedOrgGroupId")
	}},
	line{"M-TOK-03", holds, "parentOrgGroupTokenId is the group token that made it, and null otherwise", func(s *scene) {
		parent := s.group().get(core + "/auth/caller-identity").str("tokenId")
		s.group().post(tokens, fmt.Sprintf(`{"tokenName":"child","organizationId":%q}`, s.id0())).want("parentOrgGroupTokenId", parent)
		s.org().get(core+"/auth/caller-identity").want("parentOrgGroupTokenId", nil)
	}},
	line{"M-TOK-04", holds, "createdBy is null, as no user makes tokens here", func(s *scene) {
		v, there := s.org().get(core + "/auth/caller-identity").find("createdBy")
		s.eq([]any{v, there}, []any{nil, true})
	}},
	line{"M-TOK-05", holds, "the list takes both kinds of token, and a group token says whose it means", func(s *scene) {
		s.group()
		s.org().get(tokens).values("data", "tokenName", "own", "group")
		s.group().refuses(400, "GET", tokens, "").says("organizationId")
		s.group().get(tokens+"?organizationId="+s.id0()).values("data", "tokenName", "own", "group")
	}},
	line{"M-TOK-06", holds, "a token is looked for in the organization that is meant alone", func(s *scene) {
		other := s.another().org().get(core + "/auth/caller-identity").str("tokenId")
		s.org().refuses(404, "GET", tokens+"/"+other, "")
		s.group().refuses(400, "GET", tokens+"/"+other, "").says("organizationId")
		s.org().get(tokens+"/"+s.org().get(core+"/auth/caller-identity").str("tokenId")).want("tokenName", "own")
	}},
	line{"M-TOK-07", holds, "only a group token makes tokens", func(s *scene) {
		body := fmt.Sprintf(`{"tokenName":"child","organizationId":%q}`, s.id0())
		s.org().refuses(403, "POST", tokens, body)
		s.group().post(tokens, body).is(200)
	}},
	line{"M-TOK-08", holds, "only a group token deletes tokens, of the organization that is meant", func(s *scene) {
		id := s.group().post(tokens, fmt.Sprintf(`{"tokenName":"child","organizationId":%q}`, s.id0())).str("tokenId")
		s.org().refuses(403, "DELETE", tokens+"/"+id, "")
		of := "?organizationId=" + s.id0()
		s.group().refuses(404, "DELETE", tokens+"/"+s.another().org().get(core+"/auth/caller-identity").str("tokenId")+of, "")
		s.group().refuses(400, "DELETE", tokens+"/"+id, "").says("organizationId")
		s.group().del(tokens+"/"+id+of).want("tokenId", id)
		s.org().refuses(404, "GET", tokens+"/"+id, "")
	}},
	line{"M-TOK-09", holds, "the secret stands in the answer that makes it alone", func(s *scene) {
		made := s.group().post(tokens, fmt.Sprintf(`{"tokenName":"child","organizationId":%q}`, s.id0())).has("token")
		for _, a := range []*answer{s.org().get(tokens), s.org().get(tokens + "/" + made.str("tokenId")), s.group().del(tokens + "/" + made.str("tokenId") + "?organizationId=" + s.id0())} {
			s.eq(strings.Contains(a.text, made.str("token")), false)
		}
	}},
)

// app is an OAuth app of an owner.
func (s *scene) app(name, owner string) *answer {
	s.t.Helper()
	return s.org().post(apps, fmt.Sprintf(`{"appName":%q,"owner":%q,"organizationId":%q}`, name, owner, s.id0()))
}

func (s *scene) appList(more string) *answer {
	s.t.Helper()
	return s.org().get(apps + "?organizationId=" + s.id0() + "&owner=ops" + more)
}

// access is an access token of Rex, and its app.
func (s *scene) access() (app, token *answer) {
	s.t.Helper()
	app = s.app("app", "ops")
	return app, s.org().post(apps+"/"+app.str("clientID")+"/access-token", fmt.Sprintf(`{"clientSecret":%q,"userId":%q,"scope":"write"}`, app.str("clientSecret"), s.person("Rex")))
}

func (s *scene) accessList(more string) *answer {
	s.t.Helper()
	app, _ := s.access()
	path := apps + "/" + app.str("clientID") + "/access-token"
	s.org().post(path, fmt.Sprintf(`{"clientSecret":%q,"userId":%q,"scope":"read"}`, app.str("clientSecret"), s.person("Mia")))
	return s.org().get(path + "?owner=ops" + more)
}

var _ = resource(bothPrefixes,
	line{"M-OAU-01", holds, "an app has an id and a secret, with which user tokens are made", func(s *scene) {
		app, token := s.access()
		app.is(201).has("clientID", "clientSecret")
		(&caller{s: s, header: "x-siro-auth-token", text: token.str("accessToken")}).get(recordings)
	}},
	line{"M-OAU-02", differs, "owner is who the organization says made the app, a user or not", func(s *scene) {
		s.app("a", "ops")
		s.appList("").want("data.0.owner", "ops")
	}},
	line{"M-OAU-03", holds, "an app belongs to an organization", func(s *scene) {
		s.app("a", "ops")
		s.appList("").want("data.0.organizationId", s.id0())
	}},
	line{"M-OAU-04", holds, "name, owner, organization and cursor are no empty texts", func(s *scene) {
		for _, body := range []string{`{"appName":"","owner":"o","organizationId":"x"}`, `{"appName":"a","owner":"","organizationId":"x"}`, `{"appName":"a","owner":"o","organizationId":""}`} {
			s.org().refuses(422, "POST", apps, body)
		}
		s.org().refuses(422, "GET", apps+"?owner=ops&organizationId="+s.id0()+"&cursor=", "")
		s.org().refuses(422, "GET", apps+"?owner=&organizationId="+s.id0(), "")
	}},
	line{"M-OAU-05", holds, "the app's secret is shown once", func(s *scene) {
		app := s.app("a", "ops")
		s.eq(strings.Contains(s.appList("").text+s.org().get(apps+"/"+app.str("clientID")).text, app.str("clientSecret")), false)
	}},
	line{"M-OAU-06", holds, "the creation spells clientID, all else clientId", func(s *scene) {
		app := s.app("a", "ops").has("clientID").lacks("clientId")
		s.org().get(apps+"/"+app.str("clientID")).want("data.clientId", app.at("clientID"))
	}},
	line{"M-OAU-07", holds, "name, owner and organization are all required", func(s *scene) {
		s.org().refuses(422, "POST", apps, `{"appName":"a"}`)
		s.org().refuses(422, "POST", apps, `{"appName":"a","owner":"ops"}`)
	}},
	line{"M-OAU-08", holds, "the list is of one owner, who has to be named", func(s *scene) {
		s.app("a", "ops")
		s.app("b", "other")
		s.appList("").values("data", "appName", "a")
		s.org().refuses(422, "GET", apps+"?organizationId="+s.id0(), "")
	}},
	line{"M-OAU-09", holds, "an app is looked up by its client id", func(s *scene) {
		app := s.app("a", "ops")
		s.org().get(apps+"/"+app.str("clientID")).want("data.appName", "a")
		s.org().refuses(404, "GET", apps+"/a", "")
	}},
	line{"M-OAU-10", holds, "organization and owner both narrow the list", func(s *scene) {
		s.app("a", "ops")
		s.org().refuses(422, "GET", apps+"?owner=ops", "")
		s.org().get(apps+"?owner=nobody&organizationId="+s.id0()).values("data", "appName")
		s.org().refuses(404, "GET", apps+"?owner=ops&organizationId="+s.another().id0(), "")
	}},
	line{"M-OAU-11", holds, "fromDate and toDate compare the creation, whatever it is sorted by", func(s *scene) {
		one := s.app("a", "ops").str("clientID")
		s.app("b", "ops")
		at := s.org().get(apps + "/" + one).str("data.createdAt")
		s.org().del(apps + "/" + one) // changed last
		for _, sort := range []string{"", "&sortField=dateUpdated"} {
			s.appList("&toDate="+at+sort).values("data", "appName", "a")
			s.appList("&fromDate="+at+sort+"&sortDirection=desc").values("data", "deleted", s.appList("&fromDate=2020-01-01T00:00:00Z"+sort).list("data", "deleted")...)
			s.eq(len(s.appList("&fromDate=2126-01-01T00:00:00.000Z"+sort).list("data")), 0)
		}
		s.appList("&fromDate="+s.org().get(apps+"/"+one).str("data.updatedAt")+"&sortField=dateUpdated").values("data", "appName")
		s.org().refuses(422, "GET", apps+"?owner=ops&organizationId="+s.id0()+"&fromDate=now", "")
	}},
	line{"M-OAU-12", holds, "limit is 1 to 100, and 100 where it is left out", func(s *scene) {
		for i := range 101 {
			s.app(fmt.Sprint(i), "ops")
		}
		s.appList("").want("limit", 100).want("pageSize", 100).want("hasNextPage", true)
		s.eq(len(s.appList("&limit=3").list("data")), 3)
		s.org().refuses(422, "GET", apps+"?owner=ops&organizationId="+s.id0()+"&limit=101", "")
		s.org().refuses(422, "GET", apps+"?owner=ops&organizationId="+s.id0()+"&limit=0", "")
		s.accessList("").want("limit", 100)
	}},
	line{"M-OAU-13", holds, "pages go by cursor or by number from 1, and the cursor decides", func(s *scene) {
		for _, name := range []string{"a", "b", "c"} {
			s.app(name, "ops")
		}
		one := s.appList("&limit=1").values("data", "appName", "c")
		s.appList("&limit=1&page=1").values("data", "appName", "c")
		s.appList("&limit=1&page=3").values("data", "appName", "a")
		s.appList("&limit=1&page=3&cursor="+one.str("cursor")).values("data", "appName", "b")
	}},
	line{"M-OAU-14", holds, "sortField is dateCreated or dateUpdated", func(s *scene) {
		one := s.app("a", "ops").str("clientID")
		s.app("b", "ops")
		s.org().del(apps + "/" + one)
		s.appList("").values("data", "appName", "b", "a")
		s.appList("&sortField=dateCreated").values("data", "appName", "b", "a")
		s.appList("&sortField=dateUpdated").values("data", "appName", "a", "b")
		s.org().refuses(422, "GET", apps+"?owner=ops&organizationId="+s.id0()+"&sortField=name", "")
	}},
	line{"M-OAU-15", holds, "sortDirection is desc, or asc", func(s *scene) {
		s.app("a", "ops")
		s.app("b", "ops")
		s.appList("").values("data", "appName", "b", "a")
		s.appList("&sortDirection=asc").values("data", "appName", "a", "b")
		s.accessList("").values("data", "scope", "read", "write")
		s.accessList("&sortDirection=asc").values("data", "scope", "write", "read")
	}},
	line{"M-OAU-16", holds, "a deleted app is kept and marked", func(s *scene) {
		id := s.app("a", "ops").str("clientID")
		s.appList("").want("data.0.deleted", false).want("data.0.deletedAt", nil)
		s.org().del(apps + "/" + id)
		s.appList("").want("data.0.deleted", true).has("data.0.deletedAt")
		s.org().get(apps+"/"+id).want("data.deleted", true)
	}},
	line{"M-OAU-17", holds, "deleting an app revokes its access tokens", func(s *scene) {
		app, token := s.access()
		user := &caller{s: s, header: "x-siro-auth-token", text: token.str("accessToken")}
		user.get(recordings)
		s.org().del(apps+"/"+app.str("clientID")).want("clientId", app.at("clientID"))
		user.refuses(401, "GET", recordings, "")
	}},
	line{"M-OAU-18", holds, "an access token acts as one user", func(s *scene) {
		_, token := s.access()
		id := (&caller{s: s, header: "x-siro-auth-token", text: token.str("accessToken")}).record("")
		s.org().get(recordings+"/"+id).want("userId", s.person("Rex"))
	}},
	line{"M-OAU-19", holds, "without the right secret no token is made", func(s *scene) {
		app := s.app("a", "ops")
		a := s.org().do("POST", apps+"/"+app.str("clientID")+"/access-token", fmt.Sprintf(`{"clientSecret":"wrong","userId":%q,"scope":"read"}`, s.person("Rex")))
		s.eq(a.status >= 400 && a.status < 500, true)
	}},
	line{"M-OAU-20", holds, "userId is whom the token is bound to", func(s *scene) {
		s.accessList("").values("data", "userId", s.person("Mia"), s.person("Rex"))
	}},
	line{"M-OAU-21", holds, "the scope limits the methods: who may only read cannot POST", func(s *scene) {
		app := s.app("a", "ops")
		s.org().refuses(422, "POST", apps+"/"+app.str("clientID")+"/access-token", fmt.Sprintf(`{"clientSecret":%q,"userId":%q,"scope":"all"}`, app.str("clientSecret"), s.person("Rex")))
		id := s.rep().record("")
		reader := s.reader("Rex")
		reader.get(recordings + "/" + id)
		for _, ask := range []string{"POST /signed-urls", "POST /upload", "POST /" + id + "/signedUrl", "DELETE /" + id, "PUT /" + id + "/link", "DELETE /" + id + "/link"} {
			method, path, _ := strings.Cut(ask, " ")
			reader.refuses(403, method, recordings+path, "")
		}
	}},
	line{"M-OAU-22", holds, "a read token does not upload, a write token does", func(s *scene) {
		s.reader("Rex").refuses(403, "POST", recordings+"/signed-urls", `{"fileType":"mp3","fileSize":4}`)
		s.rep().post(recordings+"/signed-urls", `{"fileType":"mp3","fileSize":4}`)
	}},
	line{"M-OAU-23", holds, "a token lives 16 hours, and a new one is made the same way", func(s *scene) {
		a := s.accessList("")
		made, ends := s.at(a.str("data.0.createdAt")), s.at(a.str("data.0.expiresAt"))
		s.eq(ends.Sub(made).Hours(), float64(16))
	}},
	line{"M-OAU-24", holds, "oAuthAppId is the app of the token", func(s *scene) {
		app, token := s.access()
		s.org().get(apps+"/"+app.str("clientID")+"/access-token/"+token.str("accessTokenId")).want("data.oAuthAppId", app.at("clientID"))
	}},
	line{"M-OAU-25", holds, "userId and subject are the same", func(s *scene) {
		a := s.accessList("")
		s.eq(a.list("data", "userId"), a.list("data", "subject"))
	}},
	line{"M-OAU-26", holds, "audience is whom the token is for, and its id is not the token", func(s *scene) {
		app, token := s.access()
		s.org().get(apps+"/"+app.str("clientID")+"/access-token/"+token.str("accessTokenId")).want("data.accessTokenId", token.at("accessTokenId")).has("data.audience")
		s.eq(token.str("accessToken") != token.str("accessTokenId"), true)
	}},
	line{"M-OAU-27", holds, "four times say when it was made, changed, revoked and when it ends", func(s *scene) {
		app, token := s.access()
		path := apps + "/" + app.str("clientID") + "/access-token/" + token.str("accessTokenId")
		s.org().get(path).has("data.createdAt", "data.updatedAt", "data.expiresAt").want("data.revokedAt", nil)
		s.org().do("DELETE", path, fmt.Sprintf(`{"clientSecret":%q,"userId":%q}`, app.str("clientSecret"), s.person("Rex"))).ok()
		s.org().get(path).has("data.revokedAt")
	}},
	line{"M-OAU-28", holds, "the owner has to be named", func(s *scene) {
		app, _ := s.access()
		s.org().refuses(422, "GET", apps+"/"+app.str("clientID")+"/access-token", "")
		s.org().get(apps+"/"+app.str("clientID")+"/access-token?owner=somebody").values("data", "userId")
		s.org().get(apps+"/"+app.str("clientID")+"/access-token?owner="+s.person("Mia")).values("data", "userId").want("total", 0)
		s.org().get(apps+"/"+app.str("clientID")+"/access-token?owner="+s.person("Rex")).values("data", "userId", s.person("Rex")).want("total", 1)
		s.org().refuses(404, "GET", apps+"/none/access-token?owner=ops", "")
	}},
	line{"M-OAU-29", holds, "fromDate and toDate compare the token's creation, whatever it is sorted by", func(s *scene) {
		app, token := s.access()
		path := apps + "/" + app.str("clientID") + "/access-token"
		s.org().post(path, fmt.Sprintf(`{"clientSecret":%q,"userId":%q,"scope":"read"}`, app.str("clientSecret"), s.person("Mia")))
		at := s.org().get(path + "/" + token.str("accessTokenId")).str("data.createdAt")
		s.org().do("DELETE", path+"/"+token.str("accessTokenId"), fmt.Sprintf(`{"clientSecret":%q,"userId":%q}`, app.str("clientSecret"), s.person("Rex"))).ok()
		later := s.org().get(path + "/" + token.str("accessTokenId")).str("data.updatedAt")
		s.org().get(path+"?owner=ops&sortField=dateUpdated&toDate="+at).values("data", "accessTokenId", token.str("accessTokenId"))
		s.org().get(path+"?owner=ops&sortField=dateUpdated&fromDate="+later).values("data", "accessTokenId")
	}},
	line{"M-OAU-30", holds, "only tokens of this app are listed", func(s *scene) {
		s.access()
		app := s.app("b", "ops")
		s.org().get(apps+"/"+app.str("clientID")+"/access-token?owner=ops").values("data", "userId")
	}},
	line{"M-OAU-31", holds, "a revoked token stays readable, and the body has to name secret and user", func(s *scene) {
		app, token := s.access()
		path := apps + "/" + app.str("clientID") + "/access-token/" + token.str("accessTokenId")
		s.org().refuses(422, "DELETE", path, `{}`)
		s.org().do("DELETE", path, fmt.Sprintf(`{"clientSecret":%q,"userId":%q}`, app.str("clientSecret"), s.person("Rex"))).ok()
		s.org().get(path).has("data.revokedAt")
		(&caller{s: s, header: "x-siro-auth-token", text: token.str("accessToken")}).refuses(401, "GET", recordings, "")
	}},
)

var _ = resource(bothPrefixes,
	line{"M-ORG-01", holds, "dateCreated is when the organization was made, in UTC with milliseconds", func(s *scene) {
		s.millis(s.org().get(organizations + "/" + s.id0()).str("dateCreated"))
	}},
	line{"M-ORG-02", holds, "a connection's times are in UTC with milliseconds", func(s *scene) {
		s.custom()
		a := s.org().get(organizations + "/" + s.id0())
		s.millis(a.str("integrations.0.createdAt"))
		s.millis(a.str("integrations.0.updatedAt"))
	}},
	line{"M-ORG-03", differs, "a living connection's deletedAt is there and null, as no time would be true", func(s *scene) {
		s.custom()
		v, there := s.org().get(organizations + "/" + s.id0()).find("integrations.0.deletedAt")
		s.eq([]any{v, there}, []any{nil, true})
	}},
	line{"M-ORG-04", holds, "each connection is told with its account, and whether it is active now", func(s *scene) {
		id := s.connection("MERGE")
		s.org().get(organizations+"/"+s.id0()).want("integrations.0.id", id).want("integrations.0.externalAccountId", "a").want("integrations.0.name", "n").
			want("integrations.0.integrationPlatform", "MERGE").want("integrations.0.isActive", true)
		s.org().patch(core+"/integrations/connections/"+id, `{"isActive":false}`)
		s.org().get(organizations).want("data.0.integrations.0.isActive", false)
	}},
	line{"M-ORG-05", differs, "disabled says that the organization is switched off; consentNotRequired and betaFeatures are never told", func(s *scene) {
		s.org().get(organizations+"/"+s.id0()).want("disabled", false).lacks("betaFeatures").lacks("consentNotRequired")
		s.org().patch(organizations+"/"+s.id0(), `{"disabled":true}`).want("disabled", true)
		s.org().patch(organizations+"/"+s.id0(), `{"disabled":false}`)
	}},
	line{"M-ORG-06", holds, "adminUids are its administrators, ownerUid the one owner", func(s *scene) {
		a := s.org().patch(organizations+"/"+s.id0(), fmt.Sprintf(`{"ownerUid":%q,"adminUids":[%q]}`, s.person("Rex"), s.person("Rex"))).want("ownerUid", s.person("Rex"))
		s.eq(a.list("adminUids"), anys(s.person("Rex")))
	}},
	line{"M-ORG-07", holds, "teams are told with coaches and members apart", func(s *scene) {
		team := s.crew()
		s.org().get(organizations+"/"+s.id0()).want("teams.0.id", team).want("teams.0.name", "Crew").want("teams.0.coachUids", anys(s.person("Cara"))).want("teams.0.memberUids", anys(s.person("Rex")))
	}},
	line{"M-ORG-08", holds, "industries are written as ids and answered as objects", func(s *scene) {
		s.org().patch(organizations+"/"+s.id0(), `{"industryIds":["roofing"]}`).want("industries.0.id", "roofing").has("industries.0.name")
	}},
	line{"M-ORG-09", holds, "a new organization is put into the groups that are named, which must be", func(s *scene) {
		group := s.group().get(core + "/auth/caller-identity").str("authorizedOrgGroupId")
		s.group().refuses(400, "POST", organizations, `{"name":"New","ownerUid":"","adminUids":[],"industryIds":[]}`)
		s.group().refuses(400, "POST", organizations, `{"name":"New","orgGroupIds":[],"industryIds":[],"adminUids":[]}`).says("orgGroupIds")
		made := s.group().post(organizations, fmt.Sprintf(`{"name":"New","orgGroupIds":[%q],"industryIds":[],"adminUids":[]}`, group))
		s.group().get(organizations+"/"+made.str("id")).want("name", "New")
	}},
	line{"M-ORG-10", holds, "a list that is sent is the whole list", func(s *scene) {
		path := organizations + "/" + s.id0()
		s.org().patch(path, fmt.Sprintf(`{"adminUids":[%q,%q],"industryIds":["a","b"]}`, s.person("Rex"), s.person("Mia")))
		a := s.org().patch(path, fmt.Sprintf(`{"adminUids":[%q],"industryIds":["c"]}`, s.person("Mia")))
		s.eq(a.list("adminUids"), anys(s.person("Mia")))
		a.values("industries", "id", "c")
		s.org().patch(path, `{"name":"Named"}`).want("name", "Named").values("industries", "id", "c")
	}},
)

func (s *scene) teams() string { return organizations + "/" + s.id0() + "/teams" }

var _ = resource(bothPrefixes,
	line{"M-TEA-01", holds, "the list is paged, by a whole number from 1", func(s *scene) {
		s.org().post(s.teams(), `{"name":"A"}`)
		s.org().post(s.teams(), `{"name":"B"}`)
		page := s.org().get(s.teams()+"?pageSize=1").values("data", "name", "A")
		s.org().get(s.teams()+"?pageSize=1&cursor="+page.str("cursor")).values("data", "name", "B").want("cursor", nil)
		s.org().refuses(400, "GET", s.teams()+"?pageSize=0", "")
	}},
	line{"M-TEA-02", holds, "the manifests tell each coach and member by id", func(s *scene) {
		a := s.org().get(s.teams() + "/" + s.crew())
		a.want("coachManifest."+s.person("Cara")+".firstName", "Cara").want("memberManifest."+s.person("Rex")+".email", "rex@acme.example").want("memberManifest."+s.person("Rex")+".lastName", "Test")
		s.eq(len(a.at("memberManifest").(map[string]any)), 1)
	}},
	line{"M-TEA-03", holds, "a new user's default types are ids, kept as they are", func(s *scene) {
		s.org().post(s.teams(), `{"name":"A","newUserDefaultConversationTypes":["t1","t2"]}`).want("newUserDefaultConversationTypes", []any{"t1", "t2"})
	}},
	line{"M-TEA-04", holds, "a list that is sent is the whole list", func(s *scene) {
		team := s.teams() + "/" + s.crew()
		s.org().patch(team, fmt.Sprintf(`{"memberUids":[%q],"coachUids":[],"newUserDefaultConversationTypes":["x"]}`, s.person("Mia"))).want("memberUids", anys(s.person("Mia"))).want("coachUids", []any{}).want("newUserDefaultConversationTypes", []any{"x"})
		s.org().patch(team, `{"name":"New"}`).want("name", "New").want("memberUids", anys(s.person("Mia")))
	}},
	line{"M-TEA-05", holds, "betaFeatures are taken in and shown nowhere", func(s *scene) {
		made := s.org().post(s.teams(), `{"name":"A","betaFeatures":["x"]}`).lacks("betaFeatures")
		s.org().patch(s.teams()+"/"+made.str("id"), `{"betaFeatures":["y"]}`).lacks("betaFeatures")
		s.org().get(s.teams() + "/" + made.str("id")).lacks("betaFeatures")
	}},
	line{"M-TEA-06", holds, "a deleted team is gone for good, and the answer is the team as it was", func(s *scene) {
		team := s.crew()
		s.org().del(s.teams()+"/"+team).want("id", team).want("name", "Crew").want("memberUids", anys(s.person("Rex")))
		s.org().refuses(404, "GET", s.teams()+"/"+team, "")
		s.org().get(s.teams()).values("data", "id")
		made := s.crew()
		id := s.analysed()
		s.rep().get(recordings+"/"+id).want("data.teamId", made)
		s.org().del(s.teams() + "/" + made)
		s.rep().get(recordings + "/" + id).lacks("data.teamId")
		s.rep().get(followups).want("data.followups.0.teamId", "")
	}},
	line{"M-TEA-07", holds, "no such team and one that is not the caller's are the same text", func(s *scene) {
		other := s.another()
		foreign := other.crew()
		for _, id := range []string{"ab12cd", foreign, "%00"} {
			for method, body := range map[string]string{"GET": "", "PATCH": `{"name":"x"}`, "DELETE": ""} {
				s.org().refuses(404, method, s.teams()+"/"+id, body).plain()
			}
		}
		s.eq(s.org().do("GET", s.teams()+"/"+foreign, "").text, s.org().do("GET", s.teams()+"/nothing", "").text)
	}},
	line{"M-TEA-08", holds, "a team tells its organization, its users' ids and when it was made", func(s *scene) {
		s.org().get(s.teams()+"/"+s.crew()).want("organizationId", s.id0()).want("memberUids", anys(s.person("Rex"))).has("createdAt")
	}},
)

// newUser makes a user with more fields.
func (s *scene) newUser(first, more string) *answer {
	s.t.Helper()
	return s.org().post(users, fmt.Sprintf(`{"email":%q,"organizationId":%q%s}`, mail(first), s.id0(), more))
}

var _ = resource(bothPrefixes,
	line{"M-USR-01", holds, "without the filter disabled users come too, each with the flag", func(s *scene) {
		rex := s.person("Rex")
		s.person("Mia")
		s.org().put(users+"/"+rex, `{"disabled":true}`)
		s.org().get(users).values("data", "disabled", true, false)
		s.org().get(users+"?disabled=true").values("data", "id", rex)
		s.org().get(users+"?disabled=false").values("data", "disabled", false)
	}},
	line{"M-USR-02", holds, "excludeSiroUsers leaves out whose e-mail address is of the contract's vendor", func(s *scene) {
		s.person("Rex")
		s.org().post(users, fmt.Sprintf(`{"email":"Bot@Siro.ai","firstName":"Bot","organizationId":%q}`, s.id0()))
		s.org().get(users).values("data", "firstName", "Rex", "Bot")
		s.org().get(users+"?excludeSiroUsers=true").values("data", "firstName", "Rex")
	}},
	line{"M-USR-03", holds, "externalId finds the one user that has it", func(s *scene) {
		s.newUser("Bo", `,"externalId":"x-1"`)
		s.person("Rex")
		s.org().get(users+"?externalId=x-1").values("data", "externalId", "x-1")
		s.org().get(users+"?externalId=x").values("data", "id")
	}},
	line{"M-USR-04", differs, "no mail is sent when a user is made, as users do not sign in by a password", func(s *scene) {
		s.newUser("Bo", "").want("email", "bo@acme.example")
	}},
	line{"M-USR-05", holds, "any password is accepted and kept nowhere", func(s *scene) {
		for i, password := range []string{"x", "", "Long enough 1!"} {
			s.eq(strings.Contains(s.newUser(fmt.Sprintf("Bo%d", i), fmt.Sprintf(`,"password":%q`, password)).text, "password"), false)
		}
	}},
	line{"M-USR-06", holds, "memberTeamId is the user's team, a text", func(s *scene) {
		team := s.crew()
		id := s.newUser("Bo", fmt.Sprintf(`,"memberTeamId":%q`, team)).want("memberTeamId", team).str("id")
		s.org().get(s.teams()+"/"+team).want("memberUids", s.org().get(s.teams()+"/"+team).at("memberUids")).says(id)
	}},
	line{"M-USR-07", holds, "an externalId is of one user of the organization", func(s *scene) {
		s.newUser("Bo", `,"externalId":"x-1"`)
		s.org().refuses(409, "POST", users, fmt.Sprintf(`{"email":"other@acme.example","organizationId":%q,"externalId":"x-1"}`, s.id0()))
		s.org().get(users+"?externalId=x-1").values("data", "email", "bo@acme.example")
		other := s.another()
		other.newUser("Bo", `,"externalId":"x-1"`)
		s.newUser("Cy", "")
		s.newUser("Di", "")
	}},
	line{"M-USR-08", holds, "externalId can be set at creation", func(s *scene) {
		s.newUser("Bo", `,"externalId":"x-1"`).want("externalId", "x-1")
	}},
	line{"M-USR-09", holds, "billable says whether the user counts", func(s *scene) {
		s.newUser("Bo", `,"billable":false`).want("billable", false)
		id := s.newUser("Cy", "").want("billable", true).str("id")
		s.org().put(users+"/"+id, `{"billable":false}`).want("billable", false)
	}},
	line{"M-USR-10", holds, "a user who left is disabled, not deleted", func(s *scene) {
		id := s.person("Rex")
		s.rep().get(recordings)
		s.org().put(users+"/"+id, `{"disabled":true}`).want("disabled", true)
		s.org().get(users+"/"+id).want("disabled", true)
		s.rep().refuses(401, "GET", recordings, "")
		s.org().refuses(405, "DELETE", users+"/"+id, "")
	}},
	line{"M-USR-11", holds, "a change takes the person's fields, and leaves externalId as it is", func(s *scene) {
		id := s.newUser("Bo", `,"externalId":"x-1"`).str("id")
		s.org().put(users+"/"+id, fmt.Sprintf(`{"organizationId":%q,"email":"new@acme.example","phoneNumber":"+15550100","firstName":"B","lastName":"O","externalId":"x-2"}`, s.id0())).
			want("email", "new@acme.example").want("phoneNumber", "+15550100").want("firstName", "B").want("lastName", "O").want("externalId", "x-1")
	}},
	line{"M-USR-12", holds, "suppressEmails comes back as it was set", func(s *scene) {
		s.newUser("Bo", `,"contactSettings":{"suppressEmails":true}`).want("contactSettings.suppressEmails", true)
	}},
	line{"M-USR-13", holds, "suppressEmailErrors is false unless it is set", func(s *scene) {
		s.newUser("Bo", `,"contactSettings":{"suppressEmails":true}`).want("contactSettings.suppressEmailErrors", false)
		s.newUser("Cy", `,"contactSettings":{"suppressEmailErrors":true}`).want("contactSettings.suppressEmailErrors", true)
	}},
	line{"M-USR-14", holds, "number and names are optional", func(s *scene) {
		s.newUser("Bo", "").want("phoneNumber", nil).want("firstName", nil).want("lastName", nil)
		s.newUser("Cy", `,"phoneNumber":"+15550100","firstName":"C","lastName":"Y"`).want("phoneNumber", "+15550100").want("firstName", "C").want("lastName", "Y")
	}},
)
