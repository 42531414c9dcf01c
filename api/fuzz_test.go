package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

func jsonText(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// FuzzPatch sends any body and any If-Match: the answer is never a fault of ours, and always what the document says.
func FuzzPatch(f *testing.F) {
	for _, body := range []string{`{}`, `{"name":"x"}`, `{"name":null}`, `[1]`, `{"name":1e999}`, `{"NAME":"x"}`, `{"isActive":"true"}`, "\xff", `{"name":"\ud800"}`, `{"name":"a","name":2}`} {
		f.Add(body, `"abc"`)
	}
	f.Add(`{"name":"x"}`, `W/"x", *`)
	w := newWorld(f, storetest.SQLite(f))
	c := w.tenant("Acme").token
	path := connections + "/" + c.create("MERGE").ID
	f.Fuzz(func(t *testing.T, body, ifMatch string) {
		w.t = t
		if strings.ContainsFunc(ifMatch, func(r rune) bool { return r < ' ' || r > '~' }) {
			return // no header a client can send
		}
		if a := c.do("PATCH", path, body, header{"If-Match", ifMatch}); a.status >= 500 {
			t.Errorf("%q answered %d: %s", body, a.status, a.body)
		}
		if a := c.do("GET", path, ""); a.status != 200 {
			t.Errorf("after %q it answers %d", body, a.status)
		}
	})
}

// FuzzTokenHash takes any text for a token: only one with the right checksum counts.
func FuzzTokenHash(f *testing.F) {
	f.Add("")
	f.Add("sirocco_")
	f.Add(hub.NewTokenText())
	f.Fuzz(func(t *testing.T, text string) {
		_, ok := hub.TokenHash(text)
		if ok && (len(text) != 57 || !strings.HasPrefix(text, "sirocco_")) {
			t.Errorf("%q counts as a token", text)
		}
	})
}
