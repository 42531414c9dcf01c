package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sirocco/api"
	"sirocco/api/wire"
	"sirocco/audio"
	"sirocco/console"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
)

// stopGrace is how long requests in flight may take to finish after SIGTERM, and after them the syncs.
const stopGrace = 10 * time.Second

// node is one running server: it answers requests and works in the background.
type node struct {
	handler http.Handler
	engine  *engine.Engine
	watch   *nodeWatch
	// stopping is closed when requests in flight are to finish: what would go on by itself ends.
	stopping chan struct{}
	log      *slog.Logger
}

// nodeOptions are what operators choose.
type nodeOptions struct {
	// keys are what the store encrypts with.
	keys      *store.Keys
	audio     *audio.Store
	publicURL string
	// console says whether the web console is served.
	console bool
	// signIn is the provider at which people sign in to it; nil is none.
	signIn *console.OIDC
	// deepLinkHost is where links into the recording app lead.
	deepLinkHost string
	rateLimit    int
	// mergeWebhookKeys are those that Merge signs its webhooks with.
	mergeWebhookKeys []string
	// targets are the addresses, beyond the public ones, that webhooks and requests to CRMs go to.
	targets hub.Targets
	// organizationRateLimit is how many requests an organization has a minute; 0 is no limit.
	organizationRateLimit int
	// proxies are those whose forwarded headers count.
	proxies wire.Proxies
	// platforms are those that are pulled from; nil are those of the program.
	platforms pulledPlatforms
	// noteLag is how long notes may be missing from lists, where the platform or the operator says so.
	noteLag map[hub.Platform]time.Duration
}

func newNode(st *store.Store, log *slog.Logger, opts nodeOptions) (*node, error) {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sirocco_clock_offset_seconds", Help: "How far the database's clock, by which all nodes go, is ahead of this machine's.",
	}, func() float64 { return st.ClockAhead().Seconds() }))
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if opts.platforms == nil {
		opts.platforms = connectors()
	}
	watch := newNodeWatch(st, log, opts)
	background, err := engine.New(engine.Config{Store: st, Unfit: watch.unfit, Connectors: opts.platforms, Logger: log, Metrics: metrics, Clock: st.Now, Audio: opts.audio, Targets: opts.targets, NoteLag: opts.noteLag, PublicURL: opts.publicURL})
	if err != nil {
		return nil, err
	}
	stopping := make(chan struct{})
	// One for the API and the console, as a wrong secret is one wherever it is given.
	strangers := wire.NewAddressLimit(opts.rateLimit, opts.proxies, st.Now)
	return &node{
		stopping: stopping,
		handler: api.New(api.Config{
			Store: st, Console: newConsole(st, log, background, opts, strangers, stopping), Models: opts.platforms.models, CheckCredentials: background.Check, CredentialFields: opts.platforms.credentialFields, CheckMapping: background.CheckMapping, Mappings: mappings,
			Audio: opts.audio, PublicURL: opts.publicURL, DeepLinkHost: opts.deepLinkHost, RateLimit: opts.rateLimit, OrganizationRateLimit: opts.organizationRateLimit, Strangers: strangers, Logger: log, Metrics: metrics, Clock: st.Now, Version: version(),
			Targets: opts.targets, MergeWebhookKeys: opts.mergeWebhookKeys, TrustedProxies: opts.proxies, Health: func() (error, []string) { //nolint:staticcheck // it does not fail: the error is the answer
				return watch.unfit(), append(clockNotice(st.ClockAhead()), watch.notices()...)
			},
		}),
		engine: background,
		watch:  watch,
		log:    log,
	}, nil
}

// run answers requests and syncs until ctx ends, then lets what is under way finish for at most stopGrace.
func (n *node) run(ctx context.Context, listener net.Listener) error {
	n.watch.start(ctx)
	if err := n.engine.Start(store.WithActor(ctx, store.Sirocco())); err != nil {
		return errors.Join(err, listener.Close())
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		n.watch.watch(ctx)
	}()
	server := &http.Server{
		Handler:           n.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(n.log.Handler(), slog.LevelWarn),
	}
	server.RegisterOnShutdown(func() { close(n.stopping) })
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		n.log.Info("stopping", "grace", stopGrace)
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	shutdown := make(chan error, 1)
	go func() { shutdown <- n.engine.Stop(grace) }()
	if err == nil {
		if err = server.Shutdown(grace); errors.Is(err, context.DeadlineExceeded) {
			n.log.Warn("requests were still running after the grace and are cut off", "grace", stopGrace)
			err = server.Close()
		}
	}
	if stopErr := <-shutdown; stopErr != nil {
		n.log.Warn("syncs were still running after the grace; their cursors are kept", "error", stopErr)
	}
	if ctx.Err() != nil { // else it goes on until its program ends
		<-watched
		n.watch.end(grace)
	}
	n.log.Info("stopped")
	return err
}

// clockNotice says that this machine's clock is wrong, where it is.
func clockNotice(ahead time.Duration) []string {
	if ahead.Abs() <= store.SkewTold {
		return nil
	}
	where := "behind"
	if ahead < 0 {
		where = "ahead of"
	}
	return []string{fmt.Sprintf("this machine's clock is %s %s the database's, by which all nodes go; it is corrected, and should be set", ahead.Abs().Round(time.Second), where)}
}
