package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"sirocco/hub"
)

// saturday is a Saturday before today, on which the CRMs have no appointments: the last one, or one some weeks before it.
func saturday(weeks int) time.Time {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	return today.AddDate(0, 0, -1-int(today.Weekday())-7*weeks).Add(16 * time.Hour)
}

// demoVisit is the id that the pushed appointment has at who pushes it.
const demoVisit = "visit-1"

// pushed shows the platforms from which nothing is pulled: an appointment is pushed over one, which takes a recording of the rep's, and
// a presentation is posted over the other, which shows beside that link.
func (d *demo) pushed() error {
	fmt.Println("\nTaking in what others send, from whom nothing is pulled:")
	start, end := saturday(0), saturday(0).Add(time.Hour)
	if _, err := d.makeConnection("Booking page (pushed)", hub.PlatformCustomInput); err != nil {
		return err
	}
	err := d.call("PUT", "/v1/integrations/sync/engagements", map[string]any{
		"externalId": demoVisit, "subject": "Windows, 12 Harbor Rd", "startTime": hub.WireTime(start), "endTime": hub.WireTime(end),
		"engagementType":  map[string]any{"name": "Consultation", "activityType": "MEETING"},
		"account":         map[string]any{"externalId": "customer-1", "name": "Hana Whitfield"},
		"engagementUsers": []map[string]any{{"externalId": "rep-1", "email": d.rep.Details.Email, "name": d.rep.Name}},
	}, nil)
	if err != nil {
		return err
	}
	fmt.Printf("  %-17s an appointment is pushed, and recorded\n", hub.PlatformCustomInput)
	id, err := d.record(appointment{StartTime: start, EndTime: end, rep: d.rep}, talkAbout("Window replacement"), "Windows for Hana Whitfield", "Hana Whitfield")
	if err != nil {
		return err
	}
	var link demoLink
	if err := d.until("the recording is linked to what was pushed", func() (bool, error) {
		link, err = d.linkOf(id)
		return link.Record != nil, err
	}); err != nil {
		return fmt.Errorf("%w (%s)", err, link.Reason)
	}
	if link.Record.ExternalID != demoVisit {
		return fmt.Errorf("the recording of the appointment that was pushed was linked to %s: %s", link.Record.ExternalID, link.Reason)
	}
	fmt.Printf("  linked: %s\n", link.Reason)
	return d.present(id, start.Add(3*time.Minute))
}

// present lets a presentation be posted that the rep showed from a time on, during the recording.
func (d *demo) present(recording string, start time.Time) error {
	connection, err := d.makeConnection("Presentations (Ingage)", hub.PlatformIngage)
	if err != nil {
		return err
	}
	var address struct {
		URL    string `json:"url"`
		Header string `json:"header"`
		Secret string `json:"secret"`
	}
	if err := d.call("POST", "/v1/core/integrations/connections/"+connection+"/inbound/rotate-secret", struct{}{}, &address); err != nil {
		return err
	}
	session, err := json.Marshal(map[string]any{
		"sessionId": "session-4711", "rep": map[string]any{"email": d.rep.Details.Email, "name": d.rep.Name}, "startedAt": hub.WireTime(start), "endedAt": hub.WireTime(start.Add(2 * time.Minute)),
		"presentation": map[string]any{"name": "Windows that last"}, "pages": []map[string]any{{"title": "Double or triple", "seconds": 80}, {"title": "Prices", "seconds": 40}},
	})
	if err != nil {
		return err
	}
	var kept [2]struct {
		Data struct {
			EngagementID string `json:"engagementId"`
		} `json:"data"`
	}
	for i := range kept { // as who got no answer posts it again
		r, err := http.NewRequestWithContext(d.ctx, http.MethodPost, address.URL, bytes.NewReader(session))
		if err != nil {
			return err
		}
		r.Header.Set(address.Header, address.Secret)
		r.Header.Set("Content-Type", "application/json")
		if err := d.send(r, &kept[i]); err != nil {
			return err
		}
	}
	if kept[0] != kept[1] || kept[0].Data.EngagementID == "" {
		return fmt.Errorf("a presentation that was posted twice is %q and %q", kept[0].Data.EngagementID, kept[1].Data.EngagementID)
	}
	var link demoLink
	if err := d.until("the presentation shows beside the recording's link", func() (bool, error) {
		link, err = d.linkOf(recording)
		shows := slices.ContainsFunc(link.Context, func(c demoContext) bool { return c.ConnectionID == connection })
		return shows, err
	}); err != nil {
		return err
	}
	if link.Record == nil || link.Record.ExternalID != demoVisit {
		return fmt.Errorf("with the presentation beside it the recording is linked to something else: %s", link.Reason)
	}
	fmt.Printf("  %-17s a presentation is posted twice and kept once; it shows beside the link, which stays\n", hub.PlatformIngage)
	return nil
}

// makeConnection makes a connection over which nothing is pulled.
func (d *demo) makeConnection(name string, p hub.Platform) (id string, err error) {
	var made struct {
		ID string `json:"id"`
	}
	err = d.call("POST", "/v1/core/integrations/connections", map[string]any{"name": name, "externalAccountId": "4711", "integrationPlatform": p, "isActive": true}, &made)
	return made.ID, err
}

// demoLink is what the demo reads of a recording's link.
type demoLink struct {
	Reason string `json:"reason"`
	Record *struct {
		ExternalID string `json:"externalId"`
	} `json:"record"`
	Context []demoContext `json:"context"`
}

type demoContext struct {
	ConnectionID string `json:"integrationConnectionId"`
}

func (d *demo) linkOf(recording string) (link demoLink, err error) {
	err = d.call("GET", "/v1/core/recordings/"+recording+"/link", nil, &link)
	return link, err
}
