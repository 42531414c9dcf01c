package wire

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

// registerSelfDescription serves the document of all operations, and what shows it. Each form of it is made once it is asked for:
// that takes longer than all else of a start.
func (a *API) registerSelfDescription() {
	doc := a.huma.OpenAPI()
	a.serveFixed("/openapi.json", "application/json", func() ([]byte, error) { return json.MarshalIndent(doc, "", "  ") })
	a.serveFixed("/openapi.yaml", "application/yaml", doc.YAML)
	a.serveFixed("/llms.txt", "text/plain; charset=utf-8", a.llmsText)
	a.mux.Handle("GET /docs/", guarded(v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Sirocco API", SwaggerJSON: a.base + "/openapi.json", BasePath: a.base + "/docs/", InternalBasePath: "/docs/",
		SettingsUI: map[string]string{"docExpansion": `"list"`, "validatorUrl": "null", "tryItOutEnabled": "false"},
	})))
	a.mux.Handle("GET /docs", http.RedirectHandler(a.base+"/docs/", http.StatusMovedPermanently))
	a.mux.Handle("GET /{$}", http.RedirectHandler(a.base+"/docs/", http.StatusFound))
}

// inlineScript is a script within the page.
var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// guarded lets the page run its own scripts alone, those within it by their hashes, and be framed by nobody.
func guarded(page http.Handler) http.Handler {
	probe := &keptWriter{header: http.Header{}}
	request, _ := http.NewRequest(http.MethodGet, "/docs/", nil) //nolint:noctx // it is asked of no server
	page.ServeHTTP(probe, request)
	var scripts strings.Builder
	scripts.WriteString("'self'")
	for _, script := range inlineScript.FindAllSubmatch(probe.body.Bytes(), -1) {
		sum := sha256.Sum256(script[1])
		scripts.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	policy := "default-src 'self'; script-src " + scripts.String() + "; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Referrer-Policy", "no-referrer")
		page.ServeHTTP(w, hr)
	})
}

// serveFixed serves what is made once it is first asked for.
func (a *API) serveFixed(path, contentType string, write func() ([]byte, error)) {
	content := sync.OnceValues(write)
	a.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
		text, err := content()
		if err != nil {
			panic("the description of the API cannot be written: " + err.Error())
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(text)
	})
}

// llmsText indexes the server for programs that read prose (llmstxt.org).
func (a *API) llmsText() ([]byte, error) {
	var b strings.Builder
	b.WriteString("# Sirocco\n\n> A self-hosted integration hub: it keeps integration connections, pulls CRM records over them, " +
		"links recordings to those records, and writes results back.\n\n" +
		"Operations of the organization surface take `Authorization: Bearer <organization token>` and answer under their path and under the same path after " + LegacyPrefix + ". " +
		"Operations of the user surface take `x-siro-auth-token: <access token>`. Where both have a path, the token decides which one answers.\n\n" +
		"## Documents\n\n- [OpenAPI 3.1, JSON](" + a.base + "/openapi.json): every operation, field and status\n- [OpenAPI 3.1, YAML](" + a.base + "/openapi.yaml): the same\n" +
		"- [Reference](" + a.base + "/docs/): the same as a page\n- [Liveness](" + a.base + "/healthz), [readiness](" + a.base + "/readyz), [metrics](" + a.base + "/metrics): for operators\n\n## Operations\n\n")
	var lines []string
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range operationsOf(item) {
			lines = append(lines, fmt.Sprintf("- `%s %s`: %s\n", method, path, op.Summary))
		}
	}
	sort.Strings(lines)
	b.WriteString(strings.Join(lines, ""))
	return []byte(b.String()), nil
}
