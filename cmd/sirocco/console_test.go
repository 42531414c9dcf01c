package main

import (
	"errors"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestConsoleLinkLeadsSomewhere gives no link while all servers that run are without the console, and then one to the server
// that has it.
func TestConsoleLinkLeadsSomewhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		st := storetest.Open(t, databaseURL, nil)
		runs := func(n store.Node) {
			t.Helper()
			n.ID, n.Host = hub.NewID(), "here"
			if err := st.NoteNode(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		leadsTo := func(c consoleLoginCommand, want string) {
			t.Helper()
			if base, err := c.base(t.Context(), st); err != nil || base != want {
				t.Errorf("%q, %v", base, err)
			}
		}
		leadsTo(consoleLoginCommand{}, "http://127.0.0.1:8080")
		runs(store.Node{PublicURL: "https://api.example.com", NoConsole: true})
		for _, c := range []consoleLoginCommand{{}, {PublicURL: "https://api.example.com"}} {
			if base, err := c.base(t.Context(), st); !errors.As(err, new(*hub.ConflictError)) {
				t.Errorf("%q, %v", base, err)
			}
		}
		runs(store.Node{PublicURL: "https://hub.example.com/"})
		leadsTo(consoleLoginCommand{}, "https://hub.example.com")
	})
}
