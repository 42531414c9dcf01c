package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/prometheus/client_golang/prometheus"

	"sirocco/api"
	"sirocco/audio"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// world is a server over a database, with the means to ask it and to look behind it.
type world struct {
	t      testing.TB
	st     *store.Store
	server *httptest.Server
	clock  *clock
	log    *lockedBuffer
	// audio is the folder of the recordings' audio.
	audio string
	// validate checks an answer against the server's own document.
	validate func(*http.Request, *http.Response, []byte)
}

// clock is a clock that stands still unless a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// testModels are the models that test servers say their connectors pull.
// testCheck is a CRM that knows one key.
func testCheck(_ context.Context, c hub.Connection, values map[string]string) (hub.CRMAccount, error) {
	account := hub.CRMAccount{ID: values["account"]}
	switch values["apiKey"] {
	case "good":
		return account, nil
	case "later":
		return account, &hub.UnavailableError{Who: "CRM", Reason: "the CRM could not be asked", RetryAfter: 5 * time.Second}
	}
	return account, hub.Invalid("apiKey", "was not accepted", "a key that the CRM accepts")
}

func testModels(p hub.Platform) []hub.Model {
	if p == hub.PlatformCustomInput || !slices.Contains(hub.Platforms(), p) && p != "FILE_OF_TESTS" {
		return nil
	}
	return []hub.Model{hub.ModelUser, hub.ModelAccount}
}

// newWorld starts a server. Change its configuration with configure.
func newWorld(t testing.TB, url string, configure ...func(*api.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), log: &lockedBuffer{}, audio: filepath.Join(t.TempDir(), "recordings")}
	w.st = storetest.Open(t, url, w.clock.read)
	w.server = w.serve(configure...)
	return w
}

// serve starts one more server over the same store.
func (w *world) serve(configure ...func(*api.Config)) *httptest.Server {
	place, err := audio.Open(context.Background(), "file://"+w.audio)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := api.Config{
		Audio: place,
		Store: w.st, Models: testModels, CheckCredentials: testCheck, Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Metrics: prometheus.NewRegistry(), Clock: w.clock.read, Version: "test",
	}
	for _, c := range configure {
		c(&cfg)
	}
	server := httptest.NewServer(api.New(cfg))
	w.t.Cleanup(server.Close)
	if w.validate == nil {
		w.validate = documentValidator(w, server.URL)
	}
	return server
}

// routersOf are those of the documents that servers of this test program serve: nearly all serve the same one.
var (
	routersMu sync.Mutex
	routersOf = map[string]routers.Router{}
)

func routerOf(t testing.TB, text []byte) routers.Router {
	t.Helper()
	routersMu.Lock()
	defer routersMu.Unlock()
	if r := routersOf[string(text)]; r != nil {
		return r
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatalf("our document: %v", err)
	}
	err = doc.WalkSchemas(func(_ string, s *openapi3.SchemaRef) error {
		if s.Value.IsEmpty() { // what may be anything may be null, which the validator forgets where schemas refer to others
			s.Value.Type = &openapi3.Types{"array", "boolean", "null", "number", "object", "string"}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("our document: %v", err)
	}
	r, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatalf("our document: %v", err)
	}
	routersOf[string(text)] = r
	return r
}

// documentValidator checks answers against the OpenAPI document that the server serves.
func documentValidator(w *world, serverURL string) func(*http.Request, *http.Response, []byte) {
	t := w.t
	t.Helper()
	resp, err := http.Get(serverURL + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	router := routerOf(t, text)
	return func(req *http.Request, resp *http.Response, body []byte) {
		plain := req.Clone(context.Background())
		plain.URL.Path = strings.TrimPrefix(plain.URL.Path, "/api-externalApi")
		if rest, ok := strings.CutPrefix(plain.URL.Path, "/v1/core/recordings"); ok && plain.Method == http.MethodGet && strings.LastIndexByte(rest, '/') <= 0 &&
			plain.Header.Get("Authorization") != "" && plain.Header.Get("x-siro-auth-token") == "" {
			plain.URL.Path = "/api-externalApi" + plain.URL.Path // in the document the organization surface's own
		}
		plain.URL.Scheme, plain.URL.Host = "", ""
		route, params, err := router.FindRoute(plain)
		if err == nil {
			err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
				RequestValidationInput: &openapi3filter.RequestValidationInput{Request: plain, Route: route, PathParams: params},
				Status:                 resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)),
				Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
			})
		}
		if err != nil {
			w.t.Errorf("%s %s answered %d against our document: %v\n%s", req.Method, req.URL, resp.StatusCode, err, body)
		}
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// into reads a JSON answer.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), v); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
}

// client asks a server with one token.
type client struct {
	w      *world
	server string
	token  string
	// user is a user's access token, for the user surface.
	user string
}

func (w *world) client(token string) *client {
	return &client{w: w, server: w.server.URL, token: token}
}

// header is one more header of a request: its name and value.
type header [2]string

// do sends a request. A body that is not empty is sent as JSON unless a header says otherwise.
func (c *client) do(method, path, body string, headers ...header) answer {
	c.w.t.Helper()
	req, err := http.NewRequest(method, c.server+path, strings.NewReader(body))
	if err != nil {
		c.w.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.user != "" {
		req.Header.Set("x-siro-auth-token", c.user)
	}
	for _, h := range headers {
		req.Header.Set(h[0], h[1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.w.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.w.t.Fatal(err)
	}
	if strings.HasPrefix(strings.TrimPrefix(req.URL.Path, "/api-externalApi"), "/v1/") && resp.StatusCode != http.StatusMethodNotAllowed {
		c.w.validate(req, resp, text)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
}

// want fails the test unless the answer has the status.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("answered %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// tenant is an organization with a token of its own and one of its group.
type tenant struct {
	id           string
	token, group *client
	tokenID      string
}

func (w *world) tenant(name string) tenant {
	w.t.Helper()
	ctx := context.Background()
	o, err := w.st.CreateOrganization(ctx, name)
	if err != nil {
		w.t.Fatal(err)
	}
	own, text, err := w.st.CreateToken(ctx, o.ID, store.NewToken{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	_, groupText, err := w.st.CreateToken(ctx, o.ID, store.NewToken{Name: name + " group", Group: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return tenant{id: o.ID, token: w.client(text), group: w.client(groupText), tokenID: own.ID}
}

const connections = "/v1/core/integrations/connections"

// connection is what a test reads of one.
type connection struct {
	ID                  string           `json:"id"`
	Name                string           `json:"name"`
	ExternalAccountID   string           `json:"externalAccountId"`
	OrganizationID      string           `json:"organizationId"`
	IntegrationPlatform string           `json:"integrationPlatform"`
	CreatedAt           string           `json:"createdAt"`
	UpdatedAt           string           `json:"updatedAt"`
	IsActive            bool             `json:"isActive"`
	SyncStatus          []map[string]any `json:"syncStatus"`
	SyncTranscript      bool             `json:"syncTranscript"`
}

func (c *client) create(platform string) connection {
	c.w.t.Helper()
	var made connection
	c.do("POST", connections, `{"name":"n","integrationPlatform":"`+platform+`","externalAccountId":"a"}`).want(c.w.t, 201).into(c.w.t, &made)
	return made
}
