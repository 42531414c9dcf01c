package leadperfection

import (
	"testing"
	"time"

	"sirocco/hub"
)

// TestWallClocks reads times as clocks of the tenant show them: away from a change of the clocks, in the hour that is there
// twice, and in the one that is never there.
func TestWallClocks(t *testing.T) {
	for _, test := range []struct{ zone, text, want string }{
		{"America/New_York", "2026-07-01T09:30:00", "2026-07-01T13:30:00.000Z"},
		{"America/New_York", "2026-12-01 09:30", "2026-12-01T14:30:00.000Z"},
		{"America/New_York", "12/1/2026 9:30:15 am", "2026-12-01T14:30:15.000Z"},
		{"America/New_York", "12/01/2026 12:05 AM", "2026-12-01T05:05:00.000Z"},
		{"America/New_York", "2026-12-01T09:30:00.25", "2026-12-01T14:30:00.250Z"},
		{"America/New_York", "12/1/2026", "2026-12-01T05:00:00.000Z"},
		{"America/New_York", "2026-12-01T09:30:00Z", "2026-12-01T09:30:00.000Z"}, // it says its own zone
		{"America/New_York", "2026-12-01T09:30:00+01:00", "2026-12-01T08:30:00.000Z"},

		// The clocks are set back on 2026-11-01 at 2:00 daylight time: 1:00 to 1:59 are there twice.
		{"America/New_York", "2026-11-01T00:59:59", "2026-11-01T04:59:59.000Z"},
		{"America/New_York", "2026-11-01T01:00:00", "2026-11-01T05:00:00.000Z"},
		{"America/New_York", "2026-11-01T01:59:59", "2026-11-01T05:59:59.000Z"},
		{"America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00.000Z"},
		// They are set forward on 2026-03-08 at 2:00: 2:00 to 2:59 are never there.
		{"America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59.000Z"},
		{"America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00.000Z"},
		{"America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:30:00.000Z"},
		{"America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00.000Z"},
		// Other changes: of half an hour, at midnight, and east of Greenwich.
		{"Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00.000Z"},
		{"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:45:00.000Z"},
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00.000Z"},
		{"Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00.000Z"},
		{"Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00.000Z"},
		{"America/Phoenix", "2026-07-01T09:30:00", "2026-07-01T16:30:00.000Z"}, // which never changes its clocks

		{"America/New_York", "", ""}, {"America/New_York", "0001-01-01T00:00:00", ""}, {"America/New_York", "1/1/1900 12:00:00 AM", ""},
	} {
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := parseTime(test.text, zone)
		got := ""
		if !at.IsZero() {
			got = hub.WireTime(at)
		}
		if err != nil || got != test.want {
			t.Errorf("%s in %s is %s, not %s: %v", test.text, test.zone, got, test.want, err)
		}
	}
	for _, text := range []string{"soon", "13/13/2026", "2026-02-30T10:00:00", "25:00"} {
		if at, err := parseTime(text, time.UTC); err == nil {
			t.Errorf("%s is %s", text, at)
		}
	}
}

// TestEveryMinuteOfAChange holds all minutes of the days around changes of the clocks: what clocks show once is exactly that
// instant, what they show twice the first.
func TestEveryMinuteOfAChange(t *testing.T) {
	for _, name := range []string{"America/New_York", "America/Los_Angeles", "Australia/Lord_Howe", "America/Havana", "Europe/Berlin"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, day := range []time.Time{time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC)} {
			first := map[string]time.Time{}
			for at := day; at.Before(day.Add(72 * time.Hour)); at = at.Add(time.Minute) {
				shown := at.In(zone).Format("2006-01-02T15:04")
				if _, before := first[shown]; !before {
					first[shown] = at
				}
				got, err := parseTime(shown, zone)
				if err != nil || !got.Equal(first[shown]) {
					t.Fatalf("in %s clocks show %s first at %s, and it is read as %s: %v", name, shown, first[shown], got, err)
				}
			}
		}
	}
}

// TestWhenAnAppointmentIs reads days and hours that stand together or apart.
func TestWhenAnAppointmentIs(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		day, hour, want string // none is wanted of what cannot be read, and "" of what is no time
		allDay          bool
	}{
		{"2026-07-01T14:00:00", "", "2026-07-01T18:00:00.000Z", false},
		{"2026-07-01T14:00:00Z", "09:00", "2026-07-01T14:00:00.000Z", false}, // it says its own zone
		{"2026-07-01T00:00:00+02:00", "", "2026-06-30T22:00:00.000Z", false},
		{"2026-07-01T14:00:00", "09:00", "2026-07-01T18:00:00.000Z", false},
		{"2026-07-01T00:00:00", "14:00", "2026-07-01T18:00:00.000Z", false},
		{"07/01/2026", "2:00 pm", "2026-07-01T18:00:00.000Z", false},
		{"07/01/2026", "1900-01-01T14:00:00", "2026-07-01T18:00:00.000Z", false},
		{"07/01/2026", "", "2026-07-01T04:00:00.000Z", true},
		{"", "14:00", "", false},
		{"0001-01-01T00:00:00", "", "", false},
		{"07/01/2026", "noonish", "none", false},
		{"soon", "14:00", "none", false},
	} {
		start, allDay, err := parseAppointment(test.day, test.hour, zone)
		got := ""
		switch {
		case err != nil:
			got = "none"
		case !start.IsZero():
			got = hub.WireTime(start)
		}
		if got != test.want || allDay != test.allDay || err != nil && !start.IsZero() {
			t.Errorf("%s and %q are %s, all day %t, not %s: %v", test.day, test.hour, start, allDay, test.want, err)
		}
	}
}

// TestDays counts days as the tenant's calendar does.
func TestDays(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 11, 2, 7, 30, 0, 0, time.UTC) // the evening before, there
	if got := wireDay(dayOf(late, zone)); got != "11/01/2026" {
		t.Errorf("the day is %s", got)
	}
	at := begin(late, late.Add(3*time.Hour), zone)
	if wireDay(at.Floor) != "10/31/2026" || wireDay(at.From) != "10/31/2026" || wireDay(at.To) != "11/03/2026" {
		t.Errorf("from %s to %s, no earlier than %s", wireDay(at.From), wireDay(at.To), wireDay(at.Floor))
	}
}
