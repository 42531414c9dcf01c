package extension

import (
	"net/http"

	"sirocco/api/view"
	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// UserMatchAnswer is which user of the workspace a CRM user is.
type UserMatchAnswer struct {
	Body struct {
		UserID *string `json:"userId" doc:"The user of the workspace; null for nobody."`
		By     string  `json:"by" enum:"HAND,EMAIL,NAME,NONE" doc:"How that is known. By hand counts most, then the e-mail address, then a name that one user alone has."`
	}
}

func (s *server) registerMatches() {
	notFound := wire.JSONErrors(http.StatusNotFound)
	add := func(id, method, summary, description string) wire.Operation {
		op := wire.Operation{OperationID: id, Method: method, Path: "/v1/integrations/users/{id}/match", Summary: summary, Tags: []string{"CRM users"}}
		op.Description, op.Extensions = description, wire.Extension()
		return op
	}
	wire.Register(s.API, add("getUserMatch", http.MethodGet, "See which user of the workspace a CRM user is", ""), notFound, s.getUserMatch)
	wire.Register(s.API, add("putUserMatch", http.MethodPut, "Say by hand which user of the workspace a CRM user is", "Recordings that this links otherwise are looked at again."),
		notFound, s.putUserMatch)
	wire.Register(s.API, add("deleteUserMatch", http.MethodDelete, "Take back what was said by hand of a CRM user", "From then on the e-mail address and the name count again."),
		notFound, s.deleteUserMatch)
}

func (s *server) getUserMatch(r *wire.Request, in *view.RecordPath) (*UserMatchAnswer, error) {
	return s.withMatch(r, in, func(string, store.Record) error { return nil })
}

func (s *server) putUserMatch(r *wire.Request, in *struct {
	view.RecordPath
	Body struct {
		UserID *string `json:"userId" doc:"The user of the workspace; null says that it is nobody."`
	}
},
) (*UserMatchAnswer, error) {
	return s.withMatch(r, &in.RecordPath, func(organization string, crmUser store.Record) error {
		if in.Body.UserID != nil && *in.Body.UserID == "" {
			return hub.Invalid("userId", "is empty", "the id of a user, or null for nobody")
		}
		return s.Store.SetMatch(r, organization, crmUser, wire.OrZero(in.Body.UserID))
	})
}

func (s *server) deleteUserMatch(r *wire.Request, in *view.RecordPath) (*UserMatchAnswer, error) {
	return s.withMatch(r, in, func(organization string, crmUser store.Record) error {
		return s.Store.ClearMatch(r, organization, crmUser)
	})
}

// withMatch finds the CRM user that the path names, does one thing to its match, and shows what came of it.
func (s *server) withMatch(r *wire.Request, in *view.RecordPath, do func(organization string, crmUser store.Record) error) (*UserMatchAnswer, error) {
	organization, err := r.Organization(in.OrganizationSelector)
	if err != nil {
		return nil, err
	}
	crmUser, err := wire.AtPath(r, (*wire.IDPath)(in), hub.ModelUser.Noun(), func(organization string) (store.Record, error) {
		return s.Store.Record(r, organization, hub.ModelUser, in.ID)
	})
	if err != nil {
		return nil, err
	}
	if err := do(organization, crmUser); err != nil {
		return nil, err
	}
	userID, by, err := s.Store.MatchOf(r, organization, crmUser)
	out := &UserMatchAnswer{}
	out.Body.UserID, out.Body.By = wire.OrNull(userID), string(by)
	return out, err
}
