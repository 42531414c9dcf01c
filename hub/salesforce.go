package hub

import (
	"maps"
	"strconv"
	"strings"
)

// SalesforceSignIn is what PUT /v1/core/integrations/salesforce says of an organization at Salesforce. The namespace is always said, and
// may be empty; of the others, what is empty or nil stays as it was.
type SalesforceSignIn struct {
	Namespace, OrgID, InstanceURL, Username, RefreshToken string
	IsProd, UseProdECA                                    *bool
	// ReplaceAccount says that the connection may be of another organization than before.
	ReplaceAccount bool
}

// Validate reports all that is wrong with p, as an *InvalidError, or nil.
func (p *SalesforceSignIn) Validate() error {
	issues := appendText(nil, "org_id", p.OrgID)
	if !usableURL(p.InstanceURL) {
		issues = append(issues, Issue{Field: "instance_url", Problem: "is not usable", Want: wantedURL})
	}
	for _, text := range [...]struct{ field, value string }{{"namespace", p.Namespace}, {"username", p.Username}, {"refresh_token", p.RefreshToken}} {
		if text.value != "" && (strings.ContainsFunc(text.value, func(r rune) bool { return r < ' ' || r == 0x7f }) || !IsStorable(text.value)) {
			issues = append(issues, Issue{Field: text.field, Problem: "has a control character", Want: "a text without any"})
		}
	}
	return invalidOrNil(issues)
}

// Credentials returns the connection's credentials as they become of old ones.
func (p *SalesforceSignIn) Credentials(old map[string]string) map[string]string {
	values := maps.Clone(old)
	if values == nil {
		values = map[string]string{}
	}
	values["baseURL"] = p.InstanceURL
	put := func(name, value string) {
		if value != "" {
			values[name] = value
		}
	}
	if delete(values, "namespace"); p.Namespace != "" {
		values["namespace"] = p.Namespace
	}
	put("username", p.Username)
	put("refreshToken", p.RefreshToken)
	if p.UseProdECA != nil {
		put("useProdEca", strconv.FormatBool(*p.UseProdECA))
	}
	if p.IsProd == nil {
		return values
	}
	is := strconv.FormatBool(*p.IsProd)
	if values["isProd"] != is { // an address that was given by hand stays until what it depends on changes
		values["authURL"] = "https://login.salesforce.com"
		if !*p.IsProd {
			values["authURL"] = "https://test.salesforce.com"
		}
	}
	values["isProd"] = is
	return values
}

// SalesforceSignsIn reports whether credentials have all that signing in takes.
func SalesforceSignsIn(values map[string]string) bool {
	return values["baseURL"] != "" && values["clientId"] != "" && (values["username"] != "" && values["privateKey"] != "" || values["refreshToken"] != "")
}

// SalesforceIdle says which of the given credentials are kept and not used, as those that are kept sign in by a user name and a
// private key; empty where all are. A refresh token that is wrong would else be taken without a word.
func SalesforceIdle(given, kept map[string]string) string {
	if kept["username"] == "" || kept["privateKey"] == "" {
		return ""
	}
	var idle []string
	for _, name := range [...]string{"refreshToken", "clientSecret"} {
		if given[name] != "" {
			idle = append(idle, name)
		}
	}
	switch len(idle) {
	case 0:
		return ""
	case 1:
		return idle[0] + " is kept, was not tried and is not used: the app signs in as username, with privateKey."
	}
	return strings.Join(idle, " and ") + " are kept, were not tried and are not used: the app signs in as username, with privateKey."
}

// shortSalesforceID is how many characters of an id say it all: three more tell which of them are capitals.
const shortSalesforceID = 15

// SalesforceID is an id of Salesforce in its long form; what has not the form of one stays as it is.
func SalesforceID(id string) string {
	if len(id) != shortSalesforceID {
		return id
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	var long strings.Builder
	long.WriteString(id)
	for part := range 3 {
		capitals := 0
		for i, r := range id[part*5 : part*5+5] {
			if r >= 'A' && r <= 'Z' {
				capitals |= 1 << i
			}
			if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return id
			}
		}
		long.WriteString(letters[capitals : capitals+1])
	}
	return long.String()
}

// SalesforceAccount is the account that an organization's id names; empty where it is no id of one.
func SalesforceAccount(orgID string) CRMAccount {
	if id := SalesforceID(orgID); strings.HasPrefix(id, "00D") && len(id) == shortSalesforceID+3 {
		return CRMAccount{ID: id}
	}
	return CRMAccount{}
}
