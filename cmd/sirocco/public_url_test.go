package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/audio"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestPublicURLWithPath serves below a path of a host, behind a proxy that takes the path away and behind one that leaves it:
// every address that an answer has leads through the proxy, to the console, its links and its assets, the documents and the
// audio, and cookies are for that path alone.
func TestPublicURLWithPath(t *testing.T) {
	storetest.Long(t)
	t.Parallel()
	for name, take := range map[string]bool{"taken away": true, "left": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var node atomic.Pointer[url.URL]
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rest, ok := strings.CutPrefix(r.URL.Path, "/sirocco")
				if !ok {
					http.Error(w, "another program", http.StatusTeapot)
					return
				}
				(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
					p.SetURL(node.Load())
					if p.Out.URL.Path = p.In.URL.Path; take {
						p.Out.URL.Path = rest
					}
					p.Out.URL.RawPath = ""
				}}).ServeHTTP(w, r)
			}))
			t.Cleanup(proxy.Close)
			base := proxy.URL + "/sirocco"
			walkBelow(t, base, func(h http.Handler) {
				server := httptest.NewServer(h)
				t.Cleanup(server.Close)
				u, err := url.Parse(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				node.Store(u)
			})
		})
	}
}

var addressIn = regexp.MustCompile(`(?:href|src|action|sse-connect|hx-get)="([^"#]+)"`)

// walkBelow asks a server whose public URL is base, which serve serves.
func walkBelow(t *testing.T, base string, serve func(http.Handler)) {
	t.Helper()
	st := storetest.OpenWith(t, storetest.SQLite(t), store.Options{Keys: storetest.Keys(t)})
	place, err := audio.Open(t.Context(), "file://"+filepath.ToSlash(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { place.Close() })
	n, err := newNode(st, slog.New(slog.DiscardHandler), nodeOptions{console: true, publicURL: base, audio: place})
	if err != nil {
		t.Fatal(err)
	}
	serve(n.handler)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	ask := func(method, at, body string, want int, header ...string) (*http.Response, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, at, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != want {
			t.Fatalf("%s %s: %d %s %v", method, at, response.StatusCode, text, err)
		}
		return response, string(text)
	}

	// The documents: the page, what it loads, and the operations' servers.
	redirected, page := ask(http.MethodGet, base+"/", "", http.StatusOK)
	if redirected.Request.URL.Path != "/sirocco/docs/" || !strings.Contains(page, `"/sirocco/openapi.json"`) {
		t.Errorf("%s: %s", redirected.Request.URL, page)
	}
	followed := followAll(t, ask, base, redirected.Request.URL, page)
	_, document := ask(http.MethodGet, base+"/openapi.json", "", http.StatusOK)
	if !strings.Contains(document, `"url": "/sirocco"`) || followed == 0 {
		t.Errorf("the document's servers: %.300s; %d addresses", document, followed)
	}
	_, llms := ask(http.MethodGet, base+"/llms.txt", "", http.StatusOK)
	if !strings.Contains(llms, "(/sirocco/docs/)") {
		t.Errorf("%.600s", llms)
	}

	// The console: the link that opens it, each address of its pages, and the cookie.
	o, err := st.CreateOrganization(t.Context(), "Cedar Roofing")
	if err != nil {
		t.Fatal(err)
	}
	user, err := st.CreateUser(t.Context(), o.ID, hub.User{Email: "dana@cedar.example", FirstName: "Dana", LastName: "Whitfield"})
	if err != nil {
		t.Fatal(err)
	}
	key, err := st.CreateConsoleLogin(t.Context(), hub.ConsolePerson{Name: "Ann", Role: hub.ConsoleOperator})
	if err != nil {
		t.Fatal(err)
	}
	ask(http.MethodGet, consoleLink(base, key), "", http.StatusOK)
	opened, page := ask(http.MethodPost, base+"/console/open", url.Values{"key": {key}}.Encode(), http.StatusOK, "Content-Type", "application/x-www-form-urlencoded", "Origin", strings.TrimSuffix(base, "/sirocco"))
	if opened.Request.URL.Path != "/sirocco/console/" || !strings.Contains(page, "Cedar Roofing") {
		t.Fatalf("%s: %s", opened.Request.URL, page)
	}
	if n := followAll(t, ask, base, opened.Request.URL, page); n < 8 {
		t.Errorf("%d addresses were followed", n)
	}
	elsewhere, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	if elsewhere.Path = "/another"; len(jar.Cookies(elsewhere)) != 0 {
		t.Errorf("other programs of the host are sent %v", jar.Cookies(elsewhere))
	}

	// Audio goes by signed URLs there and back, and the answer's links lead to the console's page.
	app, secret, err := st.CreateApp(t.Context(), o.ID, "phone", user.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := st.CreateAccessToken(t.Context(), o.ID, app.ClientID, secret, user.ID, hub.ScopeWrite)
	if err != nil {
		t.Fatal(err)
	}
	const spoken = "not really audio"
	var signed struct {
		Data struct {
			UploadURL     string            `json:"uploadUrl"`
			DownloadURL   string            `json:"downloadUrl"`
			UploadHeaders map[string]string `json:"uploadHeaders"`
		} `json:"data"`
	}
	const api = "/v1/core/recordings"
	_, text := ask(http.MethodPost, base+api+"/signed-urls", `{"fileType": "mp3", "fileSize": 16}`, http.StatusOK, "x-siro-auth-token", token, "Content-Type", "application/json")
	if err := json.Unmarshal([]byte(text), &signed); err != nil || !strings.HasPrefix(signed.Data.UploadURL, base+"/audio/") {
		t.Fatal(text, err)
	}
	var headers []string
	for name, value := range signed.Data.UploadHeaders {
		headers = append(headers, name, value)
	}
	ask(http.MethodPut, signed.Data.UploadURL, spoken, http.StatusOK, headers...)
	if _, got := ask(http.MethodGet, signed.Data.DownloadURL, "", http.StatusOK); got != spoken {
		t.Errorf("%q", got)
	}
	upload, err := json.Marshal(map[string]any{"fileUrl": signed.Data.DownloadURL, "title": "Visit", "userId": user.ID, "fileType": "mp3", "dateCreated": time.Now().UTC().Format(time.RFC3339)})
	if err != nil {
		t.Fatal(err)
	}
	_, text = ask(http.MethodPost, base+api+"/upload", string(upload), http.StatusCreated, "x-siro-auth-token", token, "Content-Type", "application/json")
	var made struct {
		Data struct {
			RecordingID string `json:"recordingId"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(text), &made); err != nil {
		t.Fatal(text, err)
	}
	_, bearer, err := st.CreateToken(t.Context(), o.ID, store.NewToken{Name: "laptop"})
	if err != nil {
		t.Fatal(err)
	}
	at := api + "/" + made.Data.RecordingID
	_, text = ask(http.MethodGet, base+at, "", http.StatusOK, "Authorization", "Bearer "+bearer)
	self := selfOf(t, text)
	if !strings.HasPrefix(self, base+"/console/recordings/"+made.Data.RecordingID) {
		t.Fatal(text)
	}
	if _, page := ask(http.MethodGet, self, "", http.StatusOK); !strings.Contains(page, "<h1>Visit</h1>") {
		t.Errorf("links.web.self leads to %s", page)
	}
	// Without a console it is the recording in the API.
	bare, err := newNode(st, slog.New(slog.DiscardHandler), nodeOptions{publicURL: base, audio: place})
	if err != nil {
		t.Fatal(err)
	}
	answer, request := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, at, http.NoBody)
	request.Header.Set("Authorization", "Bearer "+bearer)
	if bare.handler.ServeHTTP(answer, request); selfOf(t, answer.Body.String()) != base+at {
		t.Errorf("without a console: %s", answer.Body)
	}
}

var selfIn = regexp.MustCompile(`"links":\{"web":\{"self":"([^"]+)"`)

// selfOf is links.web.self of a recording's answer.
func selfOf(t *testing.T, answer string) string {
	t.Helper()
	found := selfIn.FindStringSubmatch(answer)
	if found == nil {
		t.Fatalf("it has no links.web.self: %s", answer)
	}
	return strings.ReplaceAll(found[1], `\u0026`, "&")
}

// followAll asks for each address of a page, all of which lead below base, and returns how many there were.
func followAll(t *testing.T, ask func(method, at, body string, want int, header ...string) (*http.Response, string), base string, at *url.URL, page string) int {
	t.Helper()
	followed := 0
	for _, found := range addressIn.FindAllStringSubmatch(page, -1) {
		u, err := at.Parse(strings.ReplaceAll(found[1], "&amp;", "&"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(u.String(), base+"/") {
			t.Errorf("%s leads past the proxy", u)
			continue
		}
		if strings.HasSuffix(u.Path, "/sign-out") || strings.HasSuffix(u.Path, "/live") || strings.HasSuffix(u.Path, "/switch") {
			continue
		}
		ask(http.MethodGet, u.String(), "", http.StatusOK)
		followed++
	}
	return followed
}
