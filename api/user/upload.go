package user

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"sirocco/api/wire"
	"sirocco/hub"
)

// MadeRecording names a recording just made.
type MadeRecording struct {
	RecordingID string `json:"recordingId"`
}

// UploadedAnswer is the id of a recording just made.
type UploadedAnswer struct {
	Body struct {
		Data MadeRecording `json:"data"`
		wire.PagedBody
	}
}

// CRMObject is a CRM record that a new recording is about.
type CRMObject struct {
	ObjectType string `json:"objectType" enum:"Opportunity,Account,Contact,Lead,Engagement,Event,ServiceAppointment"`
	ObjectID   string `json:"objectId" minLength:"1" maxLength:"512" doc:"The CRM's own id."`
}

// ref names the record as we do.
func (o CRMObject) ref() hub.RecordRef {
	switch o.ObjectType {
	case "Engagement", "Event", "ServiceAppointment":
		return hub.RecordRef{Model: hub.ModelEngagement, ExternalID: o.ObjectID}
	}
	return hub.RecordRef{Model: hub.Model(strings.ToUpper(o.ObjectType)), ExternalID: o.ObjectID}
}

// UploadedRecording is what is known of the audio that a recording is made of.
type UploadedRecording struct {
	_                       struct{}     `json:"-" additionalProperties:"false"`
	FileURL                 string       `json:"fileUrl" format:"uri" doc:"The downloadUrl that signed-urls gave."`
	FileType                string       `json:"fileType" doc:"As it was given to signed-urls."`
	Title                   string       `json:"title,omitempty" maxLength:"512"`
	UserID                  string       `json:"userId,omitempty" doc:"Who recorded it; one of userId, userEmail and userPhone must be there, and each stands in for the one before where that names nobody."`
	UserEmail               string       `json:"userEmail,omitempty"`
	UserPhone               string       `json:"userPhone,omitempty"`
	OrganizationID          string       `json:"organizationId,omitempty" doc:"The user's own organization, if any."`
	ConversationType        string       `json:"conversationType,omitempty" maxLength:"256"`
	DateCreated             *wire.Moment `json:"dateCreated,omitempty" doc:"When the conversation began; now where it is left out."`
	Latitude                *float64     `json:"latitude,omitempty" extension:"true" minimum:"-90" maximum:"90" doc:"Where it was recorded, in degrees, with longitude: the nearer of two appointments is the likelier one."`
	Longitude               *float64     `json:"longitude,omitempty" extension:"true" minimum:"-180" maximum:"180" doc:"See latitude."`
	Discoverable            bool         `json:"discoverable,omitempty" doc:"Whether all users of the organization may see it."`
	IntegrationConnectionID string       `json:"integrationConnectionId,omitempty" doc:"The connection of the crmObjects; the one does not come without the other."`
	CRMObjects              *[]CRMObject `json:"crmObjects,omitempty" nullable:"false" maxItems:"20" doc:"What the recording is about, which must be in already. The most specific one becomes its link."`
	ContactName             string       `json:"contactName,omitempty" maxLength:"256"`
	ContactPhone            string       `json:"contactPhone,omitempty" maxLength:"64"`
	Result                  string       `json:"result,omitempty" enum:"closed,not closed,in progress"`
	Trigger                 string       `json:"trigger,omitempty" extension:"true" enum:"button-press,deeplink,modern-deeplink,mobile-sdk" doc:"What began the recording."`
}

func (s *server) registerUploads() {
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "uploadRecording", Method: http.MethodPost, Path: recordingsPath + "/upload", DefaultStatus: http.StatusCreated,
		Summary:     "Make a recording of uploaded audio",
		Description: "For oneself, for a member of a team that one coaches, or, as an administrator, for anybody. The same request again answers with the recording that was made by it; another one for the same audio is refused.",
		Tags:        []string{recordingTag},
	}, hub.ScopeWrite, wire.ZodErrors(), s.uploadRecording)
}

func (s *server) uploadRecording(r *wire.Request, in *struct {
	wire.ExactBody
	Body UploadedRecording
},
) (*UploadedAnswer, error) {
	v, err := s.viewer(r, in.Body.OrganizationID)
	if err != nil {
		return nil, err
	}
	key, err := s.uploadedAt(r, in.Body.FileURL)
	if err != nil {
		return nil, err
	}
	n := hub.NewRecording{
		By: v, Blob: key, FileType: in.Body.FileType, UserID: in.Body.UserID, UserEmail: in.Body.UserEmail, UserPhone: in.Body.UserPhone,
		Title: in.Body.Title, ConversationType: in.Body.ConversationType, Discoverable: in.Body.Discoverable,
		ContactName: in.Body.ContactName, ContactPhone: in.Body.ContactPhone, Result: hub.RecordingResult(in.Body.Result), ConnectionID: in.Body.IntegrationConnectionID, Trigger: in.Body.Trigger,
	}
	var q wire.Query
	if at := in.Body.DateCreated; at != nil {
		n.StartedAt = q.Must("dateCreated", string(*at))
	}
	if (in.Body.CRMObjects == nil) != (in.Body.IntegrationConnectionID == "") {
		missing, given := "integrationConnectionId", "crmObjects"
		if in.Body.CRMObjects == nil {
			missing, given = given, missing
		}
		q.Wrong(missing, "is missing beside "+given, "both or none")
	}
	if err := q.Err(); err != nil {
		return nil, err
	}
	n.Latitude, n.Longitude = in.Body.Latitude, in.Body.Longitude
	for _, o := range *cmp.Or(in.Body.CRMObjects, &[]CRMObject{}) {
		n.Objects = append(n.Objects, o.ref())
	}
	rec, err := s.Store.CreateRecording(r, r.User.OrganizationID, n)
	if err != nil {
		return nil, err
	}
	out := &UploadedAnswer{}
	out.Body.Data.RecordingID = rec.ID
	return out, nil
}

// uploadedAt is the key of the audio that one of our download URLs leads to. The URL may have expired: the audio is
// kept for longer.
func (s *server) uploadedAt(ctx context.Context, fileURL string) (string, error) {
	u, err := url.Parse(fileURL)
	if err == nil {
		g, ok, err := s.granted(ctx, http.MethodGet, u)
		if err != nil || ok {
			return g.Key, err
		}
	}
	return "", hub.Invalid("fileUrl", "is not one of ours", "the downloadUrl that POST "+recordingsPath+"/signed-urls gave, unchanged")
}
