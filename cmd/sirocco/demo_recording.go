package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"sirocco/hub"
)

// saying is what the customer of the demo says; it is in a note only when the transcript is.
const saying = "We would like the slate, if it can be done before winter."

// demoTalk is what is said at an appointment of the demo, the rep's lines and the customer's by turns, and what came of it.
var demoTalk = struct {
	lines   []string
	summary [][2]string
}{
	[]string{
		"Thanks for having me. Shall we begin with what you have seen since the storm?",
		"There is a stain on the ceiling upstairs, right beside the chimney, and two shingles were in the yard.",
		"I was on the roof before I rang. The flashing at the chimney has lifted, and the north side has lost its granules in three places.",
		"Is that something you patch, or is it the whole roof?",
		"A patch would hold for a year, maybe two. The roof is twenty-two years old, so I would rather show you both, with the price of each.",
		"What would the whole roof be?",
		"With architectural shingles it is eighteen thousand four hundred, gutters included. In slate it is close to thirty-one.",
		saying,
		"Then we measure this week. The slate takes three weeks to come, so we would be done by the end of October.",
		"And the insurance? They have sent somebody already.",
		"Send me the adjuster's report, and I write the estimate in its format. You pay your deductible, and they pay us.",
		"That sounds good. My wife wants to see samples first, though.",
		"I bring three on Thursday at five. If you like one of them, we sign then.",
		"Thursday is fine. Five it is.",
	},
	[][2]string{
		{"Outcome", "The customer wants a slate roof, and will decide on Thursday, with samples at hand."},
		{"Needs", "The flashing at the chimney has lifted and water comes in; three places on the north side are bare."},
		{"Budget", "About 31,000 for slate, 18,400 for shingles; the insurance takes part."},
		{"Next steps", "Measure this week. Bring three samples on Thursday at five. Get the adjuster's report."},
	},
}

// demoUtterances are the lines of demoTalk as an analysis has them, at a hundred and fifty words a minute.
func demoUtterances() (said []map[string]any) {
	at := 1000
	for i, line := range demoTalk.lines {
		took := 400 * len(strings.Fields(line))
		said = append(said, map[string]any{"speakerTag": []string{"A", "B"}[i%2], "utterance": line, "startTimeInMillis": at, "endTimeInMillis": at + took, "redacted": false})
		at += took + 700
	}
	return said
}

// demoSummary is what came of demoTalk.
func demoSummary() (parts []map[string]any) {
	for _, part := range demoTalk.summary {
		parts = append(parts, map[string]any{"name": part[0], "content": part[1]})
	}
	return parts
}

// demoReceiver is a subscriber that believes nothing it cannot verify.
type demoReceiver struct {
	webhook *standardwebhooks.Webhook

	mu       sync.Mutex
	received []demoEvent
	refused  []error
}

type demoEvent struct {
	EventType          string `json:"eventType"`
	RecordingID        string `json:"recordingId"`
	RecordingProcessed bool   `json:"recordingProcessed"`
	RecordingLinked    bool   `json:"recordingLinked"`
}

func (v *demoReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	v.mu.Lock()
	defer v.mu.Unlock()
	var event demoEvent
	if err := errors.Join(err, v.webhook.Verify(body, r.Header), json.Unmarshal(body, &event)); err != nil {
		v.refused = append(v.refused, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !slices.Contains(v.received, event) {
		v.received = append(v.received, event)
	}
}

// told returns the verified events of a recording.
func (v *demoReceiver) told(recording string) (types []string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range v.received {
		if e.RecordingID == recording {
			types = append(types, strings.TrimPrefix(e.EventType, "integrations."))
		}
	}
	slices.Sort(types)
	return types, errors.Join(v.refused...)
}

// subscribe starts a receiver and makes it an endpoint of the organization.
func (d *demo) subscribe() (*demoReceiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	receiver := &demoReceiver{}
	var endpoint struct {
		Secret string `json:"secret"`
	}
	if err := d.call("POST", "/v1/webhooks/endpoints", map[string]any{"url": "http://" + listener.Addr().String() + "/"}, &endpoint); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if receiver.webhook, err = standardwebhooks.NewWebhook(endpoint.Secret); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	go func() { _ = serveUntilDone(d.ctx, receiver, listener) }()
	return receiver, nil
}

// appointment is an appointment of the CRM, the job it is about, and the rep who has it.
type appointment struct {
	hub.Record
	rep hub.Record
}

// appointments finds two appointments of one rep in the CRM that are about different jobs, and up to most of them where the rep has
// more.
func appointments(crm *demoCRM, most int) ([]appointment, error) {
	users := map[string]hub.Record{}
	for _, u := range crm.Records(hub.ModelUser) {
		users[u.ExternalID] = u
	}
	reps := map[string]string{}
	for _, j := range crm.Records(hub.ModelEngagementUser) {
		reps[j.Refs.Engagement] = j.Refs.User
	}
	found, chosen := map[string][]appointment{}, ""
	for _, e := range crm.Records(hub.ModelEngagement) {
		rep := users[reps[e.ExternalID]]
		if e.Deleted || e.Refs.Opportunity == "" || rep.Details.Email == "" || rep.Deleted || e.EndTime.Sub(e.StartTime) < 10*time.Minute || chosen != "" && rep.ExternalID != chosen {
			continue
		}
		of := found[rep.ExternalID]
		if overlaps := slices.ContainsFunc(of, func(a appointment) bool {
			return a.Refs.Opportunity == e.Refs.Opportunity || a.StartTime.Before(e.EndTime) && e.StartTime.Before(a.EndTime)
		}); overlaps {
			continue
		}
		if of = append(of, appointment{e, rep}); len(of) == 2 {
			chosen = rep.ExternalID
		}
		if found[rep.ExternalID] = of; len(of) == most {
			break
		}
	}
	if chosen != "" {
		return found[chosen], nil
	}
	return nil, fmt.Errorf("%s has no rep with two appointments", crm.Platform())
}

// signIn makes a workspace user of the rep, and an app that acts as the user.
func (d *demo) signIn(rep hub.Record) (user string, err error) {
	var made struct {
		ID string `json:"id"`
	}
	first, last, _ := strings.Cut(rep.Name, " ")
	if err := d.call("POST", "/v1/core/users", map[string]any{"email": rep.Details.Email, "organizationId": d.organization, "firstName": first, "lastName": last}, &made); err != nil {
		return "", err
	}
	var app struct {
		ClientID     string `json:"clientID"`
		ClientSecret string `json:"clientSecret"`
	}
	if err := d.call("POST", "/v1/core/oauth/apps", map[string]any{"appName": "Recorder", "owner": made.ID, "organizationId": d.organization}, &app); err != nil {
		return "", err
	}
	var token struct {
		AccessToken string `json:"accessToken"`
	}
	err = d.call("POST", "/v1/core/oauth/apps/"+app.ClientID+"/access-token",
		map[string]any{"clientSecret": app.ClientSecret, "userId": made.ID, "scope": "write"}, &token)
	d.userToken = token.AccessToken
	return made.ID, err
}

// record uploads a recording of the appointment and hands in its analysis.
func (d *demo) record(a appointment, user, title string) (string, error) {
	audio := bytes.Repeat([]byte{0}, 64<<10)
	var signed struct {
		Data struct {
			UploadURL     string            `json:"uploadUrl"`
			UploadHeaders map[string]string `json:"uploadHeaders"`
			DownloadURL   string            `json:"downloadUrl"`
		} `json:"data"`
	}
	if err := d.callAsUser("POST", "/v1/core/recordings/signed-urls", map[string]any{"fileType": "audio/mpeg", "fileSize": len(audio)}, &signed); err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(d.ctx, http.MethodPut, signed.Data.UploadURL, bytes.NewReader(audio))
	if err != nil {
		return "", err
	}
	for name, value := range signed.Data.UploadHeaders {
		r.Header.Set(name, value)
	}
	if err := d.send(r, nil); err != nil {
		return "", err
	}
	var made struct {
		Data struct {
			RecordingID string `json:"recordingId"`
		} `json:"data"`
	}
	err = d.callAsUser("POST", "/v1/core/recordings/upload", map[string]any{
		"fileUrl": signed.Data.DownloadURL, "fileType": "audio/mpeg", "title": title, "userId": user, "dateCreated": hub.WireTime(a.StartTime.Add(2 * time.Minute)),
	}, &made)
	if err != nil {
		return "", err
	}
	id := made.Data.RecordingID
	d.recorded = append(d.recorded, id)
	return id, d.call("PUT", "/v1/core/recordings/"+id+"/analysis", map[string]any{
		"language": "English", "durationInMilliseconds": (a.EndTime.Sub(a.StartTime) - 4*time.Minute).Milliseconds(),
		"speakerMap": map[string]string{"A": a.rep.Name, "B": "Customer"},
		"utterances": demoUtterances(), "summary": demoSummary(),
	}, nil)
}

// recordings shows the loop closing: two recordings find their appointments and land on their jobs, the second one
// with its transcript; a subscriber hears of both.
func (d *demo) recordings() (notes, events int, err error) {
	crm := d.crms[slices.IndexFunc(d.crms, func(c *demoCRM) bool { return c.Platform() == hub.PlatformServiceTitan })]
	found, err := appointments(crm, 2)
	if err != nil {
		return 0, 0, err
	}
	fmt.Printf("\nRecording %s at two appointments of %s, with a subscriber to webhooks:\n", found[0].rep.Name, crm.Platform())
	receiver, err := d.subscribe()
	if err != nil {
		return 0, 0, err
	}
	user, err := d.signIn(found[0].rep)
	if err != nil {
		return 0, 0, err
	}
	d.rep, d.user = found[0].rep, user
	for i, a := range found {
		transcript := i > 0
		if transcript {
			if err := d.call("PATCH", crm.connection, map[string]any{"syncTranscript": true}, nil); err != nil {
				return 0, 0, err
			}
			fmt.Println("  PATCH {\"syncTranscript\": true}")
		}
		told, err := d.recordOne(crm, receiver, a, user, transcript)
		if err != nil {
			return 0, 0, err
		}
		notes++
		events += told
	}
	return notes, events, nil
}

// recordOne follows one recording until its note is on the job and the subscriber has heard of it.
func (d *demo) recordOne(crm *demoCRM, receiver *demoReceiver, a appointment, user string, transcript bool) (events int, err error) {
	id, err := d.record(a, user, "Visit, "+a.Name)
	if err != nil {
		return 0, err
	}
	var link demoLink
	if err := d.until("the recording is linked", func() (bool, error) {
		link, err = d.linkOf(id)
		return link.Record != nil, err
	}); err != nil {
		return 0, fmt.Errorf("%w (%s)", err, link.Reason)
	}
	if link.Record.ExternalID != a.ExternalID {
		return 0, fmt.Errorf("the recording of appointment %s was linked to %s: %s", a.ExternalID, link.Record.ExternalID, link.Reason)
	}
	fmt.Printf("  linked: %s\n", link.Reason)
	if err := d.until("the note is on the job", func() (bool, error) { return len(crm.Notes.On(hub.ModelOpportunity, a.Refs.Opportunity)) > 0, nil }); err != nil {
		return 0, err
	}
	notes := crm.Notes.On(hub.ModelOpportunity, a.Refs.Opportunity)
	has := strings.Contains(notes[0].Text, saying)
	if len(notes) != 1 || has != transcript {
		return 0, fmt.Errorf("job %s has %d notes; transcript in the first: %v, wanted: %v", a.Refs.Opportunity, len(notes), has, transcript)
	}
	words := map[bool]string{true: "with the transcript", false: "without the transcript"}
	fmt.Printf("  written back to job %s, %s\n", a.Refs.Opportunity, words[has])
	var told []string
	if err := d.until("the subscriber has heard of it", func() (bool, error) {
		told, err = receiver.told(id)
		return slices.Contains(told, "recordingLinked") && slices.Contains(told, "recordingProcessed"), err
	}); err != nil {
		return 0, err
	}
	fmt.Printf("  the subscriber verified %s\n", strings.Join(told, " and "))
	return len(told), nil
}
