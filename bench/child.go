package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sirocco/api"
	"sirocco/hub"
	"sirocco/store"
)

// childVariable tells this program, started by itself, that it is a server and which.
const childVariable = "SIROCCO_BENCH_CHILD"

// childConfig is what childVariable holds, as JSON.
type childConfig struct {
	Listen   string `json:"listen"`
	Database string `json:"database"`
	// Memory keeps the connections of the database in memory and never writes them back.
	Memory bool `json:"memory"`
	// Profile is the file of a CPU profile that starts at a SIGUSR1 and ends with the server.
	Profile string `json:"profile"`
}

// serveChild serves what sirocco serve does until ctx ends: the same handler, the same log, the same metrics.
func serveChild(ctx context.Context, text string) (err error) {
	var cfg childConfig
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	debug.SetGCPercent(400) // as sirocco serve does
	st, err := store.OpenOrMake(ctx, cfg.Database, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	handler := api.Config{
		Store: st, Models: func(hub.Platform) []hub.Model { return nil }, Clock: time.Now, Version: "bench",
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), Metrics: prometheus.NewRegistry(),
	}
	if cfg.Memory {
		if handler.Connections, err = readMemory(ctx, st); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: api.New(handler), ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if cfg.Profile != "" {
		defer profileOnSignal(cfg.Profile)()
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// profileOnSignal starts the profile when the benchmark says that the warm-up is over; what it returns ends it.
func profileOnSignal(file string) func() {
	start := make(chan os.Signal, 1)
	signal.Notify(start, syscall.SIGUSR1)
	go func() {
		<-start
		f, err := os.Create(file)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench: no profile:", err)
		}
	}()
	return pprof.StopCPUProfile
}
