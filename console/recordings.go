package console

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

const (
	// recordingsPageSize is how many recordings a page lists, offersShown how many offered ones stand above them, and
	// offersPageSize how many a page of those alone has: of each is looked for what it may be of.
	recordingsPageSize, offersShown, offersPageSize = 50, 5, 10
)

// recordingsPage lists recordings, the offered ones first.
type recordingsPage struct {
	page

	Shown string
	Tabs  []tab
	// Offers are recordings that wait for a person; OffersCount is how many there are.
	Offers      []listedRecording
	OffersCount int64
	Recordings  []listedRecording
	Next        string
}

// tab is one of the choices above a list.
type tab struct {
	Label, URL string
	Current    bool
}

// listedRecording is a recording, and whose it is.
type listedRecording struct {
	hub.Recording

	Person string
	// About is what it is linked to; empty where it is linked to nothing.
	About string
	// First tells more of the first appointment that it is offered with than its name; empty where it is not, or no more is known.
	First string
}

// offered is the choice of those that wait for a person.
const offered = "offered"

// recordingChoices are the choices of the list.
var recordingChoices = []struct{ label, value string }{
	{"All", string(store.RecordingsAll)}, {"Offered", offered}, {"Linked", string(store.RecordingsLinked)}, {"Not linked", string(store.RecordingsNotLinked)},
	{"Waiting for analysis", string(store.RecordingsWaiting)}, {"Analysis failed", string(store.RecordingsFailed)},
}

func (s *server) showRecordings(w http.ResponseWriter, v *visit) error {
	ctx, organization := v.Context(), v.organization.ID
	shown := &recordingsPage{page: s.page(v, "Recordings"), Shown: v.FormValue("state")}
	for _, c := range recordingChoices {
		shown.Tabs = append(shown.Tabs, tab{c.label, s.href(v, "/recordings", "state", c.value), c.value == shown.Shown})
	}
	var err error
	if shown.OffersCount, err = s.Store.CountOffers(ctx, organization); err != nil {
		return err
	}
	after, user := v.FormValue("after"), v.FormValue("user")
	if shown.Shown == offered || shown.Shown == "" && after == "" && user == "" && shown.OffersCount > 0 {
		limit, from := offersShown, ""
		if shown.Shown == offered {
			limit, from = offersPageSize, after
		}
		found, err := s.Store.Offers(ctx, organization, "", from, limit+1)
		if err != nil {
			return err
		}
		more := len(found) > limit
		found = found[:min(len(found), limit)]
		if shown.Offers, err = s.listOffers(v, found); err != nil {
			return err
		}
		if shown.Shown == offered {
			if more {
				shown.Next = shown.Here("after", found[limit-1].ID)
			}
			return s.render(w, v, http.StatusOK, "recordings", shown)
		}
	}
	found, err := s.Store.LatestRecordings(ctx, organization, store.RecordingsShown(shown.Shown), user, placeOf(after), recordingsPageSize+1)
	if err != nil {
		return err
	}
	if len(found) > recordingsPageSize {
		found = found[:recordingsPageSize]
		last := found[len(found)-1]
		shown.Next = shown.Here("after", strconv.FormatInt(last.StartedAt.UnixMicro(), 10)+" "+last.ID)
	}
	if shown.Recordings, err = s.listRecordings(v, found); err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "recordings", shown)
}

// placeOf reads where a list goes on; what is none is its beginning.
func placeOf(text string) store.ListPlace {
	at, id, _ := strings.Cut(text, " ")
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return store.ListPlace{}
	}
	return store.ListPlace{At: time.UnixMicro(micros), ID: id}
}

// listRecordings says of recordings whose they are, and what they are of.
func (s *server) listRecordings(v *visit, found []hub.Recording) ([]listedRecording, error) {
	var users []string
	var keys []store.RecordKey
	for _, r := range found {
		users = append(users, r.UserID)
		if r.Linked() {
			keys = append(keys, store.RecordKey{ConnectionID: r.Link.ConnectionID, Model: r.Link.Model, ExternalID: r.Link.ExternalID})
		}
	}
	people, err := s.Store.People(v.Context(), v.organization.ID, users)
	if err != nil {
		return nil, err
	}
	records, err := s.Store.RecordsByKey(v.Context(), v.organization.ID, keys)
	if err != nil {
		return nil, err
	}
	listed := make([]listedRecording, len(found))
	for i, r := range found {
		listed[i] = listedRecording{Recording: r, Person: nameOf(people[r.UserID])}
		if r.Linked() {
			rec := records[store.RecordKey{ConnectionID: r.Link.ConnectionID, Model: r.Link.Model, ExternalID: r.Link.ExternalID}]
			listed[i].About = cmp.Or(recordTitle(&rec), r.Link.ExternalID)
		}
	}
	return listed, nil
}

// listOffers is listRecordings for offered ones, of which it says what else is known of their first appointment.
func (s *server) listOffers(v *visit, found []hub.Recording) ([]listedRecording, error) {
	listed, err := s.listRecordings(v, found)
	if err != nil {
		return nil, err
	}
	of, err := s.connectionsToTell(v)
	if err != nil {
		return nil, err
	}
	for i := range found {
		verdict, err := s.Store.Verdict(v.Context(), found[i])
		if err != nil {
			return nil, err
		}
		if len(verdict.Choices) > 0 {
			first := newCandidate(&found[i], verdict.Choices[0], of)
			listed[i].First = first.introduction()
		}
	}
	return listed, nil
}

// nameOf is how a page calls a user.
func nameOf(p store.Person) string {
	return cmp.Or(strings.TrimSpace(p.FirstName+" "+p.LastName), p.Email, "somebody who is not here any more")
}

// Title of a recording, which may have none.
func (r *listedRecording) Called() string { return cmp.Or(r.Title, "Recording without a title") }

// State is how far a recording has come, as a badge.
func (r *listedRecording) State() map[string]any { return recordingState(&r.Recording) }

// LinkState is how it is linked, as a badge.
func (r *listedRecording) LinkState() map[string]any { return linkState(&r.Recording) }

func recordingState(r *hub.Recording) map[string]any {
	switch {
	case r.Status == hub.RecordingError:
		return map[string]any{"Tone": "bad", "Text": "Analysis failed"}
	case r.Processed():
		return map[string]any{"Tone": "good", "Text": "Analysed"}
	}
	return map[string]any{"Tone": "", "Text": "Waits for its analysis"}
}

func linkState(r *hub.Recording) map[string]any {
	switch {
	case r.Linked():
		return map[string]any{"Tone": "good", "Text": "Linked"}
	case r.Link.By == hub.Offered:
		return map[string]any{"Tone": "warn", "Text": "Offered"}
	case r.Link.By == hub.LinkedByHand:
		return map[string]any{"Tone": "", "Text": "Unlinked by hand"}
	}
	return map[string]any{"Tone": "", "Text": "Not linked"}
}
