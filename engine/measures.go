package engine

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// measures are the engine's metrics.
type measures struct {
	pages   *prometheus.CounterVec
	records *prometheus.CounterVec
	errors  *prometheus.CounterVec
	turns   prometheus.Gauge
}

func newMeasures(reg prometheus.Registerer) *measures {
	if reg == nil {
		reg = prometheus.NewRegistry()
	}
	f := promauto.With(reg)
	return &measures{
		pages:   f.NewCounterVec(prometheus.CounterOpts{Name: "sirocco_sync_pages_total", Help: "Pages fetched, by platform."}, []string{"platform"}),
		records: f.NewCounterVec(prometheus.CounterOpts{Name: "sirocco_sync_records_total", Help: "Records met, by platform and what became of them."}, []string{"platform", "change"}),
		errors:  f.NewCounterVec(prometheus.CounterOpts{Name: "sirocco_sync_errors_total", Help: "Model syncs that failed, by platform and kind of error."}, []string{"platform", "kind"}),
		turns:   f.NewGauge(prometheus.GaugeOpts{Name: "sirocco_sync_turns", Help: "Connections that this node is syncing now."}),
	}
}
