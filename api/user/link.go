package user

import (
	"net/http"
	"reflect"

	"sirocco/api/wire"
	"sirocco/hub"
	"sirocco/store"
)

// LinkTarget names the CRM record that a recording is linked to, or was.
type LinkTarget struct {
	ID                      string `json:"id,omitempty" doc:"Our id of the record; this or externalId must be there."`
	ExternalID              string `json:"externalId,omitempty" maxLength:"512" doc:"The CRM's own id of it."`
	IntegrationConnectionID string `json:"integrationConnectionId,omitempty" doc:"The connection of an externalId, beside which it must be there; an id has its own."`
	DataType                string `json:"dataType" enum:"ACCOUNT,LEAD,OPPORTUNITY,ENGAGEMENT,CONTACT"`
	Trigger                 string `json:"trigger,omitempty" enum:"FUZZY_MATCH_RECORDINGS_FOR_ENGAGEMENT,FUZZY_MATCH_ENGAGEMENTS_FOR_RECORDING,FUZZY_MATCH_RECORDINGS_FOR_OPPORTUNITY,FUZZY_MATCH_OPPORTUNITIES_FOR_RECORDING,OPPORTUNITY_DEEPLINK_ADMIN,OPPORTUNITY_DEEPLINK,CRM_DEEPLINK,AUDIO_UPLOAD_DEEPLINK,CONTACT_MATCH_AUDIO_UPLOAD,USER_LINK_WEB,USER_LINK_MOBILE,USER_LINK_POST_RECORDING,USER_UNLINK,USER_APPOINTMENT_LIST,CALENDAR_MATCH,EXTERNAL_API_LINK,RECORDING_HARD_DELETED" doc:"What made somebody do it."`
}

// LinkedRecord is what a recording was linked to.
type LinkedRecord struct {
	ID             string `json:"id"`
	ExternalID     string `json:"externalId"`
	DataType       string `json:"dataType" enum:"ACCOUNT,LEAD,OPPORTUNITY,ENGAGEMENT,CONTACT"`
	Name           string `json:"name"`
	LastActivityAt string `json:"lastActivityAt" doc:"When it last changed here, where its CRM does not tell."`
}

// Linking is the answer to a link. The contract has a second form, for what went wrong; ours are answered with
// statuses of their own.
type Linking struct {
	Data LinkedRecord `json:"data"`
	wire.PagedBody
}

// Unlinking is the answer to an unlinking.
type Unlinking struct {
	Data bool `json:"data"`
	wire.PagedBody
}

type (
	linkingFields   Linking
	unlinkingFields Unlinking
)

// LinkProblem is the second form of the answers.
type LinkProblem struct {
	Message string                   `json:"error"`
	Details map[string]wire.Anything `json:"details,omitempty"`
}

// Schema implements huma.SchemaProvider.
func (Linking) Schema(r wire.Schemas) *wire.Schema {
	return orProblem(r, reflect.TypeFor[linkingFields]())
}

// Schema implements huma.SchemaProvider.
func (Unlinking) Schema(r wire.Schemas) *wire.Schema {
	return orProblem(r, reflect.TypeFor[unlinkingFields]())
}

func orProblem(r wire.Schemas, t reflect.Type) *wire.Schema {
	return &wire.Schema{AnyOf: []*wire.Schema{r.Schema(t, false, ""), r.Schema(reflect.TypeFor[LinkProblem](), false, "")}}
}

// LinkAnswer is the record that a recording is linked to now.
type LinkAnswer struct {
	Body Linking
}

// UnlinkAnswer says that a recording was unlinked.
type UnlinkAnswer struct {
	Body Unlinking
}

func (s *server) registerLinks() {
	shape := wire.ZodErrors(http.StatusConflict).Unpublished()
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "linkRecording", Method: http.MethodPut, Path: recordingsPath + "/{id}/link", Summary: "Link a recording to a CRM record",
		Description: "Nothing but another such request moves the link from then on.", Tags: []string{recordingTag},
	}, hub.ScopeWrite, shape, s.linkRecording)
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "unlinkRecording", Method: http.MethodDelete, Path: recordingsPath + "/{id}/link", Summary: "Unlink a recording from a CRM record",
		Description: "It stays unlinked until somebody links it. Where it is linked to another record nothing is done, and data is false.", Tags: []string{recordingTag},
	}, hub.ScopeWrite, shape, s.unlinkRecording)
}

func (s *server) linkRecording(r *wire.Request, in *struct {
	RecordingPath
	Body LinkTarget
},
) (*LinkAnswer, error) {
	if err := in.Body.validate(); err != nil {
		return nil, err
	}
	target, err := s.Store.LinkRecordingFor(r, r.User.OrganizationID, r.User.UserID, in.ID, in.Body.target(), in.Body.Trigger)
	if err != nil {
		return nil, hub.Missing(recordingKind, err)
	}
	out := &LinkAnswer{}
	out.Body.Data = LinkedRecord{ID: target.ID, ExternalID: target.ExternalID, DataType: string(target.Model), Name: target.Name, LastActivityAt: target.Details.LastActivity}
	if out.Body.Data.LastActivityAt == "" {
		out.Body.Data.LastActivityAt = hub.WireTime(target.UpdatedAt)
	}
	return out, nil
}

func (s *server) unlinkRecording(r *wire.Request, in *struct {
	RecordingPath
	Body LinkTarget
},
) (*UnlinkAnswer, error) {
	if err := in.Body.validate(); err != nil {
		return nil, err
	}
	out := &UnlinkAnswer{}
	var err error
	out.Body.Data, err = s.Store.UnlinkRecordingFor(r, r.User.OrganizationID, r.User.UserID, in.ID, in.Body.target(), in.Body.Trigger)
	return out, hub.Missing(recordingKind, err)
}

// validate reports what is wrong with how the record is named: by exactly one of the two ids, and with the connection of
// an externalId.
func (t LinkTarget) validate() error {
	var q wire.Query
	switch {
	case t.ID == "" && t.ExternalID == "":
		q.Wrong("id", "is missing, as externalId is", "our id of the record, or the CRM's own as externalId")
	case t.ID != "" && t.ExternalID != "":
		q.Wrong("externalId", "is there beside id", "one of the two")
	case t.ExternalID != "" && t.IntegrationConnectionID == "":
		q.Wrong("integrationConnectionId", "is missing beside externalId", "the id of the record's connection")
	case t.ID != "" && t.IntegrationConnectionID != "":
		q.Wrong("integrationConnectionId", "is there beside id", "it only beside an externalId")
	}
	return q.Err()
}

// target names the record as the store does.
func (t LinkTarget) target() store.RecordTarget {
	return store.RecordTarget{Model: hub.Model(t.DataType), ID: t.ID, ExternalID: t.ExternalID, ConnectionID: t.IntegrationConnectionID}
}
