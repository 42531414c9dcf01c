package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"sirocco/connector"
	"sirocco/connector/declared"
	"sirocco/connector/livecheck"
	"sirocco/engine"
	"sirocco/hub"
)

type connectorCommand struct {
	Check  connectorCheckCommand  `cmd:"" help:"Hold the file of a platform against a live account, without changing it."`
	Schema connectorSchemaCommand `cmd:"" help:"Print the JSON Schema of such files, for editors."`
}

type connectorSchemaCommand struct{}

func (c *connectorSchemaCommand) Run() error {
	_, err := os.Stdout.Write(declared.Schema)
	return err
}

type connectorCheckCommand struct {
	File         string `arg:"" help:"The file of the platform; - reads it from the standard input."`
	Credentials  string `placeholder:"FILE" help:"A file with the credentials of an account, as a JSON object; - reads them from the standard input. Without one the file alone is checked." env:"-"`
	Account      string `placeholder:"ID" help:"The CRM's own id of the account, where the file uses it." env:"-"`
	WriteOn      string `placeholder:"MODEL:ID" help:"Write one note on this record, as in OPPORTUNITY:4711, and look whether it comes once; without it nothing is written." env:"-"`
	AllowPrivate bool   `help:"Let requests go to http:// URLs and to addresses that are not public."`
	AllowTargets string `placeholder:"LIST" help:"Let them go to these alone: hosts, addresses and networks, each alone or with a port, as in crm.internal,127.0.0.1:8090."`
}

func (c *connectorCheckCommand) Run(ctx context.Context) error {
	p, err := c.platform()
	if err != nil {
		return err
	}
	info := p.Info()
	fmt.Printf("%-11s  the file is whole: %s (%s), %s\n", livecheck.Held, info.Platform, info.Name, counted(len(info.Models), "list", "lists"))
	if c.Credentials == "" {
		fmt.Printf("%-11s  what the account says: without --credentials nothing is asked\n", livecheck.Unchecked)
		return nil
	}
	s, err := c.session(p.Connector())
	if err != nil {
		return err
	}
	on, err := c.writeOn(info)
	if err != nil {
		return err
	}
	checks, unchecked := 0, 0
	failed := livecheck.Run(ctx, p.Connector(), s, livecheck.Options{WriteOn: on, Tell: func(f livecheck.Finding) {
		checks++
		if f.State == livecheck.Unchecked {
			unchecked++
		}
		line := fmt.Sprintf("%-11s  %s", f.State, f.What)
		if f.Detail != "" {
			line += ": " + f.Detail
		}
		fmt.Println(strings.ToValidUTF8(line, "?"))
	}})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	fmt.Printf("%s: %d held, %d failed, %d could not be made.\n", counted(checks, "check", "checks"), checks-failed-unchecked, failed, unchecked)
	if failed > 0 {
		return fmt.Errorf("%s did not hold", counted(failed, "check", "checks"))
	}
	return nil
}

// platform reads the file.
func (c *connectorCheckCommand) platform() (*declared.Platform, error) {
	if c.File != "-" {
		return readPlatform(c.File)
	}
	text, err := io.ReadAll(io.LimitReader(os.Stdin, 1<<20))
	if err != nil {
		return nil, err
	}
	return declared.Parse("the standard input", text)
}

// session is access to the account, by the rules of addresses that a server has.
func (c *connectorCheckCommand) session(of connector.Connector) (connector.Session, error) {
	var s connector.Session
	info := of.Info()
	var text []byte
	var err error
	if c.Credentials == "-" {
		text, err = io.ReadAll(io.LimitReader(os.Stdin, 1<<20))
	} else {
		text, err = readBounded(c.Credentials)
	}
	if err != nil {
		return s, err
	}
	given := map[string]string{}
	if err := json.Unmarshal(text, &given); err != nil {
		return s, errors.New("the credentials are no JSON object of texts") // what it says instead may be a secret
	}
	values, err := info.CompleteCredentials(given)
	if err != nil {
		return s, fmt.Errorf("the credentials: %w", err)
	}
	targets, err := hub.ParseTargets(listed(c.AllowTargets))
	if err != nil {
		return s, fmt.Errorf("--allow-targets: %w", err)
	}
	targets.Any = c.AllowPrivate
	every := info.Rate.Per / time.Duration(info.Rate.Requests)
	return connector.Session{
		HTTP:   &http.Client{Transport: &unhurried{next: engine.VendorTransport(targets), limit: rate.NewLimiter(rate.Every(every), 1)}},
		Values: values, Timeout: info.RequestTimeout, ExternalAccountID: c.Account, Now: time.Now,
	}, nil
}

// unhurried makes requests no more often than the vendor allows.
type unhurried struct {
	next  http.RoundTripper
	limit *rate.Limiter
}

// RoundTrip implements http.RoundTripper.
func (u *unhurried) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := u.limit.Wait(r.Context()); err != nil {
		return nil, err
	}
	return u.next.RoundTrip(r)
}

// writeOn is the record that a note is written on.
func (c *connectorCheckCommand) writeOn(info hub.PlatformInfo) (hub.RecordRef, error) {
	if c.WriteOn == "" {
		return hub.RecordRef{}, nil
	}
	model, id, _ := strings.Cut(c.WriteOn, ":")
	for _, target := range info.NoteTargets {
		if string(target) == model && id != "" {
			return hub.RecordRef{Model: target, ExternalID: id}, nil
		}
	}
	if len(info.NoteTargets) == 0 {
		return hub.RecordRef{}, errors.New("--write-on is for platforms that take notes, and the file has none")
	}
	return hub.RecordRef{}, fmt.Errorf("--write-on %q is no record that takes notes, as in OPPORTUNITY:4711; notes go on %v", c.WriteOn, info.NoteTargets)
}
