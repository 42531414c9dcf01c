package console

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"sirocco/store/storetest"
)

// vendored are the files of htmx 4.0.1 as its authors published them (htmx.min.js, ext/hx-sse.min.js), by their SHA-256.
var vendored = map[string]string{
	"htmx.js":      "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130",
	"htmx-sse.js":  "18ef2761356ec1fe0bb6d92612315b37517a7c1e9856b661c5ae81fef239d103",
	"htmx.LICENSE": "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
}

// TestVendored: what is not ours is what its authors published, to the byte.
func TestVendored(t *testing.T) {
	for name, want := range vendored {
		text, err := assets.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is changed", name)
		}
	}
}

// TestAssets: each file that a page loads is there, with its type, and kept by browsers for as long as it is the same.
func TestAssets(t *testing.T) {
	b := serveOn(t, storetest.SQLite(t)).stranger()
	for name, kind := range map[string]string{"console.css": "text/css; charset=utf-8", "htmx.js": "text/javascript; charset=utf-8", "sirocco.svg": "image/svg+xml", "htmx.LICENSE": "text/plain; charset=utf-8"} {
		a := b.do(http.MethodGet, "/assets/"+name+"?v="+assetVersion, nil)
		if a.status != http.StatusOK || a.header.Get("Content-Type") != kind || a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
	if a := b.do(http.MethodGet, "/assets/nothing.js", nil); a.status != http.StatusNotFound {
		t.Errorf("what is not there: %d", a.status)
	}
}
