package console

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// utterancesPage is how many utterances a page shows, deliveriesShown how many of a recording's deliveries.
const utterancesPage, deliveriesShown = 500, 50

// recordingPage is one recording, and why it is linked as it is.
type recordingPage struct {
	page

	Recording listedRecording
	// CRM is what it is linked to; nil where it is linked to nothing.
	CRM     *linkedRecord
	Verdict hub.Verdict
	// First tells more of the first candidate than its name.
	First string
	// Zone is the organization's, in which the axis is.
	Candidates []candidate
	Context    []candidate
	Axis       axis
	Values     []extractedRow
	// Words says whether the words and the audio are open to the person, MayOpen whether they may open them.
	Words, MayOpen, HasAudio bool
	Utterances               []utterance
	NextUtterances           string
	Deliveries               []shownDelivery
	// Now is what would be written now, without the transcript; NowWithWords with it, where words are open.
	Now, NowWithWords string
}

// linkedRecord is the record that a recording is linked to.
type linkedRecord struct {
	Model     hub.Model
	Name, URL string
	Platform  hub.Platform
}

// candidate is one appointment, or project, that the recording may be of.
type candidate struct {
	hub.Choice

	Distance string
	// Whom is the customers whom it is with and their streets, as far as the CRM says; Connection the name of the connection that
	// it came over, empty where the organization has no other.
	Whom, Connection string
	// Linked says that the recording is linked to it, Takeable that it may be taken.
	Linked, Takeable bool
}

// Percent is the probability as people read it.
func (c *candidate) Percent() string { return percent(c.Probability) }

// percent rounds as the rule does in its sentences: both stand on one page.
func percent(p float64) string {
	switch n := math.Round(100 * p); {
	case p <= 0:
		return "–"
	case n < 1:
		return "< 1 %"
	case n >= 100:
		return "> 99 %"
	default:
		return fmt.Sprintf("%.0f %%", n)
	}
}

// NonePercent is the probability that it is of none of the candidates.
func (p *recordingPage) NonePercent() string { return percent(p.Verdict.None) }

// ThresholdPercent is how probable the first candidate would have to be.
func (p *recordingPage) ThresholdPercent() string { return percent(p.Verdict.Threshold) }

// utterance is one stretch of words.
type utterance struct {
	hub.Utterance

	Who, At string
	// Seconds is where in the audio it begins, as a fragment of a media URL has it.
	Seconds string
}

// extractedRow is one value found, and the fields of the CRM that it goes to.
type extractedRow struct {
	Name, Value string
	Fields      []hub.FieldMapping
}

// shownDelivery is one delivery and its attempts.
type shownDelivery struct {
	hub.Delivery

	Sentence, Connection string
	Tries                []hub.Attempt
}

func (s *server) showRecording(w http.ResponseWriter, v *visit) error {
	ctx, organization := v.Context(), v.organization.ID
	r, err := s.Store.Recording(ctx, organization, v.PathValue("recording"))
	if err != nil {
		return err
	}
	listed, err := s.listRecordings(v, []hub.Recording{r})
	if err != nil {
		return err
	}
	shown := &recordingPage{page: s.page(v, cmp.Or(r.Title, "Recording")), Recording: listed[0]}
	shown.Recording.Recording = r
	if shown.Words, err = s.mayHear(v, r.ID); err != nil {
		return err
	}
	shown.MayOpen = v.session.MayOpenRecordings() && v.session.Role.Acts()
	shown.HasAudio = s.Audio != nil && r.Blob != "" && r.PurgedAt.IsZero()
	if shown.Verdict, err = s.Store.Verdict(ctx, r); err != nil {
		return err
	}
	if err := s.explainLink(v, shown); err != nil {
		return err
	}
	shown.Values = extractedRows(&r)
	if shown.Words {
		if err := s.loadWords(v, shown); err != nil {
			return err
		}
	}
	if shown.Deliveries, err = s.deliveriesOf(v, r.ID); err != nil {
		return err
	}
	if r.Processed() {
		if err := s.writeNow(v, shown); err != nil {
			return err
		}
	}
	return s.render(w, v, http.StatusOK, "recording", shown)
}

// mayHear reports whether the words and the audio of a recording are open to the person: a user of the workspace hears what
// the contract lets them see, whoever runs the server what they have opened lately. A token's session is no person, and never
// hears.
func (s *server) mayHear(v *visit, recording string) (bool, error) {
	if v.session.UserID != "" {
		_, err := s.Store.VisibleRecordingHead(v.Context(), v.organization.ID, v.session.UserID, recording)
		if isMissing(err) {
			return false, nil
		}
		return err == nil, err
	}
	if !v.session.MayOpenRecordings() {
		return false, nil
	}
	return s.Store.RecordingIsOpen(v.Context(), v.organization.ID, v.session.ID, recording)
}

// openRecording opens the words and the audio of a recording to whoever runs the server; the audit log has it.
func (s *server) openRecording(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("recording")
	if _, err := s.Store.RecordingHead(v.Context(), v.organization.ID, id); err != nil {
		return err
	}
	if !v.session.MayOpenRecordings() {
		return hub.Forbidden("Words and audio are for people who may see the recording.")
	}
	if err := s.Store.OpenRecording(v.Context(), v.organization.ID, v.session.ID, id); err != nil {
		return err
	}
	return s.redirect(w, v, "opened", "/recordings/"+id)
}

func (s *server) explainLink(v *visit, shown *recordingPage) error {
	r := &shown.Recording.Recording
	of, err := s.connectionsToTell(v)
	if err != nil {
		return err
	}
	for _, c := range shown.Verdict.Choices {
		shown.Candidates = append(shown.Candidates, newCandidate(r, c, of))
	}
	for _, c := range shown.Verdict.Context {
		shown.Context = append(shown.Context, newCandidate(r, c, of))
	}
	if len(shown.Candidates) > 0 {
		shown.First = shown.Candidates[0].introduction()
	}
	shown.Axis = newAxis(r, shown.Candidates, v.organization.Details.Zone())
	if !r.Linked() {
		return nil
	}
	key := store.RecordKey{ConnectionID: r.Link.ConnectionID, Model: r.Link.Model, ExternalID: r.Link.ExternalID}
	found, err := s.Store.RecordsByKey(v.Context(), v.organization.ID, []store.RecordKey{key})
	if err != nil {
		return err
	}
	c, err := s.Store.Connection(v.Context(), v.organization.ID, key.ConnectionID)
	if err != nil && !isMissing(err) {
		return err
	}
	rec := found[key]
	shown.CRM = &linkedRecord{Model: key.Model, Name: cmp.Or(recordTitle(&rec), key.ExternalID), Platform: c.Platform}
	if rec.ID != "" {
		shown.CRM.URL = recordPath(&rec)
	}
	return nil
}

// connectionsToTell are the connections by their ids; none where there is one, as then nobody needs to be told which.
func (s *server) connectionsToTell(v *visit) (map[string]hub.Connection, error) {
	of, err := s.connectionsByID(v)
	if err != nil || len(of.all) == 1 {
		return nil, err
	}
	return of.byID, nil
}

func newCandidate(r *hub.Recording, c hub.Choice, connections map[string]hub.Connection) candidate {
	a := &c.Appointment
	return candidate{
		Choice: c, Distance: distance(r, a.Start, a.End), Whom: whom(a.Parties), Connection: connections[a.ConnectionID].Name,
		Linked:   r.Linked() && r.Link.Model == c.Model && r.Link.ConnectionID == a.ConnectionID && r.Link.ExternalID == a.ExternalID,
		Takeable: !a.Deleted && a.ID != "",
	}
}

// partiesTold is how many customers of an appointment are told.
const partiesTold = 3

// whom says which customers an appointment is with, and where they live.
func whom(parties []hub.Party) string {
	var told []string
	for _, p := range parties {
		text := strings.Trim(p.Name+", "+p.Street, ", ")
		if text != "" && !slices.Contains(told, text) && len(told) < partiesTold {
			told = append(told, text)
		}
	}
	return strings.Join(told, "; ")
}

// introduction says in a sentence which appointment it is, beyond its name; empty where no more is known of it.
func (c *candidate) introduction() string {
	var known []string
	if c.Whom != "" {
		known = append(known, "is with "+c.Whom)
	}
	if c.Connection != "" {
		known = append(known, "comes over "+c.Connection)
	}
	if len(known) == 0 {
		return ""
	}
	return "“" + cmp.Or(c.Appointment.Name, "The first") + "” " + strings.Join(known, " and ") + "."
}

func extractedRows(r *hub.Recording) []extractedRow {
	var rows []extractedRow
	for _, e := range r.Analysis.Finished() {
		for _, value := range e.Values {
			fields := value.Mappings
			if len(fields) == 0 {
				fields = e.Mappings
			}
			rows = append(rows, extractedRow{cmp.Or(value.Name, e.DefinitionName), cmp.Or(hub.ValueText(value.Value), "–"), fields})
		}
	}
	return rows
}

// loadWords reads a page of the transcript.
func (s *server) loadWords(v *visit, shown *recordingPage) error {
	from, _ := strconv.ParseInt(v.FormValue("from"), 10, 64) // what is no number is the beginning
	from = max(0, from)
	all, err := s.Store.Utterances(v.Context(), shown.Recording.Recording, from, utterancesPage)
	if err != nil && !errors.Is(err, store.ErrCut) {
		return err
	}
	if err != nil || len(all) == utterancesPage {
		shown.NextUtterances = shown.Here("from", strconv.FormatInt(from+int64(len(all)), 10))
	}
	for _, u := range all {
		if u.Redacted && u.Text == "" {
			u.Text = "(redacted)"
		}
		shown.Utterances = append(shown.Utterances, utterance{
			Utterance: u, Who: cmp.Or(shown.Recording.Analysis.Speakers[u.Speaker], u.Speaker, "Speaker"), At: clockTime(u.Start),
			Seconds: strconv.FormatFloat(float64(u.Start)/1000, 'f', -1, 64),
		})
	}
	return nil
}

// clockTime is a place in a recording, as a player shows it.
func clockTime(ms int64) string {
	seconds := ms / 1000
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}

func (s *server) deliveriesOf(v *visit, recording string) ([]shownDelivery, error) {
	found, err := s.Store.DeliveriesOf(v.Context(), v.organization.ID, recording, deliveriesShown)
	if err != nil {
		return nil, err
	}
	var all []shownDelivery
	for _, d := range found {
		c, err := s.Store.Connection(v.Context(), v.organization.ID, d.ConnectionID)
		if isMissing(err) { // deleted since
			continue
		}
		if err != nil {
			return nil, err
		}
		tries, err := s.Store.DeliveryAttempts(v.Context(), d)
		if err != nil {
			return nil, err
		}
		all = append(all, shownDelivery{Delivery: d, Sentence: d.Explain(c, s.Clock()), Connection: c.Name, Tries: tries})
	}
	return all, nil
}

// writeNow works out what would be written now.
func (s *server) writeNow(v *visit, shown *recordingPage) error {
	r := &shown.Recording.Recording
	now := hub.NewResultNote(r, "")
	shown.Now = now.Title + "\n\n" + now.Body
	if !shown.Words {
		return nil
	}
	t := hub.Transcript{Speakers: r.Analysis.Speakers}
	for from, room := int64(0), true; room; {
		some, err := s.Store.Utterances(v.Context(), *r, from, utterancesPage)
		if err != nil && !errors.Is(err, store.ErrCut) {
			return err
		}
		if len(some) == 0 {
			break
		}
		from += int64(len(some))
		for _, u := range some {
			if room = t.Add(u); !room {
				break
			}
		}
	}
	with := hub.NewResultNote(r, t.String())
	shown.NowWithWords = with.Title + "\n\n" + with.Body
	return nil
}

// Same reports whether a delivery's note says what would be written now.
func (p *recordingPage) Same(d shownDelivery) bool {
	return d.Note.Print != "" && d.Note.Print == hub.NewResultNote(&p.Recording.Recording, "").Print()
}

// Letter is what a delivery's note says. What is kept of it has no transcript: one that was sent stands in it where words are open
// and the rest has not changed since.
func (p *recordingPage) Letter(d shownDelivery) string {
	if d.SentWords() && p.NowWithWords != "" && p.Same(d) {
		return p.NowWithWords
	}
	return d.Note.Text
}

// SentWords reports whether the transcript was sent.
func (d *shownDelivery) SentWords() bool { return d.Transcript != nil && *d.Transcript }
