package user

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"sirocco/api/wire"
	"sirocco/hub"
)

var errNoAudio = &hub.UnavailableError{Who: "audio", Reason: "this server has no place for audio", RetryAfter: time.Minute}

// audioPath is where signed URLs lead.
const audioPath = "/audio/"

// signer signs URLs with a secret that all nodes share.
type signer struct {
	mu     sync.Mutex
	secret []byte
}

// grant is what a signed URL lets its holder do.
type grant struct {
	// Method is PUT, or GET, which includes HEAD.
	Method   string
	Key      string
	Expires  time.Time
	FileType string
	Size     int64
	// By is the user who was given the URL: it ends where the user is disabled.
	By string
}

// signature is only made by who knows the secret. Nothing of the grant can be changed without it.
func (s *server) signature(ctx context.Context, g grant) (string, error) {
	s.signer.mu.Lock()
	defer s.signer.mu.Unlock()
	if s.signer.secret == nil {
		secret, err := s.Store.SharedSecret(ctx, "audio")
		if err != nil {
			return "", err
		}
		s.signer.secret = secret
	}
	mac := hmac.New(sha256.New, s.signer.secret)
	fmt.Fprintf(mac, "%s\n%s\n%d\n%s\n%d", g.Method, g.Key, g.Expires.Unix(), g.FileType, g.Size)
	if g.By != "" { // what an earlier version signed names nobody
		fmt.Fprintf(mac, "\n%s", g.By)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)), nil
}

// signedURL is the URL that lets its holder do what the grant says.
func (s *server) signedURL(r *wire.Request, g grant) (string, error) {
	if s.Audio == nil {
		return "", errNoAudio
	}
	signature, err := s.signature(r, g)
	q := url.Values{
		"expires": {strconv.FormatInt(g.Expires.Unix(), 10)}, "type": {g.FileType}, "size": {strconv.FormatInt(g.Size, 10)}, "by": {g.By}, "signature": {signature},
	}
	return r.Origin + audioPath + g.Key + "?" + q.Encode(), err
}

// granted reads a signed URL. It is false when it was not signed by us, or was changed since.
func (s *server) granted(ctx context.Context, method string, u *url.URL) (grant, bool, error) {
	q := u.Query()
	expires, _ := strconv.ParseInt(q.Get("expires"), 10, 64) // what is no number was not signed
	size, _ := strconv.ParseInt(q.Get("size"), 10, 64)
	key, ours := strings.CutPrefix(u.Path, audioPath)
	if !ours {
		return grant{}, false, nil
	}
	g := grant{Method: method, Key: key, Expires: time.Unix(expires, 0), FileType: q.Get("type"), Size: size, By: q.Get("by")}
	want, err := s.signature(ctx, g)
	return g, err == nil && hmac.Equal([]byte(want), []byte(q.Get("signature"))), err
}

// UploadHeaders are what the audio must be PUT with.
type UploadHeaders struct {
	ContentType string `json:"Content-Type"`
	LengthRange string `json:"x-goog-content-length-range" doc:"How few and how many bytes the audio may have."`
}

// lengthRangeHeader is the header by which an upload repeats how long it may be, lengthRange what it says.
const lengthRangeHeader = "X-Goog-Content-Length-Range"

func lengthRange(size int64) string { return "0," + strconv.FormatInt(size, 10) }

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
		wire.PagedBody
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

// NewAudio is audio that is to be put.
type NewAudio struct {
	_        struct{} `json:"-" additionalProperties:"false"`
	FileType string   `json:"fileType" maxLength:"128" doc:"mp3, aac or wav; or, beyond the contract, any media type of audio or video, such as audio/mpeg."`
	FileSize int64    `json:"fileSize" minimum:"1" doc:"How many bytes the audio has."`
}

func (s *server) registerSignedURLs() {
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "createSignedUrls", Method: http.MethodPost, Path: recordingsPath + "/signed-urls", DefaultStatus: http.StatusOK,
		Summary: "Get a URL to PUT audio to, and one to fetch it by",
		Description: "PUT the audio with the uploadHeaders, exactly as they are given, within the hour, then make a recording of them with upload within a day. Audio of which none is made is removed.\n\n" +
			"The two URLs take no token and answer 200, or 206 for a range. Otherwise: 403 where the URL or a header was changed or the URL has expired, 404 where no audio is there, " +
			"and to a PUT 409 where audio is there already, 410 where it came too late, 413 where it is longer than was said, 400 where it broke off; without a Content-Length it must have exactly fileSize bytes.",
		Tags: []string{recordingTag},
	}, hub.ScopeWrite, wire.ZodErrors(), s.createSignedURLs)
	wire.RegisterUser(s.API, wire.Operation{
		OperationID: "createSignedUrl", Method: http.MethodPost, Path: recordingsPath + "/{id}/signedUrl", DefaultStatus: http.StatusOK,
		Summary: "Get a URL to fetch a recording's audio by", Tags: []string{recordingTag},
	}, hub.ScopeWrite, wire.ZodErrors(), s.createSignedURL)
}

func (s *server) createSignedURLs(r *wire.Request, in *struct {
	Body NewAudio
},
) (*SignedURLsAnswer, error) {
	if s.Audio == nil {
		return nil, errNoAudio
	}
	u, err := s.Store.CreateUpload(r, r.User.OrganizationID, in.Body.FileType, in.Body.FileSize)
	if err != nil {
		return nil, err
	}
	g := grant{Method: http.MethodPut, Key: u.Blob, Expires: u.CreatedAt.Add(hub.UploadLife), FileType: u.FileType, Size: u.Size, By: r.User.UserID}
	out := &SignedURLsAnswer{}
	d := &out.Body.Data
	if d.UploadURL, err = s.signedURL(r, g); err != nil {
		return nil, err
	}
	g.Method = http.MethodGet
	if d.DownloadURL, err = s.signedURL(r, g); err != nil {
		return nil, err
	}
	d.UploadHeaders = UploadHeaders{ContentType: u.FileType, LengthRange: lengthRange(u.Size)}
	d.ExpiresAt = hub.WireTime(g.Expires)
	return out, nil
}

func (s *server) createSignedURL(r *wire.Request, in *RecordingPath) (*SignedURLAnswer, error) {
	rec, err := s.recording(r, in.ID)
	if err != nil {
		return nil, err
	}
	expires := s.Clock().Add(hub.UploadLife).Truncate(time.Second)
	out := &SignedURLAnswer{}
	out.Body.Data.URL, err = s.signedURL(r, grant{Method: http.MethodGet, Key: rec.Blob, Expires: expires, FileType: rec.FileType, Size: rec.Size, By: r.User.UserID})
	out.Body.Data.Expiration = float64(expires.UnixMilli())
	return out, err
}
