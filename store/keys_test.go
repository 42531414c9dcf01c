package store_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAKeyFileThatWasHalfWritten reads the file of keys while somebody writes it: what it had stays in use, and the whole is read once it is
// there, also where the disk tells times so coarsely that both have the same one.
func TestAKeyFileThatWasHalfWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	keys, _, err := store.KeysFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := path + ".other"
	if _, _, err := store.KeysFromFile(other); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Clean(other))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Now().Add(time.Minute)
	write := func(text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	st, err := store.OpenOrMake(t.Context(), storetest.SQLite(t), store.Options{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	org := storetest.Organization(t, st)
	hook := "https://example.com/hook"
	seal := func() string {
		t.Helper()
		w, _, err := st.CreateEndpoint(t.Context(), org, hub.WebhookPatch{URL: &hook})
		if err != nil {
			t.Fatal(err)
		}
		return w.ID
	}
	reveals := func(id string) error {
		_, err := st.WebhookTarget(t.Context(), org, id)
		return err
	}
	before := seal()
	write(whole[:len(whole)/2])
	if err := reveals(seal()); err != nil {
		t.Error("while the file is half written:", err)
	}
	if err := reveals(before); err != nil {
		t.Error("while the file is half written, what was sealed before:", err)
	}
	write(whole)
	if err := reveals(seal()); err != nil {
		t.Error("once it is written:", err)
	}
	if err := reveals(before); err == nil {
		t.Error("the keys that the file has now are not read")
	}
}
