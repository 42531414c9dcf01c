package meaning_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The suite can be judged from outside: its requests go through validating proxies that know the published files, one for
// each surface, to a server that listens where they look for it. conformance/run.sh starts them.
const (
	listenVariable  = "SIROCCO_MEANING_LISTEN"
	proxiesVariable = "SIROCCO_MEANING_PROXIES" // the organization surface's and the user surface's, separated by a comma
)

// outside judges answers by what a proxy says of them.
type outside struct {
	proxies map[string]string // by surface
	known   []published

	mu         sync.Mutex
	exercised  map[string]bool
	violations map[string]map[string]bool // by operation
}

// published is an operation of the published files.
type published struct {
	name, surface, method string
	path                  *regexp.Regexp
	parameters            int
}

// explained are violations that docs/contract-differences.md explains, by the meaning.
var explained = map[string]*regexp.Regexp{
	"M-CON-02": regexp.MustCompile(`integrationPlatform must be equal to one of the allowed values`),
	"M-ORG-03": regexp.MustCompile(`integrations\b.*\bdeletedAt`),
}

// judge returns who judges from outside, or nil.
func judge(t *testing.T) *outside {
	t.Helper()
	organization, user, ok := strings.Cut(os.Getenv(proxiesVariable), ",")
	if !ok {
		return nil
	}
	o := &outside{proxies: map[string]string{"organization": organization, "user": user}, exercised: map[string]bool{}, violations: map[string]map[string]bool{}}
	for _, file := range []string{"external-api.json", "user-api.json", "index-api.json"} {
		text, err := os.ReadFile("../testdata/contract/" + file)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Paths map[string]map[string]struct {
				Security []map[string]any `json:"security"`
			} `json:"paths"`
		}
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		for path, item := range doc.Paths {
			for method, op := range item {
				surface := map[string]string{"external-api.json": "organization", "user-api.json": "user"}[file]
				if surface == "" {
					surface = "user"
					if len(op.Security) > 0 && op.Security[0]["bearerAuth"] != nil {
						surface = "organization"
					}
				}
				pattern := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`)
				o.known = append(o.known, published{
					name: surface + " " + strings.ToUpper(method) + " " + path, surface: surface, method: strings.ToUpper(method),
					path: regexp.MustCompile("^" + pattern + "$"), parameters: strings.Count(path, "{"),
				})
			}
		}
	}
	slices.SortFunc(o.known, func(a, b published) int { return a.parameters - b.parameters }) // a fixed path goes before a pattern
	return o
}

// operation is the published operation that a request is of, if any.
func (o *outside) operation(method, path string, ofUser bool) (published, bool) {
	surface := "organization"
	if ofUser {
		surface = "user"
	}
	path, _, _ = strings.Cut(path, "?")
	for _, p := range o.known {
		if p.method == method && p.surface == surface && p.path.MatchString(path) {
			return p, true
		}
	}
	return published{}, false
}

// note takes in what the proxy says of an answer. Only what is answered well counts: that a bad request is refused is no
// violation of the server's.
func (o *outside) note(op published, resp *http.Response) {
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return
	}
	var found []struct {
		Location []any  `json:"location"`
		Message  string `json:"message"`
	}
	_ = json.Unmarshal([]byte(resp.Header.Get("sl-violations")), &found) // none is no JSON
	o.mu.Lock()
	defer o.mu.Unlock()
	o.exercised[op.name] = true
	for _, v := range found {
		if len(v.Location) == 0 || v.Location[0] != any("response") {
			continue
		}
		if o.violations[op.name] == nil {
			o.violations[op.name] = map[string]bool{}
		}
		where := regexp.MustCompile(`\.\d+`).ReplaceAllString(strings.Trim(strings.ReplaceAll(fmt.Sprint(v.Location), " ", "."), "[]"), "[]")
		o.violations[op.name][where+": "+v.Message] = true
	}
}

// conclude says what was found, and fails where something was that is not explained, or where an operation that is served
// was not asked.
func (o *outside) conclude(t *testing.T, served map[string]bool) {
	t.Helper()
	asked, wrong := 0, 0
	for _, p := range o.known {
		switch {
		case o.exercised[p.name]:
			asked++
		case served[p.name]:
			t.Errorf("%s is served and was not asked", p.name)
		}
	}
	named := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(o.violations)) {
	violations:
		for _, v := range slices.Sorted(maps.Keys(o.violations[name])) {
			for id, pattern := range explained {
				if pattern.MatchString(v) {
					named[id]++
					continue violations
				}
			}
			wrong++
			t.Errorf("%s: %s", name, v)
		}
	}
	for id := range explained {
		if named[id] == 0 {
			t.Errorf("%s is explained, and no answer violates it any more", id)
		}
	}
	fmt.Printf("conformance: %d of %d served operations asked, %d violations, besides those named: %v\n", asked, len(served), wrong, slices.Sorted(maps.Keys(named)))
}

// served are the published operations that the server's own document has.
func (w *world) served(t *testing.T) map[string]bool {
	t.Helper()
	resp, err := http.Get(w.server.URL + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, p := range w.outside.known {
		_, path, _ := strings.Cut(strings.TrimPrefix(p.name, p.surface+" "), " ")
		method := strings.ToLower(p.method)
		if doc.Paths[path][method] != nil || p.surface == "organization" && doc.Paths[legacyPrefix+path][method] != nil {
			served[p.name] = true
		}
	}
	return served
}
