package hub

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// CompleteCredentials returns a value for every credential field: those given, with the defaults of the fields left
// out. It fails with an *InvalidError that names every missing, unknown or unusable field and never shows a value.
func (i PlatformInfo) CompleteCredentials(given map[string]string) (map[string]string, error) {
	values := make(map[string]string, len(i.Credentials))
	var issues []Issue
	for _, f := range i.Credentials {
		v := strings.TrimSpace(given[f.Name])
		if v == "" {
			v = f.Default
		}
		switch {
		case v == "" && f.Required:
			issues = append(issues, Issue{Field: f.Name, Problem: "is missing", Want: wanted(f.Doc)})
		case strings.ContainsFunc(v, func(r rune) bool { return (r < ' ' || r == 0x7f) && (!f.Lines || r != '\n' && r != '\r') }):
			issues = append(issues, Issue{Field: f.Name, Problem: "has a control character", Want: wanted(f.Doc)})
		case f.IsAddress() && v != "" && !usableURL(v):
			issues = append(issues, Issue{Field: f.Name, Problem: "is not usable", Want: wantedURL})
		case len(f.Words) > 0 && v != "" && !slices.Contains(f.Words, v):
			issues = append(issues, Issue{Field: f.Name, Problem: "is another word than it takes", Want: strings.Join(f.Words, " or ")})
		case f.Zone && v != "" && !validZone(v):
			issues = append(issues, Issue{Field: f.Name, Problem: "names no time zone", Want: "an IANA name such as America/Chicago"})
		}
		values[f.Name] = v
	}
	if issues = append(issues, i.unknownCredentials(given)...); len(issues) > 0 {
		return nil, &InvalidError{Issues: issues}
	}
	return values, nil
}

// CheckCredentialNames reports the given fields that there are not, or nil. It is for credentials that are not complete yet.
func (i PlatformInfo) CheckCredentialNames(given map[string]string) error {
	return invalidOrNil(i.unknownCredentials(given))
}

func (i PlatformInfo) unknownCredentials(given map[string]string) []Issue {
	var issues []Issue
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(i.Credentials, func(f CredentialField) bool { return f.Name == name }) {
			issues = append(issues, Issue{Field: name, Problem: "is not known", Want: "one of " + i.credentialNames()})
		}
	}
	return issues
}

func (i PlatformInfo) credentialNames() string {
	names := make([]string, len(i.Credentials))
	for n, f := range i.Credentials {
		names[n] = f.Name
	}
	return strings.Join(names, ", ")
}

const (
	// addressMost is how many bytes the address of a CRM may have.
	addressMost = 2048
	wantedURL   = "an http or https address without a user name, a query or a fragment"
)

// usableURL reports whether requests can be sent below an address: paths are written behind it.
func usableURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= addressMost && u.Hostname() != "" && u.User == nil && (u.Scheme == "http" || u.Scheme == "https") &&
		!strings.ContainsAny(text, "?#") && (u.Port() == "" || validPort(u.Port()))
}

// wanted is a field's Doc, a sentence, as part of another one.
func wanted(doc string) string {
	if doc == "" {
		return "a value"
	}
	return strings.ToLower(doc[:1]) + strings.TrimSuffix(doc[1:], ".")
}
