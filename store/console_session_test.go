package store_test

import (
	"errors"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestConsoleSession signs people in by a link and by a token, and sees each session end by its own rule.
func TestConsoleSession(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		ctx := t.Context()
		organization := storetest.Organization(t, st)
		who := hub.ConsolePerson{Name: "Ann", Role: hub.ConsoleOperator, Method: hub.ConsoleByLink}
		link, err := st.CreateConsoleLogin(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // looking does not spend it
			if p, err := st.ConsoleLogin(ctx, link); err != nil || p != who {
				t.Fatalf("%+v, %v", p, err)
			}
		}
		session, secret, err := st.SpendConsoleLogin(ctx, link)
		if err != nil || !session.RunsServer() {
			t.Fatalf("%+v, %v", session, err)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM audit WHERE organization_id = ''`); n != 0 {
			t.Errorf("%d entries are in the audit log of no organization", n)
		}
		if _, _, err := st.SpendConsoleLogin(ctx, link); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("the link worked twice: %v", err)
		}
		late, err := st.CreateConsoleLogin(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(hub.ConsoleLoginLife)
		if _, _, err := st.SpendConsoleLogin(ctx, late); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("the link worked after ten minutes: %v", err)
		}

		lives := func(secret string) bool {
			t.Helper()
			_, err := st.ConsoleSession(ctx, secret, true)
			if err != nil && !errors.Is(err, hub.ErrNotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		token, _, err := st.CreateToken(ctx, organization, store.NewToken{Name: "laptop"})
		if err != nil {
			t.Fatal(err)
		}
		byToken := hub.ConsolePerson{Name: "laptop", Role: hub.ConsoleViewer, Method: hub.ConsoleByToken, OrganizationID: organization, TokenID: token.ID}
		_, tokens, err := st.OpenConsole(ctx, byToken)
		if err != nil || !lives(tokens) {
			t.Fatalf("no session by a token: %v", err)
		}
		if of, err := st.ConsoleSessions(ctx, organization, "", 10); err != nil || len(of) != 1 || of[0].ConsolePerson != byToken {
			t.Errorf("%+v, %v", of, err)
		}
		if !lives(secret) { // which counts as a use
			t.Fatal("no session by a link")
		}
		for range 3 { // used now and then it goes on for longer than ConsoleIdle
			now = now.Add(hub.ConsoleIdle - time.Minute)
			if !lives(secret) || !lives(tokens) {
				t.Fatal("a session ended that was used")
			}
		}
		if _, err := st.RevokeToken(ctx, organization, token.ID); err != nil {
			t.Fatal(err)
		}
		if lives(tokens) {
			t.Error("a session outlives its token")
		}
		now = now.Add(hub.ConsoleIdle)
		if lives(secret) {
			t.Error("a session lives that nobody used for 12 hours")
		}
		if entries, err := st.Audit(ctx, organization, store.AuditFilter{ObjectKind: "consoleSession", Limit: 10}); err != nil || len(entries) != 1 || entries[0].Actor.Name != "laptop" || entries[0].Actor.Kind != hub.ActorConsole {
			t.Errorf("%+v, %v", entries, err)
		}
	})
}
