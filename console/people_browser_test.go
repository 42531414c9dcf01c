package console

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// opened is a real browser in which an operator of the organization is signed in, by a link.
func (s *served) opened(organization string) context.Context {
	s.t.Helper()
	key, err := s.store.CreateConsoleLogin(s.t.Context(), hub.ConsolePerson{Name: "Ann", Role: hub.ConsoleOperator, OrganizationID: organization})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx := chromium(s.t)
	browse(s.t, ctx, log.Enable(), chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.url+"/open?key="+key), chromedp.WaitVisible(`main form button`),
		chromedp.Click(`main form button`), chromedp.WaitVisible(`.menu`))
	return ctx
}

// TestMatchInABrowser says in a real browser who a CRM user is, and takes it back.
func TestMatchInABrowser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := serveOn(t, databaseURL, withMerge)
		organization := s.organization("Acme Roofing")
		id := s.quinn(organization)
		team, err := s.store.CreateTeam(t.Context(), organization, hub.Team{Name: "North"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.store.CreateUser(t.Context(), organization, hub.User{Email: "dana@example.com", FirstName: "Dana", LastName: "Whitfield", TeamID: team.ID, Admin: true})
		if err != nil {
			t.Fatal(err)
		}
		ctx := s.opened(organization)
		row, email := `#crm-user-`+id, `#email-`+id
		act(t, ctx, chromedp.Click(`.menu a[href$="/people"]`))
		act(t, ctx, chromedp.Click(`.tabs a[href$="/crm-users"]`))
		browse(t, ctx, chromedp.WaitVisible(email))
		picture(t, ctx, "crm-users")
		browse(t, ctx, chromedp.SendKeys(email, "Dana@example.com"))
		act(t, ctx, chromedp.Click(row+` form button`))
		browse(t, ctx, chromedp.WaitVisible(`.notice.good`), chromedp.WaitVisible(row+` button[value="clear"]`))
		if got := s.match(organization, id); got != "dana@example.com HAND" {
			t.Error(got)
		}
		picture(t, ctx, "crm-users-matched")
		act(t, ctx, chromedp.Click(row+` button[value="clear"]`))
		browse(t, ctx, chromedp.WaitVisible(row+` button[value="nobody"]`))
		if got := s.match(organization, id); got == "dana@example.com HAND" {
			t.Error(got)
		}
		for name, path := range map[string]string{"people": "/people", "teams": "/people/teams", "access": "/people/access", "audit": "/audit", "audit-filtered": "/audit?who=ann&kind=crmUser&from=2026-01-02T03:04:00Z"} {
			browse(t, ctx, chromedp.Navigate(s.url+path), chromedp.WaitVisible(`h1`))
			picture(t, ctx, name)
		}
		browse(t, ctx, chromedp.Navigate(s.url+"/people/access"), chromedp.SendKeys(`input[name=name]`, "the CRM's server"))
		act(t, ctx, chromedp.Submit(`input[name=name]`))
		browse(t, ctx, chromedp.WaitVisible(`.shown-once`))
		picture(t, ctx, "token-made")
	})
}
