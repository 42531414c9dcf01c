package hub_test

import (
	"encoding/json"
	"errors"
	"testing"

	"sirocco/hub"
)

// TestSignIn reads who somebody is from claims as common providers shape them.
func TestSignIn(t *testing.T) {
	const acme, bolt = "01a20d93-18ae-7269-bad6-a4dc3bbeb241", "01a20d93-18ae-7269-bad6-a4dc3bbeb242"
	rules := hub.SignInRules{
		RoleClaim: "groups", ServerOperators: []string{"admins"}, Operators: []string{"ops"}, Viewers: []string{"sales"},
		OrganizationClaim: "company", Organizations: map[string]string{"acme": acme}, UserClaim: "email",
	}
	with := func(change func(*hub.SignInRules)) hub.SignInRules {
		r := rules
		change(&r)
		return r
	}
	for name, c := range map[string]struct {
		rules  hub.SignInRules
		claims string
		want   hub.SignIn
	}{
		"a viewer": {
			rules, `{"sub": "7", "name": "Dana Whitfield", "email": "dana@acme.example", "email_verified": true, "groups": ["sales", "chess"], "company": "acme"}`,
			hub.SignIn{Subject: "7", Name: "Dana Whitfield, dana@acme.example", Role: hub.ConsoleViewer, OrganizationID: acme, User: "dana@acme.example"},
		},
		"the higher of two roles, the organization by its id, an address that nobody tried": {
			rules, `{"sub": "7", "preferred_username": "dana", "email": "dana@acme.example", "groups": ["sales", "ops"], "company": ["` + bolt + `", "elsewhere"]}`,
			hub.SignIn{Subject: "7", Name: "dana", Role: hub.ConsoleOperator, OrganizationID: bolt},
		},
		"who runs the server belongs to none": {
			rules, `{"sub": "7", "groups": "admins", "company": "acme", "email": "a@b.example", "email_verified": "true"}`,
			hub.SignIn{Subject: "7", Name: "a@b.example", Role: hub.ConsoleOperator, RunsServer: true},
		},
		"roles within another claim": {
			with(func(r *hub.SignInRules) { r.RoleClaim = "realm_access.roles" }), `{"sub": "7", "realm_access": {"roles": ["ops"]}, "company": "acme"}`,
			hub.SignIn{Subject: "7", Name: "7", Role: hub.ConsoleOperator, OrganizationID: acme},
		},
		"roles that are names of an object, of a claim with dots in its name": {
			with(func(r *hub.SignInRules) { r.RoleClaim = "https://acme.example/roles" }), `{"sub": "7", "https://acme.example/roles": {"ops": {"1": "x"}}, "company": "acme"}`,
			hub.SignIn{Subject: "7", Name: "7", Role: hub.ConsoleOperator, OrganizationID: acme},
		},
		"everybody, in the one organization": {
			with(func(r *hub.SignInRules) { r.Viewers, r.Organization = []string{hub.EverySignIn}, bolt }), `{"sub": "7"}`,
			hub.SignIn{Subject: "7", Name: "7", Role: hub.ConsoleViewer, OrganizationID: bolt},
		},
		"by the address": {
			with(func(r *hub.SignInRules) {
				r.RoleClaim, r.Operators, r.Organization = "email", []string{"dana@acme.example"}, acme
			}),
			`{"sub": "7", "email": "dana@acme.example", "email_verified": true}`,
			hub.SignIn{Subject: "7", Name: "dana@acme.example", Role: hub.ConsoleOperator, OrganizationID: acme, User: "dana@acme.example"},
		},
	} {
		var claims hub.Claims
		if err := json.Unmarshal([]byte(c.claims), &claims); err != nil {
			t.Fatal(err)
		}
		if got, err := c.rules.SignIn(claims); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"no role":                        `{"sub": "7", "groups": ["chess"], "company": "acme"}`,
		"no groups":                      `{"sub": "7", "company": "acme"}`,
		"no organization":                `{"sub": "7", "groups": ["ops"], "company": "elsewhere"}`,
		"two organizations":              `{"sub": "7", "groups": ["ops"], "company": ["acme", "` + bolt + `"]}`,
		"the word for everybody, in one": `{"sub": "7", "groups": ["*"], "company": "acme"}`,
	} {
		var claims hub.Claims
		if err := json.Unmarshal([]byte(text), &claims); err != nil {
			t.Fatal(err)
		}
		got, err := rules.SignIn(claims)
		if _, forbidden := errors.AsType[*hub.ForbiddenError](err); !forbidden {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	byAddress := with(func(r *hub.SignInRules) {
		r.RoleClaim, r.Operators, r.Organization = "email", []string{"dana@acme.example"}, acme
	})
	if got, err := byAddress.SignIn(hub.Claims{"sub": "7", "email": "dana@acme.example", "email_verified": false}); err == nil {
		t.Errorf("an address that nobody tried lets in: %+v", got)
	}
}
