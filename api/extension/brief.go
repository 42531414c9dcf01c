package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// Brief is a brief that was handed in.
type Brief struct {
	ID            string `json:"siroId"`
	ExternalID    string `json:"externalId"`
	JobID         string `json:"jobId"`
	AppointmentID string `json:"appointmentId"`
	TenantID      string `json:"tenantId"`
	TechnicianID  string `json:"technicianId"`
	AudioURL      string `json:"audioUrl"`
	Message       string `json:"message"`
	CreatedAt     string `json:"createdAt"`
	UpdatedAt     string `json:"updatedAt"`
}

// BriefsAnswer is one page of briefs.
type BriefsAnswer struct {
	Body struct {
		Data   []Brief `json:"data" nullable:"false"`
		Cursor *string `json:"cursor"`
	}
}

// SmallPageQuery is how a client asks for one page of things that may be large.
type SmallPageQuery struct {
	Cursor   string `query:"cursor" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize int    `query:"pageSize" minimum:"1" maximum:"100" default:"25" doc:"How many items the page has at most."`
}

func (q SmallPageQuery) page() wire.PageQuery {
	return wire.PageQuery{Cursor: q.Cursor, PageSize: q.PageSize}
}

func (s *server) registerBriefs() {
	wire.Register(s.API, wire.Operation{
		OperationID: "listBriefs", Method: http.MethodGet, Path: "/v1/integrations/briefs", Summary: "List the briefs", Description: "The newest come first.",
		Tags: []string{"Briefs"}, Extensions: wire.Extension(),
	}, wire.JSONErrors(), func(r *wire.Request, in *struct {
		wire.OrganizationSelector
		SmallPageQuery
		JobID         string `query:"jobId" doc:"Only those of this job."`
		AppointmentID string `query:"appointmentId" doc:"Only those of this appointment."`
		ExternalID    string `query:"externalId" doc:"Only the one that its sender calls so."`
	},
	) (*BriefsAnswer, error) {
		shown, cursor, err := wire.List(r, in.OrganizationSelector, in.page(), func(b hub.Brief) string { return b.ID }, func(b hub.Brief) Brief {
			return Brief{
				b.ID, b.ExternalID, b.JobID, b.AppointmentID, b.TenantID, b.TechnicianID, b.AudioURL, b.Message,
				hub.WireTime(b.CreatedAt), hub.WireTime(b.UpdatedAt),
			}
		}, func(organization, after string, limit int) ([]hub.Brief, error) {
			return s.Store.Briefs(r, organization, store.BriefFilter{JobID: in.JobID, AppointmentID: in.AppointmentID, ExternalID: in.ExternalID, Before: after, Limit: limit})
		})
		out := &BriefsAnswer{}
		out.Body.Data, out.Body.Cursor = shown, cursor
		return out, err
	})
}
