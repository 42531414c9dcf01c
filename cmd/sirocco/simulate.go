package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"sirocco/simulator"
)

type simulateCommand struct {
	Platform  string        `arg:"" help:"Which CRM to stand in for: merge, servicetitan, companycam, spotio, leadperfection, salesforce, jobnimbus, or one that nobody sells: invented-number, -offset, -cursor or -link."`
	Listen    string        `default:"127.0.0.1:8090" placeholder:"HOST:PORT" help:"Where to listen (${default})."`
	Records   int           `default:"1000" placeholder:"N" help:"How many accounts it has; the other models follow (${default})."`
	Seed      uint64        `default:"1" help:"The same seed gives the same records (${default})."`
	Change    time.Duration `default:"0s" help:"Change some records each so often; 0s is never (${default})."`
	FaultRate float64       `default:"0" help:"The part of the requests that meet a fault, 0 to 1 (${default})."`
}

// randomFaults are those that a CRM shows on a bad day.
var randomFaults = []simulator.Fault{
	{Kind: simulator.ServerError}, {Kind: simulator.Unavailable, RetryAfter: "1"}, {Kind: simulator.RateLimited, RetryAfter: "1"},
	{Kind: simulator.RateLimited}, {Kind: simulator.Drop}, {Kind: simulator.Truncated}, {Kind: simulator.Malformed}, {Kind: simulator.WrongType},
}

// Validate finds the stand-in by its name here, or by that of its platform, and refuses what makes none.
func (c *simulateCommand) Validate() error {
	var names []string
	plain := strings.NewReplacer("_", "", "-", "")
	for _, s := range standIns() {
		if strings.EqualFold(plain.Replace(s.name), plain.Replace(c.Platform)) {
			c.Platform = s.name
		}
		names = append(names, s.name)
	}
	switch {
	case !slices.Contains(names, c.Platform):
		return fmt.Errorf("there is no stand-in for %q; it must be one of %s", c.Platform, strings.Join(names, ", "))
	case c.Records < 0:
		return fmt.Errorf("--records is %d; expected 0 or more", c.Records)
	case c.Change < 0:
		return fmt.Errorf("--change is %s; expected 0s or more", c.Change)
	case !(c.FaultRate >= 0 && c.FaultRate <= 1):
		return fmt.Errorf("--fault-rate is %g; expected 0 to 1", c.FaultRate)
	}
	return nil
}

func (c *simulateCommand) Run(ctx context.Context) error {
	s := newSimulator(c.Platform, simulator.Options{Seed: c.Seed, Records: c.Records})
	if c.FaultRate > 0 {
		s.Faults.Random(c.FaultRate, randomFaults...)
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	origin := "http://" + listener.Addr().String()
	credentials, err := json.Marshal(s.Values(origin))
	if err != nil {
		return err
	}
	fmt.Printf("A stand-in for %s listens at %s. A hub asks it where it was started with --allow-targets %s (or --allow-private). It accepts these credentials:\n%s\n", s.Platform(), origin, listener.Addr(), credentials)
	if c.Change > 0 {
		go every(ctx, c.Change, func() {
			s.Churn(5)
			fmt.Println("changed 5 records")
		})
	}
	return serveUntilDone(ctx, s, listener)
}

func newSimulator(name string, o simulator.Options) *simulator.Server {
	for _, s := range standIns() {
		if s.name == name {
			return s.make(o)
		}
	}
	panic("no simulator " + name)
}

// serveUntilDone answers as the handler does until ctx ends.
func serveUntilDone(ctx context.Context, handler http.Handler, listener net.Listener) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
