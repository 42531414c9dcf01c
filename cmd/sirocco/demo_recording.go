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

// appointment is an appointment of the CRM, the job it is about, the rep who has it, and what is said there.
type appointment struct {
	hub.Record
	rep, job hub.Record
	talk     *demoTalk
}

// customer is whose job it is.
func (a *appointment) customer() string {
	_, whose, _ := strings.Cut(a.job.Name, " for ")
	return whose
}

// inFields reports whether what was found is in the fields of the CRM that it goes to.
func (a *appointment) inFields(crm *demoCRM) bool {
	for _, v := range a.talk.values {
		of := map[hub.Model]string{hub.ModelOpportunity: a.Refs.Opportunity, hub.ModelAccount: a.job.Refs.Account}[v.model]
		if v.field != "" && crm.Fields.Of(v.model, of)[v.field] != v.value {
			return false
		}
	}
	return true
}

// appointments finds two appointments of one rep in the CRM, of the days before today and the latest first, at which different things
// are said, and up to most of them where the rep has more.
func appointments(crm *demoCRM, most int) ([]appointment, error) {
	users, jobs, reps := map[string]hub.Record{}, map[string]hub.Record{}, map[string]string{}
	for _, u := range crm.Records(hub.ModelUser) {
		users[u.ExternalID] = u
	}
	for _, j := range crm.Records(hub.ModelOpportunity) {
		jobs[j.ExternalID] = j
	}
	for _, j := range crm.Records(hub.ModelEngagementUser) {
		reps[j.Refs.Engagement] = j.Refs.User
	}
	visits, today := crm.Records(hub.ModelEngagement), crm.Now().Truncate(24*time.Hour)
	slices.SortStableFunc(visits, func(a, b hub.Record) int { return b.StartTime.Compare(a.StartTime) })
	found, chosen := map[string][]appointment{}, ""
	for _, e := range visits {
		a := appointment{e, users[reps[e.ExternalID]], jobs[e.Refs.Opportunity], talkAbout(jobs[e.Refs.Opportunity].Name)}
		if e.Deleted || a.talk == nil || a.rep.Details.Email == "" || a.rep.Deleted || !e.EndTime.Before(today) || chosen != "" && a.rep.ExternalID != chosen {
			continue
		}
		of := found[a.rep.ExternalID]
		if slices.ContainsFunc(of, func(other appointment) bool { return other.talk == a.talk }) {
			continue
		}
		if of = append(of, a); len(of) == 2 {
			chosen = a.rep.ExternalID
		}
		if found[a.rep.ExternalID] = of; len(of) == most {
			break
		}
	}
	if chosen != "" {
		return found[chosen], nil
	}
	return nil, fmt.Errorf("%s has no rep with two appointments", crm.Platform())
}

// fields are the names of those that the CRM has for what is found in a talk.
func (t *demoTalk) fields() (names []string) {
	for _, v := range t.values {
		if v.field != "" {
			names = append(names, v.field)
		}
	}
	return names
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

// record uploads a recording of a talk at the appointment, which begins two minutes into it, and hands in its analysis.
func (d *demo) record(a appointment, talk *demoTalk, title, customer string) (string, error) {
	lines, length := talk.said()
	audio := speech(lines, length, uint64(len(d.recorded)))
	var signed struct {
		Data struct {
			UploadURL     string            `json:"uploadUrl"`
			UploadHeaders map[string]string `json:"uploadHeaders"`
			DownloadURL   string            `json:"downloadUrl"`
		} `json:"data"`
	}
	if err := d.callAsUser("POST", "/v1/core/recordings/signed-urls", map[string]any{"fileType": "wav", "fileSize": len(audio)}, &signed); err != nil {
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
	upload := map[string]any{
		"fileUrl": signed.Data.DownloadURL, "fileType": "wav", "title": title, "userId": d.user, "result": talk.outcome.result, "dateCreated": hub.WireTime(a.StartTime.Add(2 * time.Minute)),
	}
	if at := a.job.Details; at.Latitude != nil && at.Longitude != nil { // the app knows where it is, to some yards
		upload["latitude"], upload["longitude"] = *at.Latitude+0.0002, *at.Longitude
	} else if customer != unnamed { // a talk of minutes at the time of an hour's visit is not surely of it: the app says whom the rep talked to
		upload["contactName"] = customer
	}
	err = d.callAsUser("POST", "/v1/core/recordings/upload", upload, &made)
	if err != nil {
		return "", err
	}
	id := made.Data.RecordingID
	d.recorded = append(d.recorded, id)
	return id, d.call("PUT", "/v1/core/recordings/"+id+"/analysis", talk.analysis(a.rep.Name, customer), nil)
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
		told, err := d.recordOne(crm, receiver, a, transcript)
		if err != nil {
			return 0, 0, err
		}
		notes++
		events += told
	}
	return notes, events, nil
}

// recordOne follows one recording until its note is on the job and the subscriber has heard of it.
func (d *demo) recordOne(crm *demoCRM, receiver *demoReceiver, a appointment, transcript bool) (events int, err error) {
	id, err := d.record(a, a.talk, a.job.Name, a.customer())
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
	has := strings.Contains(notes[0].Text, a.talk.lines[1])
	if len(notes) != 1 || has != transcript {
		return 0, fmt.Errorf("job %s has %d notes; transcript in the first: %v, wanted: %v", a.Refs.Opportunity, len(notes), has, transcript)
	}
	words := map[bool]string{true: "with the transcript", false: "without the transcript"}
	fmt.Printf("  written back to job %s, %s\n", a.Refs.Opportunity, words[has])
	if err := d.until("the fields of the job are set", func() (bool, error) { return a.inFields(crm), nil }); err != nil {
		return 0, err
	}
	fmt.Printf("  what was found is in its fields: %s\n", strings.Join(a.talk.fields(), ", "))
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
