package wire

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestAnAnswerThatEndsEarly lets handlers give up before and after an answer has begun: half an answer is cut off, so that nobody takes it
// for a whole one, and whatever the end, the request has its line in the log.
func TestAnAnswerThatEndsEarly(t *testing.T) {
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		status int // 0 where the connection is cut
		logged string
	}{
		"whole":            {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "whole") }, http.StatusOK, "status=200"},
		"a panic":          {func(http.ResponseWriter, *http.Request) { panic("no such case") }, http.StatusInternalServerError, "status=500"},
		"a panic half way": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "half"); panic("no such case") }, 0, "status=200"},
		"given up half way": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "half")
			panic(http.ErrAbortHandler)
		}, 0, "status=200"},
		"given up beforehand": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, "status=0"},
	} {
		t.Run(name, func(t *testing.T) {
			var log strings.Builder
			a := &API{Logger: slog.New(slog.NewTextHandler(&log, nil)), Clock: time.Now, metrics: newMetrics(prometheus.NewRegistry())}
			server := httptest.NewUnstartedServer(a.middleware(test.handle))
			server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
			server.Start()
			status := 0
			resp, err := server.Client().Get(server.URL + "/v1/core/users") //nolint:noctx // of a test
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			if err == nil {
				status = resp.StatusCode
			}
			server.Close()
			if status != test.status {
				t.Errorf("answered %d: %v", status, err)
			}
			if !strings.Contains(log.String(), "msg=request") || !strings.Contains(log.String(), test.logged) {
				t.Errorf("the log: %s", log.String())
			}
		})
	}
}
