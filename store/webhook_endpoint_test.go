package store_test

import (
	"strings"
	"sync"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

func TestEndpointsMadeAtOnceAreNoMoreThanAllowed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		to := "https://example.com/hook"
		var all sync.WaitGroup
		for range store.EndpointsMost + 10 {
			all.Go(func() { _, _, _ = st.CreateEndpoint(t.Context(), org, hub.WebhookPatch{URL: &to}) })
		}
		all.Wait()
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM webhook_endpoints`); n != store.EndpointsMost {
			t.Errorf("%d endpoints, want %d", n, store.EndpointsMost)
		}
	})
}

// TestAuditKeepsNoTokenOfAURL makes, changes and deletes an endpoint whose URL has one.
func TestAuditKeepsNoTokenOfAURL(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		first, second := "https://example.com/hook?key=s3cret&s3cret", "https://example.com/hook?other=s3cret"
		w, _, err := st.CreateEndpoint(t.Context(), org, hub.WebhookPatch{URL: &first})
		if err != nil {
			t.Fatal(err)
		}
		if w, err = st.PatchEndpoint(t.Context(), org, w.ID, hub.WebhookPatch{URL: &second}); err != nil || w.URL != second {
			t.Fatal(w.URL, err)
		}
		if _, err := st.DeleteEndpoint(t.Context(), org, w.ID); err != nil {
			t.Fatal(err)
		}
		log, err := st.Audit(t.Context(), org, store.AuditFilter{ObjectID: w.ID, Limit: 10})
		if err != nil || len(log) != 3 {
			t.Fatal(log, err)
		}
		for _, e := range log {
			if strings.Contains(e.Changes, "s3cret") || strings.Contains(e.Changes, "hook") || !strings.Contains(e.Changes, `"https://example.com/..."`) {
				t.Errorf("%s: %s", e.Action, e.Changes)
			}
		}
	})
}

func TestGroupTokensMadeAtOnceAreOfOneGroup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, _, err := st.CreateToken(t.Context(), org, store.NewToken{Name: "t", Group: true}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM organization_groups`); n != 1 {
			t.Errorf("%d groups", n)
		}
	})
}
