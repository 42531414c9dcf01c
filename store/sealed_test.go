package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAPromotedKeyIsEverybodys: from the moment of its promotion all nodes encrypt with a key, also one whose file still
// names the old one; so that, once all is encrypted anew, nothing needs the old one.
func TestAPromotedKeyIsEverybodys(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		folder := t.TempDir()
		first, second := filepath.Join(folder, "first"), filepath.Join(folder, "second")
		open := func(file string) (*store.Store, *store.Keys) {
			keys, _, err := store.KeysFromFile(file)
			if err != nil {
				t.Fatal(err)
			}
			st := storetest.OpenWith(t, url, store.Options{Keys: keys})
			if err := st.ProveKey(ctx); err != nil {
				t.Fatal(err)
			}
			return st, keys
		}
		one, keys := open(first)
		old := keys.Primary()
		org := storetest.Organization(t, one)
		conn := storetest.Connection(t, one, org, hub.PlatformMerge)
		hook := "https://example.com/hook"
		secrets := map[string]string{}
		create := func(st *store.Store) {
			t.Helper()
			w, secret, err := st.CreateEndpoint(ctx, org, hub.WebhookPatch{URL: &hook})
			if err != nil {
				t.Fatal(err)
			}
			secrets[w.ID] = secret
		}
		create(one)
		event := hub.MultimediaEvent{ExternalID: "m1", DownloadURL: "https://calls.example/1?signature=s", FileType: "audio/mpeg", StartedAt: time.Now(), Email: "ann@example.com"}
		if err := errors.Join(one.PutCredentials(ctx, org, conn.ID, map[string]string{"apiKey": "k"}), one.PutMultimediaEvents(ctx, org, []hub.MultimediaEvent{event})); err != nil {
			t.Fatal(err)
		}
		id, err := keys.Add()
		if err != nil {
			t.Fatal(err)
		}
		create(one)
		if n, err := one.SealedOtherwise(ctx, old); n != 0 || err != nil {
			t.Errorf("%d are encrypted with a key that was only added: %v", n, err)
		}
		text, err := os.ReadFile(first)
		if err := errors.Join(err, os.WriteFile(second, text, 0o600)); err != nil {
			t.Fatal(err)
		}
		two, others := open(second)
		node := store.Node{ID: hub.NewID(), Host: "elsewhere", Keys: []uint32{old}}
		if err := one.NoteNode(ctx, node); err != nil {
			t.Fatal(err)
		}
		var conflict *hub.ConflictError
		if err := one.PromoteKey(ctx, id); !errors.As(err, &conflict) || !strings.Contains(err.Error(), "on elsewhere yet") {
			t.Errorf("promoted while a node runs without it: %v", err)
		}
		node.Keys = others.IDs()
		if err := errors.Join(one.NoteNode(ctx, node), one.PromoteKey(ctx, id)); err != nil {
			t.Fatal(err)
		}
		if others.Primary() != old {
			t.Fatal("the other file names the new key already")
		}
		done, err := one.Reseal(ctx)
		if err != nil || done != (store.Resealed{Connections: 1, Endpoints: 2, Downloads: 1}) {
			t.Errorf("encrypted %+v anew: %v", done, err)
		}
		create(two)
		for id := range secrets {
			w, secret, err := two.RotateSecret(ctx, org, id)
			if err != nil {
				t.Fatal(err)
			}
			secrets[w.ID] = secret
		}
		if err := two.PutCredentials(ctx, org, conn.ID, map[string]string{"apiKey": "other"}); err != nil {
			t.Fatal(err)
		}
		if n, err := one.SealedOtherwise(ctx, id); n != 0 || err != nil {
			t.Errorf("%d are encrypted with the old key: %v", n, err)
		}
		if err := keys.Keep(id); err != nil || len(keys.IDs()) != 1 {
			t.Fatal(err)
		}
		for id, secret := range secrets {
			target, err := one.WebhookTarget(ctx, org, id)
			if err != nil || target.Secrets[0] != secret {
				t.Errorf("with the new key alone: %v", err)
			}
		}
		if all, err := one.MultimediaEvents(ctx, org, "", "", 2); err != nil || len(all) != 1 {
			t.Errorf("%v, %v", all, err)
		} else if kept, err := one.MultimediaEvent(ctx, org, all[0].ID); err != nil || kept.DownloadURL != event.DownloadURL {
			t.Errorf("what is fetched, with the new key alone: %v", err)
		}
		if c, err := one.Credentials(ctx, org, conn.ID); err != nil || c.Values["apiKey"] != "other" {
			t.Errorf("credentials with the new key alone: %v, %v", c.Values, err)
		}
	})
}

// TestWhereAudioIsIsItsEventsAlone moves what one event keeps of where its audio is to another one, past the program: it cannot be read there, neither
// under the same id of another organization nor under another of its own.
func TestWhereAudioIsIsItsEventsAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, st := t.Context(), storetest.Open(t, url, nil)
		const from = "https://calls.example/1?signature=s"
		event := func(id, url string) hub.MultimediaEvent {
			return hub.MultimediaEvent{ExternalID: id, DownloadURL: url, FileType: "audio/mpeg", StartedAt: time.Now(), Email: "ann@example.com"}
		}
		one, other := storetest.Organization(t, st), storetest.Organization(t, st)
		err := errors.Join(st.PutMultimediaEvents(ctx, one, []hub.MultimediaEvent{event("m", from), event("n", "https://calls.example/2")}),
			st.PutMultimediaEvents(ctx, other, []hub.MultimediaEvent{event("m", "https://calls.example/3")}))
		if err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, st, `UPDATE multimedia_events SET sealed_url = (SELECT e.sealed_url FROM multimedia_events e WHERE e.organization_id = $1 AND e.external_id = 'm')`, one)
		for _, org := range []string{one, other} {
			all, err := st.MultimediaEvents(ctx, org, "", "", 10)
			if err != nil || len(all) == 0 {
				t.Fatal(all, err)
			}
			for _, e := range all {
				got, err := st.MultimediaEvent(ctx, org, e.ID)
				if own := org == one && e.ExternalID == "m"; own && (err != nil || got.DownloadURL != from) || !own && (err == nil || got.DownloadURL != "") {
					t.Errorf("%s of %s: %q, %v", e.ExternalID, org, got.DownloadURL, err)
				}
			}
		}
	})
}

// TestALostKey erases what it encrypted, and nothing else: not whose records a connection has, nor what can be read.
func TestALostKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		before := storetest.Open(t, url, nil)
		org := storetest.Organization(t, before)
		conn := storetest.Connection(t, before, org, hub.PlatformMerge)
		hook := "https://example.com/hook?token=secret"
		w, _, err := before.CreateEndpoint(ctx, org, hub.WebhookPatch{URL: &hook})
		if err != nil {
			t.Fatal(err)
		}
		check := func(account string) hub.CheckCredentials {
			return func(context.Context, hub.Connection, map[string]string) (hub.CRMAccount, error) {
				return hub.CRMAccount{ID: account, Name: "Acme"}, nil
			}
		}
		set := func(st *store.Store, account string) error {
			_, err := st.SetCredentials(ctx, org, conn.ID, map[string]string{"apiKey": "k"}, false, check(account))
			return err
		}
		_, secretErr := before.SharedSecret(ctx, "audio")
		event := hub.MultimediaEvent{ExternalID: "m1", DownloadURL: "https://calls.example/1?signature=s", FileType: "audio/mpeg", StartedAt: time.Now(), Email: "ann@example.com"}
		putErr := before.PutMultimediaEvents(ctx, org, []hub.MultimediaEvent{event})
		if err := errors.Join(before.ProveKey(ctx), secretErr, putErr, set(before, "mine")); err != nil {
			t.Fatal(err)
		}
		after := storetest.Open(t, url, nil)
		if err := after.ProveKey(ctx); !errors.Is(err, store.ErrWrongKey) {
			t.Fatalf("another key: %v", err)
		}
		node := store.Node{ID: hub.NewID(), Host: "here"}
		if err := before.NoteNode(ctx, node); err != nil {
			t.Fatal(err)
		}
		var conflict *hub.ConflictError
		if _, err := after.EraseLost(ctx); !errors.As(err, &conflict) {
			t.Errorf("erased while a node runs: %v", err)
		}
		if err := before.ForgetNode(ctx, node.ID); err != nil {
			t.Fatal(err)
		}
		lost, err := after.EraseLost(ctx)
		if err != nil || len(lost) != 5 || lost[2].ConnectionID != conn.ID || lost[3].EndpointID != w.ID || lost[4].MultimediaID != "m1" || strings.Contains(lost[3].Name, "secret") {
			t.Fatalf("erased %+v: %v", lost, err)
		}
		if again, err := after.LostSecrets(ctx); err != nil || len(again) != 0 {
			t.Errorf("still unreadable: %+v, %v", again, err)
		}
		if err := after.ProveKey(ctx); err != nil {
			t.Errorf("the new key: %v", err)
		}
		if _, err := after.Credentials(ctx, org, conn.ID); !errors.Is(err, hub.ErrNeedsCredentials) {
			t.Errorf("erased credentials: %v", err)
		}
		if err := set(after, "another"); !errors.As(err, &conflict) {
			t.Errorf("credentials of another account: %v", err)
		}
		if err := set(after, "mine"); err != nil {
			t.Errorf("credentials entered again: %v", err)
		}
		if c, err := after.Credentials(ctx, org, conn.ID); err != nil || c.Values["apiKey"] != "k" {
			t.Errorf("credentials entered again are %v, %v", c.Values, err)
		}
		if e, err := after.Endpoint(ctx, org, w.ID); err != nil || e.DisabledAt.IsZero() || !strings.Contains(e.DisabledReason, "rotate the secret") {
			t.Errorf("the endpoint: %+v, %v", e, err)
		}
		if all, err := after.MultimediaEvents(ctx, org, hub.MultimediaFailed, "", 2); err != nil || len(all) != 1 || !strings.Contains(all[0].Reason, "send it again") {
			t.Errorf("what was to be fetched: %+v, %v", all, err)
		}
		if err := after.PutMultimediaEvents(ctx, org, []hub.MultimediaEvent{event}); err != nil {
			t.Errorf("sent again: %v", err)
		}
		if _, _, err := after.RotateSecret(ctx, org, w.ID); err != nil {
			t.Errorf("another secret: %v", err)
		}
		if err := before.ProveKey(ctx); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("the key that was lost: %v", err)
		}
	})
}

// TestErasingThatFailsSaysSo lets each statement that erases what was lost fail in turn: the error is that one, and called again it goes on, until
// nothing is lost any more.
func TestErasingThatFailsSaysSo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newFailWorld(t, url)
		w.must(w.setAccount(t.Context(), "a"))
		w.endpoint()
		_, err := w.st.SharedSecret(t.Context(), "audio")
		w.must(err)
		after := storetest.Open(t, url, nil)
		var left atomic.Int64
		store.Intercept(after, func(string) error {
			if left.Add(-1) != 0 {
				return nil
			}
			return errMadeToFail
		})
		for n := int64(1); ; n++ {
			left.Store(n)
			_, err := after.EraseLost(t.Context())
			if left.Swap(0) > 0 {
				if err != nil || n < 10 {
					t.Errorf("after %d steps, none of which failed: %v", n-1, err)
				}
				break
			}
			if !errors.Is(err, errMadeToFail) {
				t.Fatalf("its answer is %v where the %d. step fails", err, n)
			}
		}
		if lost, err := after.LostSecrets(t.Context()); err != nil || len(lost) != 0 {
			t.Errorf("%v is lost, %v", lost, err)
		}
		if err := after.ProveKey(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
