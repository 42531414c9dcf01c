package organization

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
)

// SentBrief is a brief as the contract has it.
type SentBrief struct {
	ExternalID    string `json:"externalId" doc:"The sender's own id: the same one again is the same brief."`
	JobID         string `json:"jobId"`
	AppointmentID string `json:"appointmentId"`
	TenantID      string `json:"tenantId"`
	TechnicianID  string `json:"technicianId"`
	AudioURL      string `json:"audioUrl" doc:"Kept, not fetched; empty where there is none."`
	Message       string `json:"message"`
}

// BriefAnswer tells our id of a brief.
type BriefAnswer struct {
	Body struct {
		ID string `json:"siroId"`
	}
}

func (s *server) registerBriefs() {
	wire.Register(s.API, wire.Operation{
		OperationID: "putBrief", Method: http.MethodPut, Path: "/v1/integrations/briefs", Summary: "Make a brief",
		Description: "What a technician should hear before an appointment. A brief of the same externalId takes the place of the one before.", Tags: []string{"Briefs"},
	}, wire.JSONErrors(), func(r *wire.Request, in *struct {
		wire.OrganizationSelector
		Body SentBrief
	},
	) (*BriefAnswer, error) {
		organization, err := r.Organization(in.OrganizationSelector)
		if err != nil {
			return nil, err
		}
		b := in.Body
		out := &BriefAnswer{}
		out.Body.ID, err = s.Store.PutBrief(r, hub.Brief{
			OrganizationID: organization, ExternalID: b.ExternalID, JobID: b.JobID, AppointmentID: b.AppointmentID, TenantID: b.TenantID, TechnicianID: b.TechnicianID,
			AudioURL: b.AudioURL, Message: b.Message,
		})
		return out, err
	})
}
