package engine

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics are the engine's metrics.
type metrics struct {
	pages   *prometheus.CounterVec
	records *prometheus.CounterVec
	errors  *prometheus.CounterVec
	running prometheus.Gauge
	// notes and events are attempts at write-back and at webhooks.
	notes  *prometheus.CounterVec
	events *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	if reg == nil {
		reg = prometheus.NewRegistry()
	}
	f := promauto.With(reg)
	return &metrics{
		pages:   f.NewCounterVec(prometheus.CounterOpts{Name: "sirocco_sync_pages_total", Help: "Pages fetched, by platform."}, []string{"platform"}),
		records: f.NewCounterVec(prometheus.CounterOpts{Name: "sirocco_sync_records_total", Help: "Records met, by platform and what became of them."}, []string{"platform", "change"}),
		errors:  f.NewCounterVec(prometheus.CounterOpts{Name: "sirocco_sync_errors_total", Help: "Model syncs that failed, by platform and kind of error."}, []string{"platform", "kind"}),
		running: f.NewGauge(prometheus.GaugeOpts{Name: "sirocco_sync_turns", Help: "Connections that this node is syncing now."}),
		notes: f.NewCounterVec(prometheus.CounterOpts{
			Name: "sirocco_delivery_attempts_total", Help: "Attempts to write a recording's result back, by platform and outcome: sent, or the kind of error.",
		}, []string{"platform", "outcome"}),
		events: f.NewCounterVec(prometheus.CounterOpts{
			Name: "sirocco_webhook_attempts_total", Help: "Attempts to tell a webhook endpoint of an event, by outcome: delivered or failed.",
		}, []string{"outcome"}),
	}
}
