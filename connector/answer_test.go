package connector_test

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"sirocco/connector"
)

// TestAnswersAreBounded lets a CRM answer with far more than was asked for: what is too much is malformed, and costs
// little more than its bytes.
func TestAnswersAreBounded(t *testing.T) {
	answers := map[string]string{
		"/items": `{"results":[` + strings.Repeat("1,", 2_000_000) + `1]}`,
		"/deep":  `{"a":{"b":[` + strings.Repeat("{},", 20_000) + `{}]}}`,
		"/bytes": `{"x":"` + strings.Repeat("y", 65<<20) + `"}`,
		"/more":  `{"results":[` + strings.Repeat(`"x",`, 10_000) + `"x"]}`,
		"/most":  `{"results":[` + strings.Repeat(`"x",`, 9_999) + `"x"]}`,
		"/long":  `{"results":[` + strings.Repeat(`"x",`, 9_999) + `"x"],"others":[1,2]}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(answers[r.URL.Path]))
		_ = z.Close()
	}))
	t.Cleanup(server.Close)
	s := &connector.Session{HTTP: server.Client(), Values: map[string]string{"baseURL": server.URL}, Now: time.Now}
	for path, want := range map[string]string{"/items": "10000 items", "/deep": "10000 items", "/bytes": "64 MiB", "/more": "10000 items", "/most": "", "/long": ""} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var out struct{ Results []any }
		_, err := connector.GetJSON(t.Context(), s, connector.Request{Service: "CRM", Path: path}, &out)
		runtime.ReadMemStats(&after)
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %.200s, want %q", path, got, want)
		}
		if made := after.TotalAlloc - before.TotalAlloc; made > 5*uint64(len(answers[path]))+16<<20 {
			t.Errorf("%s: %d bytes were allocated for %d", path, made, len(answers[path]))
		}
	}
}
