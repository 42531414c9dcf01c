package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestProveKey: the key that a database was begun with is the only one that it takes, whatever it holds already.
func TestProveKey(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := context.Background()
		folder := t.TempDir()
		with := func(key string, do func(*store.Store) error) error {
			keys, _, err := store.KeysFromFile(filepath.Join(folder, key))
			if err != nil {
				t.Fatal(err)
			}
			st, err := store.OpenOrMake(ctx, url, store.Options{Keys: keys})
			if err != nil {
				t.Fatal(err)
			}
			return errors.Join(do(st), st.Close())
		}
		prove := func(st *store.Store) error { return st.ProveKey(ctx) }
		held := func(want bool) {
			t.Helper()
			err := with("right", func(st *store.Store) error {
				if got, err := st.HasSealed(ctx); err != nil || got != want {
					t.Errorf("has sealed: %v, %v", got, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}

		held(false)
		// A database from before there were canaries.
		err := with("right", func(st *store.Store) error {
			o, err := st.CreateOrganization(ctx, "Acme")
			if err != nil {
				return err
			}
			hook := "https://example.com/hook"
			_, _, err = st.CreateEndpoint(ctx, o.ID, hub.WebhookPatch{URL: &hook})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		held(true)
		if err := with("other", prove); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("another key, without a canary: %v", err)
		}
		if err := with("right", prove); err != nil {
			t.Errorf("the right key: %v", err)
		}
		if err := with("other", prove); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("another key: %v", err)
		}
		aside := func(st *store.Store) error { _, err := st.SharedSecret(ctx, "aside"); return err }
		if err := with("other", aside); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("another key encrypted something: %v", err)
		}
		// What another key sealed before there were canaries is no proof for it, nor against the right one.
		err = with("other", func(st *store.Store) error {
			storetest.Exec(t, st, `UPDATE secrets SET name = 'hidden' WHERE name = 'canary'`)
			err := aside(st)
			storetest.Exec(t, st, `UPDATE secrets SET name = 'canary' WHERE name = 'hidden'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := with("other", prove); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("another key that sealed something: %v", err)
		}
		if err := with("right", prove); err != nil {
			t.Errorf("the right key beside it: %v", err)
		}
	})
}
