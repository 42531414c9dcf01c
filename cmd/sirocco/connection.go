package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

type connectionCommand struct {
	List   connectionListCommand   `cmd:"" help:"List an organization's connections."`
	Create connectionCreateCommand `cmd:"" help:"Create a connection and print its id."`
	Pause  connectionPauseCommand  `cmd:"" help:"Stop syncing, on whatever node it runs; the cursor is kept."`
	Resume connectionResumeCommand `cmd:"" help:"Go on syncing from the cursor."`
	Status connectionStatusCommand `cmd:"" help:"Say what the sync of a connection does, or why it does nothing."`

	Mapping mappingCommand           `cmd:"" help:"Show and set from which objects of its CRM a connection is read."`
	Inbound connectionInboundCommand `cmd:"" help:"Give a connection an address that its platform posts to, or that address a new secret."`
}

type connectionListCommand struct {
	databaseFlag
	organizationFlag
	Platform string `placeholder:"PLATFORM" help:"List only those of a platform, one that is a file included." env:"-"`
	JSON     bool   `help:"Print one line of JSON for each." env:"-"`
}

// connectionLine is how a connection is printed as JSON.
type connectionLine struct {
	ID             string `json:"id"`
	OrganizationID string `json:"organizationId"`
	Name           string `json:"name"`
	Platform       string `json:"integrationPlatform"`
	IsActive       bool   `json:"isActive"`
	Explanation    string `json:"explanation,omitempty"`
}

func lineOf(c hub.Connection, explanation string) connectionLine {
	return connectionLine{c.ID, c.OrganizationID, c.Name, string(c.Platform), c.Active, explanation}
}

func (c *connectionListCommand) Run(ctx context.Context) error {
	return reading(ctx, c.databaseFlag, func(st *store.Store) error {
		if _, err := st.Organization(ctx, c.Organization); err != nil {
			return c.explain(err)
		}
		return eachPage(func(after string) ([]hub.Connection, error) {
			return st.Connections(ctx, c.Organization, store.ConnectionFilter{Platform: hub.Platform(strings.ToUpper(c.Platform)), After: after, Limit: listPage})
		}, func(conn hub.Connection) string { return conn.ID }, func(conn hub.Connection) error {
			explanation, err := explain(ctx, st, conn)
			if err != nil {
				return err
			}
			if c.JSON {
				return printJSON(lineOf(conn, explanation))
			}
			_, err = fmt.Printf("%s  %-17s  %s: %s\n", conn.ID, conn.Platform, conn.Name, explanation)
			return err
		})
	})
}

// explain says what the connection's sync does now, or why it does nothing, as GET .../sync does.
func explain(ctx context.Context, st *store.Store, conn hub.Connection) (string, error) {
	sched, err := st.Schedule(ctx, conn.OrganizationID, conn.ID)
	if err != nil && !errors.Is(err, hub.ErrNotFound) {
		return "", err
	}
	return sched.Explain(conn, st.Now()), nil
}

type connectionCreateCommand struct {
	databaseFlag
	organizationFlag
	connectorsFlag
	Platform string `required:"" placeholder:"PLATFORM" help:"The CRM, one of ${platforms}."`
	Name     string `required:"" help:"What to call it."`
	Account  string `required:"" placeholder:"ID" help:"The CRM's own id of the account."`
	Paused   bool   `help:"Create it paused." env:"-"`
	JSON     bool   `help:"Print one line of JSON." env:"-"`
}

func (c *connectionCreateCommand) Run(ctx context.Context) error {
	platform := hub.Platform(strings.ToUpper(c.Platform))
	pulled, err := c.load()
	if err != nil {
		return err
	}
	if platform == hub.PlatformSalesforce {
		return errors.New("a SALESFORCE connection is made with a token of the organization, by PUT /v1/core/integrations/salesforce, which docs/platforms/salesforce.md shows")
	}
	if names := pulled.names(); !slices.Contains(names, string(platform)) {
		return fmt.Errorf("--platform %q is not known; it is one of %s", c.Platform, strings.Join(names, ", "))
	}
	n := hub.NewConnection{Name: c.Name, ExternalAccountID: c.Account, Platform: platform, Active: !c.Paused, Models: pulled.models(platform)}
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		if _, err := st.Organization(ctx, c.Organization); err != nil {
			return c.explain(err)
		}
		made, err := st.CreateConnection(ctx, c.Organization, n)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(lineOf(made, ""))
		}
		fmt.Printf("Created connection %s (%s).\n", made.Name, made.ID)
		if len(n.Models) > 0 {
			fmt.Printf("Next, its credentials: PUT /v1/core/integrations/connections/%s/credentials\n", made.ID)
		}
		return nil
	})
}

// connectionFlag names one connection.
type connectionFlag struct {
	databaseFlag
	Connection   string `arg:"" help:"The connection's id, as sirocco connection list prints it."`
	Organization string `placeholder:"ID" help:"The organization's id; without it all are searched."`
}

// with finds the connection and does something with it.
func (f connectionFlag) with(ctx context.Context, do func(*store.Store, hub.Connection) error) error {
	return withStore(ctx, f.databaseFlag, f.finding(ctx, do))
}

// reading finds the connection and reads something of it.
func (f connectionFlag) reading(ctx context.Context, do func(*store.Store, hub.Connection) error) error {
	return reading(ctx, f.databaseFlag, f.finding(ctx, do))
}

func (f connectionFlag) finding(ctx context.Context, do func(*store.Store, hub.Connection) error) func(*store.Store) error {
	return func(st *store.Store) error {
		c, err := find(ctx, st, f.Organization, func(organization string) (hub.Connection, error) {
			return st.Connection(ctx, organization, f.Connection)
		})
		if errors.Is(err, hub.ErrNotFound) {
			return fmt.Errorf("there is no connection %q; sirocco connection list shows those there are", f.Connection)
		}
		if err != nil {
			return err
		}
		return do(st, c)
	}
}

type connectionPauseCommand struct{ connectionFlag }

func (c *connectionPauseCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store, conn hub.Connection) error { return setActive(ctx, st, conn, false) })
}

type connectionResumeCommand struct{ connectionFlag }

func (c *connectionResumeCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store, conn hub.Connection) error { return setActive(ctx, st, conn, true) })
}

func setActive(ctx context.Context, st *store.Store, conn hub.Connection, active bool) error {
	changed, err := st.PatchConnection(ctx, conn.OrganizationID, conn.ID, hub.ConnectionPatch{Active: &active})
	if err != nil {
		return err
	}
	return printStatus(ctx, st, changed)
}

type connectionStatusCommand struct{ connectionFlag }

func (c *connectionStatusCommand) Run(ctx context.Context) error {
	return c.reading(ctx, func(st *store.Store, conn hub.Connection) error {
		if err := printStatus(ctx, st, conn); err != nil {
			return err
		}
		for _, s := range conn.SyncStatus {
			cursor := "no cursor yet"
			if !s.ModifiedAfter.IsZero() {
				cursor = "everything up to " + hub.WireTime(s.ModifiedAfter) + " is in"
			}
			fmt.Printf("  %-16s %-10s  %s\n", s.Model, s.State, cursor)
		}
		return nil
	})
}

func printStatus(ctx context.Context, st *store.Store, conn hub.Connection) error {
	explanation, err := explain(ctx, st, conn)
	if err == nil {
		fmt.Printf("%s (%s): %s\n", conn.Name, conn.Platform, explanation)
	}
	return err
}

type connectionInboundCommand struct {
	connectionFlag
	keyFlags
	JSON bool `help:"Print one line of JSON." env:"-"`
}

// inboundLine is how an inbound address is printed as JSON.
type inboundLine struct {
	Path   string `json:"path"`
	Secret string `json:"secret"`
}

func (c *connectionInboundCommand) Run(ctx context.Context) (err error) {
	st, _, err := openWithKeys(ctx, c.databaseFlag, c.keyFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return c.finding(ctx, func(st *store.Store, conn hub.Connection) error {
		in, secret, err := st.RotateInbound(ctx, conn.OrganizationID, conn.ID)
		if err != nil {
			return err
		}
		line := inboundLine{"/inbound/" + conn.ID, secret}
		if c.JSON {
			return printJSON(line)
		}
		fmt.Printf("%s posts to %s of this server.\nThe secret, shown only here, goes into the header X-Sirocco-Secret, or into ?secret= of the URL: %s\n", conn.Platform, line.Path, line.Secret)
		if !in.PreviousUntil.IsZero() {
			fmt.Printf("The one before counts, too, until %s.\n", hub.WireTime(in.PreviousUntil))
		}
		return nil
	})(st)
}
