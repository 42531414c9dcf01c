package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
			id: e.ID, At: e.At, Kind: words(kindWords(e.ObjectKind)), Who: e.Actor.Name, Sentence: changeSentence(e.Action, e.Changes, known),
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

// kindWords is what people call a kind of the audit log.
func kindWords(kind string) string {
	if kind == "connection" {
		return "settings"
	}
	return kind
}

// changeSentence is a change of the audit log in words. known has what fields were before, and learns what they are now.
func changeSentence(action, changes string, known map[string]any) string {
	if text := changesTold(changes, known); text != "" {
		return label(action) + ": " + text + "."
	}
	return label(action) + "."
}

// changesTold are the changed fields of an entry of the audit log in words, empty where it has none. Of known see
// changeSentence.
func changesTold(changes string, known map[string]any) string {
	var fields map[string]any
	if err := json.Unmarshal([]byte(changes), &fields); err != nil {
		return ""
	}
	parts := make([]string, 0, len(fields))
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		called := fieldWords(name)
		part := called + " " + told(fields[name])
		if before, ok := known[name]; ok && told(before) != told(fields[name]) {
			part = called + " from " + told(before) + " to " + told(fields[name])
		}
		known[name] = fields[name]
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
	}
	if list, ok := value.([]any); ok {
		parts := make([]string, len(list))
		for i, one := range list {
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
