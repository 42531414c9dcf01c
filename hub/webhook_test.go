package hub

import (
	"net/netip"
	"testing"
)

func TestPublicAddress(t *testing.T) {
	for _, text := range []string{
		"127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
		"::1", "::", "::7f00:1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1",
		"::ffff:0:7f00:1", "::ffff:0:a9fe:a9fe", "64:ff9b:1::7f00:1", "3fff::1", "5f00::1", "100::1", "100:0:0:1::1", "4000::1", "a000::1", "1fff::7f00:1",
	} {
		if PublicAddress(netip.MustParseAddr(text)) {
			t.Errorf("%s counts as public", text)
		}
	}
	for _, text := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8"} {
		if !PublicAddress(netip.MustParseAddr(text)) {
			t.Errorf("%s does not count as public", text)
		}
	}
}

func TestWebhookURL(t *testing.T) {
	for text, ok := range map[string]struct{ guarded, private bool }{
		"https://example.com/hook?a=b":  {true, true},
		"http://example.com/hook":       {false, true},
		"http://localhost:8080":         {false, true},
		"http://127.0.0.1:1/x":          {false, true},
		"https://localhost./x":          {false, true},
		"https://[::1]/":                {false, true},
		"https://10.0.0.1/":             {false, true},
		"https://169.254.169.254/":      {false, true},
		"https://[::ffff:10.0.0.1]/":    {false, true},
		"http://localhost.example.com/": {false, true},
		"ftp://example.com":             {},
		"https:example.com":             {},
		"https://u:p@example.com":       {},
		"https://example.com/#x":        {},
		"":                              {},
	} {
		for private, want := range map[bool]bool{false: ok.guarded, true: ok.private} {
			if err := (&WebhookPatch{URL: &text}).Validate(Targets{Any: private}); (err == nil) != want {
				t.Errorf("%q, private %v: %v", text, private, err)
			}
		}
	}
}
