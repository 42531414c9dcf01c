package console

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// visited is an organization whose rep has recorded visits, of which the rule is not sure.
type visited struct {
	*served

	organization, user string
	connection         hub.Connection
	// offered is a recording that is offered with two appointments.
	offered string
	start   time.Time
}

// kept is audio that is in memory.
type kept struct{ *strings.Reader }

func (kept) Close() error { return nil }

func (kept) ModTime() time.Time { return time.Time{} }

const spoken = "0123456789"

func visits(t *testing.T, databaseURL string, change ...func(*Options)) *visited {
	t.Helper()
	withAudio := func(o *Options) {
		o.Audio = func(context.Context, string) (Audio, error) { return kept{strings.NewReader(spoken)}, nil }
	}
	s := &visited{served: serveOn(t, databaseURL, append([]func(*Options){withAudio}, change...)...)}
	s.fill()
	return s
}

// fill makes the organization.
func (s *visited) fill() {
	t, ctx, st := s.t, s.t.Context(), s.store
	t.Helper()
	if s.organization == "" {
		s.organization = s.served.organization("Cedar Roofing")
	}
	ann, err := st.CreateUser(ctx, s.organization, hub.User{Email: "dana@cedar.example", FirstName: "Dana", LastName: "Whitfield"})
	if err != nil {
		t.Fatal(err)
	}
	s.user = ann.ID
	s.connection = storetest.Connection(t, st, s.organization, hub.PlatformMerge, hub.ModelUser, hub.ModelContact, hub.ModelEngagement)
	s.start = s.clock().UTC().Truncate(24 * time.Hour).Add(-10 * time.Hour)
	at := func(minutes int) time.Time { return s.start.Add(time.Duration(minutes) * time.Minute) }
	visit := func(id, name string, from, to int) hub.Record {
		return hub.Record{Model: hub.ModelEngagement, ExternalID: id, Name: name, StartTime: at(from), EndTime: at(to), Refs: hub.Refs{Owner: "u-7", Contact: "c-" + id}}
	}
	s.commit(hub.ModelUser, hub.Record{Model: hub.ModelUser, ExternalID: "u-7", Name: "Dana Whitfield", Details: hub.Details{Email: "dana@cedar.example"}})
	s.commit(hub.ModelContact,
		hub.Record{Model: hub.ModelContact, ExternalID: "c-1", Name: "Marisol Rivera", Details: hub.Details{
			Emails: []string{"marisol@rivera.example"}, Phones: []string{"+1 602 555 0142"}, URL: "https://crm.example/contacts/1", CreatedAt: "2026-01-02T03:04:05.000Z", LocalStart: "2026-01-05T09:30:00",
			Addresses: []hub.Address{{Street: "418 Juniper Lane", City: "Tempe", State: "AZ", Zip: "85281"}}}},
		hub.Record{Model: hub.ModelContact, ExternalID: "c-2", Name: "Marcus Oyelaran", Details: hub.Details{URL: "javascript:alert(1)", Phones: []string{"+1 602 555 0177"}}},
		hub.Record{Model: hub.ModelContact, ExternalID: "c-3", Name: "Henrietta Vance"})
	s.commit(hub.ModelEngagement, visit("1", "Roof inspection, Rivera", -20, 40), visit("2", "Gutter estimate, Oyelaran", 35, 95), visit("3", "Follow-up, Vance", 300, 360))
	s.offered = storetest.Recording(t, st, s.organization, ann.ID, at(10), 50*time.Minute)
	storetest.Exec(t, st, `UPDATE recordings SET title = 'Visit at Juniper Lane', discoverable = $1, blob = 'k/a', size = 10, link_by = 'OFFERED', link_connection_id = $4,
		link_reason = 'It may be of the roof inspection.' WHERE organization_id = $2 AND id = $3`, false, s.organization, s.offered, s.connection.ID)
	_, err = st.PutAnalysis(ctx, s.organization, s.offered, hub.AnalysisResult{
		Language: "en", Speakers: map[string]string{"A": "Dana", "B": "Homeowner"},
		Summary:     []hub.SummarySection{{ID: "s1", Header: "What was agreed", Content: "New shingles on the south side before the monsoon."}},
		Extractions: []hub.EntityExtraction{{ID: "e1", DefinitionID: "d", DefinitionName: "Budget", Status: "COMPLETED", Values: []hub.ExtractedValue{{Name: "Budget", Value: 14500.0, Mappings: []hub.FieldMapping{{Model: "OPPORTUNITY", Field: "Amount"}}}}}},
		Duration:    50 * time.Minute,
		Utterances:  []hub.Utterance{{Speaker: "A", Text: "Thanks for having me, let us look at the roof.", Start: 0, End: 4200}, {Speaker: "B", Text: "The leak is above the kitchen.", Start: 4300, End: 9000}},
	})
	if err != nil {
		t.Fatal(err)
	}
	storetest.Exec(t, st, `UPDATE recordings SET link_by = 'OFFERED' WHERE organization_id = $1 AND id = $2`, s.organization, s.offered)
}

// commit brings records into the connection, as a sync does, and lets go of it.
func (s *visited) commit(model hub.Model, records ...hub.Record) {
	s.t.Helper()
	s.commitPage(store.PageCommit{State: store.SyncState{Model: model}, Status: hub.SyncStateUpToDate, Records: records})
}

func (s *visited) commitPage(page store.PageCommit) {
	s.t.Helper()
	sched := storetest.Lease(s.t, s.store, s.organization, s.connection.ID)
	if _, err := s.store.CommitPage(s.t.Context(), sched, page); err != nil {
		s.t.Fatal(err)
	}
	storetest.Exec(s.t, s.store, `UPDATE schedules SET lease_until = NULL, due_at = $3 WHERE organization_id = $1 AND connection_id = $2`,
		s.organization, s.connection.ID, s.clock().UnixMicro())
}

func (s *visited) record(model hub.Model, externalID string) store.Record {
	s.t.Helper()
	found, err := s.store.FindRecord(s.t.Context(), s.organization, store.RecordTarget{Model: model, ExternalID: externalID})
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

func (s *visited) recording() hub.Recording {
	s.t.Helper()
	r, err := s.store.Recording(s.t.Context(), s.organization, s.offered)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// TestAnOfferIsTaken lists an offered recording first, explains it on one axis, and takes one of its appointments; what
// is not offered any more is refused.
func TestAnOfferIsTaken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		b := s.operator(s.organization)
		mustContain(t, b.get("/recordings"), "Which appointment are these of?", "Visit at Juniper Lane", "Dana Whitfield", "Decide", "is with Marisol Rivera, 418 Juniper Lane.")
		mustContain(t, b.get("/"), "may be of “Roof inspection, Rivera” with Marisol Rivera, 418 Juniper Lane; of 2 others; or of none.")
		at := "/recordings/" + s.offered
		mustContain(t, b.get(at), "<svg", "Roof inspection, Rivera, ", "overlaps by 30 min", "It is this one", "None of them", "New shingles", "OPPORTUNITY.Amount", "14500", "<small>Marisol Rivera, 418 Juniper Lane</small>")
		if strings.Contains(b.get(at), "<small>over ") {
			t.Error("the only connection is told")
		}
		storetest.Connection(t, s.store, s.organization, hub.PlatformServiceTitan, hub.ModelUser)
		mustContain(t, b.get(at), "<small>over "+s.connection.Name+"</small>", "is with Marisol Rivera, 418 Juniper Lane and comes over "+s.connection.Name+".")
		mustContain(t, b.get("/recordings?state=offered"), " and comes over "+s.connection.Name+".")
		mustContain(t, b.get("/"), "418 Juniper Lane, over "+s.connection.Name+"; of 2 others; or of none.")
		s.commit(hub.ModelEngagement, hub.Record{Model: hub.ModelEngagement, ExternalID: "of another rep", StartTime: s.start, EndTime: s.start.Add(time.Hour), Refs: hub.Refs{Owner: "u-8"}})
		if a := b.do(http.MethodPost, at+"/take", url.Values{"candidate": {s.record(hub.ModelEngagement, "of another rep").ID}}); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "names no candidate") {
			t.Errorf("another rep's appointment is taken: %d %s", a.status, a.body)
		}
		to := b.post(at+"/take", "candidate", s.record(hub.ModelEngagement, "2").ID)
		if r := s.recording(); r.Link.ExternalID != "2" || r.Link.By != hub.LinkedByHand || r.Link.Trigger != linkedInBrowser {
			t.Errorf("%+v", r.Link)
		}
		mustContain(t, b.get(to), "It is linked.", "Gutter estimate, Oyelaran", "by hand", "Unlink")
		if a := b.do(http.MethodPost, at+"/take", nil); a.status != http.StatusConflict {
			t.Errorf("taken twice: %d", a.status)
		}
		if n := storetest.Count(t, s.store, `SELECT COUNT(*) FROM audit WHERE object_id = $1 AND action = 'link' AND actor_name = 'Ann'`, s.offered); n != 1 {
			t.Errorf("%d entries in the audit log", n)
		}
		if strings.Contains(b.get("/recordings"), "Which appointment") {
			t.Error("it is offered still")
		}
	})
}

// TestNoneOfTheOffers says that an offered recording is of none of its candidates.
func TestNoneOfTheOffers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		b := s.operator(s.organization)
		mustContain(t, b.get(b.post("/recordings/"+s.offered+"/take", "candidate", "")), "It is of none of them.", "Unlinked by hand")
		if r := s.recording(); r.Linked() || r.Link.By != hub.LinkedByHand {
			t.Errorf("%+v", r.Link)
		}
	})
}

// TestLinkByHand searches a record for a recording, links it to that, and unlinks it.
func TestLinkByHand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		b := s.operator(s.organization)
		at := "/recordings/" + s.offered
		// What is nearest in time comes first, whatever it is called, with its customer.
		near := b.get(at + "/link")
		mustContain(t, near, "Nearest to the recording", "Marisol Rivera, 418 Juniper Lane", "Henrietta Vance", "4 h after its end")
		table := near[strings.Index(near, `id="near"`):strings.Index(near, "All, by their names")]
		if first, second, third := strings.Index(table, "Gutter estimate"), strings.Index(table, "Roof inspection"), strings.Index(table, "Follow-up"); first < 0 || first > second || second > third {
			t.Errorf("they stand at %d, %d and %d", first, second, third)
		}
		found := b.get(at + "/link?model=CONTACT&q=henri")
		want := s.record(hub.ModelContact, "c-3")
		mustContain(t, found, "Henrietta Vance", want.ID)
		if strings.Contains(found, "Marisol") {
			t.Error("all are found")
		}
		mustContain(t, b.get(b.post(at+"/link", "model", "CONTACT", "record", want.ID)), "It is linked.", "Henrietta Vance")
		mustContain(t, b.get("/records/CONTACT/"+want.ID), "Visit at Juniper Lane")
		mustContain(t, b.get(b.post(at+"/unlink")), "It is unlinked.")
		if r := s.recording(); r.Linked() {
			t.Errorf("%+v", r.Link)
		}
		if a := b.do(http.MethodPost, at+"/link", map[string][]string{"model": {"CONTACT"}, "record": {hub.NewID()}}); a.status != http.StatusNotFound {
			t.Errorf("to nothing: %d", a.status)
		}
	})
}

// TestWordsAreForPeople asks for the words and the audio of a recording with each kind of session: a token's never has
// them, whoever runs the server has them once they opened them, which the audit log notes once, and for an hour.
func TestWordsAreForPeople(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		at, words := "/recordings/"+s.offered, "The leak is above the kitchen."
		token := s.as(hub.ConsolePerson{Role: hub.ConsoleOperator, Method: hub.ConsoleByToken, OrganizationID: s.organization})
		runs := s.as(hub.ConsolePerson{Role: hub.ConsoleOperator})
		of := "?organization=" + s.organization
		opened := func() int {
			return storetest.Count(t, s.store, `SELECT COUNT(*) FROM audit WHERE object_id = $1 AND action = 'open'`, s.offered)
		}
		closed := func(b *browser) {
			t.Helper()
			if page := b.get(at + of); strings.Contains(page, words) || strings.Contains(page, "<audio") {
				t.Error("the words show")
			}
			if a := b.do(http.MethodGet, at+"/audio"+of, nil); a.status != http.StatusForbidden || a.body == spoken {
				t.Errorf("the audio: %d", a.status)
			}
		}
		closed(token)
		closed(runs)
		if a := token.do(http.MethodPost, at+"/open"+of, nil); a.status != http.StatusForbidden || opened() != 0 {
			t.Errorf("a token opens: %d", a.status)
		}
		runs.post(at + "/open" + of)
		runs.post(at + "/open" + of)
		if n := opened(); n != 1 {
			t.Errorf("%d entries in the audit log", n)
		}
		mustContain(t, runs.get(at+of), words, "<audio", "Homeowner", "#t=4.3", "with the transcript")
		a := runs.do(http.MethodGet, at+"/audio"+of, nil, "Range", "bytes=2-4")
		if a.status != http.StatusPartialContent || a.body != spoken[2:5] || a.header.Get("Content-Type") != "audio/mpeg" {
			t.Errorf("a range: %d %q", a.status, a.body)
		}
		closed(s.as(hub.ConsolePerson{Role: hub.ConsoleOperator})) // another session
		closed(token)
		storetest.Exec(t, s.store, `UPDATE console_openings SET at = at - $1`, store.OpeningLife.Microseconds())
		closed(runs)
	})
}

// TestDeliveriesOfARecording shows what was written, to the letter, and sends it again.
func TestDeliveriesOfARecording(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		b := s.operator(s.organization)
		at := "/recordings/" + s.offered
		b.post(at+"/take", "candidate", s.record(hub.ModelEngagement, "1").ID)
		found, err := s.store.DeliveriesOf(t.Context(), s.organization, s.offered, 10)
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		storetest.Exec(t, s.store, `UPDATE deliveries SET state = 'FAILED', due_at = NULL, attempts = 3, error = 'The CRM refused it.', note_text = 'As it <was> written', note_id = 'n-1' WHERE id = $1`, found[0].ID)
		mustContain(t, b.get(at), "As it &lt;was&gt; written", "The CRM refused it.", "Failed", "What would be written now, without the transcript")
		r, err := s.store.Recording(t.Context(), s.organization, s.offered)
		if err != nil {
			t.Fatal(err)
		}
		storetest.Exec(t, s.store, `UPDATE deliveries SET transcript = TRUE, note_print = $2 WHERE id = $1`, found[0].ID, hub.NewResultNote(&r, "").Print())
		mustContain(t, b.get(at), "What it says there, but for the transcript that was sent with it; the same would be written now", "As it &lt;was&gt; written")
		runs := s.as(hub.ConsolePerson{Role: hub.ConsoleOperator, Method: hub.ConsoleByLink})
		runs.post(at + "/open?organization=" + s.organization)
		opened := runs.get(at + "?organization=" + s.organization)
		mustContain(t, opened, "What it says there; the same would be written now")
		_, letter, _ := strings.Cut(opened, "What it says there; the same would be written now")
		if letter, _, _ = strings.Cut(letter, "</pre>"); !strings.Contains(letter, "The leak is above the kitchen.") {
			t.Errorf("the letter lacks the words: %s", letter)
		}
		storetest.Exec(t, s.store, `UPDATE deliveries SET transcript = NULL, note_print = '' WHERE id = $1`, found[0].ID)
		mustContain(t, b.get("/"), `/write-backs"><span class="badge bad">1</span>`)
		mustContain(t, b.get("/write-backs"), at+`#written">Engagement 1</a>`, s.connection.Name, "The CRM refused it.", "Send again")
		mustContain(t, b.get(b.post(at+"/replay", "delivery", found[0].ID)), "It is sent now.")
		mustContain(t, b.get("/write-backs"), "No write-back failed.")
		mustContain(t, b.get("/write-backs?state=waiting"), at+`#written">Engagement 1</a>`, "Next attempt", `aria-current="true">Waiting</a>`)
		if page := b.get("/write-backs?state=unproven"); strings.Contains(page, at) {
			t.Error("a note that waits is one that was sent")
		}
		if d, err := s.store.Delivery(t.Context(), s.organization, found[0].ID); err != nil || d.State != hub.DeliveryPending || d.Attempts != 0 {
			t.Errorf("%+v %v", d, err)
		}
	})
}

// TestRecordsAreFound searches by the beginning of a name in any case and by the CRM's id, page by page, and shows what a
// record has to do with; it leads to no URL that is none of the web.
func TestRecordsAreFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		var many []hub.Record
		for i := range recordsPageSize + 5 {
			many = append(many, hub.Record{Model: hub.ModelContact, ExternalID: fmt.Sprint("m-", i), Name: fmt.Sprintf("Zora %03d", i)})
		}
		s.commit(hub.ModelContact, many...)
		b := s.viewer(s.organization)
		page := b.get("/records?q=MARI")
		mustContain(t, page, "Marisol Rivera", "418 Juniper Lane, Tempe, AZ 85281", "marisol@rivera.example")
		if strings.Contains(page, "Marcus") {
			t.Error("another name is found")
		}
		mustContain(t, b.get("/records?by=id&q=c-2"), "Marcus Oyelaran")
		mustContain(t, b.get("/records?q=zora"), "Zora 000", "Zora 049", "Next page")
		next := b.get("/records?q=zora&after=" + s.record(hub.ModelContact, "m-49").ID)
		mustContain(t, next, "Zora 050", "Zora 054")
		if strings.Contains(next, "Zora 049") {
			t.Error("the page before shows again")
		}
		one := b.get("/records/CONTACT/" + s.record(hub.ModelContact, "c-1").ID)
		mustContain(t, one, "Marisol Rivera", "1 602 555 0142", "https://crm.example/contacts/1", "Open in the CRM", "Roof inspection, Rivera",
			`<dd class="long"><time datetime="2026-01-02T03:04:05Z"`, `<dd class="long">2026-01-05 09:30</dd>`)
		mustContain(t, b.get("/records/ENGAGEMENT/"+s.record(hub.ModelEngagement, "1").ID), "Marisol Rivera", "Dana Whitfield")
		// Who is joined to something is called by both their names, wherever that shows.
		s.commit(hub.ModelEngagementUser, hub.Record{Model: hub.ModelEngagementUser, ExternalID: "1:u-7", Refs: hub.Refs{Engagement: "1", User: "u-7"}},
			hub.Record{Model: hub.ModelEngagementUser, ExternalID: "9:u-7", Refs: hub.Refs{Engagement: "9", User: "u-7"}})
		joined := s.record(hub.ModelEngagementUser, "1:u-7")
		for _, path := range []string{"/records/ENGAGEMENT_USER/" + joined.ID, "/records/ENGAGEMENT/" + s.record(hub.ModelEngagement, "1").ID, "/records/USER/" + s.record(hub.ModelUser, "u-7").ID, "/records?model=ENGAGEMENT_USER"} {
			mustContain(t, b.get(path), "Dana Whitfield · Roof inspection, Rivera")
		}
		mustContain(t, b.get("/records?model=ENGAGEMENT_USER"), "9:u-7")
		if strings.Contains(b.get("/records/CONTACT/"+s.record(hub.ModelContact, "c-2").ID), `href="javascript`) {
			t.Error("it leads to a script")
		}
	})
}

// TestQuarantineIsRetried groups what is in quarantine by reason, marks the field that is wrong, and retries one item, a
// group, and all.
func TestQuarantineIsRetried(t *testing.T) {
	storetest.Each(t, func(t *testing.T, databaseURL string) {
		s := visits(t, databaseURL)
		bad := func(id, reason string) store.Quarantined {
			return store.Quarantined{Model: hub.ModelEngagement, ExternalID: id, Reason: reason, Raw: `{"id":"` + id + `","end_time":"2026-01-01","name":"x"}`, FoundSince: s.start}
		}
		const early, long = "endTime is before startTime", "externalId is too long"
		s.commitPage(store.PageCommit{State: store.SyncState{Model: hub.ModelEngagement}, Status: hub.SyncStateUpToDate, Quarantined: []store.Quarantined{bad("q1", early), bad("q2", early), bad("q3", early), bad("q4", long)}})
		left := func() int {
			return storetest.Count(t, s.store, `SELECT COUNT(*) FROM quarantine WHERE organization_id = $1`, s.organization)
		}
		b := s.operator(s.organization)
		page := b.get("/quarantine")
		mustContain(t, page, early, long, "Retry all: 4", "Retry 3")
		page = b.get("/quarantine?reason=" + strings.ReplaceAll(early, " ", "+"))
		mustContain(t, page, "<mark>  &#34;end_time&#34;: &#34;2026-01-01&#34;,</mark>", "Retry this one", "q1")
		mustContain(t, page, `What it is about: <mark class="mono">&#34;end_time&#34;: &#34;2026-01-01&#34;</mark>`)
		items, err := s.store.QuarantineItems(t.Context(), s.organization, store.QuarantineFilter{Reason: early}, "", "", 10)
		if err != nil || len(items) != 3 {
			t.Fatal(items, err)
		}
		mustContain(t, b.get(b.post("/quarantine/retry", "connection", s.connection.ID, "item", items[0].ID)), "1 item was taken out", "Being read again", "Retry what matches: 3")
		states, err := s.store.SyncStates(t.Context(), s.organization, s.connection.ID)
		if err != nil {
			t.Fatal(err)
		}
		rewound := false
		for _, st := range states {
			rewound = rewound || st.Model == hub.ModelEngagement && st.RewindTo != nil
		}
		if !rewound {
			t.Errorf("it is not read again: %+v", states)
		}
		b.post("/quarantine/retry", "reason", early)
		if n := left(); n != 1 {
			t.Errorf("after a group %d are left", n)
		}
		b.post("/quarantine/retry")
		if n := left(); n != 0 {
			t.Errorf("after all %d are left", n)
		}
		if a := b.do(http.MethodPost, "/quarantine/retry", nil); a.status != http.StatusConflict {
			t.Errorf("nothing is retried: %d", a.status)
		}
	})
}

var _ io.ReadSeekCloser = kept{}

// TestDistanceOfUnknownLength says how far an appointment is from where a recording began, whose end nobody knows.
func TestDistanceOfUnknownLength(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for ends, want := range map[time.Time]string{{}: "1 h 10 min after it began", at: "1 h 10 min after it began", at.Add(10 * time.Minute): "1 h after its end"} {
		r := hub.Recording{StartedAt: at, EndedAt: ends}
		if got := distance(&r, at.Add(70*time.Minute), at.Add(2*time.Hour)); got != want {
			t.Errorf("with the end %s: %q", ends, got)
		}
	}
}
