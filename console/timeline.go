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

// timeline is all that happened to a connection, the latest first, before the one with the id; next is where it goes on. Ids
// are in the order of time whatever they are of.
func (s *server) timeline(v *visit, c connectionView, before string) (all []happening, next string, err error) {
	ctx, organization := v.Context(), v.organization.ID
	runs, err := s.Store.SyncRuns(ctx, organization, c.ID, before, timelineShown)
	if err != nil {
		return nil, "", err
	}
	for _, run := range runs {
		h := happening{id: run.ID, At: run.StartedAt, Kind: "Run", Tone: runTones[run.Outcome], URL: s.href(v, "/connections/"+c.ID+"/runs/"+run.ID)}
		h.Sentence = runWords(run.Outcome) + ": " + totalsWords(run.RunTotals) + "."
		if run.Error != "" {
			h.Sentence += " " + asSentence(run.Error)
		}
		all = append(all, h)
	}
	entries, err := s.Store.Audit(ctx, organization, store.AuditFilter{ObjectID: c.ID, Before: before, Limit: 2 * timelineShown})
	if err != nil {
		return nil, "", err
	}
	known := map[string]any{} // what fields were before, as far as this page goes back
	for _, e := range slices.Backward(entries) {
		all = append(all, happening{
			id: e.ID, At: e.At, Kind: words(kindWords(e.ObjectKind)), Who: e.Actor.Name, Sentence: changeSentence(e.Action, e.Changes, known),
		})
	}
	deliveries, err := s.Store.Deliveries(ctx, organization, store.DeliveryFilter{ConnectionID: c.ID, Before: before, Limit: timelineShown})
	if err != nil {
		return nil, "", err
	}
	for _, d := range deliveries {
		h := happening{id: d.ID, At: d.CreatedAt, Kind: "Write-back", Tone: deliveryTones[string(d.State)], URL: s.href(v, "/recordings/"+d.RecordingID)}
		h.Sentence = fmt.Sprintf("%s, to %s %s.", words(d.State), words(d.Model), d.ExternalID)
		if d.Error != "" {
			h.Sentence += " " + d.Error
		}
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b happening) int { return strings.Compare(b.id, a.id) })
	if len(all) > timelineShown {
		all = all[:timelineShown]
		next = all[len(all)-1].id
	}
	return all, next, nil
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
