package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// served is a console over real HTTP on a database, and its store.
type served struct {
	t     *testing.T
	store *store.Store
	url   string // of the console, without a slash at its end
	clock func() time.Time
}

// serveOn serves a console on the database for as long as the test runs.
func serveOn(t *testing.T, databaseURL string, change ...func(*Options)) *served {
	t.Helper()
	st := storetest.Open(t, databaseURL, nil)
	opts := Options{
		Store: st, Clock: st.Now, Logger: slog.New(slog.DiscardHandler),
		Origin: func(r *http.Request) string { return "http://" + r.Host },
		Admit:  func(*http.Request) (time.Duration, bool) { return 0, true },
	}
	for _, c := range change {
		c(&opts)
	}
	server := httptest.NewServer(New(opts))
	t.Cleanup(server.Close)
	return &served{t: t, store: st, url: server.URL + "/console", clock: opts.Clock}
}

// browser is one person's cookies.
type browser struct {
	*served

	http.Client
}

func keepRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// stranger is a browser in which nobody is signed in. It does not follow redirects.
func (s *served) stranger() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &browser{served: s, Jar: jar, CheckRedirect: keepRedirect}
}

// as is a browser in which the person is signed in.
func (s *served) as(p hub.ConsolePerson) *browser {
	s.t.Helper()
	if p.Name == "" {
		p.Name = "Ann"
	}
	if p.Method == "" {
		p.Method = hub.ConsoleByLink
	}
	_, secret, err := s.store.OpenConsole(context.Background(), p)
	if err != nil {
		s.t.Fatal(err)
	}
	b := s.stranger()
	at, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	b.Jar.SetCookies(at, []*http.Cookie{{Name: sessionCookie, Value: secret, Path: "/console"}})
	return b
}

// operator and viewer are browsers of people of one organization.
func (s *served) operator(organization string) *browser {
	return s.as(hub.ConsolePerson{Role: hub.ConsoleOperator, OrganizationID: organization})
}

func (s *served) viewer(organization string) *browser {
	return s.as(hub.ConsolePerson{Role: hub.ConsoleViewer, OrganizationID: organization})
}

// answer is what came to a request.
type answer struct {
	status   int
	header   http.Header
	body     string
	location string
}

func (b *browser) do(method, path string, form url.Values, header ...string) answer {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := b.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text), response.Header.Get("Location")}
}

// get asks for a page, which must come.
func (b *browser) get(path string) string {
	b.t.Helper()
	a := b.do(http.MethodGet, path, nil)
	if a.status != http.StatusOK {
		b.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	}
	return a.body
}

// post does an action, which must lead to another page, and returns the address of that below the console.
func (b *browser) post(path string, pairs ...string) string {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	a := b.do(http.MethodPost, path, form)
	if a.status != http.StatusSeeOther {
		b.t.Fatalf("POST %s: %d %s", path, a.status, a.body)
	}
	return strings.TrimPrefix(a.location, "/console")
}

// mustContain reports each text that a page lacks.
func mustContain(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q:\n%s", text, page)
		}
	}
}

// organization makes an organization of a name and returns its id.
func (s *served) organization(name string) string {
	s.t.Helper()
	o, err := s.store.CreateOrganization(context.Background(), name)
	if err != nil {
		s.t.Fatal(err)
	}
	return o.ID
}
