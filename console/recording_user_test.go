package console

import (
	"net/http"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// TestUsersHearTheirRecordings asks for a recording's words and audio as each kind of user whom a provider signed in: its own,
// a coach of its team and an administrator hear it, a colleague only once it may be discovered, who is no user never, and
// nobody needs to open it. Whoever runs the server does, which is in the audit log.
func TestUsersHearTheirRecordings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		at, words := "/recordings/"+s.offered, "The leak is above the kitchen."
		user := func(name string) string {
			t.Helper()
			u, err := s.store.CreateUser(t.Context(), s.organization, hub.User{Email: name + "@cedar.example", FirstName: name, LastName: "Okafor"})
			if err != nil {
				t.Fatal(err)
			}
			return u.ID
		}
		coach, admin, colleague := user("coach"), user("admin"), user("colleague")
		team := hub.NewID()
		storetest.Exec(t, s.store, `INSERT INTO teams (organization_id, id, name, conversation_types, beta_features, created_at, updated_at) VALUES ($1, $2, 'West', '[]', '[]', 0, 0)`, s.organization, team)
		storetest.Exec(t, s.store, `INSERT INTO team_coaches (organization_id, team_id, user_id) VALUES ($1, $2, $3)`, s.organization, team, coach)
		storetest.Exec(t, s.store, `UPDATE users SET is_admin = $1 WHERE id = $2`, true, admin)
		storetest.Exec(t, s.store, `UPDATE recordings SET team_id = $1 WHERE id = $2`, team, s.offered)

		signedIn := func(user string) *browser {
			return s.as(hub.ConsolePerson{Role: hub.ConsoleViewer, Method: hub.ConsoleByOIDC, OrganizationID: s.organization, Subject: "s", UserID: user})
		}
		hears := func(who string, b *browser, want bool) {
			t.Helper()
			page := b.get(at)
			if got := strings.Contains(page, words) && strings.Contains(page, "<audio"); got != want || !want && strings.Contains(page, words) {
				t.Errorf("%s sees the words: %t", who, !want)
			}
			a := b.do(http.MethodGet, at+"/audio", nil)
			if got := a.status == http.StatusOK && a.body == spoken; got != want || !want && a.status != http.StatusForbidden {
				t.Errorf("%s hears: %d %s", who, a.status, a.body)
			}
		}
		hears("the user", signedIn(s.user), true)
		hears("a coach of the team", signedIn(coach), true)
		hears("an administrator", signedIn(admin), true)
		hears("a colleague", signedIn(colleague), false)
		hears("somebody who is no user", signedIn(""), false)
		for _, b := range []*browser{signedIn(colleague), signedIn("")} {
			if a := b.do(http.MethodPost, at+"/open", nil); a.status != http.StatusForbidden {
				t.Errorf("it opens: %d", a.status)
			}
		}
		acts := s.as(hub.ConsolePerson{Role: hub.ConsoleOperator, Method: hub.ConsoleByOIDC, OrganizationID: s.organization, UserID: colleague})
		if a := acts.do(http.MethodPost, at+"/open", nil); a.status != http.StatusForbidden {
			t.Errorf("who acts in the organization opens it: %d", a.status)
		}
		hears("a colleague who acts", acts, false)
		opened := func() int {
			return storetest.Count(t, s.store, `SELECT COUNT(*) FROM audit WHERE object_id = $1 AND action = 'open'`, s.offered)
		}
		if n := opened(); n != 0 {
			t.Errorf("%d entries in the audit log", n)
		}
		storetest.Exec(t, s.store, `UPDATE recordings SET discoverable = $1 WHERE id = $2`, true, s.offered)
		hears("a colleague, of what may be discovered", signedIn(colleague), true)
		hears("somebody who is no user, of what may be discovered", signedIn(""), false)

		runs, of := s.as(hub.ConsolePerson{Role: hub.ConsoleOperator, Method: hub.ConsoleByOIDC, Subject: "r"}), "?organization="+s.organization
		if page := runs.get(at + of); strings.Contains(page, words) {
			t.Error("whoever runs the server sees the words unasked")
		}
		runs.post(at + "/open" + of)
		mustContain(t, runs.get(at+of), words, "<audio")
		if n := opened(); n != 1 {
			t.Errorf("%d entries in the audit log", n)
		}
	})
}
