package hub

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"uuid"
)

// AnalysisResult is everything that a conversation-analysis service says of a recording at once.
type AnalysisResult struct {
	Analysis
	// Duration is the recording's; zero where the service does not say.
	Duration   time.Duration
	Score      *float64
	Utterances []Utterance
	Followups  []Followup
	// Scores are what it was given for the metrics of scorecards.
	Scores []Score `json:",omitempty"`
}

// The most that one analysis may have of each.
const (
	utterancesMost  = 100_000
	followupsMost   = 100
	sectionsMost    = 100
	extractionsMost = 1000
)

// Validate reports everything that is wrong with the result, in the spelling of the API, or nil.
func (a *AnalysisResult) Validate() error {
	var issues []Issue
	wrong := func(field, problem, want string) {
		issues = append(issues, Issue{Field: field, Problem: problem, Want: want})
	}
	if a.Duration < 0 {
		wrong("durationInMilliseconds", "is negative", "a number of milliseconds")
	}
	if a.Duration > LongestRecording {
		wrong("durationInMilliseconds", "is longer than any recording", fmt.Sprintf("at most %d, which is a day", LongestRecording.Milliseconds()))
	}
	if a.empty() {
		wrong("utterances", "is missing, and so is all else that could be said of the recording", "what the analysis found, or failed with the reason why it found nothing")
	}
	if a.Score != nil && !IsFinite(*a.Score) {
		wrong("evaluationScore", "is not a number", "a number")
	}
	for _, list := range []struct {
		field      string
		have, most int
	}{
		{"utterances", len(a.Utterances), utterancesMost}, {"followups", len(a.Followups), followupsMost},
		{"scores", len(a.Scores), scoresMost}, {"summary", len(a.Summary), sectionsMost}, {"entityExtractions", len(a.Extractions), extractionsMost},
	} {
		if list.have > list.most {
			wrong(list.field, fmt.Sprintf("has %d items", list.have), fmt.Sprintf("at most %d", list.most))
		}
	}
	for i, e := range a.Extractions {
		for j, v := range e.Values {
			if !plain(v.Value) {
				wrong(fmt.Sprintf("entityExtractions[%d].extraction[%d].value", i, j), "is an object, or a list of lists", "text, a number, a boolean, null, or a list of those")
			}
		}
	}
	called := map[string]bool{}
	for i, f := range a.Followups {
		if f.ID != "" && called[f.ID] {
			wrong(fmt.Sprintf("followups[%d].id", i), "is that of another followup, too", "each id once")
		}
		called[f.ID] = true
	}
	scored := map[string]bool{}
	for i, score := range a.Scores {
		if scored[score.MetricID] {
			wrong(fmt.Sprintf("scores[%d].metricId", i), "is that of another score, too", "each metric once")
		}
		scored[score.MetricID] = true
	}
	for i, u := range a.Utterances {
		switch {
		case u.Start < 0:
			wrong(fmt.Sprintf("utterances[%d].startTimeInMillis", i), "is negative", "milliseconds from the recording's beginning")
		case u.End < u.Start:
			wrong(fmt.Sprintf("utterances[%d].endTimeInMillis", i), "is before startTimeInMillis", "a time at or after the start")
		case u.End > LongestRecording.Milliseconds():
			wrong(fmt.Sprintf("utterances[%d].endTimeInMillis", i), "is after the end of any recording", fmt.Sprintf("at most %d, which is a day", LongestRecording.Milliseconds()))
		}
		if len(issues) > 20 { // enough to see what is the matter
			break
		}
	}
	return invalidOrNil(issues)
}

// empty reports whether it says nothing that anybody could read.
func (a *AnalysisResult) empty() bool {
	return a.Failed == "" && a.Score == nil && a.OutcomeLabel == "" && len(a.Outcomes) == 0 && len(a.Utterances)+len(a.Summary)+len(a.Extractions)+len(a.Followups)+len(a.Scores) == 0
}

// plain reports whether a value is one that an extraction may have.
func plain(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return false
	case []any:
		for _, item := range v {
			switch item.(type) {
			case map[string]any, []any:
				return false
			}
		}
	}
	return true
}

// Hash identifies the result: the same one again changes nothing.
func (a *AnalysisResult) Hash() string {
	text, err := json.Marshal(a) //nolint:musttag // nobody reads it: it only must not change
	if err != nil {
		panic("hub: an analysis is always marshalable: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// analysisIDs makes the ids of what an analysis has none for.
var analysisIDs = uuid.MustParse("0b1a0bb0-6f2c-5c57-9a0d-2f4f1a3c7d11")

// OutcomesID is the id of what the outcomes of a recording are kept as.
func OutcomesID(recording string) string { return nameID(analysisIDs, recording+"\x00outcomes") }

// Identify gives an id to each part that came without a UUID of its own, the same one every time that the same part
// of the recording comes.
func (a *AnalysisResult) Identify(recording string, now time.Time) {
	id := func(given, kind, name string, i int) string {
		if ValidID(given) {
			return given
		}
		if given != "" {
			name, i = given, -1
		}
		return nameID(analysisIDs, recording+"\x00"+kind+"\x00"+name+"\x00"+strconv.Itoa(i))
	}
	for i := range a.Summary {
		a.Summary[i].ID = id(a.Summary[i].ID, "summary", a.Summary[i].Header, i)
	}
	for i := range a.Extractions {
		e := &a.Extractions[i]
		e.ID = id(e.ID, "extraction", e.DefinitionName, i)
		if !ValidID(e.DefinitionID) { // one definition has one id in every recording
			e.DefinitionID = nameID(analysisIDs, "definition\x00"+e.DefinitionID+"\x00"+e.DefinitionName)
		}
		e.CreatedAt, e.UpdatedAt = now, now
	}
	for i := range a.Followups {
		// Never the sender's id as it is: a followup's id is a key of the organization, and another recording's stays that one's.
		f, name := &a.Followups[i], strconv.Itoa(i)
		if f.ID != "" {
			name = "\x00" + f.ID
		}
		f.ID = nameID(analysisIDs, recording+"\x00followup\x00"+name)
		f.RecordingID, f.CreatedAt, f.UpdatedAt = recording, now, now
	}
}
