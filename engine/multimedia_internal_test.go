package engine

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRecordingsThatPointElsewhere follows as many redirects as may be, and no more; none is told of the address before, which may be
// signed.
func TestRecordingsThatPointElsewhere(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Referer(); from != "" {
			t.Errorf("%s is told of %s", r.URL, from)
		}
		var left int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &left); err == nil && left > 0 {
			http.Redirect(w, r, fmt.Sprintf("/%d?signature=s", left-1), http.StatusFound)
		}
	}))
	t.Cleanup(server.Close)
	client := newMediaClient(server.Client().Transport)
	for redirects, follows := range map[int]bool{0: true, 1: true, mediaRedirects: true, mediaRedirects + 1: false} {
		resp, err := client.Get(fmt.Sprintf("%s/%d?signature=s", server.URL, redirects)) //nolint:noctx // of a test
		if follows != (err == nil) || err != nil && !strings.Contains(err.Error(), "points elsewhere again and again") {
			t.Errorf("%d redirects: %v", redirects, err)
		}
		if err == nil {
			_ = resp.Body.Close()
		}
	}
}
