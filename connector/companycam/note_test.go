package companycam_test

import (
	"fmt"
	"net/http"
	"testing"

	"sirocco/connector"
	"sirocco/connector/companycam"
	"sirocco/hub"
	"sirocco/simulator"
	simulated "sirocco/simulator/companycam"
)

// TestTheNoteIsLookedForOnAllPages has a note, whose answer was lost, behind many other comments, while one goes.
func TestTheNoteIsLookedForOnAllPages(t *testing.T) {
	for _, comments := range []int{70, 2300} {
		crm, s := standIn(t, simulated.NewFixed(50)(simulator.Options{ValidateEvery: 20}))
		id := crm.Records(hub.ModelOpportunity)[0].ExternalID
		note := connector.Note{Target: hub.ModelOpportunity, ExternalID: id, Title: "Talk", Marker: "sirocco-n0te-1"}
		first, err := companycam.Connector{}.WriteNote(t.Context(), s, note)
		if err != nil {
			t.Fatal(err)
		}
		for i := range comments {
			crm.Notes.Add(hub.ModelOpportunity, id, fmt.Sprintf("Photo %d is done", i))
		}
		if again, err := (companycam.Connector{}).WriteNote(t.Context(), s, note); err != nil || !again.Existed || again.ExternalID != first.ExternalID {
			t.Errorf("behind %d comments: %+v %v", comments, again, err)
		}
		if n := crm.Notes.Count(note.Marker); n != 1 {
			t.Errorf("behind %d comments there are %d notes of ours", comments, n)
		}
	}
}

// TestACommentThatCannotBeReadMayBeTheNote writes nothing where the comments cannot be searched.
func TestACommentThatCannotBeReadMayBeTheNote(t *testing.T) {
	for _, body := range []string{`null`, `{}`, `[{"id":"1","content":7}]`, `[{"content":"x"}]`} {
		posted := false
		s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			posted = posted || r.Method == http.MethodPost
			answer(http.StatusOK, body).ServeHTTP(w, r)
		}))
		_, err := companycam.Connector{}.WriteNote(t.Context(), s, connector.Note{Target: hub.ModelOpportunity, ExternalID: "1", Marker: "sirocco-n0te-1"})
		if !connector.IsKind(err, connector.Malformed) || posted {
			t.Errorf("%s: written %t, %v", body, posted, err)
		}
	}
}

// TestTheAuthor holds that a comment is credited to whom the setting names, in the spelling that the vendor takes.
func TestTheAuthor(t *testing.T) {
	crm := simulated.New(simulator.Options{})
	var author []string
	s := session(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			author = append(author, r.Header.Get("X-CompanyCam-User"))
		}
		crm.ServeHTTP(w, r)
	}))
	id := crm.Records(hub.ModelOpportunity)[0].ExternalID
	for _, name := range []string{"", "rep@example.com"} {
		s.Values["author"] = name
		note := connector.Note{Target: hub.ModelOpportunity, ExternalID: id, Marker: "sirocco-" + name}
		if _, err := (companycam.Connector{}).WriteNote(t.Context(), s, note); err != nil {
			t.Fatal(err)
		}
	}
	if len(author) != 2 || author[0] != "" || author[1] != "rep@example.com" {
		t.Errorf("the authors are %q", author)
	}
	for _, v := range crm.Violations() {
		t.Error(v)
	}
}
