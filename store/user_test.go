package store_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAccessTokenNeedsAppSecretAndUser makes an access token and takes away, one by one, what it rests on: each
// time it stops counting.
func TestAccessTokenNeedsAppSecretAndUser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		rep, err := st.CreateUser(ctx, org, hub.User{Email: "Ann@Example.com", FirstName: "Ann", Phone: "+1 (555) 010-0001", Billable: true})
		if err != nil {
			t.Fatal(err)
		}
		var conflict *hub.ConflictError
		if _, err := st.CreateUser(ctx, org, hub.User{Email: "ann@example.COM"}); !errors.As(err, &conflict) {
			t.Errorf("a second user of the address: %v", err)
		}
		for _, find := range []func() (hub.User, error){
			func() (hub.User, error) { return st.UserByEmail(ctx, org, " ANN@example.com ") },
			func() (hub.User, error) { return st.UserByPhone(ctx, org, "555-010-0001") },
		} {
			if u, err := find(); err != nil || u.ID != rep.ID {
				t.Errorf("found %q, %v; want %s", u.ID, err, rep.ID)
			}
		}
		app, secret, err := st.CreateApp(ctx, org, "app", "ops")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := st.CreateAccessToken(ctx, org, app.ClientID, hub.NewClientSecret(), rep.ID, hub.ScopeRead); !errors.Is(err, hub.ErrWrongSecret) {
			t.Errorf("with another secret: %v", err)
		}
		var invalid *hub.InvalidError
		if _, _, err := st.CreateAccessToken(ctx, org, app.ClientID, secret, hub.NewID(), hub.ScopeRead); !errors.As(err, &invalid) {
			t.Errorf("for nobody: %v", err)
		}
		issue := func() (hub.AccessToken, string) {
			made, text, err := st.CreateAccessToken(ctx, org, app.ClientID, secret, rep.ID, hub.ScopeWrite)
			if err != nil {
				t.Fatal(err)
			}
			hash, _ := hub.UserTokenHash(text)
			return made, hash
		}
		counts := func(hash string) bool {
			_, err := st.AccessTokenByHash(ctx, hash)
			if err != nil && !errors.Is(err, hub.ErrNotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		is := func(what, hash string, want bool) {
			t.Helper()
			if got := counts(hash); got != want {
				t.Errorf("%s: the token counts: %v, want %v", what, got, want)
			}
		}
		first, hash := issue()
		is("made", hash, true)
		yes, no := true, false
		if _, err := st.UpdateUser(ctx, org, rep.ID, hub.UserPatch{Disabled: &yes}); err != nil {
			t.Fatal(err)
		}
		is("user disabled", hash, false)
		if _, _, err := st.CreateAccessToken(ctx, org, app.ClientID, secret, rep.ID, hub.ScopeRead); !errors.As(err, &invalid) {
			t.Errorf("for a disabled user: %v", err)
		}
		if _, err := st.UpdateUser(ctx, org, rep.ID, hub.UserPatch{Disabled: &no}); err != nil {
			t.Fatal(err)
		}
		is("user enabled again", hash, true)
		if _, err := st.RevokeAccessToken(ctx, org, app.ClientID, hub.NewClientSecret(), rep.ID, first.ID); !errors.Is(err, hub.ErrWrongSecret) {
			t.Errorf("revoking with another secret: %v", err)
		}
		if _, err := st.RevokeAccessToken(ctx, org, app.ClientID, secret, rep.ID, first.ID); err != nil {
			t.Fatal(err)
		}
		is("revoked", hash, false)
		_, second := issue()
		now = now.Add(hub.AccessTokenLife)
		is("16 hours later", second, false)
		_, third := issue()
		if _, err := st.DeleteApp(ctx, org, app.ClientID); err != nil {
			t.Fatal(err)
		}
		is("app deleted", third, false)
		if _, _, err := st.CreateAccessToken(ctx, org, app.ClientID, secret, rep.ID, hub.ScopeRead); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("of a deleted app: %v", err)
		}
		// All three, newest first, two on the first page.
		page, total, err := st.AccessTokens(ctx, org, app.ClientID, "", store.Listing{Limit: 2})
		if err != nil || total != 3 || len(page) != 2 || page[0].RevokedAt.IsZero() || page[1].ID == first.ID {
			t.Fatalf("the list has %d of %d: %+v, %v", len(page), total, page, err)
		}
		rest, _, err := st.AccessTokens(ctx, org, app.ClientID, "", store.Listing{Limit: 2, After: &store.ListPlace{At: page[1].CreatedAt, ID: page[1].ID}})
		if err != nil || len(rest) != 1 || rest[0].ID != first.ID {
			t.Errorf("the second page: %+v, %v", rest, err)
		}
	})
}

// TestAnAddressIsTakenOnce lets users ask for the same new address at the same time: one gets it, and the others are
// told that it is taken.
func TestAnAddressIsTakenOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org, err := st.CreateOrganization(ctx, "Acme")
		if err != nil {
			t.Fatal(err)
		}
		var users []hub.User
		for i := range 6 {
			u, err := st.CreateUser(ctx, org.ID, hub.User{Email: fmt.Sprintf("user%d@example.com", i)})
			if err != nil {
				t.Fatal(err)
			}
			users = append(users, u)
		}
		for round := range 10 {
			wanted := fmt.Sprintf("wanted%d@example.com", round)
			var asking sync.WaitGroup
			var got atomic.Int64
			begin := make(chan struct{})
			for _, u := range users {
				asking.Go(func() {
					<-begin
					_, err := st.UpdateUser(ctx, org.ID, u.ID, hub.UserPatch{Email: &wanted})
					var conflict *hub.ConflictError
					switch {
					case err == nil:
						got.Add(1)
					case !errors.As(err, &conflict):
						t.Errorf("the address is taken: %v", err)
					}
				})
			}
			close(begin)
			asking.Wait()
			if n := got.Load(); n != 1 {
				t.Errorf("%d users got the address", n)
			}
		}
	})
}
