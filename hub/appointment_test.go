package hub

import (
	"time"

	"pgregory.net/rapid"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	rep  = []CRMUser{{ConnectionID: "c", ExternalID: "rep"}, {ConnectionID: "d", ExternalID: "7"}}
)

// at is a place some meters north of the recording's.
func at(meters float64) (latitude, longitude *float64) {
	north, east := 30+meters/111_194.93, -97.0
	return &north, &east
}

func talk(minutes int) *Recording {
	r := &Recording{StartedAt: noon, EndedAt: noon.Add(time.Duration(minutes) * time.Minute)}
	r.Latitude, r.Longitude = at(0)
	return r
}

// meeting is an appointment of the rep that begins some minutes after the recording.
func meeting(id string, after, minutes int) Appointment {
	return Appointment{
		ConnectionID: "c", ExternalID: id, Name: id, ActivityType: "MEETING", Users: []CRMUser{{ConnectionID: "c", ExternalID: "rep"}},
		Start: noon.Add(time.Duration(after) * time.Minute), End: noon.Add(time.Duration(after+minutes) * time.Minute),
	}
}

func with(a Appointment, change func(*Appointment)) Appointment {
	change(&a)
	return a
}

// genRecording and genAppointment draw what is near in time and place, often enough at the same.
func genRecording(t *rapid.T) *Recording {
	r := talk(rapid.IntRange(0, 120).Draw(t, "recorded minutes"))
	if rapid.Bool().Draw(t, "nowhere") {
		r.Latitude, r.Longitude = nil, nil
	}
	return r
}

func genAppointment(t *rapid.T, id string) Appointment {
	a := meeting(id, rapid.IntRange(-90, 150).Draw(t, "starts after"), rapid.IntRange(0, 120).Draw(t, "minutes"))
	a.ActivityType = rapid.SampledFrom([]string{"MEETING", "EVENT", "APPOINTMENT", "APPOINTMENT", "CALL", ""}).Draw(t, "type")
	a.Deleted = rapid.IntRange(0, 5).Draw(t, "deleted") == 0
	if rapid.IntRange(0, 5).Draw(t, "other") == 0 {
		a.Users = []CRMUser{{ConnectionID: "c", ExternalID: "somebody"}}
	}
	if rapid.Bool().Draw(t, "somewhere") {
		a.Latitude, a.Longitude = at(float64(rapid.IntRange(-3000, 3000).Draw(t, "meters")))
	}
	return a
}

func genAppointments(t *rapid.T) []Appointment {
	all := make([]Appointment, rapid.IntRange(0, 6).Draw(t, "appointments"))
	for i := range all {
		all[i] = genAppointment(t, string(rune('a'+i)))
	}
	return all
}
