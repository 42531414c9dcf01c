package hub_test

import (
	"net/netip"
	"testing"

	"sirocco/hub"
)

// TestTargets allows what an operator lists, on the port that is named, and nothing beside it.
func TestTargets(t *testing.T) {
	listed, err := hub.ParseTargets([]string{"crm.internal", "Hooks.Internal:9000", "10.1.0.0/16", "127.0.0.1:8090", "[::1]:8090", "fd00::/8", "192.168.1.5"})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]map[string]bool{
		"crm.internal":    {"10.9.9.9:80": true, "127.0.0.1:22": true},
		"CRM.internal.":   {"10.9.9.9:80": true},
		"hooks.internal":  {"10.9.9.9:9000": true, "10.9.9.9:9001": false},
		"rebound.example": {"10.1.2.3:1": true, "10.2.2.3:1": false, "127.0.0.1:8090": true, "127.0.0.1:8091": false, "[::1]:8090": true, "[::ffff:127.0.0.1]:8090": true, "[::ffff:10.2.0.1]:80": false},
		"public.example":  {"8.8.8.8:1": true, "[fd00::1]:1": true, "[fe80::1]:1": false, "192.168.1.5:1": true, "192.168.1.6:1": false, "169.254.169.254:80": false},
	} {
		for to, allowed := range want {
			if got := listed.AllowAddress(address, netip.MustParseAddrPort(to)); got != allowed {
				t.Errorf("%s at %s: %v, want %v", address, to, got, allowed)
			}
			if (hub.Targets{}).AllowAddress(address, netip.MustParseAddrPort(to)) != hub.PublicAddress(netip.MustParseAddrPort(to).Addr()) {
				t.Errorf("by default %s at %s is not decided of the address alone", address, to)
			}
		}
	}
	for _, wrong := range []string{"", "http://x", "x:0", "x:99999", "10.0.0.0/8:80", "a b", "x/y", "user@x", "10.0.0.0/40", "fe80::1%eth0", "*.internal"} {
		if _, err := hub.ParseTargets([]string{wrong}); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}
