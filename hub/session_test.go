package hub

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestASessionBecomesRecords: a session is an engagement of a type of its own by whoever presented, who is made where nobody knows them, and what
// was deleted comes back.
func TestASessionBecomesRecords(t *testing.T) {
	alive := false
	made := func(model Model, id string, r Record) RecordPatch {
		r.Model, r.ExternalID = model, id
		return RecordPatch{Model: model, ExternalID: id, Create: true, Delete: &alive, Change: func(into *Record) { *into = r }}
	}
	kind := func() RecordPatch {
		p := made(ModelEngagementType, TypeID("EVENT", "Presentation"), Record{Name: "Presentation", Details: Details{ActivityType: "EVENT"}})
		p.Create, p.Delete = false, nil
		return p
	}
	zone := time.FixedZone("", 3600)
	for name, c := range map[string]struct {
		session PresentationSession
		want    []RecordPatch
	}{
		"all of it": {
			PresentationSession{
				ID: "s", Rep: Presenter{ID: "u", Email: "Ann@example.com", Name: "Ann"}, StartedAt: noon.In(zone), EndedAt: noon.Add(time.Hour).In(zone), Title: "Roofs",
				Pages: []PresentationPage{{"Welcome", 30.4}, {"", 59.5}},
			},
			[]RecordPatch{
				kind(),
				made(ModelUser, "u", Record{Name: "Ann", Details: Details{Email: "Ann@example.com", Emails: []string{"Ann@example.com"}}}),
				made(ModelEngagement, "s", Record{
					Name: "Roofs", StartTime: noon, EndTime: noon.Add(time.Hour), Refs: Refs{EngagementType: TypeID("EVENT", "Presentation"), Owner: "u"},
					Details: Details{Subject: "Roofs", Content: "Welcome: 30 s\nPage 2: 60 s"},
				}),
				made(ModelEngagementUser, JoinID("s", "u"), Record{Refs: Refs{Engagement: "s", User: "u"}}),
			},
		},
		"by an e-mail address alone, without an end": {
			PresentationSession{ID: "s", Rep: Presenter{Email: "Ann@example.com"}, StartedAt: noon, Pages: []PresentationPage{{"A", 90}, {"B", 30.5}}},
			[]RecordPatch{
				kind(),
				made(ModelUser, "email:ann@example.com", Record{Details: Details{Email: "Ann@example.com", Emails: []string{"Ann@example.com"}}}),
				made(ModelEngagement, "s", Record{
					Name: "Presentation", StartTime: noon, EndTime: noon.Add(120500 * time.Millisecond), Refs: Refs{EngagementType: TypeID("EVENT", "Presentation"), Owner: "email:ann@example.com"},
					Details: Details{Subject: "Presentation", Content: "A: 90 s\nB: 31 s"},
				}),
				made(ModelEngagementUser, JoinID("s", "email:ann@example.com"), Record{Refs: Refs{Engagement: "s", User: "email:ann@example.com"}}),
			},
		},
	} {
		changed := cmp.Transformer("changed", func(change func(*Record)) *Record {
			if change == nil {
				return nil
			}
			var r Record
			change(&r)
			r.Model, r.ExternalID = "", ""
			return &r
		})
		if diff := cmp.Diff(c.want, c.session.Patches(), changed); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
