package engine

import (
	"strconv"
	"testing"

	"sirocco/hub"
)

// TestOneLimitForAnAccount holds whose requests count together: all of an account that the vendor tells, by whatever
// credentials, and else those of the same credentials. Who has an address of their own in the vendor's place has no part in
// the limit of others.
func TestOneLimitForAnAccount(t *testing.T) {
	l := newLimiters(nil)
	info := hub.PlatformInfo{Platform: hub.PlatformMerge}
	at := func(external, token, baseURL, account string) *limiter {
		conn := hub.Connection{Platform: hub.PlatformMerge, ExternalAccountID: external}
		return l.get(conn, map[string]string{"accountToken": token, "baseURL": baseURL}, account, info)
	}
	const vendor = "https://api.vendor.example"
	first := at("a", "one", vendor, "42")
	for name, test := range map[string]struct {
		other *limiter
		same  bool
	}{
		"another connection and token":   {at("b", "two", vendor, "42"), true},
		"another account":                {at("a", "one", vendor, "43"), false},
		"an address of somebody's own":   {at("a", "one", "https://mine.example", "42"), false},
		"an account that is not told":    {at("a", "one", vendor, ""), false},
		"another platform's same number": {l.get(hub.Connection{Platform: hub.PlatformSpotio}, map[string]string{"baseURL": vendor}, "42", info), false},
	} {
		if (test.other == first) != test.same {
			t.Errorf("%s: in one limit: %v", name, !test.same)
		}
	}
	if at("a", "one", vendor, "") != at("a", "one", vendor, "") || at("a", "one", vendor, "") == at("a", "two", vendor, "") {
		t.Error("an account that is not told has not one limit for each of its credentials")
	}
}

// TestAFullMemoryOfLimitsKeepsTurns asks for one account more than limits are remembered of, while a request is on its way to one that is
// asked one at a time: that one is remembered.
func TestAFullMemoryOfLimitsKeepsTurns(t *testing.T) {
	l := newLimiters(nil)
	info := hub.PlatformInfo{Platform: hub.PlatformLeadPerfection, Serial: true}
	at := func(account string) *limiter {
		return l.get(hub.Connection{Platform: hub.PlatformLeadPerfection}, nil, account, info)
	}
	busy, idle := at("busy"), at("idle")
	ended, err := busy.takeTurn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxLimiters - len(l.all) {
		l.all[strconv.Itoa(i)] = unlimited()
	}
	at("one more")
	if at("busy") != busy || at("idle") == idle || len(l.all) != 3 {
		t.Errorf("of the limits %d are remembered", len(l.all))
	}
	ended()
}
