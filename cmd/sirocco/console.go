package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sirocco/api/wire"
	"sirocco/console"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
)

// signInsPerMinute is how often an address may try to sign in to the console.
const signInsPerMinute = 10

// newConsole is the web console; nil where it is not served.
func newConsole(st *store.Store, log *slog.Logger, background *engine.Engine, opts nodeOptions, strangers *wire.AddressLimit, stopping <-chan struct{}) http.Handler {
	if !opts.console {
		return nil
	}
	platforms := map[hub.Platform]hub.PlatformInfo{}
	for platform, c := range opts.platforms {
		platforms[platform] = c.Info()
	}
	var audio func(context.Context, string) (console.Audio, error)
	if opts.audio != nil {
		audio = func(ctx context.Context, key string) (console.Audio, error) { return opts.audio.Read(ctx, key) }
	}
	return console.New(console.Options{
		Audio: audio, OIDC: opts.signIn,
		Store: st, Clock: st.Now, Logger: log, PublicURL: opts.publicURL, Platforms: platforms, Check: background.Check, CheckMapping: background.CheckMapping,
		Origin:        func(r *http.Request) string { return opts.proxies.Origin(opts.publicURL, r) },
		Admit:         wire.NewAddressLimit(signInsPerMinute, opts.proxies, st.Now).Allow,
		AdmitStranger: strangers.Allow,
		Done:          stopping, Targets: opts.targets,
	})
}

type consoleCommand struct {
	Login    consoleLoginCommand    `cmd:"" help:"Print a link that opens the console once, within ten minutes."`
	Sessions consoleSessionsCommand `cmd:"" help:"List the browsers in which somebody is signed in."`
	End      consoleEndCommand      `cmd:"" help:"End a session; running servers obey at once."`
}

type consoleLoginCommand struct {
	databaseFlag
	PublicURL    string `placeholder:"URL" help:"How browsers reach the server; by default what the running servers were told, else http://127.0.0.1:8080."`
	Organization string `placeholder:"ID" help:"Let the link lead to this organization alone, not to all." env:"-"`
	View         bool   `help:"Let it look, and change nothing." env:"-"`
	Name         string `help:"How the audit log is to call the person; by default the user that you are here." env:"-"`
	JSON         bool   `help:"Print one line of JSON." env:"-"`
}

func (c *consoleLoginCommand) Run(ctx context.Context) error {
	p := hub.ConsolePerson{Name: c.Name, Role: hub.ConsoleOperator, OrganizationID: c.Organization}
	if c.View {
		p.Role = hub.ConsoleViewer
	}
	if p.Name == "" {
		p.Name = operator().Name
	}
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		base, err := c.base(ctx, st)
		if err != nil {
			return err
		}
		text, err := st.CreateConsoleLogin(ctx, p)
		if errors.Is(err, hub.ErrNotFound) {
			return organizationFlag{c.Organization}.explain(err)
		}
		if err != nil {
			return err
		}
		link := consoleLink(base, text)
		if c.JSON {
			return printJSON(struct {
				URL string `json:"url"`
			}{link})
		}
		fmt.Printf("Open this in a browser, within %d minutes. It works once:\n%s\n", int(hub.ConsoleLoginLife.Minutes()), link)
		return nil
	})
}

// consoleLink is the address that spends what CreateConsoleLogin gave.
func consoleLink(base, key string) string {
	return base + "/console/open?key=" + url.QueryEscape(key)
}

// base is how browsers reach a server that serves the console. That the running ones do not is a *hub.ConflictError.
func (c *consoleLoginCommand) base(ctx context.Context, st *store.Store) (string, error) {
	nodes, err := st.Nodes(ctx)
	if err != nil {
		return "", err
	}
	serving := slices.DeleteFunc(slices.Clone(nodes), func(n store.Node) bool { return n.NoConsole })
	if len(nodes) > 0 && len(serving) == 0 {
		return "", hub.Conflict("The console is not served: what runs on this database was started with --console=false.")
	}
	if c.PublicURL != "" {
		return strings.TrimRight(c.PublicURL, "/"), nil
	}
	for _, n := range serving {
		if n.PublicURL != "" {
			return strings.TrimRight(n.PublicURL, "/"), nil
		}
	}
	return "http://127.0.0.1:8080", nil
}

// scopeFlag names whose sessions a command is about.
type scopeFlag struct {
	Organization string `placeholder:"ID" help:"The organization whose token opened them; without it they are those of whoever runs the server." env:"-"`
}

type consoleSessionsCommand struct {
	databaseFlag
	scopeFlag
	JSON bool `help:"Print one line of JSON for each." env:"-"`
}

func (c *consoleSessionsCommand) Run(ctx context.Context) error {
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		for after := ""; ; {
			page, err := st.ConsoleSessions(ctx, c.Organization, after, listPage)
			if err != nil {
				return err
			}
			for _, s := range page {
				if err := c.print(s); err != nil {
					return err
				}
				after = s.ID
			}
			if len(page) < listPage {
				return nil
			}
		}
	})
}

func (c *consoleSessionsCommand) print(s hub.ConsoleSession) error {
	if c.JSON {
		return printJSON(struct {
			ID        string `json:"id"`
			Name      string `json:"name"`
			Role      string `json:"role"`
			Method    string `json:"method"`
			CreatedAt string `json:"createdAt"`
			SeenAt    string `json:"seenAt"`
		}{s.ID, s.Name, string(s.Role), string(s.Method), hub.WireTime(s.CreatedAt), hub.WireTime(s.SeenAt)})
	}
	_, err := fmt.Printf("%s  %-8s  %-5s  since %s  last seen %s  %s\n", s.ID, s.Role, s.Method, hub.WireTime(s.CreatedAt), hub.WireTime(s.SeenAt), s.Name)
	return err
}

type consoleEndCommand struct {
	databaseFlag
	scopeFlag
	ID string `arg:"" help:"The session's id, as sirocco console sessions prints it."`
}

func (c *consoleEndCommand) Run(ctx context.Context) error {
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		of, err := c.Organization, error(nil)
		if of == "" {
			of, err = st.ConsoleSessionOwner(ctx, c.ID)
		}
		if err == nil {
			err = st.EndConsoleSession(ctx, of, c.ID)
		}
		if errors.Is(err, hub.ErrNotFound) {
			return fmt.Errorf("there is no session %q; sirocco console sessions shows those there are", c.ID)
		}
		if err != nil {
			return err
		}
		fmt.Printf("Ended session %s.\n", c.ID)
		return nil
	})
}
