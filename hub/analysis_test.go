package hub_test

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sirocco/hub"
)

const dayLong = 24 * 60 * 60 * 1000 // milliseconds

func TestAnAnalysisIsValidated(t *testing.T) {
	said := hub.Analysis{OutcomeLabel: "Sold"}
	utterances := func(start, end int64) hub.AnalysisResult {
		return hub.AnalysisResult{Utterances: []hub.Utterance{{End: 1}, {Start: start, End: end}}}
	}
	value := func(v any) hub.AnalysisResult {
		return hub.AnalysisResult{Extractions: []hub.EntityExtraction{{}, {Values: []hub.ExtractedValue{{Value: "x"}, {Value: v}}}}}
	}
	for name, c := range map[string]struct {
		result hub.AnalysisResult
		want   string
	}{
		"nothing":                 {hub.AnalysisResult{}, "utterances"},
		"only a length":           {hub.AnalysisResult{Duration: time.Minute}, "utterances"},
		"only a language":         {hub.AnalysisResult{Language: "en"}, "utterances"},
		"only an outcome":         {hub.AnalysisResult{Analysis: said}, ""},
		"only a failure":          {hub.AnalysisResult{Failed: "silence"}, ""},
		"only a score":            {hub.AnalysisResult{Score: new(0.0)}, ""},
		"only words":              {utterances(0, 0), ""},
		"only a summary":          {hub.AnalysisResult{Summary: make([]hub.SummarySection, 100)}, ""},
		"only values":             {hub.AnalysisResult{Extractions: make([]hub.EntityExtraction, 1000)}, ""},
		"only followups":          {hub.AnalysisResult{Followups: make([]hub.Followup, 100)}, ""},
		"words and a summary":     {hub.AnalysisResult{Utterances: make([]hub.Utterance, 1), Summary: make([]hub.SummarySection, 1)}, ""},
		"words and values":        {hub.AnalysisResult{Utterances: make([]hub.Utterance, 1), Extractions: make([]hub.EntityExtraction, 1)}, ""},
		"words and followups":     {hub.AnalysisResult{Utterances: make([]hub.Utterance, 1), Followups: make([]hub.Followup, 1)}, ""},
		"too much of a summary":   {hub.AnalysisResult{Summary: make([]hub.SummarySection, 101)}, "summary"},
		"too many values":         {hub.AnalysisResult{Extractions: make([]hub.EntityExtraction, 1001)}, "entityExtractions"},
		"too many followups":      {hub.AnalysisResult{Followups: make([]hub.Followup, 101)}, "followups"},
		"as many words as may be": {hub.AnalysisResult{Utterances: make([]hub.Utterance, 100_000)}, ""},
		"too many words":          {hub.AnalysisResult{Utterances: make([]hub.Utterance, 100_001)}, "utterances"},
		"no length":               {hub.AnalysisResult{Analysis: said, Duration: 0}, ""},
		"a negative length":       {hub.AnalysisResult{Analysis: said, Duration: -1}, "durationInMilliseconds"},
		"a day":                   {hub.AnalysisResult{Analysis: said, Duration: 24 * time.Hour}, ""},
		"more than a day":         {hub.AnalysisResult{Analysis: said, Duration: 24*time.Hour + 1}, "durationInMilliseconds"},
		"no number":               {hub.AnalysisResult{Score: new(math.NaN())}, "evaluationScore"},
		"infinite":                {hub.AnalysisResult{Score: new(math.Inf(-1))}, "evaluationScore"},
		"before the start":        {utterances(-1, 5), "utterances[1].startTimeInMillis"},
		"a moment":                {utterances(5, 5), ""},
		"ends before it starts":   {utterances(5, 4), "utterances[1].endTimeInMillis"},
		"to the last moment":      {utterances(5, dayLong), ""},
		"after the last moment":   {utterances(5, dayLong+1), "utterances[1].endTimeInMillis"},
		"two things":              {hub.AnalysisResult{Duration: -1, Score: new(math.Inf(1))}, "durationInMilliseconds evaluationScore"},
		"a text":                  {value("x"), ""},
		"null":                    {value(nil), ""},
		"a number":                {value(1.5), ""},
		"a list":                  {value([]any{"x", 1.0, nil, true}), ""},
		"an object":               {value(map[string]any{}), "entityExtractions[1].extraction[1].value"},
		"a list with an object":   {value([]any{1.0, map[string]any{}}), "entityExtractions[1].extraction[1].value"},
		"a list with a list":      {value([]any{[]any{}}), "entityExtractions[1].extraction[1].value"},
	} {
		if got := fields(t, c.result.Validate()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	wrong := hub.AnalysisResult{Utterances: make([]hub.Utterance, 100)}
	for i := range wrong.Utterances {
		wrong.Utterances[i].Start = -1
	}
	if got := strings.Fields(fields(t, wrong.Validate())); len(got) != 21 {
		t.Errorf("of a hundred wrong utterances %d are named", len(got))
	}
}

func TestAnAnalysisIsKnownAgain(t *testing.T) {
	first := hub.AnalysisResult{OutcomeLabel: "Sold", Utterances: []hub.Utterance{{Text: "hello"}}}
	same := hub.AnalysisResult{OutcomeLabel: "Sold", Utterances: []hub.Utterance{{Text: "hello"}}}
	if first.Hash() != same.Hash() || len(first.Hash()) != 32 {
		t.Errorf("%q and %q", first.Hash(), same.Hash())
	}
	for name, other := range map[string]hub.AnalysisResult{
		"outcome": {Utterances: first.Utterances}, "words": {Analysis: first.Analysis}, "length": {Analysis: first.Analysis, Utterances: first.Utterances, Duration: 1},
	} {
		if other.Hash() == first.Hash() {
			t.Errorf("another %s does not show", name)
		}
	}
}

func TestPartsOfAnAnalysisGetIDs(t *testing.T) {
	own := hub.NewID()
	analysis := func() *hub.AnalysisResult {
		return &hub.AnalysisResult{
			Summary: []hub.SummarySection{{Header: "Needs"}, {Header: "Needs"}, {ID: own}, {ID: "s-1", Header: "A"}, {ID: "s-1", Header: "B"}},
			Extractions: []hub.EntityExtraction{
				{DefinitionName: "Budget"}, {DefinitionName: "Roof"}, {ID: own, DefinitionID: own, DefinitionName: "Budget"}, {DefinitionID: "d-1", DefinitionName: "Budget"},
			},
			Followups: []hub.Followup{{}, {}, {ID: own}, {ID: "0"}},
		}
	}
	ids := func(a *hub.AnalysisResult) (summary, extractions, definitions, followups []string) {
		for _, s := range a.Summary {
			summary = append(summary, s.ID)
		}
		for _, e := range a.Extractions {
			extractions, definitions = append(extractions, e.ID), append(definitions, e.DefinitionID)
		}
		for _, f := range a.Followups {
			followups = append(followups, f.ID)
		}
		return summary, extractions, definitions, followups
	}
	a, again, elsewhere := analysis(), analysis(), analysis()
	a.Identify("r1", day)
	again.Identify("r1", day.Add(time.Hour))
	elsewhere.Identify("r2", day)
	s, e, d, f := ids(a)
	s2, e2, d2, f2 := ids(again)
	if !reflect.DeepEqual([][]string{s, e, d, f}, [][]string{s2, e2, d2, f2}) {
		t.Errorf("the same analysis has other ids when it comes again:\n%v\n%v", [][]string{s, e, d, f}, [][]string{s2, e2, d2, f2})
	}
	for _, list := range [][]string{s, e, d, f} {
		for _, id := range list {
			if !hub.ValidID(id) {
				t.Errorf("%q is no id", id)
			}
		}
	}
	if s[0] == s[1] || s[2] != own || s[3] != s[4] || s[0] == s[3] {
		t.Errorf("sections: %q", s)
	}
	if e[0] == e[1] || e[2] != own || e[0] == s[0] {
		t.Errorf("extractions: %q", e)
	}
	if d[0] == d[1] || d[2] != own || d[3] == d[0] {
		t.Errorf("definitions: %q", d)
	}
	if f[0] == f[1] || f[2] == own || f[3] == f[0] {
		t.Errorf("followups: %q", f)
	}
	s2, e2, d2, f2 = ids(elsewhere)
	if s2[0] == s[0] || s2[3] == s[3] || s2[2] != own || e2[0] == e[0] || f2[0] == f[0] || f2[2] == f[2] {
		t.Errorf("another recording's parts have the same ids: %q %q %q", s2, e2, f2)
	}
	if !reflect.DeepEqual(d, d2) {
		t.Errorf("a definition has other ids in other recordings: %q, %q", d, d2)
	}
	if x := a.Extractions[1]; !x.CreatedAt.Equal(day) || !x.UpdatedAt.Equal(day) {
		t.Errorf("%+v", x)
	}
	if x := a.Followups[1]; x.RecordingID != "r1" || !x.CreatedAt.Equal(day) || !x.UpdatedAt.Equal(day) {
		t.Errorf("%+v", x)
	}
}

// The ids are in people's databases: another version that makes others of the same analysis would double its parts.
func TestMadeIDsStay(t *testing.T) {
	a := hub.AnalysisResult{
		Summary:     []hub.SummarySection{{Header: "Needs"}, {ID: "s-1", Header: "Needs"}},
		Extractions: []hub.EntityExtraction{{DefinitionID: "d-1", DefinitionName: "Budget"}},
		Followups:   []hub.Followup{{}, {ID: "f-1"}},
	}
	a.Identify("01a20d93-18da-7722-934a-80bcd74300ab", day)
	got := []string{a.Summary[0].ID, a.Summary[1].ID, a.Extractions[0].ID, a.Extractions[0].DefinitionID, a.Followups[0].ID, a.Followups[1].ID}
	if want := []string{
		"3b9cd983-0112-518e-9dd2-195c5943014c", "e5c3c1ff-907a-5f11-b910-b23f46e84a6a", "2dcbfbcd-7077-5c3f-89ff-8aff61897b82",
		"66493efe-425d-536b-8b3a-080d906b23f4", "bd85629b-c792-5e2a-aa59-3c48d1cde0a2", "2870a2b7-584d-5a39-8178-415f8013d2a6",
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	moved := hub.AnalysisResult{Followups: []hub.Followup{{ID: "f-1"}}}
	moved.Identify("01a20d93-18da-7722-934a-80bcd74300ab", day)
	if moved.Followups[0].ID != a.Followups[1].ID {
		t.Error("a followup that the sender names is another at another place")
	}
}

func TestValuesForTheCRM(t *testing.T) {
	to := func(model, field string) []hub.FieldMapping { return []hub.FieldMapping{{Model: model, Field: field}} }
	for name, c := range map[string]struct {
		extraction hub.EntityExtraction
		want       []hub.MappedValue
	}{
		"one value, by itself": {hub.EntityExtraction{ID: "e", Values: []hub.ExtractedValue{{Value: 1.5, Mappings: to("lead", "Amount")}}},
			[]hub.MappedValue{{Model: hub.ModelLead, Field: "Amount", Extraction: "e", Value: 1.5}}},
		"one value, by the whole": {hub.EntityExtraction{ID: "e", Values: []hub.ExtractedValue{{Value: "x"}}, Mappings: to("Contact", "Name")},
			[]hub.MappedValue{{Model: hub.ModelContact, Field: "Name", Extraction: "e", Value: "x"}}},
		"one value, by both": {hub.EntityExtraction{ID: "e", Values: []hub.ExtractedValue{{Value: "x", Mappings: to("LEAD", "A")}}, Mappings: to("CONTACT", "B")},
			[]hub.MappedValue{{Model: hub.ModelLead, Field: "A", Extraction: "e", Value: "x"}}},
		"two values, by the whole": {hub.EntityExtraction{Values: []hub.ExtractedValue{{Value: "x"}, {Value: "y"}}, Mappings: to("LEAD", "A")}, nil},
		"two values, one mapped": {hub.EntityExtraction{ID: "e", Values: []hub.ExtractedValue{{Value: "x"}, {Value: "y", Mappings: to("LEAD", "A")}}, Mappings: to("LEAD", "B")},
			[]hub.MappedValue{{Model: hub.ModelLead, Field: "A", Extraction: "e", Value: "y"}}},
		"to two fields": {hub.EntityExtraction{ID: "e", Values: []hub.ExtractedValue{{Value: true, Mappings: append(to("LEAD", "A"), to("LEAD", "B")...)}}},
			[]hub.MappedValue{{Model: hub.ModelLead, Field: "A", Extraction: "e", Value: true}, {Model: hub.ModelLead, Field: "B", Extraction: "e", Value: true}}},
		"no model":               {hub.EntityExtraction{Values: []hub.ExtractedValue{{Value: "x", Mappings: to("", "A")}}}, nil},
		"no field":               {hub.EntityExtraction{Values: []hub.ExtractedValue{{Value: "x", Mappings: to("LEAD", "")}}}, nil},
		"no value":               {hub.EntityExtraction{Values: []hub.ExtractedValue{{Value: nil, Mappings: to("LEAD", "A")}}}, nil},
		"only spaces":            {hub.EntityExtraction{Values: []hub.ExtractedValue{{Value: " \n", Mappings: to("LEAD", "A")}}}, nil},
		"an empty value and one": {hub.EntityExtraction{Values: []hub.ExtractedValue{{Value: ""}, {Value: "x"}}, Mappings: to("LEAD", "A")}, nil},
	} {
		r := hub.Recording{Analysis: hub.Analysis{Extractions: []hub.EntityExtraction{c.extraction}}}
		if got := r.MappedValues(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestValuesAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, ""}, {" a b ", "a b"}, {"", ""}, {true, "yes"}, {false, "no"}, {0.0, "0"}, {1.5, "1.5"}, {1_250_000.0, "1250000"}, {-0.000001, "-0.000001"},
		{[]any{}, ""}, {[]any{"a", nil, " ", 2.0, true}, "a, 2, yes"}, {7, "7"},
	} {
		if got := hub.ValueText(c.value); got != c.want {
			t.Errorf("%v: %q, want %q", c.value, got, c.want)
		}
	}
}

func TestTheNoteOfARecording(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 4, 59, 0, time.UTC)
	for name, c := range map[string]struct {
		recording   hub.Recording
		transcript  string
		title, body string
	}{
		"nothing known": {hub.Recording{StartedAt: at}, "", "Recording of 2026-03-02 12:04 UTC", "Recorded 2026-03-02 12:04 UTC"},
		"all of it": {
			hub.Recording{
				StartedAt: at, Title: "Roof", Duration: 61 * time.Minute, Result: hub.ResultClosed, Score: new(0.75),
				Analysis: hub.Analysis{
					OutcomeLabel: "Won", Summary: []hub.SummarySection{{Header: "Needs", Content: "A roof.\n"}, {Content: "No header."}},
					Extractions: []hub.EntityExtraction{{DefinitionName: "Budget", Values: []hub.ExtractedValue{{Name: "Least", Value: 1000.0}, {Value: 2000.0}, {Name: "None"}}}},
				},
			}, "\nAnn: Hello.\n",
			"Roof", "Recorded 2026-03-02 12:04 UTC, 61 minutes\nResult: closed\nScore: 0.75\n\nNeeds\nA roof.\n\nNo header.\n\nLeast: 1000\nBudget: 2000\n\nTranscript\nAnn: Hello.",
		},
		"the analysis knows the outcome": {hub.Recording{StartedAt: at, Analysis: hub.Analysis{OutcomeLabel: "Won"}}, "", "Recording of 2026-03-02 12:04 UTC", "Recorded 2026-03-02 12:04 UTC\nResult: Won"},
		"a length below a minute":        {hub.Recording{StartedAt: at, Duration: 29 * time.Second, Title: "x"}, "", "x", "Recorded 2026-03-02 12:04 UTC, less than a minute"},
		"a length of a minute":           {hub.Recording{StartedAt: at, Duration: time.Minute, Title: "x"}, "", "x", "Recorded 2026-03-02 12:04 UTC, 1 minute"},
		"a length that cannot be":        {hub.Recording{StartedAt: at, Duration: -time.Hour, Title: "x"}, "", "x", "Recorded 2026-03-02 12:04 UTC"},
		"a score of nothing":             {hub.Recording{StartedAt: at, Score: new(0.0), Title: "x"}, "", "x", "Recorded 2026-03-02 12:04 UTC\nScore: 0"},
	} {
		if got := hub.NewResultNote(&c.recording, c.transcript); got.Title != c.title || got.Body != c.body {
			t.Errorf("%s:\ngot  %q: %q\nwant %q: %q", name, got.Title, got.Body, c.title, c.body)
		}
	}
}

func TestATranscript(t *testing.T) {
	tr := hub.Transcript{Speakers: map[string]string{"1": "Ann"}}
	for _, u := range []hub.Utterance{
		{Speaker: "1", Text: " Hello. "}, {Speaker: "2", Text: "Hi."}, {Text: "Who?"}, {Speaker: "1", Redacted: true}, {Speaker: "1", Redacted: true, Text: "My number is ***"}, {Speaker: "1"},
	} {
		if !tr.Add(u) {
			t.Error("there is no room")
		}
	}
	if got, want := tr.String(), "Ann: Hello.\n2: Hi.\nSpeaker: Who?\nAnn: (redacted)\nAnn: My number is ***\nAnn: \n"; got != want {
		t.Errorf("%q", got)
	}
}

func TestALongTranscriptIsCut(t *testing.T) {
	line := hub.Utterance{Speaker: "A", Text: strings.Repeat("x", 996)} // 1000 bytes with its speaker and its end
	var tr hub.Transcript
	for i := range hub.MaxTranscriptBytes / 1000 {
		if !tr.Add(line) {
			t.Fatalf("no room after %d of %d bytes", i*1000, hub.MaxTranscriptBytes)
		}
	}
	full := tr.String()
	if len(full) != hub.MaxTranscriptBytes {
		t.Fatalf("%d bytes", len(full))
	}
	if tr.Add(hub.Utterance{}) {
		t.Error("there is room for more than may be")
	}
	if got := tr.String(); got != full+"(The transcript goes on; it is too long for a note.)\n" {
		t.Errorf("it ends %q", got[len(got)-100:])
	}
}

func TestTranscriptsAreNeverTooLong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := hub.Transcript{}
		kept, more := 0, true
		for i := range rapid.IntRange(1, 40).Draw(t, "utterances") {
			more = tr.Add(hub.Utterance{Speaker: fmt.Sprint(i), Text: strings.Repeat("é", rapid.IntRange(0, 9000).Draw(t, "letters"))})
			if !more {
				break
			}
			kept++
		}
		text := tr.String()
		if strings.Contains(text, "it is too long") == more {
			t.Fatalf("room for more: %v, and it ends %q", more, text[max(0, len(text)-80):])
		}
		if lines := strings.Count(text, "\n"); more && lines != kept || !more && lines != kept+1 {
			t.Fatalf("%d lines of %d utterances", lines, kept)
		}
		if len(text) > hub.MaxTranscriptBytes+80 {
			t.Fatalf("%d bytes", len(text))
		}
	})
}

func TestFollowupsOfOneAnalysisHaveIDsOfTheirOwn(t *testing.T) {
	a := hub.AnalysisResult{Followups: []hub.Followup{{ID: "f"}, {}, {}, {ID: "g"}}}
	if err := a.Validate(); err != nil {
		t.Errorf("ids that differ, and none: %v", err)
	}
	a.Followups = append(a.Followups, hub.Followup{ID: "f"})
	var invalid *hub.InvalidError
	if err := a.Validate(); !errors.As(err, &invalid) || invalid.Issues[0].Field != "followups[4].id" {
		t.Errorf("one id twice: %v", err)
	}
}
