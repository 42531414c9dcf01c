package console

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// axeVariable names the file of axe-core that TestAxe has pages judged by; without it the test is skipped. conformance/axe.sh
// fetches it and runs the test.
const axeVariable = "SIROCCO_TEST_AXE"

// everyPage is a console with something on each page, a browser in which whoever runs the server is signed in, and the paths
// of all pages, each with its organization.
func everyPage(t *testing.T) (s *served, operator *browser, paths []string) {
	t.Helper()
	storetest.Needs(t, "sqlite")
	s = serveOn(t, storetest.SQLite(t), withMerge)
	organization := s.organization("Cedar Roofing")
	ids := walkedIDs(s, organization)
	for i := range gridRuns { // a grid as wide as it can be
		at := s.clock().Add(-time.Duration(i) * time.Minute)
		insertRun(t, s.store, organization, ids["connection"], hub.FirstIDAt(at), at, store.RunDone)
	}
	operator = s.as(hub.ConsolePerson{Role: hub.ConsoleOperator})
	all := []string{"/", "/connections/new?platform=MERGE", "/records?model=CONTACT", "/connections?state=FAILING", "/system?sizes=whole"}
	for _, r := range routes() {
		if r.Method == http.MethodGet && r.Scope != scopeNone && !r.live() {
			all = append(all, walked(t, r, ids))
		}
	}
	for _, path := range all {
		at, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		query := at.Query()
		query.Set(organizationParameter, organization)
		at.RawQuery = query.Encode()
		a := operator.do(http.MethodGet, at.String(), nil)
		// What is no page is a file, a part of a page, or leads to one.
		if a.status == http.StatusOK && strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && strings.Contains(a.body, "<h1") && !slices.Contains(paths, at.String()) {
			paths = append(paths, at.String())
		}
	}
	if len(paths) < 20 {
		t.Fatalf("there are only %d pages: %q", len(paths), paths)
	}
	return s, operator, append(paths, "/sign-in", "/nowhere")
}

// signedIn gives a window the session of a browser.
func signedIn(t *testing.T, ctx context.Context, b *browser) {
	t.Helper()
	at, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(at) {
		browse(t, ctx, network.SetCookie(c.Name, c.Value).WithURL(b.url).WithHTTPOnly(true))
	}
}

// navigate opens a page below the console. That one is missing, the browser's console says, too: it is not listened to then.
func (s *served) navigate(ctx context.Context, path string) {
	s.t.Helper()
	listen := chromedp.Action(log.Enable())
	if path == "/nowhere" {
		listen = log.Disable()
	}
	browse(s.t, ctx, listen, chromedp.Navigate(s.url+path), chromedp.WaitReady("h1"))
}

// TestEveryPageReads opens every page in a real browser, with JavaScript and without: it has its heading, its menu leads on,
// nothing is cut off at the side of a narrow window, and the browser's console says nothing (see watched).
func TestEveryPageReads(t *testing.T) {
	s, operator, paths := everyPage(t)
	ctx := chromium(t)
	signedIn(t, ctx, operator)
	for _, scripts := range []bool{true, false} {
		browse(t, ctx, emulation.SetScriptExecutionDisabled(!scripts), chromedp.EmulateViewport(390, 844))
		for _, path := range paths {
			var heading, content string
			var width int64
			s.navigate(ctx, path)
			browse(t, ctx, chromedp.Text("h1", &heading, chromedp.ByQuery), chromedp.Text("main", &content, chromedp.ByQuery),
				chromedp.Evaluate(`document.documentElement.scrollWidth`, &width))
			if heading == "" || len(content) <= len(heading) {
				t.Errorf("%s, scripts %v: it reads %q", path, scripts, content)
			}
			if width > 390 {
				t.Errorf("%s, scripts %v: it is %d pixels wide in a window of 390", path, scripts, width)
			}
		}
	}
}

// TestEveryPageReadsWhateverThingsAreCalled gives everything a name of markup, of words from right to left with a character that turns
// what follows, and of five hundred letters: each page shows it as text, and is no wider than its window.
func TestEveryPageReadsWhateverThingsAreCalled(t *testing.T) {
	s, operator, paths := everyPage(t)
	name := `<img src="/nowhere" onerror="document.title='taken'"></td></script>{{.}}&amp; 🏠👩‍👩‍👧‍👦 שלום ` + "\u202e" + `عمارة ` + strings.Repeat("W", 500)
	db, ok := s.store.Native().(*sql.DB)
	if !ok {
		t.Fatalf("a %T", s.store.Native())
	}
	rows, err := db.QueryContext(t.Context(), `SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name IN ('name', 'title', 'first_name', 'last_name', 'reason', 'error', 'actor_name', 'external_account_id')`)
	if err != nil {
		t.Fatal(err)
	}
	var columns [][2]string
	for rows.Next() {
		var c [2]string
		if err := rows.Scan(&c[0], &c[1]); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, c)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(columns) < 10 {
		t.Fatalf("%q, %v", columns, err)
	}
	for _, c := range columns {
		if strings.HasPrefix(c[0], "river") || c[0] == "nodes" || c[0] == "audit" { // the log is never changed
			continue
		}
		storetest.Exec(t, s.store, fmt.Sprintf(`UPDATE %s SET %s = $1 || CAST(rowid AS TEXT) WHERE %s <> ''`, c[0], c[1], c[1]), name)
	}
	ctx := chromium(t)
	signedIn(t, ctx, operator)
	browse(t, ctx, chromedp.EmulateViewport(390, 844))
	shown := 0
	for _, path := range paths {
		var title, content string
		var width int64
		s.navigate(ctx, path)
		browse(t, ctx, chromedp.Text("main", &content, chromedp.ByQuery), chromedp.Title(&title))
		for _, room := range []int64{1280, 390} {
			browse(t, ctx, chromedp.EmulateViewport(room, 844), chromedp.Evaluate(`document.documentElement.scrollWidth`, &width))
			if width > room {
				t.Errorf("%s is %d pixels wide in a window of %d", path, width, room)
			}
		}
		if strings.Contains(content, "onerror=") {
			shown++
		}
		if title == "taken" {
			t.Errorf("%s runs what something is called", path)
		}
	}
	if shown < 10 {
		t.Errorf("only %d pages show a name", shown)
	}
}

// violation is what axe-core finds wrong with a page.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// TestAxe has every page judged by axe-core, light and dark, wide and narrow.
func TestAxe(t *testing.T) {
	file := os.Getenv(axeVariable)
	if file == "" {
		t.Skip(axeVariable + " names no axe-core: conformance/axe.sh runs this")
	}
	axe, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, operator, paths := everyPage(t)
	ctx := chromium(t)
	signedIn(t, ctx, operator)
	judge := func() (violations []violation) {
		var found string
		browse(t, ctx, chromedp.Evaluate(`axe.run({resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations))`, &found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
			return p.WithAwaitPromise(true)
		}))
		if err := json.Unmarshal([]byte(found), &violations); err != nil {
			t.Fatal(err)
		}
		return violations
	}
	for i, path := range paths {
		s.navigate(ctx, path)
		browse(t, ctx, chromedp.Evaluate(string(axe), nil))
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 390} {
				browse(t, ctx, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}), chromedp.EmulateViewport(width, 900))
				for _, v := range judge() {
					for _, node := range v.Nodes[:min(len(v.Nodes), 3)] {
						t.Errorf("%s, %s, %d wide: %s: %s\n%s\n%s", path, scheme, width, v.ID, v.Help, node.HTML, node.Summary)
					}
				}
			}
		}
		if i == 0 { // that it finds nothing means nothing unless it would
			browse(t, ctx, chromedp.Evaluate(`document.documentElement.removeAttribute("lang")`, nil))
			if v := judge(); len(v) == 0 {
				t.Error("it finds nothing on a page whose language is not told")
			}
		}
	}
	t.Logf("%d pages were judged, each four times", len(paths))
}
