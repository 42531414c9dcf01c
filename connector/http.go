package connector

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// maxAnswerSize bounds one answer, after it was decompressed: a page of records is far below, a runaway answer is not
	// kept in memory.
	maxAnswerSize  = 64 << 20
	defaultTimeout = 30 * time.Second
	// maxRetryAfter keeps a nonsensical Retry-After from stopping a connection for good.
	maxRetryAfter = 24 * time.Hour
)

// Request is one call of a vendor's API.
type Request struct {
	// Service is the vendor's name, as people know it; every error begins with it.
	Service string
	// BaseURL is what Path is appended to; empty means the session's value baseURL.
	BaseURL string
	// Path begins with a slash. It is shown in errors, so it holds no secret.
	Path   string
	Query  url.Values
	Header http.Header
	// Body is sent as JSON; a url.Values is sent as a form instead.
	Body any
	// Problem, where it is not nil, reads what the vendor says in an answer that is not 2xx: a kind other than "" takes
	// the place of the one that the status alone stands for, and words, which must hold no secret, that of its meaning.
	Problem func(status int, body []byte) (kind Kind, words string)
}

// Answer is what came with the JSON of an answer.
type Answer struct {
	Status int
	Header http.Header
	// Date is the vendor's own clock when it answered, in whole seconds; zero when it did not say.
	Date time.Time
}

// GetJSON makes a GET request and reads the JSON answer into out. It returns an *Error, or an error
// that wraps the context's when ctx was cancelled. It tries once.
func GetJSON(ctx context.Context, s *Session, r Request, out any) (Answer, error) {
	return call(ctx, s, r, http.MethodGet, out)
}

// PostJSON makes a POST request with r.Body and reads the JSON answer into out, as GetJSON does.
func PostJSON(ctx context.Context, s *Session, r Request, out any) (Answer, error) {
	return call(ctx, s, r, http.MethodPost, out)
}

// PutJSON makes a PUT request with r.Body and reads the JSON answer into out, as GetJSON does.
func PutJSON(ctx context.Context, s *Session, r Request, out any) (Answer, error) {
	return call(ctx, s, r, http.MethodPut, out)
}

// PatchJSON makes a PATCH request with r.Body and reads the JSON answer into out, as GetJSON does.
func PatchJSON(ctx context.Context, s *Session, r Request, out any) (Answer, error) {
	return call(ctx, s, r, http.MethodPatch, out)
}

// Delete makes a DELETE request, as GetJSON does. What the answer has is not read.
func Delete(ctx context.Context, s *Session, r Request) error {
	_, err := call(ctx, s, r, http.MethodDelete, nil)
	return err
}

// DeleteIfThere is Delete, of what may be gone meanwhile: a 404 is no error.
func DeleteIfThere(ctx context.Context, s *Session, r Request) error {
	if err := Delete(ctx, s, r); Status(err) != http.StatusNotFound {
		return err
	}
	return nil
}

func call(ctx context.Context, s *Session, r Request, method string, out any) (Answer, error) {
	var e *Error
	answer, err := send(ctx, s, r, method, "application/json", func(ctx context.Context, resp *http.Response) error {
		body, release, err := readAnswer(ctx, resp.Body)
		defer release()
		if err == nil {
			e = decode(r, method, resp.Header.Get("Content-Type"), body, out)
		}
		return err
	})
	if e != nil && err == nil {
		e.Status = answer.Status
		return answer, e
	}
	return answer, err
}

// send makes a request and gives a good answer to read, which fails with what the transport failed with, or an *Error.
func send(ctx context.Context, s *Session, r Request, method, accept string, read func(context.Context, *http.Response) error) (Answer, error) {
	timeout := s.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := newRequest(limited, s, r, method)
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Accept", accept)
	client := *s.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, transportError(ctx, r, method, err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer := Answer{Status: resp.StatusCode, Header: resp.Header}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		answer.Date = date.UTC()
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		read = func(ctx context.Context, resp *http.Response) error {
			body, release, err := readAnswer(ctx, resp.Body)
			defer release()
			if err != nil {
				return err
			}
			return statusError(r, method, resp.StatusCode, body, retryAfter(answer, s.Now))
		}
	}
	err = read(limited, resp)
	var e *Error
	switch {
	case err == nil:
		return answer, nil
	case errors.Is(err, errAnswersFull):
		return Answer{}, Fail(Temporary, r.Service, "%s %s: so many large answers are being read that this one waits for its next turn", method, r.Path)
	case errors.As(err, &e):
		return answer, e
	}
	return Answer{}, transportError(ctx, r, method, err)
}

func newRequest(ctx context.Context, s *Session, r Request, method string) (*http.Request, error) {
	base := r.BaseURL
	if base == "" {
		base = s.Values["baseURL"]
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, Fail(Refused, r.Service, "the base URL is not an http or https address without a user name")
	}
	u = u.JoinPath(r.Path)
	u.RawQuery, u.Fragment = r.Query.Encode(), ""
	var body io.Reader
	contentType := ""
	switch b := r.Body.(type) {
	case nil:
	case url.Values:
		body, contentType = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return nil, Fail(Refused, r.Service, "%s %s cannot be made: its body is not valid as JSON", method, r.Path)
		}
		body, contentType = bytes.NewReader(text), "application/json"
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, Fail(Refused, r.Service, "%s %s is not a request that can be made", method, r.Path)
	}
	for name, values := range r.Header {
		name = http.CanonicalHeaderKey(name)
		if name == "Idempotency-Key" || name == "X-Idempotency-Key" {
			// By these net/http knows a request that it sends again itself where a connection ends without an answer, whether or not the
			// vendor heeds the key. It knows them in this spelling alone, vendors in any.
			name = strings.ToLower(name)
		}
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "sirocco")
	if contentType != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req, nil
}

// transportError tells a caller's own cancellation from a vendor that does not answer. It drops the
// *url.Error around the cause: that one shows the query.
func transportError(ctx context.Context, r Request, method string, err error) error {
	host := "the service"
	if shown, ok := errors.AsType[*url.Error](err); ok {
		if u, err := url.Parse(shown.URL); err == nil {
			host = u.Host
		}
		err = shown.Err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %s %s was stopped before the answer came: %w", r.Service, method, r.Path, ctx.Err())
	}
	var e *Error
	switch {
	case errors.As(err, &e): // the engine's own rate limit
		return e
	default:
		e = Fail(Temporary, r.Service, "%s %s: %s cannot be reached: %s", method, r.Path, host, unreached(err))
	}
	e.Err = err
	return e
}

// unreached says for people why no connection came about.
// An open port is not told from a closed one, nor what it is that listens there: who named the host may be anybody.
func unreached(err error) string {
	if unresolved, ok := errors.AsType[*net.DNSError](err); ok {
		return "its name could not be resolved (" + unresolved.Err + ")"
	}
	if certificate, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not accepted (" + certificate.Err.Error() + ")"
	}
	return "no whole answer came"
}

// decode reads the JSON of a good answer; out nil means that the caller does not want it.
func decode(r Request, method, contentType string, body []byte, out any) *Error {
	if out == nil {
		return nil
	}
	if len(body) > maxAnswerSize {
		return Fail(Malformed, r.Service, "%s %s was answered with more than %d MiB", method, r.Path, maxAnswerSize>>20)
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || (media != "application/json" && media != "text/json" && !strings.HasSuffix(media, "+json")) {
		return Fail(Malformed, r.Service, "%s %s was answered with something other than JSON (%q)", method, r.Path, media)
	}
	body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")) // a byte order mark, as some vendors' frameworks write it
	if !withinItems(body) {
		return Fail(Malformed, r.Service, "%s %s was answered with a list of more than %d items, which nothing asked for", method, r.Path, maxAnswerItems)
	}
	if err := json.Unmarshal(body, out); err != nil {
		e := Fail(Malformed, r.Service, "%s %s was answered with JSON that cannot be read: %s", method, r.Path, jsonProblem(err, len(body)))
		e.Err = err
		return e
	}
	return nil
}

// jsonProblem describes err by its place alone: the decoder's own text may quote the answer.
func jsonProblem(err error, size int) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax) && syntax.Offset >= int64(size):
		return "it ends too early, after " + strconv.Itoa(size) + " bytes"
	case errors.As(err, &syntax):
		return "it is wrong at byte " + strconv.FormatInt(syntax.Offset, 10)
	case errors.As(err, &kind) && kind.Field != "":
		return "its field " + kind.Field + " has another type than expected"
	}
	return "it has another shape than expected"
}

// RetryAfter is how long an answer asks to be left alone by its header, in both its forms; zero where it does not. A date
// is compared with the answerer's own clock, where it tells that.
func RetryAfter(header http.Header, now func() time.Time) time.Duration {
	a := Answer{Header: header}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		a.Date = date
	}
	return retryAfter(a, now)
}

func retryAfter(a Answer, now func() time.Time) time.Duration {
	text := a.Header.Get("Retry-After")
	var wait time.Duration
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds >= 0 {
		wait = time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
	} else if at, err := http.ParseTime(text); err == nil {
		from := a.Date
		if from.IsZero() {
			from = now()
		}
		wait = at.Sub(from)
	}
	return min(max(wait, 0), maxRetryAfter)
}
