package hub

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// scriptSchemes are those of addresses that are what they show or do themselves, instead of where it is.
var scriptSchemes = []string{"javascript", "data", "vbscript"}

const (
	wantedAddress = "an address as in https://crm.example/visits/4711, or of an app's own scheme"
	// RedirectMost is how many bytes the address has that an app goes to after a recording.
	RedirectMost = 2048
)

// appendAddress checks the address of what a person or an app is sent to, which may be of any scheme that runs nothing. It
// is shown to many, so that a password in it would be no secret.
func appendAddress(issues []Issue, field, text string, most int) []Issue {
	scheme, authority := addressParts(text)
	web := scheme == "https" || scheme == "http"
	login, _, named := strings.CutLast(authority, "@")
	switch {
	case len(text) > most:
		return append(issues, Issue{field, "is too long", fmt.Sprintf("at most %d bytes", most)})
	case strings.ContainsFunc(text, unicode.IsControl) || !IsStorable(text):
		return append(issues, Issue{field, "has a control character, or is no text", wantedAddress})
	case slices.Contains(scriptSchemes, scheme):
		return append(issues, Issue{field, "begins with " + scheme + ":, and so is a script or what a script can be in", wantedAddress})
	case named && (web || strings.Contains(login, ":")):
		return append(issues, Issue{field, "has a user name or a password", wantedAddress + ", without them: it is shown as it is"})
	}
	return issues
}

// addressParts are the scheme of an address, in lower case, and its authority, each empty where it has none. They are found
// as browsers find them, who take a backslash for a slash and overlook blanks around.
func addressParts(text string) (scheme, authority string) {
	scheme, rest, found := strings.Cut(strings.TrimSpace(text), ":")
	if !found || !addressScheme.MatchString(scheme) {
		scheme, rest = "", strings.TrimSpace(text)
	}
	rest = strings.ReplaceAll(rest, `\`, "/")
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		authority = after
		if end := strings.IndexAny(after, "/?#"); end >= 0 {
			authority = after[:end]
		}
	}
	return strings.ToLower(scheme), authority
}

var addressScheme = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.-]*$`)

// hostName is a host by its name, in ASCII.
var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$`)

// ValidateHost reports what is wrong with the host that links lead to, or nil: it is a name or an address, alone or with a port.
func ValidateHost(field, host string) error {
	u, err := url.Parse("https://" + host)
	if err == nil && u.Host == host && !strings.HasSuffix(host, ":") && (u.Port() == "" || validPort(u.Port())) {
		ip, err := netip.ParseAddr(u.Hostname())
		if err == nil && ip.Zone() == "" || err != nil && len(host) <= hostMost && hostName.MatchString(u.Hostname()) {
			return nil
		}
	}
	return Invalid(field, "is "+Quoted(host), "a host alone or with a port, as in app.siro.ai or app.example.com:8443: no scheme, user, path or query")
}

// hostMost is how many bytes a host's name has at most.
const hostMost = 253
