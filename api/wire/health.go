package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sirocco/hub"
)

// readyTimeout bounds the write by which /readyz knows that the database works.
const readyTimeout = 8 * time.Second

// registerHealth serves what operators and their machines ask: is it alive, is it ready, how much has it done.
func (a *API) registerHealth() {
	a.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok\n")
	})
	// One durable write tells all who ask within a second.
	written := &shared[error]{what: "whether the database can be written to", clock: a.Clock, log: a.Logger, find: func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, readyTimeout)
		defer cancel()
		return a.Store.Ready(ctx)
	}}
	a.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, hr *http.Request) {
		ctx, cancel := context.WithTimeout(hr.Context(), readyTimeout)
		defer cancel()
		unfit, notices := a.health()
		if unfit != nil {
			WriteError(w, unavailableAnswer(&hub.UnavailableError{Who: "node", Reason: unfit.Error(), RetryAfter: 10 * time.Second}))
			return
		}
		err, late := written.get(ctx)
		if late != nil {
			err = late
		}
		if err == nil {
			_, _ = io.WriteString(w, strings.Join(append([]string{"ready"}, notices...), "\n")+"\n")
			return
		}
		var unavailable *hub.UnavailableError
		if !errors.As(err, &unavailable) {
			unavailable = &hub.UnavailableError{Reason: "the database does not answer", RetryAfter: time.Second, Err: err}
		}
		RequestOf(hr.Context()).Log.Error("not ready", "reason", unavailable.Reason, "error", err)
		WriteError(w, unavailableAnswer(unavailable))
	})
	a.mux.Handle("GET /metrics", promhttp.HandlerFor(sharedMetrics(a.Metrics, a.Clock, a.Logger), promhttp.HandlerOpts{}))
}

// health is what the node says of itself.
func (a *API) health() (unfit error, notices []string) { //nolint:staticcheck // it does not fail: the error is the answer
	if a.Health == nil {
		return nil, nil
	}
	return a.Health()
}
