package hub_test

import (
	"errors"
	"strings"
	"testing"

	"sirocco/hub"
)

func TestCredentialsAreCompleted(t *testing.T) {
	const secret = "s3cr3t"
	info := hub.PlatformInfo{Credentials: []hub.CredentialField{
		{Name: "baseURL", Doc: "Where the API is.", Default: "https://api.example.com"},
		{Name: "apiKey", Doc: "The API key.", Required: true, Secret: true},
	}}
	got, err := info.CompleteCredentials(map[string]string{"apiKey": " k \n"})
	if err != nil || got["baseURL"] != "https://api.example.com" || got["apiKey"] != "k" {
		t.Errorf("completed %v, %v", got, err)
	}
	_, err = info.CompleteCredentials(map[string]string{"baseURL": "https://u:" + secret + "@h", "apiKy": secret})
	var invalid *hub.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Issues) != 3 || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

// TestZonesAreKnown refuses what names no time zone, and what names a different one on each machine.
func TestZonesAreKnown(t *testing.T) {
	info := hub.PlatformInfo{Credentials: []hub.CredentialField{{Name: "timeZone", Doc: "The time zone.", Required: true, Zone: true}}}
	for given, want := range map[string]string{
		"America/Chicago": "", " Europe/Berlin ": "", "UTC": "",
		"":            "timeZone is missing; expected the time zone",
		"Chicago":     "timeZone names no time zone; expected an IANA name such as America/Chicago",
		"Local":       "timeZone names no time zone; expected an IANA name such as America/Chicago",
		"EST5EDT+1":   "timeZone names no time zone; expected an IANA name such as America/Chicago",
		"../etc/zone": "timeZone names no time zone; expected an IANA name such as America/Chicago",
	} {
		if _, err := info.CompleteCredentials(map[string]string{"timeZone": given}); text(err) != want {
			t.Errorf("%q: %v", given, err)
		}
	}
}

// TestOnlyItsWordsAreTaken refuses what is none of the words that a field takes.
func TestOnlyItsWordsAreTaken(t *testing.T) {
	info := hub.PlatformInfo{Credentials: []hub.CredentialField{{Name: "idempotency", Doc: "A word.", Default: "off", Words: []string{"on", "off"}}}}
	for given, want := range map[string]string{"": "", "on": "", "off": "", "On": "idempotency is another word than it takes; expected on or off", "yes": "idempotency is another word than it takes; expected on or off"} {
		if _, err := info.CompleteCredentials(map[string]string{"idempotency": given}); text(err) != want {
			t.Errorf("%q: %v", given, err)
		}
	}
}

func TestWhatIsWrongWithCredentials(t *testing.T) {
	info := hub.PlatformInfo{Credentials: []hub.CredentialField{{Name: "baseURL", Doc: "Where the API is."}, {Name: "key", Doc: "The API key.", Required: true}}}
	for name, c := range map[string]struct {
		given map[string]string
		want  string
	}{
		"all":                  {map[string]string{"key": "a key", "baseURL": "http://h:1/p"}, ""},
		"what may be left out": {map[string]string{"key": "~"}, ""},
		"nothing":              {nil, "key is missing; expected the API key"},
		"white space":          {map[string]string{"key": " \t"}, "key is missing; expected the API key"},
		"a line":               {map[string]string{"key": "a\nb"}, "key has a control character; expected the API key"},
		"a delete":             {map[string]string{"key": "a\x7fb"}, "key has a control character; expected the API key"},
		"a user":               {map[string]string{"key": "k", "baseURL": "https://u@h"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"a fragment":           {map[string]string{"key": "k", "baseURL": "https://h#x"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"a query":              {map[string]string{"key": "k", "baseURL": "https://h/p?x=1"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"no port":              {map[string]string{"key": "k", "baseURL": "https://h:0"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"a port too high":      {map[string]string{"key": "k", "baseURL": "https://h:65536"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"a port alone":         {map[string]string{"key": "k", "baseURL": "https://:443"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"a long address":       {map[string]string{"key": "k", "baseURL": "https://h/" + strings.Repeat("x", 5000)}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"no host":              {map[string]string{"key": "k", "baseURL": "https:///p"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"another scheme":       {map[string]string{"key": "k", "baseURL": "ftp://h"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"no address":           {map[string]string{"key": "k", "baseURL": "http://%zz"}, "baseURL is not usable; expected an http or https address without a user name, a query or a fragment"},
		"strangers": {map[string]string{"key": "k", "d": "", "c": "", "b": "", "a": ""},
			"a is not known; expected one of baseURL, key, b is not known; expected one of baseURL, key, c is not known; expected one of baseURL, key, d is not known; expected one of baseURL, key"},
	} {
		values, err := info.CompleteCredentials(c.given)
		if text(err) != c.want || (values == nil) != (err != nil) {
			t.Errorf("%s: %v, %v, want %q", name, values, err, c.want)
		}
	}
}

// TestAddressOfSalesforce holds the address that a sign-in at Salesforce names to what every CRM's address is held to.
func TestAddressOfSalesforce(t *testing.T) {
	for address, fits := range map[string]bool{
		"https://acme.my.salesforce.com": true, "https://acme.my.salesforce.com:8443/": true, "https://acme.my.salesforce.com#x": false, "https://acme.my.salesforce.com?x": false,
		"https://acme.my.salesforce.com:0": false, "https://acme.my.salesforce.com:65536": false, "https://u@acme.my.salesforce.com": false, "https://:443": false, "javascript:x": false,
	} {
		p := hub.SalesforceSignIn{OrgID: "00D", InstanceURL: address}
		if err := p.Validate(); (err == nil) != fits {
			t.Errorf("%s: %v", address, err)
		}
	}
}
