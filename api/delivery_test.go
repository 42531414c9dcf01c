package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store/storetest"
)

// delivery keeps a failed delivery of a recording, as write-back leaves it.
func (w *world) delivery(organization, connection, recording string) string {
	w.t.Helper()
	id := hub.NewID()
	storetest.Exec(w.t, w.st, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, note_id, error, created_at, updated_at)
		VALUES ($1, $2, $3, $4, 'OPPORTUNITY', 'o1', 'FAILED', 9, '', 'Merge: no', $5, $5)`, organization, connection, id, recording, time.Now().UnixMicro())
	storetest.Exec(w.t, w.st, `UPDATE recordings SET link_connection_id = $1, link_model = 'OPPORTUNITY', link_external_id = 'o1', link_by = $2 WHERE id = $3`,
		connection, string(hub.LinkedByHand), recording)
	return id
}

func TestDeliveriesAreListedAndReplayed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		mine := w.tenant("Mine")
		connection := mine.token.create("MERGE").ID
		recording := w.user(mine, hub.User{Email: "rep@mine.example"}, hub.ScopeWrite).record("audio", `"userEmail":"rep@mine.example"`)
		if a := mine.token.do("GET", recordings+"/"+recording+"/link", "").want(t, http.StatusOK); strings.Contains(a.body, `"record"`) || !strings.Contains(a.body, "No CRM user is matched to the rep.") {
			t.Errorf("%s", a.body)
		}
		id := w.delivery(mine.id, connection, recording)
		list := connections + "/" + connection + "/deliveries"
		if a := mine.token.do("GET", list+"?state=FAILED", "").want(t, http.StatusOK); !strings.Contains(a.body, id) {
			t.Errorf("%s", a.body)
		}
		if a := mine.token.do("GET", list+"?state=SENT", "").want(t, http.StatusOK); strings.Contains(a.body, id) {
			t.Errorf("%s", a.body)
		}
		mine.token.do("GET", "/v1/deliveries/"+id, "").want(t, http.StatusOK)
		var d struct {
			State, Explanation string
			Attempts           int
			DueAt              *string
		}
		mine.token.do("POST", "/v1/deliveries/"+id+"/replay", "").want(t, http.StatusOK).into(t, &d)
		if d.State != "PENDING" || d.Attempts != 0 || d.DueAt == nil {
			t.Errorf("%+v", d)
		}
		// What is said of one customer is not sent to another.
		astray := w.delivery(mine.id, connection, recording)
		storetest.Exec(t, w.st, `UPDATE deliveries SET external_id = 'o2' WHERE id = $1`, astray)
		if a := mine.token.do("POST", "/v1/deliveries/"+astray+"/replay", "").want(t, http.StatusConflict); !strings.Contains(a.body, "no longer linked to the OPPORTUNITY o2") {
			t.Errorf("%s", a.body)
		}
		mine.token.do("PATCH", connections+"/"+connection, `{"isActive":false}`).want(t, http.StatusOK)
		mine.token.do("GET", "/v1/deliveries/"+id, "").want(t, http.StatusOK).into(t, &d)
		if !strings.HasPrefix(d.Explanation, "It is held while the connection is paused") {
			t.Errorf("%+v", d)
		}
	})
}

// TestANoteIsToldAndSettled shows what a CRM was told and what it would be told now, settles one of which nobody knows, and
// chooses what becomes of notes that are no longer true.
func TestANoteIsToldAndSettled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		mine := w.tenant("Mine")
		connection := mine.token.create("MERGE").ID
		recording := w.user(mine, hub.User{Email: "rep@mine.example"}, hub.ScopeWrite).record("audio", `"userEmail":"rep@mine.example"`)
		mine.token.do("PUT", recordings+"/"+recording+"/analysis", `{"summary":[{"name":"Needs","content":"A new roof."}]}`).want(t, http.StatusOK)
		id := w.delivery(mine.id, connection, recording)
		storetest.Exec(t, w.st, `UPDATE deliveries SET state = 'CONFIRMING', asked_at = 1, target_model = 'OPPORTUNITY', target_external_id = 'o-1', marker = 'sirocco:m', note_print = 'ffffffff',
			note_text = 'A talk about a shed' WHERE id = $1`, id)
		var d struct {
			State, Explanation string
			NoteID             *string
			Note               struct {
				DataType, ExternalID, Marker, CRM, Now *string
				Same                                   *bool
			}
		}
		at := "/v1/deliveries/" + id
		mine.token.do("GET", at, "").want(t, http.StatusOK).into(t, &d)
		if n := d.Note; d.State != "CONFIRMING" || *n.DataType != "OPPORTUNITY" || *n.ExternalID != "o-1" || *n.Marker != "sirocco:m" || *n.CRM != "A talk about a shed" || !strings.Contains(*n.Now, "A new roof.") || *n.Same {
			t.Errorf("%+v", d)
		}
		storetest.Exec(t, w.st, `UPDATE deliveries SET state = 'FAILED' WHERE id = $1`, id) // as it was refused: it is not there
		if mine.token.do("GET", at, "").want(t, http.StatusOK).into(t, &d); d.Note.CRM != nil || d.Note.Same != nil || d.Note.Now == nil {
			t.Errorf("%+v", d.Note)
		}
		storetest.Exec(t, w.st, `UPDATE deliveries SET state = 'CONFIRMING' WHERE id = $1`, id)
		if a := mine.token.do("GET", connections+"/"+connection+"/deliveries?state=CONFIRMING", "").want(t, http.StatusOK); !strings.Contains(a.body, id) {
			t.Errorf("%s", a.body)
		}
		mine.token.do("POST", at+"/settle", `{}`).want(t, http.StatusBadRequest)
		mine.token.do("POST", "/v1/deliveries/"+hub.NewID()+"/settle", `{"there":true}`).want(t, http.StatusNotFound)
		mine.token.do("POST", at+"/settle", `{"there":true,"noteId":"n-1"}`).want(t, http.StatusOK).into(t, &d)
		if d.State != "SENT" || *d.NoteID != "n-1" {
			t.Errorf("%+v", d)
		}
		// The recording is linked to another record by now: the delivery says so, and so does what explains the link.
		storetest.Exec(t, w.st, `UPDATE recordings SET link_external_id = 'o2' WHERE id = $1`, recording)
		if mine.token.do("GET", at, "").want(t, http.StatusOK).into(t, &d); !strings.Contains(d.Explanation, "The recording is no longer linked to this record; its note stands on the OPPORTUNITY o-1.") {
			t.Errorf("%s", d.Explanation)
		}
		if a := mine.token.do("GET", recordings+"/"+recording+"/link", "").want(t, http.StatusOK); !strings.Contains(a.body, "before, and its note stands on the OPPORTUNITY o-1 since") {
			t.Errorf("%s", a.body)
		}
		mine.token.do("POST", at+"/settle", `{"there":false}`).want(t, http.StatusConflict)
		back := connections + "/" + connection + "/write-back"
		for _, chosen := range []string{"NOTE", "CHANGE", "LEAVE"} {
			if chosen != "NOTE" {
				mine.token.do("PATCH", back, `{"corrections":"`+chosen+`"}`).want(t, http.StatusOK)
			}
			if a := mine.token.do("GET", back, "").want(t, http.StatusOK); !strings.Contains(a.body, chosen) {
				t.Errorf("%s", a.body)
			}
		}
		mine.token.do("PATCH", back, `{"corrections":"NEVER"}`).want(t, http.StatusBadRequest)
	})
}
