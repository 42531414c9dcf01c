package api

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
)

// UploadHeaders are what the audio must be PUT with.
type UploadHeaders struct {
	ContentType string `json:"Content-Type"`
	LengthRange string `json:"x-goog-content-length-range" doc:"How long the audio may be; to be sent, or not."`
}

// SignedURLs are where audio can be put, and fetched.
type SignedURLs struct {
	UploadURL     string        `json:"uploadUrl"`
	UploadHeaders UploadHeaders `json:"uploadHeaders"`
	DownloadURL   string        `json:"downloadUrl"`
	ExpiresAt     string        `json:"expiresAt"`
}

// SignedURLsAnswer is where audio can be put, and fetched.
type SignedURLsAnswer struct {
	Body struct {
		Data SignedURLs `json:"data"`
		PagedBody
	}
}

// MadeRecording names a recording just made.
type MadeRecording struct {
	RecordingID string `json:"recordingId"`
}

// UploadedAnswer is the id of a recording just made.
type UploadedAnswer struct {
	Body struct {
		Data MadeRecording `json:"data"`
		PagedBody
	}
}

// SignedURL is where a recording's audio can be fetched.
type SignedURL struct {
	Error        bool    `json:"error"`
	URL          string  `json:"url,omitempty"`
	Expiration   float64 `json:"expiration,omitempty" doc:"When the URL expires, in milliseconds since 1970."`
	ErrorMessage string  `json:"errorMessage,omitempty"`
}

// SignedURLAnswer is where a recording's audio can be fetched.
type SignedURLAnswer struct {
	Body struct {
		Data SignedURL `json:"data"`
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
	FileURL                 string      `json:"fileUrl" format:"uri" doc:"The downloadUrl that signed-urls gave."`
	FileType                string      `json:"fileType" doc:"As it was given to signed-urls."`
	Title                   string      `json:"title,omitempty" maxLength:"512"`
	UserID                  string      `json:"userId,omitempty" doc:"Who recorded it; one of userId, userEmail and userPhone must be there."`
	UserEmail               string      `json:"userEmail,omitempty"`
	UserPhone               string      `json:"userPhone,omitempty"`
	OrganizationID          string      `json:"organizationId,omitempty" doc:"The user's own organization, if any."`
	ConversationType        string      `json:"conversationType,omitempty" maxLength:"256"`
	DateCreated             *time.Time  `json:"dateCreated,omitempty" doc:"When the conversation began; now where it is left out."`
	Latitude                *float64    `json:"latitude,omitempty" extension:"true" minimum:"-90" maximum:"90" doc:"Where it was recorded, in degrees, with longitude: the nearer of two appointments is the likelier one."`
	Longitude               *float64    `json:"longitude,omitempty" extension:"true" minimum:"-180" maximum:"180" doc:"See latitude."`
	Discoverable            bool        `json:"discoverable,omitempty" doc:"Whether all users of the organization may see it."`
	IntegrationConnectionID string      `json:"integrationConnectionId,omitempty" doc:"The connection of the crmObjects; it must be there when several connections have them."`
	CRMObjects              []CRMObject `json:"crmObjects,omitempty" maxItems:"20" doc:"What the recording is about, which must be in already. The most specific one becomes its link."`
	ContactName             string      `json:"contactName,omitempty" maxLength:"256"`
	ContactPhone            string      `json:"contactPhone,omitempty" maxLength:"64"`
	Result                  string      `json:"result,omitempty" enum:"closed,not closed,in progress"`
}

func (s *server) registerUploads() {
	registerUser(s, huma.Operation{
		OperationID: "createSignedUrls", Method: http.MethodPost, Path: recordingsPath + "/signed-urls", DefaultStatus: http.StatusOK,
		Summary: "Get a URL to PUT audio to, and one to fetch it by",
		Description: "PUT exactly fileSize bytes within the hour, then make a recording of them with upload within a day. Audio of which none is made is removed.\n\n" +
			"The two URLs take no token and answer 200, or 206 for a range. Otherwise: 403 where the URL was changed or has expired, 404 where no audio is there, " +
			"and to a PUT 409 where audio is there already, 410 where it came too late, 413 and 400 where it is longer or shorter than was said, 415 where its Content-Type is another one.",
		Tags: []string{recordingTag},
	}, hub.ScopeWrite, zodErrors(), s.createSignedURLs)
	registerUser(s, huma.Operation{
		OperationID: "uploadRecording", Method: http.MethodPost, Path: recordingsPath + "/upload", DefaultStatus: http.StatusCreated,
		Summary:     "Make a recording of uploaded audio",
		Description: "For oneself, for a member of a team that one coaches, or, as an administrator, for anybody. The same audio again answers with the recording that was made of it.",
		Tags:        []string{recordingTag},
	}, hub.ScopeWrite, zodErrors(), s.uploadRecording)
	registerUser(s, huma.Operation{
		OperationID: "createSignedUrl", Method: http.MethodPost, Path: recordingsPath + "/{id}/signedUrl", DefaultStatus: http.StatusOK,
		Summary: "Get a URL to fetch a recording's audio by", Tags: []string{recordingTag},
	}, hub.ScopeRead, zodErrors(), s.createSignedURL)
}

// NewAudio is audio that is to be put.
type NewAudio struct {
	FileType string `json:"fileType" maxLength:"128" doc:"The audio's media type, such as audio/mpeg."`
	FileSize int64  `json:"fileSize" minimum:"1" doc:"How many bytes the audio has."`
}

func (s *server) createSignedURLs(r *request, in *struct {
	Body NewAudio
},
) (*SignedURLsAnswer, error) {
	kind, _, err := mime.ParseMediaType(in.Body.FileType)
	if err != nil || !strings.HasPrefix(kind, "audio/") && !strings.HasPrefix(kind, "video/") {
		return nil, hub.Invalid("fileType", "is "+quoted(in.Body.FileType), "a media type of audio or video, such as audio/mpeg")
	}
	if in.Body.FileSize > hub.AudioMost {
		return nil, hub.Invalid("fileSize", "is "+strconv.FormatInt(in.Body.FileSize, 10), "at most "+strconv.FormatInt(hub.AudioMost, 10)+" bytes")
	}
	if s.Audio == nil {
		return nil, errNoAudio
	}
	u, err := s.Store.CreateUpload(r, r.User.OrganizationID, in.Body.FileType, in.Body.FileSize)
	if err != nil {
		return nil, err
	}
	g := grant{Method: http.MethodPut, Key: u.Blob, Expires: u.CreatedAt.Add(hub.UploadLife), FileType: u.FileType, Size: u.Size}
	out := &SignedURLsAnswer{}
	d := &out.Body.Data
	if d.UploadURL, err = s.signedURL(r, g); err != nil {
		return nil, err
	}
	g.Method = http.MethodGet
	if d.DownloadURL, err = s.signedURL(r, g); err != nil {
		return nil, err
	}
	size := strconv.FormatInt(u.Size, 10)
	d.UploadHeaders = UploadHeaders{ContentType: u.FileType, LengthRange: size + "," + size}
	d.ExpiresAt = hub.WireTime(g.Expires)
	return out, nil
}

func (s *server) uploadRecording(r *request, in *struct {
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
		ContactName: in.Body.ContactName, ContactPhone: in.Body.ContactPhone, Result: hub.RecordingResult(in.Body.Result), ConnectionID: in.Body.IntegrationConnectionID,
	}
	if at := in.Body.DateCreated; at != nil {
		if !hub.TellableTime(*at) {
			return nil, hub.Invalid("dateCreated", "is no time that anything was recorded at", "when the conversation began")
		}
		n.StartedAt = *at
	}
	if n.Latitude, n.Longitude = in.Body.Latitude, in.Body.Longitude; (n.Latitude == nil) != (n.Longitude == nil) {
		return nil, hub.Invalid("longitude", "counts only together with latitude", "both or none")
	}
	for _, o := range in.Body.CRMObjects {
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

func (s *server) createSignedURL(r *request, in *SeenRecordingPath) (*SignedURLAnswer, error) {
	rec, err := s.seenRecording(r, in.ID, false)
	if err != nil {
		return nil, err
	}
	expires := s.Clock().Add(hub.UploadLife).Truncate(time.Second)
	out := &SignedURLAnswer{}
	out.Body.Data.URL, err = s.signedURL(r, grant{Method: http.MethodGet, Key: rec.Blob, Expires: expires, FileType: rec.FileType, Size: rec.Size})
	out.Body.Data.Expiration = float64(expires.UnixMilli())
	return out, err
}
