package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// quinn is a CRM user Quinn Jensen, and two users of the workspace, one of whom has that name; it returns our id of the CRM user.
func (s *served) quinn(organization string) string {
	s.t.Helper()
	c := storetest.Connection(s.t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
	id := hub.NewID()
	storetest.Exec(s.t, s.store, `INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at)
		VALUES ($1, $2, 'USER', $3, $3, 'Quinn Jensen', '{"email":"quinn@crm.example.com"}', '', 1, 1)`, organization, c.ID, id)
	for _, u := range []hub.User{{Email: "ann@example.com", FirstName: "Ann", LastName: "Berg"}, {Email: "q@example.com", FirstName: "Quinn", LastName: "Jensen"}} {
		if _, err := s.store.CreateUser(context.Background(), organization, u); err != nil {
			s.t.Fatal(err)
		}
	}
	return id
}

// match says who a CRM user is, by the e-mail address, and how that is known; that alone where it is nobody.
func (s *served) match(organization, id string) string {
	s.t.Helper()
	ctx := context.Background()
	record, err := s.store.Record(ctx, organization, hub.ModelUser, id)
	if err != nil {
		s.t.Fatal(err)
	}
	user, by, err := s.store.MatchOf(ctx, organization, record)
	if err != nil {
		s.t.Fatal(err)
	}
	if user == "" {
		return string(by)
	}
	u, err := s.store.User(ctx, organization, user)
	if err != nil {
		s.t.Fatal(err)
	}
	return u.Email + " " + string(by)
}

// TestMatchByHand says who a CRM user is, that it is nobody, and takes that back.
func TestMatchByHand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		id := s.quinn(organization)
		b := s.operator(organization)
		mustContain(t, b.get("/people/crm-users"), "Quinn Jensen", "q@example.com", "the same name", `<option value="ann@example.com">Ann Berg</option>`)
		match := "/people/crm-users/" + id + "/match"
		mustContain(t, b.get(b.post(match, "email", "ANN@example.com", "find", "quinn")), "It is noted who that is.", "Ann Berg", "somebody said so", "Take back", `value="quinn"`)
		if got := s.match(organization, id); got != "ann@example.com HAND" {
			t.Error(got)
		}
		mustContain(t, b.get(b.post(match, "who", "nobody")), "Nobody", "somebody said that it is nobody")
		if got := s.match(organization, id); got != "HAND" {
			t.Error(got)
		}
		mustContain(t, b.get(b.post(match, "who", "clear")), "the same name")
		if got := s.match(organization, id); got != "q@example.com NAME" {
			t.Error(got)
		}
		wrong := b.do(http.MethodPost, match, url.Values{"email": {"nobody@example.com"}})
		mustContain(t, wrong.body, `value="nobody@example.com" aria-invalid="true"`, "No user of the workspace has this e-mail address.", "Quinn Jensen")
		if a := wrong; a.status != http.StatusUnprocessableEntity {
			t.Errorf("a stranger: %d", a.status)
		}
		if page := b.get("/people/crm-users?find=r"); strings.Contains(page, "Quinn Jensen<br>") {
			t.Error("whose name does not begin so is found")
		}
		entries, err := s.store.Audit(t.Context(), organization, store.AuditFilter{ObjectKind: "crmUser", ObjectID: id, Limit: 10})
		if err != nil || len(entries) != 3 || entries[0].Actor.Name != "Ann" || entries[0].Actor.Kind != hub.ActorConsole {
			t.Errorf("%+v %v", entries, err)
		}
		if page := s.viewer(organization).get("/people/crm-users"); strings.Contains(page, "Match") {
			t.Error("a viewer is offered to match")
		}
	})
}

// TestWhoIsNotKnown lists only the CRM users of whom it is not known who they are: not those with a user's address or with a name that
// one user alone has, and not those of whom somebody said something.
func TestWhoIsNotKnown(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		c := storetest.Connection(t, s.store, organization, hub.PlatformMerge, hub.ModelUser)
		for _, u := range []hub.User{{Email: "ann@example.com", FirstName: "Ann", LastName: "Berg"}, {Email: "one@example.com", FirstName: "Kim", LastName: "Doe"}, {Email: "two@example.com", FirstName: "Kim", LastName: "Doe"}} {
			if _, err := s.store.CreateUser(t.Context(), organization, u); err != nil {
				t.Fatal(err)
			}
		}
		ids := map[string]string{}
		for i, u := range []struct{ name, email string }{
			{"By Address", "ANN@example.com"}, {"Ann Berg", "other@crm.example.com"}, {"Kim Doe", "kim@crm.example.com"}, {"Robot", ""}, {"Somebody Else", "else@crm.example.com"}, {"Nobody", ""},
		} {
			id := hub.NewID()
			ids[u.name] = id
			storetest.Exec(t, s.store, `INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at)
				VALUES ($1, $2, 'USER', $3, $4, $5, $6, '', 1, 1)`, organization, c.ID, fmt.Sprint(i), id, u.name, `{"email":"`+u.email+`"}`)
			storetest.Exec(t, s.store, `INSERT INTO crm_user_keys (organization_id, connection_id, external_id, email_key, name_key) VALUES ($1, $2, $3, NULLIF($4, ''), $5)`,
				organization, c.ID, fmt.Sprint(i), hub.EmailKey(u.email), hub.NameKey(u.name))
			if key := hub.ContactKeyOfEmail(u.email); key != "" {
				storetest.Exec(t, s.store, `INSERT INTO record_contacts (organization_id, connection_id, model, external_id, key) VALUES ($1, $2, 'USER', $3, $4)`, organization, c.ID, fmt.Sprint(i), key)
			}
		}
		b := s.operator(organization)
		b.post("/people/crm-users/"+ids["Nobody"]+"/match", "who", "nobody")
		listed := func(query string) (names []string) {
			page := b.get("/people/crm-users?known=no" + query)
			for name, id := range ids {
				if strings.Contains(page, `id="crm-user-`+id) {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			return names
		}
		if got := listed(""); !slices.Equal(got, []string{"Kim Doe", "Robot", "Somebody Else"}) {
			t.Errorf("not known are %q", got)
		}
		if got := listed("&find=ro"); !slices.Equal(got, []string{"Robot"}) {
			t.Errorf("of those whose name begins so: %q", got)
		}
		if got := append(listed("&find=else@crm.example.com"), listed("&find=ann@example.com")...); !slices.Equal(got, []string{"Somebody Else"}) {
			t.Errorf("of those with the addresses: %q", got)
		}
		to := b.post("/people/crm-users/"+ids["Robot"]+"/match", "who", "nobody", "known", "no")
		mustContain(t, to, "known=no")
		if got := listed(""); !slices.Equal(got, []string{"Kim Doe", "Somebody Else"}) {
			t.Errorf("after one was said to be nobody: %q", got)
		}
		wrong := b.do(http.MethodPost, "/people/crm-users/"+ids["Kim Doe"]+"/match", url.Values{"email": {"x@example.com"}, "known": {"no"}})
		mustContain(t, wrong.body, `href="/console/people/crm-users?known=no" aria-current="true"`, "No user of the workspace has this e-mail address.")
	})
}

// TestPeople finds users by a part of what they are called, and teams with who is in them and who coaches them.
func TestPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		s.quinn(organization)
		coach, err := s.store.UserByEmail(t.Context(), organization, "ann@example.com")
		if err != nil {
			t.Fatal(err)
		}
		member, err := s.store.UserByEmail(t.Context(), organization, "q@example.com")
		if err != nil {
			t.Fatal(err)
		}
		team, err := s.store.CreateTeam(t.Context(), organization, hub.Team{Name: "North", Coaches: []string{coach.ID}, Members: []string{member.ID}})
		if err != nil {
			t.Fatal(err)
		}
		b := s.viewer(organization)
		mustContain(t, b.get("/people"), "Ann Berg", "Quinn Jensen", "North")
		for find, want := range map[string][2]string{"BERG": {"Ann Berg", "Quinn"}, "Q@example": {"Quinn", "Berg"}, "%25": {"Nobody here", "Berg"}} {
			page := b.get("/people?find=" + find)
			mustContain(t, page, want[0])
			if strings.Contains(page, want[1]) {
				t.Errorf("%s finds %s", find, want[1])
			}
		}
		mustContain(t, b.get("/people/teams"), "North", "Ann Berg", "?team="+team.ID)
		page := b.get("/people?team=" + team.ID)
		mustContain(t, page, "Quinn Jensen", "Members of the team North")
		if strings.Contains(page, "ann@example.com") {
			t.Error("a coach is listed as a member")
		}
		if a := b.do(http.MethodGet, "/people?team="+hub.NewID(), nil); a.status != http.StatusNotFound {
			t.Errorf("no team: %d", a.status)
		}
	})
}

// TestEndOfAccess revokes a token and ends a session, which ends what they opened in other browsers.
func TestEndOfAccess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		token, text, err := s.store.CreateToken(t.Context(), organization, store.NewToken{Name: "laptop"})
		if err != nil {
			t.Fatal(err)
		}
		byToken := s.stranger()
		byToken.post("/sign-in", "token", text, "name", "Ben")
		other := s.as(hub.ConsolePerson{Name: "Cleo", Role: hub.ConsoleViewer, OrganizationID: organization})
		b := s.operator(organization)
		owner, err := s.store.CreateUser(t.Context(), organization, hub.User{Email: "rosa@acme.example", FirstName: "Rosa", LastName: "Delgado"})
		if err != nil {
			t.Fatal(err)
		}
		for name, of := range map[string]string{"Route planner": owner.ID, "Payroll": "the finance team"} {
			if _, _, err := s.store.CreateApp(t.Context(), organization, name, of); err != nil {
				t.Fatal(err)
			}
		}
		page := b.get("/people/access")
		mustContain(t, page, `data-label="Owner">Rosa Delgado<`, `data-label="Owner">the finance team<`)
		mustContain(t, page, "laptop", "Cleo", "Ben, with the token laptop", "This one")
		if strings.Contains(page, text) {
			t.Error("the token's text shows")
		}
		sessions, err := s.store.ConsoleSessions(t.Context(), organization, "", 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range sessions {
			if c.Name == "Cleo" {
				mustContain(t, b.get(b.post("/people/sessions/"+c.ID+"/end")), "The session is over.")
			}
		}
		mustContain(t, b.get(b.post("/people/tokens/"+token.ID+"/revoke")), "The token is revoked", "No token.")
		for name, ended := range map[string]*browser{"by the session": other, "by the token": byToken} {
			if a := ended.do(http.MethodGet, "/people", nil); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/console/sign-in") {
				t.Errorf("%s it is ended, and yet %d", name, a.status)
			}
		}
		for _, action := range []string{"/people/tokens/" + token.ID + "/revoke", "/people/sessions/" + hub.NewID() + "/end"} {
			if a := b.do(http.MethodPost, action, nil); a.status != http.StatusNotFound {
				t.Errorf("%s again: %d", action, a.status)
			}
		}
		b.get("/people/access")
	})
}

var shownToken = regexp.MustCompile(`sirocco_[A-Za-z0-9]+`)

// TestTokenIsMade makes a token, whose text is shown once; who signed in with the token of one organization may neither make
// nor revoke any, as with the API.
func TestTokenIsMade(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL)
		organization := s.organization("Acme Roofing")
		b := s.operator(organization)
		made := b.do(http.MethodPost, "/people/tokens", url.Values{"name": {"the CRM's server"}})
		text := shownToken.FindString(b.get("/people/access"))
		hash, ok := hub.TokenHash(text)
		if made.status != http.StatusSeeOther || made.location != "/console/people/access" || !ok {
			t.Fatalf("%d %q", made.status, text)
		}
		token, err := s.store.TokenByHash(t.Context(), hash)
		if err != nil || token.OrganizationID != organization || token.ParentID != "" || token.GroupID != "" {
			t.Fatalf("%+v %v", token, err)
		}
		page := b.get("/people/access")
		mustContain(t, page, "the CRM&#39;s server")
		if strings.Contains(page, text) {
			t.Error("it is shown twice")
		}
		long := strings.Repeat("x", 300)
		a := b.do(http.MethodPost, "/people/tokens", url.Values{"name": {long}})
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("a name that is too long: %d", a.status)
		}
		mustContain(t, a.body, `value="`+long+`"`, `id="wrong-name"`, "<h2>Tokens</h2>")
		byToken := s.stranger()
		byToken.post("/sign-in", "token", text)
		for _, action := range []string{"/people/tokens", "/people/tokens/" + token.ID + "/revoke"} {
			if a := byToken.do(http.MethodPost, action, url.Values{"name": {"another"}}); a.status != http.StatusForbidden {
				t.Errorf("with a token, %s: %d", action, a.status)
			}
		}
		if strings.Contains(byToken.get("/people/access"), "Make it") {
			t.Error("it is offered with a token")
		}
		_, groupText, err := s.store.CreateToken(t.Context(), organization, store.NewToken{Name: "all of us", Group: true})
		if err != nil {
			t.Fatal(err)
		}
		byGroup := s.stranger()
		byGroup.post("/sign-in", "token", groupText)
		byGroup.post("/people/tokens/" + token.ID + "/revoke")
	})
}
