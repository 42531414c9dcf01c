package connector_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
)

const secret = "s3cr3t-value"

// answer starts a server that always answers with h and returns a session to it.
func answer(t *testing.T, h http.HandlerFunc) *connector.Session {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return &connector.Session{
		HTTP:    server.Client(),
		Timeout: time.Minute,
		Values:  map[string]string{"baseURL": server.URL + "/base/", "apiKey": secret},
		Now:     func() time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC) },
	}
}

func write(contentType, body string, status int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func get(ctx context.Context, s *connector.Session, out any) (connector.Answer, error) {
	return connector.GetJSON(ctx, s, connector.Request{
		Service: "Acme", Path: "/things", Query: url.Values{"key": {secret}}, Header: http.Header{"X-Key": {secret}},
	}, out)
}

func TestAnswersBecomeKinds(t *testing.T) {
	const js = "application/json"
	date := "Thu, 01 Jan 2026 10:00:00 GMT"
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		kind    connector.Kind
		wait    time.Duration
	}{
		"401":                   {write(js, `{}`, 401), connector.Unauthorized, 0},
		"403":                   {write(js, `{}`, 403), connector.Forbidden, 0},
		"403, for a while":      {write(js, `{}`, 403, "Retry-After", "30"), connector.RateLimited, 30 * time.Second},
		"409":                   {write(js, `{}`, 409), connector.Busy, 0},
		"423":                   {write(js, `{}`, 423), connector.Busy, 0},
		"404":                   {write(js, `{}`, 404), connector.Refused, 0},
		"422":                   {write(js, `{}`, 422), connector.Refused, 0},
		"408":                   {write(js, `{}`, 408), connector.Temporary, 0},
		"redirect":              {write(js, `{}`, 302, "Location", "http://127.0.0.1:1/"), connector.Malformed, 0},
		"429":                   {write(js, `{}`, 429), connector.RateLimited, 0},
		"429, seconds":          {write(js, `{}`, 429, "Retry-After", "17"), connector.RateLimited, 17 * time.Second},
		"429, the vendor's day": {write(js, `{}`, 429, "Date", date, "Retry-After", "Thu, 01 Jan 2026 10:01:00 GMT"), connector.RateLimited, time.Minute},
		"429, a past date":      {write(js, `{}`, 429, "Date", date, "Retry-After", "Thu, 01 Jan 2026 09:00:00 GMT"), connector.RateLimited, 0},
		"429, nonsense":         {write(js, `{}`, 429, "Retry-After", "-3"), connector.RateLimited, 0},
		"429, for ever":         {write(js, `{}`, 429, "Retry-After", "1e300"), connector.RateLimited, 24 * time.Hour},
		"500":                   {write(js, `{}`, 500), connector.Temporary, 0},
		"503, seconds":          {write(js, `{}`, 503, "Retry-After", "5"), connector.Temporary, 5 * time.Second},
		"web page":              {write("text/html", `<p>`, 200), connector.Malformed, 0},
		"byte order mark":       {write(js, "\xEF\xBB\xBF{}", 200), "", 0},
		"text/json":             {write("text/json; charset=utf-8", `{}`, 200), "", 0},
		"no type":               {write("", `{}`, 200), connector.Malformed, 0},
		"truncated":             {write(js, `{"a": [1, 2`, 200), connector.Malformed, 0},
		"malformed":             {write(js, `{"a": ]}`, 200), connector.Malformed, 0},
		"two values":            {write(js, `{} {}`, 200), connector.Malformed, 0},
		"empty":                 {write(js, ``, 200), connector.Malformed, 0},
		"other shape":           {write(js, `{"a": "s3cr3t-value"}`, 200), connector.Malformed, 0},
		"too large":             {write(js, `{"a": [`+strings.Repeat("1,", 17<<20)+`1]}`, 200), connector.Malformed, 0},
		"breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", js)
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"a": [1`))
		}, connector.Temporary, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var out struct{ A []int }
			_, err := get(t.Context(), answer(t, c.handler), &out)
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var e *connector.Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.RetryAfter != c.wait {
				t.Fatalf("got %#v, want %s after %s", err, c.kind, c.wait)
			}
			if !strings.HasPrefix(e.Error(), "Acme: ") || strings.Contains(e.Error(), secret) {
				t.Errorf("the text is %q", e)
			}
		})
	}
}

func TestAnUnreachableServiceIsTemporary(t *testing.T) {
	s := answer(t, write("application/json", `{}`, 200))
	s.Values["baseURL"] = "http://127.0.0.1:1"
	_, err := get(t.Context(), s, nil)
	if !connector.IsKind(err, connector.Temporary) || strings.Contains(err.Error(), secret) {
		t.Fatalf("got %v", err)
	}
}

// TestWhyAServiceIsUnreachable says why no connection came about where that tells the one who named the host nothing of a network.
func TestWhyAServiceIsUnreachable(t *testing.T) {
	trusted := httptest.NewTLSServer(write("application/json", `{}`, 200))
	t.Cleanup(trusted.Close)
	refused := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	}
	unknown := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "crm.example"}
	}
	for want, test := range map[string]struct {
		base      string
		transport *http.Transport
	}{
		"crm.example cannot be reached: no whole answer came":                          {"http://crm.example", &http.Transport{DialContext: refused}},
		"crm.example cannot be reached: its name could not be resolved (no such host)": {"http://crm.example", &http.Transport{DialContext: unknown}},
		"cannot be reached: its certificate is not accepted (":                         {trusted.URL, &http.Transport{}},
	} {
		s := &connector.Session{HTTP: &http.Client{Transport: test.transport}, Timeout: time.Minute, Values: map[string]string{"baseURL": test.base}, Now: time.Now}
		if _, err := get(t.Context(), s, nil); !connector.IsKind(err, connector.Temporary) || !strings.HasPrefix(err.Error(), "Acme: GET /things: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("it says %v, and not %s", err, want)
		}
	}
}

func TestAHungServiceIsTemporaryAndACancelledCallIsNot(t *testing.T) {
	arrived := make(chan struct{}, 100)
	s := answer(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	for s.Timeout = 20 * time.Millisecond; len(arrived) == 0; s.Timeout *= 2 { // until the request gets through in time
		if _, err := get(t.Context(), s, nil); !connector.IsKind(err, connector.Temporary) {
			t.Errorf("after the timeout: %v", err)
		}
	}
	<-arrived
	s.Timeout = time.Minute
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := get(ctx, s, nil)
	var e *connector.Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("after the cancellation: %#v", err)
	}
}

func TestABaseURLMustBeUsable(t *testing.T) {
	for _, base := range []string{"", "ftp://h", "https://user:" + secret + "@h/", "/path", "http://%zz" + secret} {
		s := &connector.Session{HTTP: http.DefaultClient, Values: map[string]string{"baseURL": base}}
		_, err := get(t.Context(), s, nil)
		if !connector.IsKind(err, connector.Refused) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", base, err)
		}
	}
}

// TestAWriteIsSentOnce ends a connection that was used before without a byte of an answer: what was written may be there, also where the
// request has an idempotency key, which a vendor may not heed.
func TestAWriteIsSentOnce(t *testing.T) {
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key", "idempotency-key"} {
		var writes []string
		s := answer(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				writes = append(writes, r.Header.Get(name))
				panic(http.ErrAbortHandler)
			}
			write("application/json", `{}`, 200)(w, r)
		})
		var out struct{}
		if _, err := get(t.Context(), s, &out); err != nil {
			t.Fatal(err)
		}
		r := connector.Request{Service: "Acme", Path: "/notes", Header: http.Header{name: {"k"}}, Body: map[string]int{"x": 1}}
		if _, err := connector.PostJSON(t.Context(), s, r, &out); !connector.Unproven(err) {
			t.Errorf("%s: %v", name, err)
		}
		if len(writes) != 1 || writes[0] != "k" {
			t.Errorf("%s: sent %q", name, writes)
		}
	}
}

func TestWhatIsSent(t *testing.T) {
	var got *http.Request
	var body string
	s := answer(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		b := make([]byte, 100)
		n, _ := r.Body.Read(b)
		body = string(b[:n])
		write("application/vnd.acme+json; charset=utf-8", `{"a":[7]}`, 200, "Date", "Thu, 01 Jan 2026 10:00:00 GMT")(w, r)
	})
	var out struct{ A []int }
	a, err := connector.PostJSON(t.Context(), s, connector.Request{
		Service: "Acme", Path: "/notes", Query: url.Values{"q": {"a b"}}, Body: map[string]int{"x": 1},
	}, &out)
	if err != nil || len(out.A) != 1 || out.A[0] != 7 {
		t.Fatalf("read %v, %v", out, err)
	}
	if got.URL.String() != "/base/notes?q=a+b" || got.Method != http.MethodPost || body != `{"x":1}` || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("sent %s %s %q %v", got.Method, got.URL, body, got.Header)
	}
	if want := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC); !a.Date.Equal(want) {
		t.Errorf("the vendor's clock is %v", a.Date)
	}
	if _, err := connector.PostJSON(t.Context(), s, connector.Request{Service: "Acme", Path: "/t", Body: url.Values{"k": {"v"}}}, nil); err != nil || body != "k=v" {
		t.Errorf("sent the form %q, %v", body, err)
	}
}
