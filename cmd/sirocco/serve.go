package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sirocco/api"
	"sirocco/hub"
	"sirocco/store"
)

// stopGrace is how long requests in flight may take to finish after SIGTERM.
const stopGrace = 10 * time.Second

type serveCommand struct {
	databaseFlag
	Listen    string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen (${default})."`
	RateLimit int    `default:"1000" placeholder:"N" help:"Requests that each token has a minute on this node; 0 is no limit (${default})."`
	LogFormat string `default:"text" enum:"text,json" help:"How to write the log: text or json (${default})."`
	LogLevel  string `default:"info" enum:"debug,info,warn,error" help:"What to log at least: debug, info, warn or error (${default}). Requests are info."`
}

// Validate implements kong's check of the command line.
func (c *serveCommand) Validate() error {
	if c.RateLimit < 0 {
		return errors.New("--rate-limit must be 0 or more")
	}
	return nil
}

func (c *serveCommand) Run(ctx context.Context) error {
	tuneGC()
	log := c.logger(os.Stderr)
	st, err := c.open(ctx)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(fmt.Errorf("listen: %w", err), st.Close())
	}
	if err := hintFirstToken(ctx, st, c.Database); err != nil {
		return errors.Join(err, listener.Close(), st.Close())
	}
	log.Info("listening", "url", "http://"+listener.Addr().String(), "version", version())
	return errors.Join(serve(ctx, listener, c.handler(st, log), log), st.Close())
}

func (c *serveCommand) handler(st *store.Store, log *slog.Logger) http.Handler {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return api.New(api.Config{
		Store: st, Models: func(hub.Platform) []hub.Model { return nil },
		RateLimit: c.RateLimit, Logger: log, Metrics: metrics, Clock: time.Now, Version: version(),
	})
}

func (c *serveCommand) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // kong has checked it
	opts := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// serve answers requests until ctx ends, then lets those in flight finish for at most stopGrace.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping", "grace", stopGrace)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests were still running after the grace and are cut off", "grace", stopGrace)
		err = server.Close()
	}
	log.Info("stopped")
	return err
}

// hintFirstToken tells the operator of an empty database how to get in.
func hintFirstToken(ctx context.Context, st *store.Store, database string) error {
	some, err := st.Organizations(ctx, "", 1)
	if err != nil || len(some) > 0 {
		return err
	}
	flag := ""
	if database != "sqlite:sirocco.db" {
		flag = " --database " + withoutPassword(database)
	}
	_, err = fmt.Fprintf(os.Stderr, `The database is empty. To make the first organization and a token for it, run in another terminal:

  sirocco organization create%s "My company"
  sirocco token create%s --organization ID --name first

`, flag, flag)
	return err
}

// tuneGC trades memory, of which the server uses little, for fewer collections. An operator's GOGC or GOMEMLIMIT wins.
func tuneGC() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(400)
	}
}

// withoutPassword is a database URL that may be shown.
func withoutPassword(database string) string {
	if u, err := url.Parse(database); err == nil && u.User != nil {
		return u.Redacted()
	}
	return database
}
