package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

const (
	recordingsPath = "/v1/core/recordings/"
	// repEmail is the address of the rep who records, here and in the CRMs.
	repEmail = "rita@example.com"
	// recordingsMost bounds how many recordings come: what follows from each counts against the CRMs' rate limits.
	recordingsMost = 100
	// crowd is how many recordings a look for links goes through that is killed in the middle.
	crowd = 1500
)

// recordedFrom is when the first recording began; the CRMs have no appointments from then on but those that are made for recordings.
var recordedFrom = time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)

// soaking is an organization whose CRMs and subscriber fail, on nodes that are killed.
type soaking struct {
	*cluster
	st           *store.Store
	organization string
	// token is the organization's, user the rep's own.
	token, user string
	rep         hub.User
	crms        []*soaked
	subscriber  *subscriber
	// made are the recordings, oldest first; analysed, how often an analysis of one was handed in; fresh, those of which
	// the first may yet be.
	made     []string
	analysed map[string]int
	fresh    []string
	// appointments are those not used yet, of each CRM; met, those that were made for recordings.
	appointments map[*soaked][]string
	met          []met
	paused       map[*soaked]bool
}

// signIn makes the rep a user here, of the CRMs, and of an app.
func (s *soaking) signIn() {
	s.t.Helper()
	ctx := s.t.Context()
	var err error
	if s.rep, err = s.st.CreateUser(ctx, s.organization, hub.User{Email: repEmail, FirstName: "Rita", LastName: "Rep"}); err != nil {
		s.t.Fatal(err)
	}
	app, secret, err := s.st.CreateApp(ctx, s.organization, "recorder", s.rep.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, s.user, err = s.st.CreateAccessToken(ctx, s.organization, app.ClientID, secret, s.rep.ID, hub.ScopeWrite); err != nil {
		s.t.Fatal(err)
	}
	if _, s.token, err = s.st.CreateToken(ctx, s.organization, store.NewToken{Name: "soak"}); err != nil {
		s.t.Fatal(err)
	}
}

// employ makes the CRMs' first users the rep.
func (s *soaking) employ() {
	for _, crm := range s.crms {
		id := crm.Records(hub.ModelUser)[0].ExternalID
		crm.Change(hub.ModelUser, id, func(u *hub.Record) { u.Details.Email, u.Details.Emails = repEmail, []string{repEmail} })
		switch crm.Platform() {
		case hub.PlatformSpotio: // whose appointments, unless they are around now, come with whole readings
			continue
		case hub.PlatformLeadPerfection: // whose appointments are shown of its leads: none can be moved
			continue
		}
		for _, e := range crm.Records(hub.ModelEngagement) {
			s.appointments[crm] = append(s.appointments[crm], e.ExternalID)
		}
	}
}

// meet lets a CRM have an appointment of the rep's at the time; false where it can have no more.
func (s *soaking) meet(crm *soaked, start time.Time) bool {
	free := s.appointments[crm]
	if len(free) == 0 {
		return false
	}
	s.appointments[crm] = free[1:]
	meeting, some := "", crm.Records(hub.ModelOpportunity)
	if crm.Platform() == hub.PlatformMerge {
		types := crm.Records(hub.ModelEngagementType)
		meeting = types[slices.IndexFunc(types, func(t hub.Record) bool { return t.Details.ActivityType == "MEETING" })].ExternalID
	}
	about := hub.Refs{Owner: crm.Records(hub.ModelUser)[0].ExternalID, EngagementType: meeting, Opportunity: some[s.random.IntN(len(some))].ExternalID}
	if crm.Platform() == hub.PlatformMerge { // which takes notes on contacts, but tells of no engagement's opportunity
		contacts := crm.Records(hub.ModelContact)
		about.Contact = contacts[s.random.IntN(len(contacts))].ExternalID
	}
	crm.Change(hub.ModelEngagement, free[0], func(e *hub.Record) {
		e.StartTime, e.EndTime, e.Refs = start, start.Add(time.Hour), about
	})
	s.met = append(s.met, met{crm, free[0]})
	for _, u := range crm.Records(hub.ModelEngagementUser) { // where who goes is a record of its own
		if row, _ := crm.Row(u.Model, u.ExternalID); u.Refs.Engagement == free[0] && row == u.Model {
			crm.Change(hub.ModelEngagementUser, u.ExternalID, func(u *hub.Record) { u.Refs.User = about.Owner })
		}
	}
	return true
}

// live lets something happen to recordings and connections.
func (s *soaking) live(begin bool) {
	s.t.Helper()
	if begin && len(s.made) < recordingsMost {
		s.begin()
	}
	some := func(ids []string) string { return ids[s.random.IntN(len(ids))] }
	if len(s.fresh) > 0 && s.random.IntN(2) == 0 {
		s.analyse(some(s.fresh))
	}
	if len(s.made) > 0 {
		switch s.random.IntN(20) {
		case 4, 5:
			if id := some(s.made); s.analysed[id] > 0 {
				s.analyse(id)
			}
		case 6:
			s.postpone()
		case 0, 1:
			s.link(some(s.made))
		case 2:
			if _, err := s.st.RemoveLink(s.t.Context(), s.organization, some(s.made), "USER_UNLINK"); err != nil && !errors.Is(err, hub.ErrNotFound) {
				s.t.Fatal(err)
			}
		case 3:
			if r := s.ask("DELETE", recordingsPath+some(s.made), s.user, nil, nil); r.status >= 300 && r.status != http.StatusNotFound {
				s.t.Fatalf("delete: %d %s", r.status, r.body)
			}
		}
	}
	crm := s.crms[s.random.IntN(len(s.crms))]
	switch s.random.IntN(12) {
	case 0:
		s.pause(crm, !s.paused[crm])
	case 1, 2:
		s.pause(crm, false)
	case 3:
		s.must("PATCH", connectionsPath+"/"+crm.conn.ID, s.token, map[string]any{"syncTranscript": s.random.IntN(2) == 0}, nil)
	case 4:
		crm.armed.Store(true)
	case 5:
		s.subscriber.armed.Store(true)
	}
}

func (s *soaking) pause(crm *soaked, paused bool) {
	s.t.Helper()
	s.must("PATCH", connectionsPath+"/"+crm.conn.ID, s.token, map[string]any{"isActive": !paused}, nil)
	s.paused[crm] = paused
}

// begin lets a recording come: linked as it comes, or with an appointment that comes before or after it, or with none.
func (s *soaking) begin() {
	s.t.Helper()
	n := len(s.made)
	start := recordedFrom.Add(time.Duration(n) * 4 * time.Hour)
	crm := s.crms[s.random.IntN(len(s.crms))]
	var objects []map[string]any
	switch n % 4 {
	case 0:
		if o, ok := s.opportunity(crm); ok {
			objects = []map[string]any{{"objectType": crm.objectType(), "objectId": o}}
		}
	case 1:
		s.meet(crm, start)
	}
	id := s.upload(crm, start.Add(time.Minute), objects)
	s.made = append(s.made, id)
	switch n % 4 {
	case 2:
		s.meet(crm, start)
	case 3:
		s.link(id)
	}
	switch s.random.IntN(6) {
	case 0: // it is never analysed
	case 1, 2:
		s.fresh = append(s.fresh, id)
	default:
		s.analyse(id)
	}
}

// opportunity is one that the hub knows, or whatever the CRM's reps work on instead; false where it knows none yet.
func (s *soaking) opportunity(crm *soaked) (string, bool) {
	s.t.Helper()
	known, err := s.st.Records(s.t.Context(), s.organization, store.RecordFilter{Model: crm.main(), ConnectionID: crm.conn.ID, Limit: 60})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(known) == 0 {
		return "", false
	}
	return known[s.random.IntN(len(known))].ExternalID, true
}

func (s *soaking) link(id string) {
	s.t.Helper()
	crm := s.crms[s.random.IntN(len(s.crms))]
	o, ok := s.opportunity(crm)
	if !ok {
		return
	}
	r := s.ask("PUT", recordingsPath+id+"/link", s.user, map[string]any{"externalId": o, "integrationConnectionId": crm.conn.ID, "dataType": string(crm.main()), "trigger": "USER_LINK_WEB"}, nil)
	if r.status >= 300 && r.status != http.StatusNotFound { // it may be deleted
		s.t.Fatalf("link: %d %s", r.status, r.body)
	}
}

// upload brings a recording in as an app does, again where a node died of it.
func (s *soaking) upload(crm *soaked, start time.Time, objects []map[string]any) string {
	s.t.Helper()
	audio := bytes.Repeat([]byte{0}, 1000)
	var signed struct {
		Data struct {
			UploadURL, DownloadURL string
			UploadHeaders          map[string]string
		}
	}
	s.until("the audio is put", func() bool {
		s.must("POST", recordingsPath+"signed-urls", s.user, map[string]any{"fileType": "audio/mpeg", "fileSize": len(audio)}, &signed)
		r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPut, signed.Data.UploadURL, bytes.NewReader(audio))
		if err != nil {
			s.t.Fatal(err)
		}
		for name, value := range signed.Data.UploadHeaders {
			r.Header.Set(name, value)
		}
		answer, err := s.client.Do(r)
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode < 300
	})
	var made struct{ Data struct{ RecordingID string } }
	s.must("POST", recordingsPath+"upload", s.user, map[string]any{
		"fileUrl": signed.Data.DownloadURL, "fileType": "audio/mpeg", "userId": s.rep.ID, "title": fmt.Sprintf("Visit %d", len(s.made)),
		"dateCreated": hub.WireTime(start), "integrationConnectionId": crm.conn.ID, "crmObjects": append([]map[string]any{}, objects...),
	}, &made)
	return made.Data.RecordingID
}

func (s *soaking) analyse(id string) {
	s.t.Helper()
	s.fresh = slices.DeleteFunc(s.fresh, func(other string) bool { return other == id })
	r := s.ask("PUT", recordingsPath+id+"/analysis", s.token, map[string]any{
		"language": "English", "durationInMilliseconds": (55 * time.Minute).Milliseconds(), "speakerMap": map[string]string{"A": "Rita", "B": "Customer"},
		"utterances": []map[string]any{{"speakerTag": "B", "utterance": demoTalks[0].lines[7], "startTimeInMillis": 1000, "endTimeInMillis": 5000, "redacted": false}},
		"summary":    []map[string]any{{"name": "Outcome", "content": outcome(s.analysed[id] + 1)}},
	}, nil)
	switch {
	case r.status < 300:
		s.analysed[id]++
	case r.status != http.StatusNotFound: // it may be deleted
		s.t.Fatalf("analyse: %d %s", r.status, r.body)
	}
}

// cutLook kills the nodes in the middle of a look for links through many recordings. Others have to take it up
// where it stopped.
func (s *soaking) cutLook() {
	s.t.Helper()
	ctx := s.t.Context()
	user, err := s.st.CreateUser(ctx, s.organization, hub.User{Email: "crowd@example.com", FirstName: "Cara"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.run(`INSERT INTO recordings (organization_id, id, user_id, title, file_type, blob, size, started_at, ended_at, duration_ms, result, conversation_type,
			trigger_kind, discoverable, contact_name, contact_phone, status, analysis, analysis_hash, link_also, link_by, link_trigger, link_reason, created_at, updated_at)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($4 AS INTEGER))
		SELECT CAST($1 AS TEXT), 'crowd-' || i, CAST($2 AS TEXT), 'A talk', 'audio/mpeg', '', 0, began, ended, 0, '', '', '', CAST($5 AS BOOLEAN), '', '', 'UPLOADED', '{}', '', '[]', '', '', '', began, ended
		FROM (SELECT i, at AS began, at AS ended FROM (SELECT i, CAST($3 AS BIGINT) + CAST(60000000 AS BIGINT) * i AS at FROM n) minutes) crowd`,
		s.organization, user.ID, recordedFrom.AddDate(-6, 0, 0).UnixMicro(), crowd, true)
	const during = `SELECT COUNT(*) FROM relinks WHERE taken_after LIKE 'crowd-%'`
	for try := 0; ; try++ {
		if try == 10 {
			s.t.Fatal("no look for links could be killed in the middle")
		}
		name := fmt.Sprintf("Cara %d", try)
		if _, err := s.st.UpdateUser(ctx, s.organization, user.ID, hub.UserPatch{FirstName: &name}); err != nil {
			s.t.Fatal(err)
		}
		storetest.Until(s.t, "somebody looks for links", func() bool { return s.count(during) > 0 })
		s.killAll()
		if s.count(during) == 1 {
			return
		}
		s.revive() // it was at its end just then
	}
}

// meetLast lets recordings come, and appointments for them when all else is quiet: nothing but they ask for another
// look at recordings.
func (s *soaking) meetLast() {
	s.t.Helper()
	s.looked()
	var with []*soaked
	for crm, free := range s.appointments {
		if len(free) > 0 {
			with = append(with, crm)
		}
	}
	var starts []time.Time
	for i := range with {
		start := recordedFrom.AddDate(2, 0, i)
		id := s.upload(with[i], start.Add(time.Minute), nil)
		s.made = append(s.made, id)
		s.analyse(id)
		starts = append(starts, start)
	}
	s.looked()
	for i, crm := range with {
		s.meet(crm, starts[i])
		s.settle(crm)
	}
	s.looked()
	for i, id := range s.made[len(s.made)-len(with):] {
		r, err := s.st.Recording(s.t.Context(), s.organization, id)
		if err != nil || !r.Linked() || r.Link.ConnectionID != with[i].conn.ID {
			s.t.Errorf("%v: the appointment of recording %s came, and it is linked to %+v", err, id, r.Link)
		}
	}
}

// written lets what still waits to be written back be sent at once, and until nothing does.
func (s *soaking) written() {
	s.t.Helper()
	replayed := map[string]time.Time{}
	last := ""
	defer func() {
		if last != "" {
			s.t.Log(last)
		}
	}()
	s.until("every delivery is sent", func() bool {
		last = ""
		for _, crm := range s.crms {
			waiting := append(s.deliveries(crm, store.DeliveryFilter{State: hub.DeliveryPending}), s.deliveries(crm, store.DeliveryFilter{State: hub.DeliveryConfirming})...)
			for _, d := range waiting {
				last = fmt.Sprintf("%s waits: %+v", crm.Platform(), d)
				if d.DueAt.After(time.Now().Add(5*time.Second)) && time.Since(replayed[d.ID]) > 10*time.Second {
					replayed[d.ID] = time.Now()
					s.must("POST", "/v1/deliveries/"+d.ID+"/replay", s.token, struct{}{}, nil)
				}
			}
		}
		return last == ""
	})
}

func (s *soaking) deliveries(crm *soaked, f store.DeliveryFilter) []hub.Delivery {
	s.t.Helper()
	f.ConnectionID, f.Limit = crm.conn.ID, 200
	var all []hub.Delivery
	for {
		page, err := s.st.Deliveries(s.t.Context(), s.organization, f)
		if err != nil {
			s.t.Fatal(err)
		}
		if all = append(all, page...); len(page) == 0 {
			return all
		}
		f.Before = page[len(page)-1].ID
	}
}

// recordings are the rep's, the deleted ones too.
func (s *soaking) recordings() map[string]hub.Recording {
	s.t.Helper()
	all := map[string]hub.Recording{}
	f := store.RecordingFilter{Limit: 500}
	for {
		page, err := s.st.Recordings(s.t.Context(), s.organization, f)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range page {
			f.After = store.ListPlace{At: r.UpdatedAt, ID: r.ID}
			if r.UserID == s.rep.ID {
				all[r.ID] = r
			}
		}
		if len(page) == 0 {
			return all
		}
	}
}

// checkRecordings makes sure that each recording is linked as the rule says and written back once.
func (s *soaking) checkRecordings(all map[string]hub.Recording) {
	s.t.Helper()
	if len(all) != len(s.made) {
		s.t.Errorf("%d recordings came, there are %d", len(s.made), len(all))
	}
	matched, written := 0, 0
	known := map[string]bool{}
	sent := map[string]int{} // by recording and record that it is linked to
	key := func(recording, connection string, m hub.Model, externalID string) string {
		return strings.Join([]string{recording, connection, string(m), externalID}, " ")
	}
	for _, crm := range s.crms {
		for _, d := range s.deliveries(crm, store.DeliveryFilter{}) {
			r := all[d.RecordingID]
			notes := 0
			if d.Note.Marker != "" {
				known[d.Note.Marker] = true
				notes = crm.Notes.Count(d.Note.Marker)
			}
			at := key(r.ID, crm.conn.ID, d.Model, d.ExternalID)
			here := r.DeletedAt.IsZero() && at == key(r.ID, r.Link.ConnectionID, r.Link.Model, r.Link.ExternalID)
			switch {
			case s.analysed[r.ID] == 0:
				s.t.Errorf("%s: a recording that was never analysed has the delivery %+v", crm.Platform(), d)
			case d.State == hub.DeliverySent && notes == 1 && d.NoteID != "" && (!r.WrittenAt.IsZero() || strings.Contains(d.Error, "stands there")):
				if d.Correction == 0 {
					sent[at]++
				}
				written++
			case d.State == hub.DeliveryCanceled && !here && notes <= 1: // it may have been on its way just then
			default:
				s.t.Errorf("%s has %d notes of %+v; the recording: %+v", crm.Platform(), notes, d, r)
			}
		}
		for _, n := range crm.Notes.All() {
			if marker := regexp.MustCompile(`sirocco:[0-9a-f-]+`).FindString(n.Text); !known[marker] {
				s.t.Errorf("%s has a note of nothing: %s", crm.Platform(), n.Text)
			}
		}
	}
	for id, r := range all {
		if !r.DeletedAt.IsZero() {
			continue
		}
		if r.Processed() != (s.analysed[id] > 0) {
			s.t.Errorf("recording %s is processed: %v, and was analysed %d times", id, r.Processed(), s.analysed[id])
		}
		if at := key(id, r.Link.ConnectionID, r.Link.Model, r.Link.ExternalID); r.Linked() && r.Processed() && sent[at] != 1 {
			s.t.Errorf("recording %s was sent %d times to what it is linked to: %+v", id, sent[at], r.Link)
		}
		if r.Link.By == hub.LinkedByMatching && r.Linked() {
			matched++
		}
		if r.MayBeMatched() {
			s.checkMatch(r)
		}
	}
	if matched == 0 || written == 0 {
		s.t.Errorf("%d recordings linked themselves and %d were written back: the test shows nothing", matched, written)
	}
	cuts := 0
	for _, crm := range s.crms {
		cuts += int(crm.done.Load())
	}
	s.t.Logf("%d recordings, %d linked by themselves, %d written back, nodes killed during %d deliveries", len(all), matched, written, cuts)
}

// checkMatch makes sure that the link is what the rule says now: every change before was followed.
func (s *soaking) checkMatch(r hub.Recording) {
	s.t.Helper()
	m, err := s.st.Verdict(s.t.Context(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	if m.Holds(r.Link) {
		return
	}
	want := ""
	if w := m.Winner(); w != nil {
		want = w.Appointment.ExternalID
	}
	if r.Link.ExternalID != want || r.Link.Reason != m.Reason {
		s.t.Errorf("recording %s is linked to %q (%s), the rule says %q (%s)", r.ID, r.Link.ExternalID, r.Link.Reason, want, m.Reason)
	}
}

// looked waits until all recordings have been looked at for links.
func (s *soaking) looked() {
	s.t.Helper()
	s.until("all recordings are looked at", func() bool {
		return s.count(`SELECT COUNT(*) FROM relinks WHERE taken_from IS NOT NULL OR asked_from IS NOT NULL`) == 0
	})
	if n := s.count(`SELECT COUNT(*) FROM recordings WHERE id LIKE 'crowd-%' AND link_reason = ''`); n > 0 {
		s.t.Fatalf("%d of the recordings that a look was killed at were never looked at", n)
	}
}

// idle waits until no task is due or under way.
func (s *soaking) idle() {
	s.t.Helper()
	s.until("no task is due", func() bool {
		return s.count(fmt.Sprintf(`SELECT COUNT(*) FROM tasks WHERE lease_until IS NOT NULL OR due_at <= %d`, time.Now().UnixMicro())) == 0
	})
}

// run runs a statement past the store's own methods.
func (s *soaking) run(query string, args ...any) {
	s.t.Helper()
	storetest.Exec(s.t, s.st, query, args...)
}

func (s *soaking) count(query string) int {
	s.t.Helper()
	return storetest.Count(s.t, s.st, query)
}
