package connector_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

func TestTimesInOddZones(t *testing.T) {
	want := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	for _, text := range []string{
		"2026-03-29T01:30:00Z", "2026-03-29t01:30:00z", "2026-03-29T07:15:00+05:45", "2026-03-28T22:00:00-03:30",
		"2026-03-28T22:00:00-0330", "2026-03-28 22:00:00 -03:30", "2026-03-29T01:30:00.000000", "2026-03-29 01:30",
		"2026-03-29T03:30:00+02", "2026-03-29T01:30:00-00:00", "2026-03-29T01:30:00.0000000+00:00",
	} {
		var got connector.Time
		if err := json.Unmarshal([]byte(`"`+text+`"`), &got); err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: read as %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`"yesterday"`, `"2026-13-01T00:00:00Z"`, `17`, `{}`} {
		var got connector.Time
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s: read as %v", text, got)
		}
	}
	for _, text := range []string{`null`, `""`} {
		got := connector.Time{Time: want}
		if err := json.Unmarshal([]byte(text), &got); err != nil || !got.IsZero() || got.Wire() != "" {
			t.Errorf("%s: read as %v, %v", text, got, err)
		}
	}
}

func TestABadItemIsRejectedAndTheRestGoesOn(t *testing.T) {
	type item struct {
		ID string
		At connector.Time
	}
	raw := []string{`{"id":"a"}`, `{"id":17}`, `{"at":"2026-01-01"}`, `{"id":"x","at":"soon"}`, `"text"`, `{"id":"b"}`}
	var items []json.RawMessage
	for _, r := range raw {
		items = append(items, json.RawMessage(r))
	}
	var p connector.Page
	connector.AppendItems(&p, items, func(i item) []hub.Record {
		return []hub.Record{{Model: hub.ModelUser, ExternalID: i.ID}}
	})
	if len(p.Records) != 2 || p.Records[0].ExternalID != "a" || p.Records[1].ExternalID != "b" {
		t.Errorf("records: %+v", p.Records)
	}
	wantIDs := []string{"17", "", "x", ""}
	if len(p.Rejected) != len(wantIDs) {
		t.Fatalf("rejected: %+v", p.Rejected)
	}
	for i, r := range p.Rejected {
		if r.ExternalID != wantIDs[i] || string(r.Raw) != raw[i+1] || !strings.HasPrefix(r.Reason, "the CRM sent ") {
			t.Errorf("rejected %d: %+v", i, r)
		}
	}
}

func TestAMarkerIsFoundAsAWholeWord(t *testing.T) {
	for text, want := range map[string]bool{
		"m-1": true, "Title\n\nm-1": true, "<p>m-1</p>": true, "[m-1]": true, "m-10 and m-1.": true, "<p>m&#45;1</p>": true, "m&#x2d;1": true,
		"m-10": false, "xm-1": false, "m-1-2": false, "": false, "é m-1é": false,
	} {
		if got := connector.HasMarker(text, "m-1"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if connector.HasMarker("anything", "") {
		t.Error("an empty marker is in no text")
	}
	n := connector.Note{Title: "Call", Body: "Went well", Marker: "m-1"}
	if text := connector.NoteText(n); !connector.HasMarker(text, "m-1") || !strings.HasPrefix(text, "Call\n\nWent well\n\n") {
		t.Errorf("the note reads %q", text)
	}
}

func TestRows(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		rows   int
		fails  bool
	}{
		"rows":         {`{"data":[1,{"a":2}]}`, 2, false},
		"none":         {`{"data":[]}`, 0, false},
		"no list":      {`{"error":"try later"}`, 0, true},
		"null":         {`{"data":null}`, 0, true},
		"an object":    {`{"data":{}}`, 0, true},
		"another case": {`{"Data":[]}`, 0, true},

		"an error beside an empty list":  {`{"error":"try later","data":[]}`, 0, true},
		"errors beside an empty list":    {`{"data":[],"Errors":[{"code":1}]}`, 0, true},
		"a code beside an empty list":    {`{"data":[],"error":17}`, 0, true},
		"no success, and an empty list":  {`{"data":[],"success":false}`, 0, true},
		"no error beside an empty list":  {`{"data":[],"error":null,"errors":[],"success":true}`, 0, false},
		"code 0 beside an empty list":    {`{"data":[],"error":0,"errors":{}}`, 0, false},
		"a warning beside what there is": {`{"data":[1],"errors":["one was left out"]}`, 1, false},
	} {
		var answer map[string]json.RawMessage
		if err := json.Unmarshal([]byte(test.answer), &answer); err != nil {
			t.Fatal(err)
		}
		rows, err := connector.Rows(connector.Request{Service: "Test CRM", Path: "/things"}, answer, "data")
		if len(rows) != test.rows || connector.IsKind(err, connector.Malformed) != test.fails {
			t.Errorf("%s: %d rows and %v", name, len(rows), err)
		}
	}
}

// TestStampsThatCannotBeRead keeps what came, whatever is in the place of the time when it changed.
func TestStampsThatCannotBeRead(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`"2026-03-01T10:00:00+01:00"`: at, `null`: {}, `""`: {}, `"yesterday"`: {}, `"2026-02-30T00:00:00Z"`: {}, `1772355600`: {}, `{}`: {}, `[true]`: {},
	} {
		var page connector.Page
		connector.AppendItems(&page, []json.RawMessage{json.RawMessage(`{"at":` + text + `}`)}, func(i struct {
			At connector.Stamp `json:"at"`
		}) []hub.Record {
			return []hub.Record{{Model: hub.ModelUser, ExternalID: "1", ModifiedAt: i.At.Time}}
		})
		if len(page.Rejected) != 0 || len(page.Records) != 1 || !page.Records[0].ModifiedAt.Equal(want) {
			t.Errorf("%s: %+v, rejected %+v", text, page.Records, page.Rejected)
		}
	}
}

// TestHarmlessFaultsAreMended keeps a record with a fault that costs nothing, instead of setting it aside.
func TestHarmlessFaultsAreMended(t *testing.T) {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var page connector.Page
	connector.AppendItems(&page, []json.RawMessage{json.RawMessage(`{}`)}, func(struct{}) []hub.Record {
		return []hub.Record{{Model: hub.ModelEngagement, ExternalID: "1", StartTime: start, EndTime: start.Add(-time.Hour)}}
	})
	if len(page.Rejected) != 0 || len(page.Records) != 1 || !page.Records[0].EndTime.IsZero() || !page.Records[0].StartTime.Equal(start) {
		t.Errorf("%+v, rejected %+v", page.Records, page.Rejected)
	}
}
