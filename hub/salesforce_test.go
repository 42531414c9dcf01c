package hub_test

import (
	"maps"
	"testing"

	"sirocco/hub"
)

// TestCredentialsOfASignIn puts what a sign-in says into what was kept: what it does not say stays, but for the namespace, and what was kept is
// left as it was. The address to sign in at goes with whether it is for production, and stays until that changes.
func TestCredentialsOfASignIn(t *testing.T) {
	const login, test = "https://login.salesforce.com", "https://test.salesforce.com"
	for name, c := range map[string]struct {
		old    map[string]string
		signIn hub.SalesforceSignIn
		want   map[string]string
	}{
		"nothing was kept": {nil, hub.SalesforceSignIn{InstanceURL: "i"}, map[string]string{"baseURL": "i"}},
		"all": {
			nil, hub.SalesforceSignIn{Namespace: "n", OrgID: "00D", InstanceURL: "i", Username: "u", RefreshToken: "r", IsProd: new(true), UseProdECA: new(true)},
			map[string]string{"baseURL": "i", "namespace": "n", "username": "u", "refreshToken": "r", "isProd": "true", "authURL": login, "useProdEca": "true"},
		},
		"no production": {
			nil, hub.SalesforceSignIn{InstanceURL: "i", IsProd: new(false), UseProdECA: new(false)}, map[string]string{"baseURL": "i", "isProd": "false", "authURL": test, "useProdEca": "false"},
		},
		"what it does not say": {
			map[string]string{"baseURL": "o", "namespace": "n", "username": "u", "refreshToken": "r", "clientId": "c", "isProd": "true", "authURL": "a", "useProdEca": "true"}, hub.SalesforceSignIn{InstanceURL: "i"},
			map[string]string{"baseURL": "i", "username": "u", "refreshToken": "r", "clientId": "c", "isProd": "true", "authURL": "a", "useProdEca": "true"},
		},
		"as it was": {
			map[string]string{"isProd": "false", "authURL": "a", "useProdEca": "true"}, hub.SalesforceSignIn{InstanceURL: "i", IsProd: new(false), UseProdECA: new(true)},
			map[string]string{"baseURL": "i", "isProd": "false", "authURL": "a", "useProdEca": "true"},
		},
		"another": {
			map[string]string{"isProd": "false", "authURL": "a", "useProdEca": "true"}, hub.SalesforceSignIn{InstanceURL: "i", IsProd: new(true), UseProdECA: new(false)},
			map[string]string{"baseURL": "i", "isProd": "true", "authURL": login, "useProdEca": "false"},
		},
	} {
		kept := maps.Clone(c.old)
		if got := c.signIn.Credentials(c.old); !maps.Equal(got, c.want) || !maps.Equal(c.old, kept) {
			t.Errorf("%s: they become %v, and not %v, of %v", name, got, c.want, c.old)
		}
	}
}
