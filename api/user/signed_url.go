package user

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
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

// grantOf is what a URL says that it lets its holder do, signed or not.
func (s *server) grantOf(method string, u *url.URL) grant {
	q := u.Query()
	expires, _ := strconv.ParseInt(q.Get("expires"), 10, 64) // what is no number was not signed
	size, _ := strconv.ParseInt(q.Get("size"), 10, 64)
	return grant{Method: method, Key: strings.TrimPrefix(s.Below(u.Path), audioPath), Expires: time.Unix(expires, 0), FileType: q.Get("type"), Size: size, By: q.Get("by")}
}

// granted reads a signed URL. It is false when it was not signed by us, or was changed since.
func (s *server) granted(ctx context.Context, method string, u *url.URL) (grant, bool, error) {
	if !strings.HasPrefix(s.Below(u.Path), audioPath) {
		return grant{}, false, nil
	}
	g := s.grantOf(method, u)
	want, err := s.signature(ctx, g)
	return g, err == nil && hmac.Equal([]byte(want), []byte(u.Query().Get("signature"))), err
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
	wire.RegisterUser(s.API, wire.Keeping(wire.Operation{
		OperationID: "createSignedUrls", Method: http.MethodPost, Path: recordingsPath + "/signed-urls", DefaultStatus: http.StatusOK,
		Summary: "Get a URL to PUT audio to, and one to fetch it by",
		Description: "PUT the audio with the uploadHeaders, exactly as they are given, within the hour, then make a recording of them with upload within a day. Audio of which none is made is removed.\n\n" +
			"The two URLs take no token and answer 200, or 206 for a range. Otherwise: 403 where the URL or a header was changed or the URL has expired, 404 where no audio is there, " +
			"and to a PUT 409 where audio is there already, 410 where it came too late, 413 where it is longer than was said, 400 where it broke off; without a Content-Length it must have exactly fileSize bytes.",
		Tags: []string{recordingTag},
	}, withoutSignatures, s.signAgain), hub.ScopeWrite, wire.ZodErrors(), s.createSignedURLs)
	wire.RegisterUser(s.API, wire.Repeatable(wire.Operation{
		OperationID: "createSignedUrl", Method: http.MethodPost, Path: recordingsPath + "/{id}/signedUrl", DefaultStatus: http.StatusOK,
		Summary: "Get a URL to fetch a recording's audio by", Tags: []string{recordingTag},
	}), hub.ScopeWrite, wire.ZodErrors(), s.createSignedURL)
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

// signatureIn is the signature of a URL, or where one was.
var signatureIn = regexp.MustCompile(`signature=[A-Za-z0-9_-]*`)

// withoutSignatures is an answer of createSignedURLs as it is kept: whoever reads that may neither put nor fetch audio.
func withoutSignatures(body []byte) []byte { return signatureIn.ReplaceAll(body, []byte("signature=")) }

// signAgain gives the URLs of an answer of createSignedURLs their signatures back, the uploadUrl before the downloadUrl.
func (s *server) signAgain(r *wire.Request, body []byte) ([]byte, error) {
	out := &SignedURLsAnswer{}
	if err := json.Unmarshal(body, &out.Body); err != nil { //nolint:musttag // its optional values read themselves
		return nil, err
	}
	var signatures [][]byte
	for _, of := range [][2]string{{http.MethodPut, out.Body.Data.UploadURL}, {http.MethodGet, out.Body.Data.DownloadURL}} {
		u, err := url.Parse(of[1])
		if err != nil {
			return nil, err
		}
		signature, err := s.signature(r, s.grantOf(of[0], u))
		if err != nil {
			return nil, err
		}
		signatures = append(signatures, []byte("signature="+signature))
	}
	return signatureIn.ReplaceAllFunc(body, func(was []byte) []byte {
		if len(signatures) == 0 {
			return was
		}
		is := signatures[0]
		signatures = signatures[1:]
		return is
	}), nil
}

func (s *server) createSignedURL(r *wire.Request, in *RecordingPath) (*SignedURLAnswer, error) {
	rec, err := s.recordingHead(r, in.ID)
	if err != nil {
		return nil, err
	}
	expires := s.Clock().Add(hub.UploadLife).Truncate(time.Second)
	out := &SignedURLAnswer{}
	out.Body.Data.URL, err = s.signedURL(r, grant{Method: http.MethodGet, Key: rec.Blob, Expires: expires, FileType: rec.FileType, Size: rec.Size, By: r.User.UserID})
	out.Body.Data.Expiration = float64(expires.UnixMilli())
	return out, err
}
