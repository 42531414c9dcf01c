package console

import (
	"net/http"
	"slices"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// auditPage lists the audit log, the newest first.
type auditPage struct {
	page

	Filter  auditFilter
	Entries []auditEntry
	// Next goes on with what is older; Looked says that the search has looked at as much as one does, and found less than a page.
	Next   string
	Looked bool
	// CSV and Lines are the addresses of the chosen entries as files.
	CSV, Lines string
	// Most is how many entries such a file has at most, SearchMost how many one search looks at.
	Most, SearchMost int
	ActorKinds       any
	Actions, Objects []string
}

// auditFilter is which entries of the audit log a page is about, as its URL says.
type auditFilter struct {
	store.AuditSearch

	Period period
}

// auditEntry is one entry in a list.
type auditEntry struct {
	hub.AuditEntry

	// URL is the page of what was changed; empty where it has none.
	URL string
}

// Who is what kind of caller it was, in words.
func (e *auditEntry) Who() string { return actorWords(e.Actor.Kind) }

// Object is what kind of thing was changed, in words.
func (e *auditEntry) Object() string { return objectWords(e.ObjectKind) }

func objectWords(kind string) string {
	for written, spoken := range map[string]string{"crm": "CRM ", "oauth": "OAuth "} {
		if rest, found := strings.CutPrefix(kind, written); found {
			return spoken + strings.ToLower(rest)
		}
	}
	return label(kind)
}

// Changed says which fields were given which values.
func (e *auditEntry) Changed() string { return changesTold(e.Changes, nil) }

// actorKinds are what entries are filtered by, with their words.
var actorKinds = []struct {
	Kind  hub.ActorKind
	Words string
}{
	{hub.ActorConsole, "in the console"}, {hub.ActorToken, "with a token"}, {hub.ActorUser, "a user's app"}, {hub.ActorCommandLine, "on the command line"}, {hub.ActorSirocco, "by itself"},
}

func actorWords(kind hub.ActorKind) string {
	for _, k := range actorKinds {
		if k.Kind == kind {
			return k.Words
		}
	}
	return string(kind)
}

// auditActions and auditObjects are what a search is helped with: the most of what the log has.
var (
	auditActions = []string{
		"analyse", "create", "delete", "deleteRemoved", "disable", "end", "link", "match", "open", "pause", "push", "replaceAccount", "replay", "retryQuarantine",
		"revoke", "rotate", "set", "settle", "signIn", "sync", "test", "unlink", "unmatch", "update",
	}
	auditObjects = []string{
		"accessToken", "connection", "consoleSession", "credentials", "crmRecord", "crmUser", "delivery", "mapping", "oauthApp", "organization", "recording", "scorecard", "team",
		"token", "user", "webhookEndpoint",
	}
)

// known is the name that is meant by what was typed: one of names, in any case, or as the list says it in words. What is neither
// is itself, as the log may have more.
func known(typed string, names []string, words func(string) string) string {
	for _, name := range names {
		if strings.EqualFold(typed, name) || strings.EqualFold(typed, words(name)) {
			return name
		}
	}
	return typed
}

// auditPages are the pages of what was changed, by its kind.
var auditPages = map[string]string{
	"connection": "/connections/", "credentials": "/connections/", "mapping": "/connections/", "recording": "/recordings/", "webhookEndpoint": "/webhooks/",
}

// auditListed is how many entries one page lists.
const auditListed = 50

// auditFilterOf reads a filter from the names and values of a URL.
func auditFilterOf(get func(string) string) (f auditFilter, err error) {
	text := func(name string) string { return strings.TrimSpace(get(name)) }
	f.AuditSearch = store.AuditSearch{
		ActorKind: hub.ActorKind(text("by")), Actor: text("who"), Action: known(text("action"), auditActions, label), ObjectKind: known(text("kind"), auditObjects, objectWords), ObjectID: text("object"), Before: text("before"),
	}
	f.Period, err = periodOf(get)
	f.From, f.Until = f.Period.From, f.Period.Until
	return f, err
}

// Pairs are the filter as names and values of a URL.
func (f *auditFilter) Pairs(also ...string) []string {
	return slices.Concat([]string{"by", string(f.ActorKind), "who", f.Actor, "action", f.Action, "kind", f.ObjectKind, "object", f.ObjectID}, f.Period.pairs(), also)
}

func (s *server) showAudit(w http.ResponseWriter, v *visit) error {
	shown := &auditPage{page: s.page(v, "Audit log"), Most: exportMost, SearchMost: store.AuditLooked, ActorKinds: actorKinds, Actions: auditActions, Objects: auditObjects}
	var err error
	if shown.Filter, err = auditFilterOf(v.URL.Query().Get); err != nil {
		return err
	}
	search := shown.Filter.AuditSearch
	search.Limit = auditListed
	entries, next, err := s.Store.SearchAudit(v.Context(), v.organization.ID, search)
	if err != nil {
		return err
	}
	for _, e := range entries {
		line := auditEntry{AuditEntry: e}
		if path, ok := auditPages[e.ObjectKind]; ok {
			line.URL = s.href(v, path+e.ObjectID)
		}
		shown.Entries = append(shown.Entries, line)
	}
	if next != "" {
		shown.Next = s.href(v, "/audit", shown.Filter.Pairs("before", next)...)
		shown.Looked = len(entries) < auditListed
	}
	shown.CSV = s.href(v, "/audit/export", shown.Filter.Pairs("format", "csv")...)
	shown.Lines = s.href(v, "/audit/export", shown.Filter.Pairs("format", "jsonl")...)
	return s.render(w, v, http.StatusOK, "audit", shown)
}

// auditRoutes are the pages of the audit log.
func auditRoutes() []route {
	return []route{
		{"GET", "/audit", hub.ConsoleViewer, scopeOrganization, (*server).showAudit},
		{"GET", "/audit/export", hub.ConsoleViewer, scopeOrganization, (*server).exportAudit},
	}
}
