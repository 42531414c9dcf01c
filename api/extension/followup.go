package extension

import (
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
)

func (s *server) registerFollowups() {
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "patchFollowup", Method: http.MethodPatch, Path: "/v1/core/followups/{id}", Summary: "Change a followup",
		Description: "Changes what the body names. A change of status and a note are written into its history; a later analysis leaves them as they are.",
		Tags:        []string{"Followups"}, Extensions: wire.Extension(),
	}, hub.ScopeWrite, wire.ZodErrors(), s.patchFollowup)
}

// FollowupAnswer is one followup, with its history.
type FollowupAnswer struct {
	Body struct {
		Data view.Followup `json:"data"`
	}
}

func (s *server) patchFollowup(r *wire.Request, in *struct {
	ID string `path:"id"`
	wire.ExactBody
	Body struct {
		_       struct{} `json:"-" additionalProperties:"false"`
		Status  *string  `json:"status,omitempty" enum:"TO_DO,IN_PROGRESS,COMPLETE"`
		Starred *bool    `json:"starred,omitempty"`
		Note    *string  `json:"note,omitempty" minLength:"1" maxLength:"10000" doc:"One more note."`
	}
},
) (*FollowupAnswer, error) {
	if !hub.ValidID(in.ID) {
		return nil, hub.NoSuch("followup")
	}
	f, err := s.Store.PatchFollowup(r, r.User.OrganizationID, r.User.UserID, in.ID, hub.FollowupPatch{Status: in.Body.Status, Starred: in.Body.Starred, Note: in.Body.Note})
	if err != nil {
		return nil, err
	}
	recordings, err := s.Store.RecordingsByID(r, r.User.OrganizationID, []string{f.RecordingID})
	if err != nil {
		return nil, err
	}
	shown, err := view.ShowFollowups(r, s.Store, recordings, []hub.Followup{f}, true)
	if err != nil {
		return nil, err
	}
	out := &FollowupAnswer{}
	out.Body.Data = shown[0]
	out.Body.Data.History = view.ShowHistory(f)
	return out, nil
}
