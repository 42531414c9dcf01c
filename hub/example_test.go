package hub_test

import (
	"fmt"
	"time"

	"sirocco/hub"
)

func ExamplePlatformInfo_CompleteCredentials() {
	info := hub.PlatformInfo{Credentials: []hub.CredentialField{
		{Name: "apiKey", Doc: "Your API key.", Required: true, Secret: true},
		{Name: "baseURL", Doc: "The address of the API.", Default: "https://api.example.com"},
	}}
	values, err := info.CompleteCredentials(map[string]string{"apiKey": "k"})
	fmt.Println(values["baseURL"], err)
	_, err = info.CompleteCredentials(nil)
	fmt.Println(err)
	// Output:
	// https://api.example.com <nil>
	// apiKey is missing; expected your API key
}

func ExampleRecord_Validate() {
	r := hub.Record{Model: hub.ModelContact, Name: "Ada"}
	fmt.Println(r.Validate())
	// Output: externalId is empty; expected the CRM's own id of the record
}

func ExampleConnectionPatch_Apply() {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := hub.Connection{Name: "Acme CRM", Active: true, UpdatedAt: now}
	paused := false
	p := hub.ConnectionPatch{Active: &paused, IfUpdatedAt: []time.Time{now}}
	changed, err := p.Apply(&c, now)
	fmt.Println(changed, c.Active, err)
	_, err = p.Apply(&c, now) // it is another version now
	fmt.Println(err)
	// Output:
	// true false <nil>
	// stale
}

func ExampleMatchUser() {
	id, by := hub.MatchUser(nil, []string{"user-1"}, []string{"user-1", "user-2"})
	fmt.Println(id, by)
	nobody := ""
	id, by = hub.MatchUser(&nobody, []string{"user-1"}, nil) // a person said so
	fmt.Printf("%q %s\n", id, by)
	// Output:
	// user-1 EMAIL
	// "" HAND
}

func ExampleMatchDay() {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	rep := []hub.CRMUser{{ConnectionID: "crm", ExternalID: "7"}}
	recording := &hub.Recording{StartedAt: noon, EndedAt: noon.Add(time.Hour)}
	verdicts := hub.MatchDay(&hub.Day{Rep: rep, Talks: []hub.Talk{{Recording: recording}}, Appointments: []hub.Appointment{
		{ConnectionID: "crm", ExternalID: "early", ActivityType: "MEETING", Start: noon.Add(-3 * time.Hour), End: noon.Add(-2 * time.Hour), Users: rep},
		{ConnectionID: "crm", ExternalID: "midday", ActivityType: "MEETING", Start: noon, End: noon.Add(time.Hour), Users: rep},
	}})
	fmt.Println(verdicts[0].Winner().Appointment.ExternalID)
	// Output: midday
}
