package console

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// decision is one thing that waits for a person, with what they may do about it.
type decision struct {
	Tone     string
	Sentence string
	// URL leads to where it is decided, and Action says so; Buttons decide it at once.
	URL, Action string
	Buttons     []button

	// about is the connection, n of how many things it is, and reason the first that was told, while they are gathered.
	about, reason string
	n             int64
}

// button does something at once.
type button struct {
	Label, URL string
	// Fields are what is sent with it, names and values by pairs.
	Fields []string
	// Asks is what is said before it is done, of what cannot be taken back; empty for the rest.
	Asks string
}

// Pairs are the fields as templates walk them.
func (b button) Pairs() (pairs [][2]string) {
	for i := 0; i+1 < len(b.Fields); i += 2 {
		pairs = append(pairs, [2]string{b.Fields[i], b.Fields[i+1]})
	}
	return pairs
}

// deletionAsks is what is said before records count as deleted.
const deletionAsks = "They count as deleted from then on, here and for whoever reads them from here. One that the CRM shows again comes back."

// decisionsShown bounds how many notes and offers are told one by one.
const decisionsShown = 5

// decisions are what waits for a person in the organization of the visit, the worst first.
func (s *server) decisions(v *visit, connections []connectionView, counts store.OrganizationCounts) (all []decision, err error) {
	names := map[string]string{}
	var failing []decision
	for i := range connections {
		c := &connections[i]
		names[c.ID] = c.Name
		if c.NeedsCredentials() {
			all = append(all, s.credentialsDecision(v, c))
		} else if c.State == store.HealthFailing {
			failing = append(failing, s.failingDecision(v, c))
		}
	}
	all = append(all, failing...)
	endpoints, err := s.endpointDecisions(v)
	if err != nil {
		return nil, err
	}
	all = append(all, endpoints...)
	for i := range connections {
		all = append(all, s.deletionDecisions(v, &connections[i])...)
	}
	held, err := s.quarantineDecisions(v, names)
	if err != nil {
		return nil, err
	}
	all = append(all, held...)
	notes, err := s.noteDecisions(v, names, counts.WriteBacksUnproven)
	if err != nil {
		return nil, err
	}
	all = append(all, notes...)
	offers, err := s.offerDecisions(v, names, counts.Offers)
	return append(all, offers...), err
}

func (s *server) credentialsDecision(v *visit, c *connectionView) decision {
	d := decision{Tone: "bad", Sentence: c.Name + " has no credentials yet, so nothing is synced.", URL: s.href(v, "/connections/"+c.ID+"/credentials"), Action: "Enter credentials"}
	if c.Refused() {
		d.Sentence = fmt.Sprintf("%s refuses the credentials of %s since %s, so nothing is read.", s.platformName(c.Platform), c.Name, hub.WireTime(c.SinceRefused()))
		d.Action = "New credentials"
	}
	if !v.session.Role.Acts() {
		d.URL, d.Action = s.href(v, "/connections/"+c.ID), "See it"
	}
	return d
}

// failingDecision is a connection that cannot be read, whole or some models of it, with why.
func (s *server) failingDecision(v *visit, c *connectionView) decision {
	d := decision{Tone: "bad", URL: s.href(v, "/connections/"+c.ID), Action: "See it"}
	why, told := strings.CutPrefix(c.Schedule.Waiting, "tries again after a failure: ")
	if !told { // it waits for something else by now
		why = ""
	}
	d.Sentence = c.Name + " cannot be read"
	if models := slices.Sorted(maps.Keys(c.FailedModels)); len(models) > 0 {
		why = c.FailedModels[models[0]]
		d.Sentence = fmt.Sprintf("Of %s, %s", c.Name, words(models[0]))
		if more := len(models) - 1; more > 0 {
			d.Sentence += " and " + count(more, "other model", "other models")
		}
		d.Sentence += " cannot be read"
	}
	if why = strings.TrimSuffix(why, "."); why != "" {
		d.Sentence += ": " + why
	}
	d.Sentence += "."
	return d
}

// quarantineDecisions are items that came and could not be kept, connection by connection.
func (s *server) quarantineDecisions(v *visit, names map[string]string) (all []decision, err error) {
	groups, err := s.Store.QuarantineGroups(v.Context(), v.organization.ID, store.QuarantineFilter{})
	for _, g := range groups {
		at := slices.IndexFunc(all, func(d decision) bool { return d.about == g.ConnectionID })
		if at < 0 {
			at = len(all)
			all = append(all, decision{about: g.ConnectionID, Tone: "warn", reason: g.Reason, URL: s.href(v, "/quarantine", "connection", g.ConnectionID), Action: "See them"})
		}
		all[at].n += g.Count
	}
	for i := range all {
		d := &all[i]
		kept := "items that came from %s could not be kept, and wait in quarantine"
		if d.n == 1 {
			kept = "item that came from %s could not be kept, and waits in quarantine"
		}
		d.Sentence = counted(d.n) + " " + fmt.Sprintf(kept, names[d.about]) + ": " + strings.TrimSuffix(d.reason, ".") + "."
	}
	return all, err
}

// endpointDecisions are endpoints that were disabled, by nobody, and those that fail, with when they are disabled if that goes on.
func (s *server) endpointDecisions(v *visit) (all []decision, err error) {
	endpoints, err := s.Store.Endpoints(v.Context(), v.organization.ID, "", 100)
	for i := range endpoints {
		w := &endpoints[i]
		if !w.DisabledAt.IsZero() && w.DisabledReason != hub.DisabledByHand {
			all = append(all, decision{
				Tone: "bad", URL: s.href(v, "/webhooks/"+w.ID), Action: "See it",
				Sentence: fmt.Sprintf("The webhook endpoint %s is disabled since %s, so nothing is sent to it. %s", hub.WithoutQueryValues(w.URL), hub.WireTime(w.DisabledAt), w.DisabledReason),
				Buttons:  []button{{Label: "Enable it", URL: s.href(v, "/webhooks/"+w.ID+"/switch"), Fields: []string{"disabled", "no"}}},
			})
		}
		if w.FailingSince.IsZero() || !w.DisabledAt.IsZero() {
			continue
		}
		ends := w.FailingSince.Add(hub.WebhookPatience)
		d := decision{
			Tone: "warn", URL: s.href(v, "/webhooks/"+w.ID+"/deliveries"), Action: "See its deliveries",
			Sentence: fmt.Sprintf("The webhook endpoint %s fails since %s, and is disabled at %s if that goes on.", hub.WithoutQueryValues(w.URL), hub.WireTime(w.FailingSince), hub.WireTime(ends)),
		}
		if ends.Sub(s.Clock()) < 24*time.Hour {
			d.Tone = "bad"
		}
		all = append(all, d)
	}
	return all, err
}

// deletionDecisions are records that a CRM no longer shows, so many that a person has to say what that means.
func (s *server) deletionDecisions(v *visit, c *connectionView) (all []decision) {
	at := s.href(v, "/connections/"+c.ID+"/deletions")
	for _, model := range slices.Sorted(maps.Keys(c.Schedule.Held)) {
		all = append(all, decision{
			Tone:     "warn",
			Sentence: fmt.Sprintf("%s no longer shows %s of the model %s. Are they deleted, or is it the CRM's mistake?", c.Name, count(c.Schedule.Held[model], "record", "records"), words(model)),
			URL:      s.href(v, "/connections/"+c.ID) + "#held", Action: "See them",
			Buttons: []button{
				{Label: "Keep them", URL: at, Fields: []string{"model", string(model), "decision", "keep"}},
				{Label: "They are deleted", URL: at, Fields: []string{"model", string(model), "decision", "delete"}, Asks: deletionAsks},
			},
		})
	}
	return all
}

// noteDecisions are notes that were sent and of which the CRM did not say that they are there.
func (s *server) noteDecisions(v *visit, names map[string]string, n int64) (all []decision, err error) {
	if n == 0 {
		return nil, nil
	}
	notes, err := s.Store.Unproven(v.Context(), v.organization.ID, "", decisionsShown)
	for i := range notes {
		d := &notes[i]
		at := s.href(v, "/deliveries/"+d.ID+"/settle")
		all = append(all, decision{
			Tone:     "warn",
			Sentence: fmt.Sprintf("A note on the %s %s of %s was sent at %s, and the CRM has not shown it since. It is looked for; you may say what you see there.", words(d.Model), d.ExternalID, names[d.ConnectionID], hub.WireTime(d.AskedAt)),
			Buttons: []button{
				{Label: "It is there", URL: at, Fields: []string{"there", "yes"}},
				{Label: "It is not: send it again", URL: at, Fields: []string{"there", "no"}},
			},
		})
	}
	if more := n - int64(len(notes)); more > 0 {
		all = append(all, decision{Tone: "warn", Sentence: furtherOnes(more) + " notes were sent and are not proven to be there.", URL: s.href(v, "/write-backs", "state", writeBacksUnproven), Action: "See them"})
	}
	return all, err
}

// offerDecisions are recordings that wait for somebody to say which appointment they are of.
func (s *server) offerDecisions(v *visit, names map[string]string, n int64) (all []decision, err error) {
	if n == 0 {
		return nil, nil
	}
	offered, err := s.Store.Offers(v.Context(), v.organization.ID, "", "", decisionsShown)
	for i := range offered {
		r := &offered[i]
		title := r.Title
		if title == "" {
			title = "A recording"
		}
		of, err := s.mayBeOf(v, r, names)
		if err != nil {
			return nil, err
		}
		all = append(all, decision{
			Sentence: fmt.Sprintf("“%s”, recorded on %s, may be %s.", title, hub.WireTime(r.StartedAt), of),
			URL:      s.href(v, "/recordings/"+r.ID), Action: "Choose",
		})
	}
	if more := n - int64(len(offered)); more > 0 {
		all = append(all, decision{Sentence: furtherOnes(more) + " recordings wait for somebody to choose.", URL: s.href(v, "/recordings", "state", "offered"), Action: "See them"})
	}
	return all, err
}

// mayBeOf says in words what an offered recording may be of: its most probable appointment, with whom that is and over which
// of several connections it comes, and how many others.
func (s *server) mayBeOf(v *visit, r *hub.Recording, names map[string]string) (string, error) {
	verdict, err := s.Store.Verdict(v.Context(), *r)
	if err != nil || len(verdict.Choices) == 0 {
		return "of several appointments, or of none", err
	}
	first := &verdict.Choices[0].Appointment
	said := "of “" + cmp.Or(first.Name, "an appointment without a name") + "”"
	if customers := whom(first.Parties); customers != "" {
		said += " with " + customers
	}
	if len(names) > 1 {
		said += ", over " + names[first.ConnectionID]
	}
	if more := len(verdict.Choices) - 1; more > 0 {
		said += "; of " + count(more, "other", "others")
	}
	return said + "; or of none", nil
}

// furtherOnes is how many more there are than are told.
func furtherOnes(n int64) string {
	if n > store.CountMost-decisionsShown {
		return "More than ten thousand further"
	}
	return number(n) + " more"
}
