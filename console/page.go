package console

import (
	"cmp"

	"sirocco/hub"
)

// page is what every page has. A page's own data embed it.
type page struct {
	Title string
	// Person is who is signed in; nil where nobody is.
	Person *hub.ConsoleSession
	// Organization is the one that the page is about; without an ID it is about none, or all.
	Organization hub.Organization
	// Choices are the organizations that the person may switch to.
	Choices []hub.Organization
	Menu    []menuItem
	// Notice says what the action before did.
	Notice string
	Clock  hub.Clock

	server *server
	visit  *visit
}

// menuItem is one line of the menu.
type menuItem struct {
	Label, URL string
	Current    bool
}

// menu has the pages that stand in the menu, by their path, in its order. A page about the server is for whoever runs
// it; the others are about one organization.
var menu = []struct {
	label, path string
	scope       scope
}{
	{"Overview", "/", scopePerson},
	{"Connections", "/connections", scopeOrganization},
	{"Records", "/records", scopeOrganization},
	{"Quarantine", "/quarantine", scopeOrganization},
	{"Recordings", "/recordings", scopeOrganization},
	{"Webhooks", "/webhooks", scopeOrganization},
	{"People", "/people", scopeOrganization},
	{"Audit log", "/audit", scopeOrganization},
	{"System", "/system", scopeServer},
}

func (s *server) page(v *visit, title string) page {
	p := page{
		Title: title, Person: v.session, Organization: v.organization, Choices: v.choices,
		Notice: v.notice, Clock: s.Clock, server: s, visit: v,
	}
	if v.session == nil {
		if how := v.URL.Query().Get(signedOutParameter); how == signedOut || how == signedOutHere {
			p.Notice = notices[how]
		}
		return p
	}
	for _, m := range menu {
		if m.scope == scopeServer && !v.session.RunsServer() || m.scope == scopeOrganization && v.organization.ID == "" {
			continue
		}
		p.Menu = append(p.Menu, menuItem{Label: m.label, URL: s.href(v, m.path), Current: isBelow(v.URL.Path, m.path)})
	}
	return p
}

// isBelow reports whether a path is that of a menu's line, or of a page below it.
func isBelow(path, of string) bool {
	return path == of || of != "/" && len(path) > len(of) && path[:len(of)+1] == of+"/"
}

// URL is the address of a page below the console, about the same organization; see server.href.
func (p *page) URL(path string, pairs ...string) string {
	return p.server.href(p.visit, path, pairs...)
}

// PlatformName is what people call a platform.
func (p *page) PlatformName(of hub.Platform) string {
	return p.server.platformName(of)
}

func (s *server) platformName(of hub.Platform) string { return cmp.Or(s.Platforms[of].Name, words(of)) }

// Here is the address of this page with the query's named parameters set anew, as a filter or the next page is.
func (p *page) Here(pairs ...string) string {
	query := p.visit.URL.Query()
	all := append([]string(nil), pairs...)
	for name := range query {
		if !hasName(pairs, name) {
			all = append(all, name, query.Get(name))
		}
	}
	return p.server.href(p.visit, p.visit.URL.Path, all...)
}

func hasName(pairs []string, name string) bool {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == name {
			return true
		}
	}
	return false
}

// Asset is the address of a file that pages load.
func (p *page) Asset(name string) string {
	return p.server.base + "/assets/" + name + "?v=" + assetVersion
}

// Base is the console's path.
func (p *page) Base() string { return p.server.base }

// Acts reports whether the person may change anything: without it a page shows no button.
func (p *page) Acts() bool { return p.Person != nil && p.Person.Role.Acts() }

// nothingSelected is the one notice of an action that did nothing.
const nothingSelected = "nothing-selected"

// NoticeTone is how the notice is shown.
func (p *page) NoticeTone() string {
	if p.Notice == notices[nothingSelected] {
		return "warn"
	}
	return "good"
}

// notices are what pages say of actions that are done, by what those call them. Each action adds its own.
var notices = map[string]string{ //nolint:gosec // sentences, no credentials
	signedOut:            "You are signed out.",
	signedOutHere:        "You are signed out here.",
	"paused":             "You paused it. It goes on from where it stopped once it is resumed.",
	"resumed":            "You resumed it: it goes on from where it stopped.",
	"sync-asked":         "It syncs now, or right after the run that goes on.",
	"rewound":            "It reads again from the time that you chose; what is unchanged is not written.",
	"saved":              "Saved.",
	"credentials-kept":   "The CRM accepts these credentials, and they are kept. It syncs now.",
	"mapped":             "The mapping is kept. What is read otherwise than before is read whole anew.",
	"connected":          "It is connected. The first sync begins.",
	"connection-deleted": "The connection is deleted. What is left of it is removed in the background.",
	"deletions-decided":  "It is decided.",
	"delivery-settled":   "It is settled.",

	"linked":            "It is linked. The rule does not move it from now on.",
	"none":              "It is of none of them. The rule does not link it from now on.",
	"unlinked":          "It is unlinked. The rule does not link it again, and what was not written yet is not.",
	"opened":            "The audio and the words are open to you for an hour; the audit log has noted it.",
	"delivery-replayed": "It is sent now. What is in the CRM already is found there and not written again.",
	"webhook-tested":    "The test event is on its way.",
	"webhook-disabled":  "You disabled the endpoint: nothing is sent to it until it is enabled.",
	"webhook-enabled":   "You enabled the endpoint. What waited for it is sent now.",
	"event-replayed":    "It is sent again.",
	nothingSelected:     "Nothing was sent again: select deliveries first.",

	"matched":       "It is noted who that is. The recordings that it concerns are looked at again.",
	"token-revoked": "The token is revoked: it is refused from now on, and the sessions that it opened here are over.",
	"session-ended": "The session is over.",
}
