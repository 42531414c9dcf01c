package hub_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sirocco/hub"
)

// day is a time with microseconds in a zone that is not UTC, as databases and clocks give them.
var day = time.Date(2026, 3, 2, 7, 0, 0, 123_456_789, time.FixedZone("", -5*3600))

func TestANewConnection(t *testing.T) {
	n := hub.NewConnection{Name: " Acme ", ExternalAccountID: "4711", Platform: hub.PlatformMerge, Active: true, Models: []hub.Model{hub.ModelUser, hub.ModelLead}}
	c := n.Connection("org", day)
	at := time.Date(2026, 3, 2, 12, 0, 0, 123_000_000, time.UTC)
	if !hub.ValidID(c.ID) || len(c.SyncStatus) != 2 || !hub.ValidID(c.SyncStatus[0].ID) || !hub.ValidID(c.SyncStatus[1].ID) {
		t.Fatalf("%+v", c)
	}
	want := hub.Connection{
		ID: c.ID, OrganizationID: "org", Name: " Acme ", ExternalAccountID: "4711", Platform: hub.PlatformMerge, Active: true,
		SyncStatus: []hub.SyncStatus{
			{ID: c.SyncStatus[0].ID, Model: hub.ModelUser, State: hub.SyncStateSyncing, CreatedAt: at},
			{ID: c.SyncStatus[1].ID, Model: hub.ModelLead, State: hub.SyncStateSyncing, CreatedAt: at},
		},
		CreatedAt: at, UpdatedAt: at,
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestAConnectionIsPatched(t *testing.T) {
	before := hub.Connection{ID: "c", Name: "a", Active: true, UpdatedAt: day.UTC().Truncate(time.Millisecond)}
	other := day.Add(time.Hour)
	for name, c := range map[string]struct {
		patch   hub.ConnectionPatch
		want    hub.Connection // UpdatedAt apart
		changed bool
		err     error
	}{
		"nothing":         {hub.ConnectionPatch{}, before, false, nil},
		"what it is":      {hub.ConnectionPatch{Name: new("a"), Active: new(true), SyncTranscript: new(false)}, before, false, nil},
		"name":            {hub.ConnectionPatch{Name: new("b")}, hub.Connection{ID: "c", Name: "b", Active: true}, true, nil},
		"active":          {hub.ConnectionPatch{Active: new(false)}, hub.Connection{ID: "c", Name: "a"}, true, nil},
		"transcript":      {hub.ConnectionPatch{SyncTranscript: new(true)}, hub.Connection{ID: "c", Name: "a", Active: true, SyncTranscript: true}, true, nil},
		"one of three":    {hub.ConnectionPatch{Name: new("b"), Active: new(true), SyncTranscript: new(false)}, hub.Connection{ID: "c", Name: "b", Active: true}, true, nil},
		"this version":    {hub.ConnectionPatch{Name: new("b"), IfUpdatedAt: []time.Time{other, before.UpdatedAt}}, hub.Connection{ID: "c", Name: "b", Active: true}, true, nil},
		"another version": {hub.ConnectionPatch{Name: new("b"), IfUpdatedAt: []time.Time{other}}, before, false, hub.ErrStale},
		"no version":      {hub.ConnectionPatch{Name: new("b"), IfUpdatedAt: []time.Time{}}, before, false, hub.ErrStale},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := before, c.want
			changed, err := c.patch.Apply(&got, other)
			want.UpdatedAt = before.UpdatedAt
			if c.changed {
				want.UpdatedAt = other.UTC().Truncate(time.Millisecond)
			}
			if changed != c.changed || !errors.Is(err, c.err) || !reflect.DeepEqual(got, want) {
				t.Errorf("changed %v, %v\ngot  %+v\nwant %+v", changed, err, got, want)
			}
		})
	}
}

func TestVersionsGrow(t *testing.T) {
	prev := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for now, want := range map[time.Duration]time.Duration{ // both after prev
		-time.Hour: time.Millisecond, 0: time.Millisecond, time.Millisecond - 1: time.Millisecond, time.Millisecond: time.Millisecond,
		2*time.Millisecond - 1: time.Millisecond, 2 * time.Millisecond: 2 * time.Millisecond, time.Hour + 999: time.Hour,
	} {
		if got := hub.NextVersion(prev, prev.Add(now)).Sub(prev); got != want {
			t.Errorf("a change %s after the last shows %s after it, want %s", now, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		prev := time.UnixMilli(rapid.Int64Range(0, 1<<40).Draw(t, "prev"))
		now := time.UnixMicro(rapid.Int64Range(0, 1<<50).Draw(t, "now")).In(time.FixedZone("", 3600))
		next := hub.NextVersion(prev, now)
		if !next.After(prev) || next.Sub(next.Truncate(time.Millisecond)) != 0 || hub.WireTime(next) == hub.WireTime(prev) {
			t.Fatalf("%s, %s: %s", prev, now, next)
		}
		if next.Location() != time.UTC && next.After(now) == false {
			t.Fatalf("%s is not in UTC", next)
		}
	})
}

func TestTimesOnTheWire(t *testing.T) {
	if got := hub.WireTime(day); got != "2026-03-02T12:00:00.123Z" {
		t.Error(got)
	}
	west := time.FixedZone("", -3600)
	for text, c := range map[string]struct {
		at   time.Time
		want bool
	}{
		"none":                      {time.Time{}, false},
		"year 1":                    {time.Date(1, 12, 31, 23, 59, 59, 0, time.UTC), false},
		"year 2":                    {time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC), true},
		"year 9999":                 {time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), true},
		"year 10000":                {time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), false},
		"year 9999, but not in UTC": {time.Date(9999, 12, 31, 23, 30, 0, 0, west), false},
		"year 1, but year 2 in UTC": {time.Date(1, 12, 31, 23, 30, 0, 0, west), true},
		"before all years":          {time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), false},
	} {
		if got := hub.TellableTime(c.at); got != c.want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestADeliveryIsExplained(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	on, paused := hub.Connection{Active: true}, hub.Connection{}
	for want, c := range map[string]struct {
		d hub.Delivery
		c hub.Connection
	}{
		"It was written on 2026-03-02T12:00:00.000Z.":                                                                           {hub.Delivery{State: hub.DeliverySent, NoteID: "n", SentAt: now}, paused},
		"It was written on 2026-03-02T12:00:00.000Z, with the transcript.":                                                      {hub.Delivery{State: hub.DeliverySent, NoteID: "n", SentAt: now, Transcript: new(true)}, on},
		"It was written on 2026-03-02T12:00:00.000Z, without the transcript.":                                                   {hub.Delivery{State: hub.DeliverySent, NoteID: "n", SentAt: now, Transcript: new(false)}, on},
		"It failed after 7 attempts and is sent again only when it is replayed, or an analysis comes that says something else.": {hub.Delivery{State: hub.DeliveryFailed, Attempts: 7}, paused},
		"It is not wanted any more; its error says why.":                                                                        {hub.Delivery{State: hub.DeliveryCanceled}, paused},
		"It is held while the connection is paused, and sent when that is resumed.":                                             {hub.Delivery{State: hub.DeliveryPending, DueAt: now.Add(1)}, paused},
		"It is tried again at 2026-03-02T12:00:01.000Z.":                                                                        {hub.Delivery{State: hub.DeliveryPending, DueAt: now.Add(time.Second)}, on},
		"It failed after 1 attempt and is sent again only when it is replayed, or an analysis comes that says something else.":  {hub.Delivery{State: hub.DeliveryFailed, Attempts: 1}, on},
		"It is due, and sent in its turn.":                                                                                      {hub.Delivery{State: hub.DeliveryPending, DueAt: now}, on},
	} {
		if got := c.d.Explain(c.c, now); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
