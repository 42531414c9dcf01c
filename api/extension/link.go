package extension

import (
	"context"
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// RecordingLink is what a recording is linked to, and why.
type RecordingLink struct {
	State       string          `json:"state" enum:"LINKED,OFFERED,UNLINKED" doc:"OFFERED: the rule is not sure enough of an appointment to link it; nothing is written back until somebody links the recording to one."`
	Record      *LinkedTo       `json:"record,omitempty" doc:"The CRM record that it is linked to; left out where it is linked to none."`
	By          *string         `json:"by" doc:"HAND, UPLOAD or MATCHING: who decided it: a person, the uploader, or the rule; null where nobody has. HAND without a record is a recording that somebody unlinked."`
	Reason      string          `json:"reason" doc:"Why it is linked so, or why it stayed unlinked, in a sentence."`
	LinkedAt    *string         `json:"linkedAt"`
	Elsewhere   []string        `json:"notesElsewhere" doc:"Which notes of it stand on records that it is not linked to any more, in sentences."`
	Verdict     string          `json:"verdict" doc:"What the rule finds now, in a sentence, whoever made the link."`
	Candidates  []LinkCandidate `json:"candidates" doc:"The rep's appointments of that day, the most probable first; projects where no appointment fits."`
	Context     []LinkCandidate `json:"context" doc:"What else happened during the recording, such as a presentation that was shown: it competes with no appointment, and its probability is 0."`
	Probability float64         `json:"noneProbability" minimum:"0" maximum:"1" doc:"How probable it is that the recording is of none of the candidates. With theirs it makes 1."`
	Evidence    string          `json:"evidence" enum:"TIME,PLACE,CONTACT" doc:"What decides between the candidates: the time alone, places too, or who the customer is."`
	Threshold   *float64        `json:"threshold" doc:"How probable the first candidate must be to be linked to; null where there is none."`
}

// LinkedTo names the CRM record that a recording is linked to.
type LinkedTo struct {
	IntegrationConnectionID string `json:"integrationConnectionId"`
	DataType                string `json:"dataType"`
	ExternalID              string `json:"externalId"`
}

// LinkCandidate is an appointment, or a project, that the recording was held against.
type LinkCandidate struct {
	ID                      string  `json:"id"`
	ExternalID              string  `json:"externalId"`
	IntegrationConnectionID string  `json:"integrationConnectionId"`
	DataType                string  `json:"dataType" enum:"ENGAGEMENT,OPPORTUNITY" doc:"OPPORTUNITY: a project of a platform that has no appointments."`
	Name                    string  `json:"name"`
	StartTime               *string `json:"startTime"`
	EndTime                 *string `json:"endTime"`
	Probability             float64 `json:"probability" minimum:"0" maximum:"1" doc:"How probable it is that the recording is of it."`
	Reason                  string  `json:"reason" doc:"What speaks for it and against it, in a sentence."`
}

// RecordingLinkAnswer is what a recording is linked to.
type RecordingLinkAnswer struct {
	Body RecordingLink
}

func (s *server) registerLinks() {
	wire.Register(s.API, wire.Operation{
		OperationID: "explainRecordingLink", Method: http.MethodGet, Path: recordingsPath + "/{id}/link", Summary: "See why a recording is linked, or is not",
		Description: "The probabilities are computed anew with each request.", Tags: []string{recordingTag}, Extensions: wire.Extension(),
	}, wire.JSONErrors(http.StatusNotFound), func(r *wire.Request, in *wire.IDPath) (*RecordingLinkAnswer, error) {
		rec, err := wire.AtPath(r, in, recordingKind, func(organization string) (hub.Recording, error) { return s.Store.RecordingHead(r, organization, in.ID) })
		if err != nil {
			return nil, err
		}
		explained, err := s.explainLink(r, rec)
		return &RecordingLinkAnswer{Body: explained}, err
	})
}

// notesShown bounds how many deliveries of a recording are looked at for notes that stand elsewhere.
const notesShown = 100

// explainLink shows what a recording is linked to, and why.
func (s *server) explainLink(ctx context.Context, rec hub.Recording) (RecordingLink, error) {
	found, err := s.Store.Verdict(ctx, rec)
	if err != nil {
		return RecordingLink{}, err
	}
	written, err := s.Store.DeliveriesOf(ctx, rec.OrganizationID, rec.ID, notesShown)
	if err != nil {
		return RecordingLink{}, err
	}
	a := RecordingLink{
		Elsewhere: append([]string{}, hub.NotesElsewhere(written)...),
		State:     "UNLINKED", Reason: rec.Link.Reason, LinkedAt: wire.TimeOrNull(rec.Link.At), Verdict: found.Reason, Candidates: showChoices(found.Choices), Context: showChoices(found.Context),
		Probability: found.None, Evidence: string(found.Evidence),
	}
	switch {
	case rec.Linked():
		a.State, a.By = "LINKED", wire.OrNull(string(rec.Link.By))
		a.Record = &LinkedTo{IntegrationConnectionID: rec.Link.ConnectionID, DataType: string(rec.Link.Model), ExternalID: rec.Link.ExternalID}
	case rec.Link.By == hub.Offered:
		a.State = "OFFERED"
	default:
		a.By = wire.OrNull(string(rec.Link.By))
	}
	if a.Reason == "" {
		a.Reason = "Nobody has looked for what it is about yet."
		if rec.Linked() {
			a.Reason = "The uploader named the record."
		}
	}
	if found.Threshold > 0 {
		a.Threshold = &found.Threshold
	}
	return a, nil
}

func showChoices(choices []hub.Choice) []LinkCandidate {
	all := make([]LinkCandidate, 0, len(choices))
	for _, c := range choices {
		all = append(all, LinkCandidate{
			ID: c.Appointment.ID, ExternalID: c.Appointment.ExternalID, IntegrationConnectionID: c.Appointment.ConnectionID, Name: c.Appointment.Name, DataType: string(c.Model),
			StartTime: wire.TimeOrNull(c.Appointment.Start), EndTime: wire.TimeOrNull(c.Appointment.End), Probability: c.Probability, Reason: c.Reason,
		})
	}
	return all
}
