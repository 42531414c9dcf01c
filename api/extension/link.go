package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// RecordingLink is what a recording is linked to, and why.
type RecordingLink struct {
	Record     *LinkedTo       `json:"record,omitempty" doc:"The CRM record that it is linked to; left out where it is linked to none."`
	By         *string         `json:"by" doc:"HAND, UPLOAD or MATCHING: who decided it: a person, the uploader, or the rule; null where nobody has. HAND without a record is a recording that somebody unlinked."`
	Reason     string          `json:"reason" doc:"Why it is linked so, or why it stayed unlinked, in a sentence."`
	LinkedAt   *string         `json:"linkedAt"`
	Verdict    string          `json:"verdict" doc:"What the rule finds now, in a sentence, whoever made the link."`
	Candidates []LinkCandidate `json:"candidates" doc:"The rep's engagements of about that time, the nearest first."`
}

// LinkedTo names the CRM record that a recording is linked to.
type LinkedTo struct {
	IntegrationConnectionID string `json:"integrationConnectionId"`
	DataType                string `json:"dataType"`
	ExternalID              string `json:"externalId"`
}

// LinkCandidate is an engagement that the recording was held against.
type LinkCandidate struct {
	ID                      string  `json:"id"`
	ExternalID              string  `json:"externalId"`
	IntegrationConnectionID string  `json:"integrationConnectionId"`
	Name                    string  `json:"name"`
	StartTime               *string `json:"startTime"`
	EndTime                 *string `json:"endTime"`
	Fits                    bool    `json:"fits" doc:"Whether the recording may be of it at all."`
	Score                   float64 `json:"score" doc:"From 0 to 1, how near it is in time and place."`
	Reason                  string  `json:"reason" doc:"Why, in a sentence."`
}

// RecordingLinkAnswer is what a recording is linked to.
type RecordingLinkAnswer struct {
	Body RecordingLink
}

func (s *server) registerLinks() {
	wire.Register(s.API, wire.Operation{
		OperationID: "explainRecordingLink", Method: http.MethodGet, Path: recordingsPath + "/{id}/link", Summary: "See why a recording is linked, or is not",
		Description: "The scores are computed anew with each request.", Tags: []string{recordingTag}, Extensions: wire.Extension(),
	}, wire.JSONErrors(http.StatusNotFound), func(r *wire.Request, in *wire.IDPath) (*RecordingLinkAnswer, error) {
		rec, err := wire.AtPath(r, in, recordingKind, func(organization string) (hub.Recording, error) { return s.Store.Recording(r, organization, in.ID) })
		if err != nil {
			return nil, err
		}
		found, err := s.Store.Matching(r, rec)
		if err != nil {
			return nil, err
		}
		return &RecordingLinkAnswer{Body: showLink(rec, found)}, nil
	})
}

func showLink(rec hub.Recording, found hub.Matching) RecordingLink {
	a := RecordingLink{By: wire.OrNull(string(rec.Link.By)), Reason: rec.Link.Reason, LinkedAt: wire.TimeOrNull(rec.Link.At), Verdict: found.Reason, Candidates: []LinkCandidate{}}
	if rec.Linked() {
		a.Record = &LinkedTo{IntegrationConnectionID: rec.Link.ConnectionID, DataType: string(rec.Link.Model), ExternalID: rec.Link.ExternalID}
	}
	if a.Reason == "" {
		a.Reason = "Nobody has looked for what it is about yet."
		if rec.Linked() {
			a.Reason = "The uploader named the record."
		}
	}
	for _, c := range found.Candidates {
		a.Candidates = append(a.Candidates, LinkCandidate{
			ID: c.Appointment.ID, ExternalID: c.Appointment.ExternalID, IntegrationConnectionID: c.Appointment.ConnectionID, Name: c.Appointment.Name,
			StartTime: wire.TimeOrNull(c.Appointment.Start), EndTime: wire.TimeOrNull(c.Appointment.End), Fits: c.Fits, Score: c.Score, Reason: c.Reason,
		})
	}
	return a
}
