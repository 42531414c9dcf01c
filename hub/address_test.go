package hub_test

import (
	"errors"
	"testing"

	"sirocco/hub"
)

func TestWebURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://crm.example/a?b#c": "https://crm.example/a?b#c", "http://10.0.0.1/": "http://10.0.0.1/",
		"": "", "javascript:alert(1)": "", "//crm.example/": "", "https://": "", "https://ann:secret@crm.example/": "", "https://ann@crm.example/": "", "https://crm.example/\n": "",
	} {
		if got := hub.WebURL(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestValidateHost(t *testing.T) {
	for _, good := range []string{"app.siro.ai", "localhost", "APP.Example.com.", "app.example.com:8443", "10.0.0.1", "10.0.0.1:80", "[::1]", "[2001:db8::1]:8443", "xn--mller-kva.example", "my_app"} {
		if err := hub.ValidateHost("host", good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "evil/..?x", "https://app.siro.ai", "app.siro.ai/", "app.siro.ai?", "app.siro.ai#x", "ann@app.siro.ai", "app.siro.ai:", "app.siro.ai:0", "app.siro.ai:99999", "app.siro.ai:x", "app siro ai", "app..ai", ".ai", "-", "müller.example", "::1", "[::1", "[fe80::1%25eth0]", "a\n", "a\x00", "a\xff", `a\b`, "%61"} {
		var invalid *hub.InvalidError
		if err := hub.ValidateHost("host", bad); !errors.As(err, &invalid) || invalid.Issues[0].Field != "host" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
