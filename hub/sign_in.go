package hub

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SignInRules say who a person is in the console whom a provider of OpenID Connect knows: which claim says what. A claim
// that is not there under its name is looked for within others, as in realm_access.roles. The claim email counts only where
// email_verified is true: elsewhere people may claim any address.
type SignInRules struct {
	// RoleClaim is the claim with a person's roles, or whatever else tells them apart.
	RoleClaim string
	// ServerOperators are the values of RoleClaim of those who run the server, and so see all organizations; Operators of
	// those who act in their organization; Viewers of those who look at it. EverySignIn is everybody.
	ServerOperators, Operators, Viewers []string
	// OrganizationClaim is the claim that names a person's organization, by its id or by a name of Organizations; empty
	// where none does.
	OrganizationClaim string
	// Organizations are the ids of organizations by what the provider calls them.
	Organizations map[string]string
	// Organization is that of people whom no claim gives one; empty for none.
	Organization string
	// UserClaim is the claim with a person's user, by their id or e-mail address.
	UserClaim string
}

// EverySignIn stands in SignInRules for everybody whom the provider lets in.
const EverySignIn = "*"

// Claims are what a provider of OpenID Connect says of a person.
type Claims map[string]any

// SignIn is whom a provider of OpenID Connect says somebody is, in our words. Whether there are such an organization and
// user is not looked up.
type SignIn struct {
	Subject, Name string
	Role          ConsoleRole
	// RunsServer says that they see all organizations; OrganizationID is the one that others see.
	RunsServer     bool
	OrganizationID string
	// User is the id or the e-mail address of the user that they are; empty for none.
	User string
}

// SignIn works out who a person is. One whom the rules let in nowhere is a *ForbiddenError, in words for that person.
func (r *SignInRules) SignIn(c Claims) (SignIn, error) {
	found := SignIn{Subject: c.text("sub"), Name: c.name()}
	roles := c.values(r.RoleClaim)
	switch {
	case hasRole(r.ServerOperators, roles):
		found.Role, found.RunsServer = ConsoleOperator, true
		return found, nil
	case hasRole(r.Operators, roles):
		found.Role = ConsoleOperator
	case hasRole(r.Viewers, roles):
		found.Role = ConsoleViewer
	default:
		return found, Forbidden(fmt.Sprintf("You are signed in there as %s, but nothing there says that you may use Sirocco: whoever runs the server lets people in by “%s”.", found.Name, r.RoleClaim))
	}
	organizations := r.organizationsOf(c)
	switch len(organizations) {
	case 0:
		return found, Forbidden(fmt.Sprintf("You are signed in there as %s, but nothing there says which organization of this server you belong to.", found.Name))
	case 1:
		found.OrganizationID = organizations[0]
	default:
		return found, Forbidden(fmt.Sprintf("You are signed in there as %s, of whom it says that you belong to several organizations of this server. Here you can belong to one.", found.Name))
	}
	if r.UserClaim != "" {
		found.User = c.text(r.UserClaim)
	}
	return found, nil
}

// Reads are the claims that the rules read, beside those of a person's name.
func (r *SignInRules) Reads() []string {
	return slices.DeleteFunc([]string{r.RoleClaim, r.OrganizationClaim, r.UserClaim}, func(name string) bool { return name == "" })
}

func hasRole(of, roles []string) bool {
	return slices.Contains(of, EverySignIn) || slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(of, role) })
}

// organizationsOf are the ids of the organizations that the claims name. What names none is left out: claims are of other
// programs, too.
func (r *SignInRules) organizationsOf(c Claims) []string {
	named := map[string]bool{}
	for _, value := range c.values(r.OrganizationClaim) {
		if id := r.Organizations[value]; id != "" {
			named[id] = true
		} else if ValidID(value) {
			named[value] = true
		}
	}
	if len(named) == 0 && r.Organization != "" {
		return []string{r.Organization}
	}
	return slices.Sorted(maps.Keys(named))
}

// Has reports whether there is a claim of the name.
func (c Claims) Has(name string) bool { return c.find(name) != nil }

// find is what the claim of the name has: one of exactly that name, or else, by the parts between dots, one within others.
func (c Claims) find(name string) any {
	if value, ok := c[name]; ok {
		return value
	}
	var at any = map[string]any(c)
	for part := range strings.SplitSeq(name, ".") {
		within, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = within[part]
	}
	return at
}

// emailClaim is the claim that people may fill in as they like, unless the provider has tried the address.
const emailClaim = "email"

// values are the texts of a claim, which is one or a list of them, or an object whose names they are.
func (c Claims) values(name string) []string {
	if name == "" || name == emailClaim && !c.emailVerified() {
		return nil
	}
	switch value := c.find(name).(type) {
	case string:
		return []string{value}
	case []any:
		var all []string
		for _, one := range value {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
		return all
	case map[string]any:
		return slices.Sorted(maps.Keys(value))
	}
	return nil
}

// text is the only text of a claim; empty where there is none, or several.
func (c Claims) text(name string) string {
	if all := c.values(name); len(all) == 1 {
		return all[0]
	}
	return ""
}

// emailVerified reports whether the provider has tried the e-mail address. Some say so in a text.
func (c Claims) emailVerified() bool {
	verified := c["email_verified"]
	return verified == true || verified == "true"
}

// name is how people and the audit log call the person: by name, and by what nobody else at the provider is called.
func (c Claims) name() string {
	account := c.text("preferred_username")
	for _, name := range []string{emailClaim, "sub"} {
		if account == "" {
			account = c.text(name)
		}
	}
	full := account
	if name := strings.TrimSpace(c.text("name")); name != "" && name != account {
		full = name + ", " + account
	}
	for _, name := range []string{full, account, c.text("sub")} {
		if ValidateName("name", name) == nil {
			return name
		}
	}
	return "somebody"
}
