package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// happening is one line of a timeline.
type happening struct {
	id string

	At time.Time
	// Kind is a word for what it is about, Tone how it went.
	Kind, Tone string
	Sentence   string
	// Who did it; empty where Sirocco did.
	Who string
	// URL leads to more; empty where there is none.
	URL string
}

// timelineShown is how many lines a page of a timeline has.
const timelineShown = 40

// timelineKinds are what a timeline can be filtered by, by what a URL calls them, in the order of their tabs.
var timelineKinds = []struct{ Name, Words string }{
	{"", "Everything"}, {"runs", "Runs"}, {"settings", "Settings"}, {"credentials", "Credentials"}, {"quarantine", "Quarantine"}, {"deliveries", "Write-backs"},
}

// timelineKind is the kind that a URL names; what it does not know is everything.
func timelineKind(name string) string {
	for _, k := range timelineKinds {
		if k.Name == name {
			return name
		}
	}
	return ""
}

// timeline is what happened to a connection, of one kind where it is not empty, the latest first, before the one with the id; next
// is where it goes on. Ids are in the order of time whatever they are of.
func (s *server) timeline(v *visit, c connectionView, kind, before string) (all []happening, next string, err error) {
	for _, of := range []struct {
		kinds []string
		read  func(v *visit, c connectionView, kind, before string) ([]happening, error)
	}{{[]string{"runs"}, s.ranOf}, {[]string{"settings", "credentials", "quarantine"}, s.changesOf}, {[]string{"quarantine"}, s.putAsideOf}, {[]string{"deliveries"}, s.writtenOf}} {
		if kind != "" && !slices.Contains(of.kinds, kind) {
			continue
		}
		some, err := of.read(v, c, kind, before)
		if err != nil {
			return nil, "", err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b happening) int { return strings.Compare(b.id, a.id) })
	if len(all) > timelineShown {
		all = all[:timelineShown]
		next = all[len(all)-1].id
	}
	return all, next, nil
}

// ranOf are a connection's runs, one more than a page has, as those below.
func (s *server) ranOf(v *visit, c connectionView, _, before string) (all []happening, err error) {
	runs, err := s.Store.SyncRuns(v.Context(), c.OrganizationID, c.ID, before, timelineShown+1)
	for _, run := range runs {
		h := happening{id: run.ID, At: run.StartedAt, Kind: "Run", Tone: runTones[run.Outcome], URL: s.href(v, "/connections/"+c.ID+"/runs/"+run.ID)}
		h.Sentence = runWords(run.Outcome) + ": " + totalsWords(run.RunTotals) + "."
		if run.Error != "" {
			h.Sentence += " " + asSentence(run.Error)
		}
		all = append(all, h)
	}
	return all, err
}

// changesOf are what people and programs changed of it.
func (s *server) changesOf(v *visit, c connectionView, kind, before string) (all []happening, err error) {
	entries, err := s.Store.ConnectionChanges(v.Context(), c.OrganizationID, c.ID, store.ChangeKind(kind), before, 2*timelineShown)
	known := map[string]any{} // what fields were before, as far as this page goes back
	for _, e := range slices.Backward(entries) {
		all = append(all, happening{
			id: e.ID, At: e.At, Kind: changeKind(e), Who: e.Actor.Name, Sentence: changeSentence(e, known),
		})
	}
	return all, err
}

// putAsideOf is what it put into quarantine, and what is there still.
func (s *server) putAsideOf(v *visit, c connectionView, _, before string) (all []happening, err error) {
	aside, err := s.Store.PutAside(v.Context(), c.OrganizationID, c.ID, before, timelineShown+1)
	for _, p := range aside {
		h := happening{id: p.ID, At: p.At, Kind: "Quarantine", Tone: "warn", URL: s.href(v, "/quarantine", "connection", c.ID, "model", string(p.Model))}
		h.Sentence = fmt.Sprintf("%s of %s put aside: %s", count(p.N, "item", "items"), words(p.Model), asSentence(p.Reason))
		if p.Reasons > 1 {
			h.Sentence += fmt.Sprintf(" And for %s more.", count(p.Reasons-1, "reason", "reasons"))
		}
		all = append(all, h)
	}
	return all, err
}

// writtenOf is what was, is or could not be written back.
func (s *server) writtenOf(v *visit, c connectionView, _, before string) (all []happening, err error) {
	deliveries, err := s.Store.Deliveries(v.Context(), c.OrganizationID, store.DeliveryFilter{ConnectionID: c.ID, Before: before, Limit: timelineShown + 1})
	for _, d := range deliveries {
		h := happening{id: d.ID, At: d.CreatedAt, Kind: "Write-back", Tone: deliveryTones[string(d.State)], URL: s.href(v, "/recordings/"+d.RecordingID)}
		h.Sentence = fmt.Sprintf("%s, to %s %s.", words(d.State), words(d.Model), d.ExternalID)
		if d.Error != "" {
			h.Sentence += " " + d.Error
		}
		all = append(all, h)
	}
	return all, err
}

var deliveryTones = map[string]string{"PENDING": "busy", "CONFIRMING": "warn", "SENT": "good", "FAILED": "bad"}

// connectionActs are what is done with a connection that changes none of its settings, by the action: the kind of its line, and what
// was done, in words.
var connectionActs = map[string]struct{ kind, words string }{
	"sync": {"Sync", "Asked for at once"}, "retryQuarantine": {"Quarantine", "Taken out, to be read again"}, "push": {"Push", "Records came in"},
	"keepRecords": {"Deletions", "What the CRM no longer shows was kept"}, "deleteRecords": {"Deletions", "What the CRM no longer shows counts as deleted"},
	"deleteRemoved": {"Deletions", "What is gone from the CRM was deleted"}, "rotate": {"Credentials", "A new secret was made"}, "replaceAccount": {"Credentials", "The account was replaced"},
}

// changeKind is what a change of a connection is about, in a word.
func changeKind(e hub.AuditEntry) string {
	act, ok := connectionActs[e.Action]
	switch {
	case e.ObjectKind != "connection":
		return words(e.ObjectKind)
	case ok:
		return act.kind
	}
	return "Settings"
}

// changeSentence is a change of a connection in words. known has what its settings were before, and learns what they are now; what
// else is done with it changes none of them, whatever it was done with.
func changeSentence(e hub.AuditEntry, known map[string]any) string {
	act, ok := connectionActs[e.Action]
	if !ok || e.ObjectKind != "connection" {
		return actSentence(label(e.Action), changesTold(e.Changes, func(name string, value any) (before any, changed bool) {
			name = e.ObjectKind + " " + name
			before, changed = known[name]
			known[name] = value
			return before, changed
		}))
	}
	told := changesTold(e.Changes, nil)
	if e.Action == "sync" && strings.HasPrefix(told, "from ") {
		return actSentence("Read again", told)
	}
	return actSentence(act.words, told)
}

// actSentence says what was done, and with which fields, of which there may be none.
func actSentence(done, fields string) string {
	if fields == "" {
		return done + "."
	}
	return done + ": " + fields + "."
}

// changesTold are the changed fields of an entry of the audit log in words, empty where it has none. before finds what a field was; nil
// where that is not told.
func changesTold(changes string, before func(name string, value any) (any, bool)) string {
	var fields map[string]any
	if err := json.Unmarshal([]byte(changes), &fields); err != nil {
		return ""
	}
	parts := make([]string, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		part := fieldWords(name) + " " + told(fields[name])
		if before != nil {
			if was, ok := before(name, fields[name]); ok && told(was) != told(fields[name]) {
				part = fieldWords(name) + " from " + told(was) + " to " + told(fields[name])
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// fieldsCalled are fields of the audit log that have another name on pages than in the API.
var fieldsCalled = map[string]string{
	"intervalSeconds": "seconds between runs", "deletionLimitPercent": "percentage that may be deleted without being asked about", "isActive": "syncs",
	"syncTranscript": "transcript is written back", "externalAccountId": "account", "tokenName": "name", "inboundSecret": "secret of its address",
}

// fieldWords is a field of the audit log as people read it.
func fieldWords(name string) string {
	if called, ok := fieldsCalled[name]; ok {
		return called
	}
	text := label(name)
	return strings.ToLower(text[:min(len(text), 1)]) + text[min(len(text), 1):]
}

// told is a value of the audit log as people read it.
func told(value any) string {
	switch value := value.(type) {
	case string:
		if value == "" {
			return "empty"
		}
		return "“" + value + "”"
	case bool:
		return map[bool]string{true: "yes", false: "no"}[value]
	case float64:
		return number(int64(value))
	case nil:
		return "none"
	case []any:
		parts := make([]string, len(value))
		for i, one := range value {
			parts[i] = told(one)
		}
		return cmp.Or(strings.Join(parts, ", "), "none")
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "changed"
	}
	return string(text)
}
