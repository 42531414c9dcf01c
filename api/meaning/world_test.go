package meaning_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sirocco/api"
	"sirocco/audio"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

const (
	legacyPrefix = "/api-externalApi"
	core         = "/v1/core"
	crm          = "/v1/integrations"
	recordings   = core + "/recordings"
)

// world is one server over one database, which all cases share; each has organizations of its own.
type world struct {
	st     *store.Store
	server *httptest.Server
	// onPostgres says which database it is over.
	onPostgres bool
	clock      atomic.Int64 // microseconds; each reading is one millisecond later, so that no two things happen at once
	names      atomic.Int64
	// outside judges what is answered, where it is asked to; nil otherwise.
	outside *outside
	// failing is whether each request meets faults in the database, and faults are those under way, by the value of their header.
	failing bool
	faults  sync.Map
}

func newWorld(t *testing.T, url string, allowPrivate bool) *world {
	t.Helper()
	w := &world{onPostgres: strings.HasPrefix(url, "postgres")}
	w.clock.Store(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).UnixMicro())
	w.st = storetest.OpenWith(t, url, store.Options{Clock: w.now, Keys: storetest.Keys(t), Intercept: meet})
	place, err := audio.Open(context.Background(), "file://"+t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	handler := api.New(api.Config{
		Audio: place, Store: w.st, Logger: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Clock: w.now, Version: "test", Targets: hub.Targets{Any: allowPrivate},
		Models: func(p hub.Platform) []hub.Model {
			if p == hub.PlatformCustomInput || !slices.Contains(hub.Platforms(), p) {
				return nil
			}
			return []hub.Model{hub.ModelUser, hub.ModelAccount}
		},
	})
	w.server = httptest.NewUnstartedServer(w.withFaults(handler))
	if at := os.Getenv(listenVariable); at != "" && !allowPrivate {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		_ = w.server.Listener.Close()
		w.server.Listener = listener
		w.outside = judge(t)
	}
	w.server.Start()
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) now() time.Time { return time.UnixMicro(w.clock.Add(1000)).UTC() }

// scene is what one case has: an organization with whoever acts in it, made when it first asks for them.
type scene struct {
	t      *testing.T
	w      *world
	prefix string

	once     sync.Once
	id       string // the organization's
	token    *caller
	customs  string            // the SIRO_CUSTOM_INPUT connection
	users    map[string]string // by first name
	callers  map[string]*caller
	apps     map[string][2]string
	groupTok *caller
	endpoint string // of webhooks, where there is one
}

// caller asks the server with a credential.
type caller struct {
	s            *scene
	header, text string
	prefix       string
	server       string // another one than the world's
}

// answer is what came back.
type answer struct {
	s      *scene
	ask    string
	status int
	header http.Header
	text   string
	parsed any
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) begin() {
	s.once.Do(func() {
		o, err := s.w.st.CreateOrganization(context.Background(), "Organization "+strconv.FormatInt(s.w.names.Add(1), 10))
		s.must(err)
		_, text, err := s.w.st.CreateToken(context.Background(), o.ID, store.NewToken{Name: "own"})
		s.must(err)
		s.id, s.users, s.callers, s.apps = o.ID, map[string]string{}, map[string]*caller{}, map[string][2]string{}
		s.token = &caller{s: s, header: "Authorization", text: "Bearer " + text, prefix: s.prefix}
	})
}

// org is the organization's own token.
func (s *scene) org() *caller { s.begin(); return s.token }

// group is a token of the organization's group.
func (s *scene) group() *caller {
	s.begin()
	if s.groupTok == nil {
		_, text, err := s.w.st.CreateToken(context.Background(), s.id, store.NewToken{Name: "group", Group: true})
		s.must(err)
		s.groupTok = &caller{s: s, header: "Authorization", text: "Bearer " + text, prefix: s.prefix}
	}
	return s.groupTok
}

// person makes a user, once, and returns the id. Ann is an administrator, and so is nobody else.
func (s *scene) person(first string) string {
	s.begin()
	if id := s.users[first]; id != "" {
		return id
	}
	u, err := s.w.st.CreateUser(context.Background(), s.id, hub.User{Email: mail(first), FirstName: first, LastName: "Test", Admin: first == "Ann", Billable: true})
	s.must(err)
	s.users[first] = u.ID
	return u.ID
}

func mail(first string) string { return strings.ToLower(first) + "@acme.example" }

// as is a user who may write, reader one who may only read.
func (s *scene) as(first string) *caller     { return s.user(first, hub.ScopeWrite) }
func (s *scene) reader(first string) *caller { return s.user(first, hub.ScopeRead) }
func (s *scene) admin() *caller              { return s.as("Ann") }
func (s *scene) rep() *caller                { return s.as("Rex") }

func (s *scene) user(first string, scope hub.Scope) *caller {
	id := s.person(first)
	if c := s.callers[first+string(scope)]; c != nil {
		return c
	}
	app, secret, err := s.w.st.CreateApp(context.Background(), s.id, "app", id)
	s.must(err)
	_, text, err := s.w.st.CreateAccessToken(context.Background(), s.id, app.ClientID, secret, id, scope)
	s.must(err)
	s.apps[first] = [2]string{app.ClientID, secret}
	s.callers[first+string(scope)] = &caller{s: s, header: "x-siro-auth-token", text: text}
	return s.callers[first+string(scope)]
}

// another is a second organization's scene.
func (s *scene) another() *scene { return &scene{t: s.t, w: s.w, prefix: s.prefix} }

// do asks. A body is JSON; headers come in pairs.
func (c *caller) do(method, path, body string, headers ...string) *answer {
	c.s.t.Helper()
	if c.s.w.failing {
		return c.doWithFaults(method, path, body, headers...)
	}
	a, err := c.once(method, path, body, headers...)
	c.s.must(err)
	return a
}

// once asks one time. It fails where no whole answer comes.
func (c *caller) once(method, path, body string, headers ...string) (*answer, error) {
	c.s.t.Helper()
	to := path
	var op published
	judged := false
	if strings.HasPrefix(path, "/") {
		server := cmp.Or(c.server, c.s.w.server.URL)
		if o := c.s.w.outside; o != nil && c.server == "" && (body == "" || json.Valid([]byte(body))) { // the proxy answers what is no JSON itself
			if op, judged = o.operation(method, path, c.header == "x-siro-auth-token"); judged {
				server = o.proxies[op.surface]
			}
		}
		to = server + c.prefix + path
	}
	req, err := http.NewRequest(method, to, strings.NewReader(body))
	c.s.must(err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.text != "" {
		req.Header.Set(c.header, c.text)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if judged {
		c.s.w.outside.note(op, resp)
	}
	a := &answer{s: c.s, ask: method + " " + path, status: resp.StatusCode, header: resp.Header, text: string(text)}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		c.s.must(json.Unmarshal(text, &a.parsed))
	}
	return a, nil
}

// get, post, put, patch and del ask, and fail unless it is answered well.
func (c *caller) get(path string) *answer { c.s.t.Helper(); return c.do("GET", path, "").ok() }
func (c *caller) post(path, body string) *answer {
	c.s.t.Helper()
	return c.do("POST", path, body).ok()
}
func (c *caller) put(path, body string) *answer { c.s.t.Helper(); return c.do("PUT", path, body).ok() }
func (c *caller) patch(path, body string) *answer {
	c.s.t.Helper()
	return c.do("PATCH", path, body).ok()
}
func (c *caller) del(path string) *answer { c.s.t.Helper(); return c.do("DELETE", path, "").ok() }

// refuses asks, and fails unless it is answered with the status.
func (c *caller) refuses(status int, method, path, body string) *answer {
	c.s.t.Helper()
	return c.do(method, path, body).is(status)
}

func (a *answer) is(status int) *answer {
	a.s.t.Helper()
	if a.status != status {
		a.s.t.Fatalf("%s answered %d, want %d: %s", a.ask, a.status, status, a.text)
	}
	return a
}

func (a *answer) ok() *answer {
	a.s.t.Helper()
	if a.status < 200 || a.status > 299 {
		a.s.t.Fatalf("%s answered %d: %s", a.ask, a.status, a.text)
	}
	return a
}

// at is the value at a path such as data.0.id, nil for null. An empty path is the whole body.
func (a *answer) at(path string) any {
	v, _ := a.find(path)
	return v
}

// find also reports whether the value is there, null or not.
func (a *answer) find(path string) (any, bool) {
	v := a.parsed
	if path == "" {
		return v, true
	}
	for part := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			next, ok := in[part]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(in) {
				return nil, false
			}
			v = in[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// str is the text at a path.
func (a *answer) str(path string) string {
	a.s.t.Helper()
	text, ok := a.at(path).(string)
	if !ok {
		a.s.t.Fatalf("%s: no text at %s in %s", a.ask, path, a.text)
	}
	return text
}

// list is the items at a path; their values at one more where that is given.
func (a *answer) list(path string, of ...string) []any {
	a.s.t.Helper()
	items, ok := a.at(path).([]any)
	if !ok {
		a.s.t.Fatalf("%s: no list at %q in %s", a.ask, path, a.text)
	}
	if len(of) == 0 {
		return items
	}
	values := make([]any, len(items))
	for i := range items {
		values[i] = (&answer{s: a.s, parsed: items[i]}).at(of[0])
	}
	return values
}

// want fails unless the value at a path is this; numbers are float64, as in JSON.
func (a *answer) want(path string, want any) *answer {
	a.s.t.Helper()
	if n, ok := want.(int); ok {
		want = float64(n)
	}
	if got := a.at(path); !reflect.DeepEqual(got, want) {
		a.s.t.Errorf("%s: %s is %v, want %v in %s", a.ask, path, got, want, a.text)
	}
	return a
}

// values fails unless the items of the list at a path have these values, in this order.
func (a *answer) values(path, of string, want ...any) *answer {
	a.s.t.Helper()
	if got := a.list(path, of); !slices.Equal(got, want) {
		a.s.t.Errorf("%s: the %s of %q are %v, want %v", a.ask, of, path, got, want)
	}
	return a
}

// lacks fails where there is something at a path, even null.
func (a *answer) lacks(path string) *answer {
	a.s.t.Helper()
	if v, ok := a.find(path); ok {
		a.s.t.Errorf("%s: %s is there: %v", a.ask, path, v)
	}
	return a
}

// has fails unless there is something at each of the paths that is neither null nor empty.
func (a *answer) has(paths ...string) *answer {
	a.s.t.Helper()
	for _, path := range paths {
		if v, ok := a.find(path); !ok || v == nil || v == "" {
			a.s.t.Errorf("%s: nothing at %s in %s", a.ask, path, a.text)
		}
	}
	return a
}

// says fails unless the body has the text.
func (a *answer) says(text string) *answer {
	a.s.t.Helper()
	if !strings.Contains(a.text, text) {
		a.s.t.Errorf("%s: %q is not in %s", a.ask, text, a.text)
	}
	return a
}

// plain fails unless the answer is a sentence of text.
func (a *answer) plain() *answer {
	a.s.t.Helper()
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") || strings.HasPrefix(a.text, "{") || a.text == "" {
		a.s.t.Errorf("%s: no sentence of plain text: %s %s", a.ask, kind, a.text)
	}
	return a
}

// at reads a time of an answer, and millis also holds it to UTC with milliseconds.
func (s *scene) at(text string) time.Time {
	s.t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	s.must(err)
	return at
}

func (s *scene) millis(text string) {
	s.t.Helper()
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", text); err != nil {
		s.t.Errorf("%q is no time in UTC with milliseconds", text)
	}
}

// eq fails unless the two are the same.
func (s *scene) eq(got, want any) {
	s.t.Helper()
	if !reflect.DeepEqual(got, want) {
		s.t.Errorf("got %v, want %v", got, want)
	}
}

// connection makes a connection and returns its id.
func (s *scene) connection(platform string) string {
	s.t.Helper()
	return s.org().post(core+"/integrations/connections", fmt.Sprintf(`{"name":"n","externalAccountId":"a","integrationPlatform":%q}`, platform)).str("id")
}

// custom is the connection that records are pushed to.
func (s *scene) custom() string {
	s.t.Helper()
	s.begin()
	if s.customs == "" {
		s.customs = s.connection("SIRO_CUSTOM_INPUT")
	}
	return s.customs
}

// engagement and opportunity push one.
func (s *scene) engagement(body string) *answer {
	s.t.Helper()
	s.custom()
	return s.org().put(crm+"/sync/engagements", body)
}

func (s *scene) opportunity(body string) *answer {
	s.t.Helper()
	s.custom()
	return s.org().put(crm+"/sync/opportunities", body)
}

// record uploads audio of the user's and makes a recording of it; more is further fields of the upload.
func (c *caller) record(more string) string {
	c.s.t.Helper()
	signed := c.post(recordings+"/signed-urls", `{"fileType":"mp3","fileSize":4}`)
	c.send(signed, "abcd").ok()
	if more != "" {
		more = "," + more
	}
	if !strings.Contains(more, `"user`) {
		more += `,"userEmail":"` + mail("Rex") + `"`
	}
	return c.post(recordings+"/upload", fmt.Sprintf(`{"fileUrl":%q,"fileType":"mp3"%s}`, signed.str("data.downloadUrl"), more)).str("data.recordingId")
}

// send puts audio to where an answer says, with the headers that it names.
func (c *caller) send(signed *answer, body string) *answer {
	c.s.t.Helper()
	h := signed.at("data.uploadHeaders").(map[string]any)
	return (&caller{s: c.s}).do("PUT", signed.str("data.uploadUrl"), body, "Content-Type", h["Content-Type"].(string), "x-goog-content-length-range", h["x-goog-content-length-range"].(string))
}

// analyse hands in the analysis of a recording.
func (s *scene) analyse(recording, body string) {
	s.t.Helper()
	s.org().put(recordings+"/"+recording+"/analysis", body)
}

// analysis is one that has everything.
const analysis = `{"language":"English","durationInMilliseconds":60000,"evaluationScore":72,"universalOutcomeLabel":"POSITIVE",
	"utterances":[{"utterance":"Hello [NAME]","startTimeInMillis":0,"endTimeInMillis":900,"speakerTag":"0","redacted":true,"confidence":0.9},
		{"utterance":"Hi","startTimeInMillis":1000,"endTimeInMillis":1500,"speakerTag":"1","redacted":false}],
	"speakerMap":{"0":"Rex","1":"Customer"},
	"summary":[{"name":"Overview","content":"They met.","quotes":[{"quote":"Hi","startTimeInMillis":1000,"endTimeInMillis":1500}]},{"name":"Next","content":"Call again."}],
	"entityExtractions":[{"siroEntityDefinitionName":"Budget","extraction":[{"name":"Budget","value":1000,"mappings":[{"crmModelName":"Opportunity","crmFieldName":"Budget__c"}]}],"mappings":[]}],
	"followups":[{"followupType":"REHASH","score":4,"followupAction":"Call","thinking":"They wavered","starred":true,"context":[{"header":"MAIN_OBJECTION","value":"Price"}],"metadata":[{"source":"call"}]},
		{"followupType":"CROSS_SELL","score":2,"thinking":"Maybe"}],
	"customOutcomes":[{"customLabel":"sale_completed","universalLabel":"POSITIVE","description":"They signed"},{"customLabel":"gone"}]}`
