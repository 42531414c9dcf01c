package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

type webhookCommand struct {
	List     webhookListCommand     `cmd:"" help:"List an organization's webhook endpoints."`
	Create   webhookCreateCommand   `cmd:"" help:"Create a webhook endpoint and print its secret."`
	Rotate   webhookRotateCommand   `cmd:"" help:"Make a new secret; for 24 hours the old one signs, too."`
	Disable  webhookDisableCommand  `cmd:"" help:"Tell it of nothing more; what is pending waits."`
	Enable   webhookEnableCommand   `cmd:"" help:"Tell it again, of what waited too, each event when it is due."`
	Delete   webhookDeleteCommand   `cmd:"" help:"Remove it and all that it was told."`
	Test     webhookTestCommand     `cmd:"" help:"Send it a test event, which a running server delivers."`
	Attempts webhookAttemptsCommand `cmd:"" help:"Show the latest that it was told, and what it answered."`
	Replay   webhookReplayCommand   `cmd:"" help:"Send an event again, or all that failed."`
}

type webhookListCommand struct {
	databaseFlag
	organizationFlag
	JSON bool `help:"Print one line of JSON for each." env:"-"`
}

// endpointLine is how a webhook endpoint is printed as JSON.
type endpointLine struct {
	ID             string          `json:"id"`
	OrganizationID string          `json:"organizationId"`
	URL            string          `json:"url"`
	EventTypes     []hub.EventType `json:"eventTypes"`
	Disabled       bool            `json:"disabled"`
	Secret         string          `json:"secret,omitempty"`
}

func lineOfEndpoint(w hub.WebhookEndpoint, secret string) endpointLine {
	return endpointLine{w.ID, w.OrganizationID, w.URL, w.EventTypes, !w.DisabledAt.IsZero(), secret}
}

func (c *webhookListCommand) Run(ctx context.Context) error {
	return list(ctx, c.databaseFlag, c.organizationFlag, func(st *store.Store, after string) ([]hub.WebhookEndpoint, error) {
		return st.Endpoints(ctx, c.Organization, after, listPage)
	}, func(w hub.WebhookEndpoint) string { return w.ID }, func(w hub.WebhookEndpoint) error {
		if c.JSON {
			return printJSON(lineOfEndpoint(w, ""))
		}
		state := "enabled"
		switch {
		case !w.DisabledAt.IsZero():
			state = "disabled: " + w.DisabledReason
		case !w.FailingSince.IsZero():
			state = "failing since " + hub.WireTime(w.FailingSince)
		}
		_, err := fmt.Printf("%s  %s  %s\n", w.ID, w.URL, state)
		return err
	})
}

type webhookCreateCommand struct {
	databaseFlag
	keyFlags
	organizationFlag
	URL          string   `arg:"" name:"url" help:"Where to send events: https:// and a public host."`
	Description  string   `help:"What it is for."`
	Event        []string `placeholder:"TYPE" env:"-" help:"An event to be told of, integrations.recordingProcessed or integrations.recordingLinked; all when none is named."`
	AllowPrivate bool     `help:"Allow http:// and addresses that are not public, as serve must, too."`
	JSON         bool     `help:"Print one line of JSON." env:"-"`
}

func (c *webhookCreateCommand) Run(ctx context.Context) (err error) {
	types := make([]hub.EventType, len(c.Event))
	for i, name := range c.Event {
		types[i] = hub.EventType(name)
	}
	n := hub.WebhookPatch{URL: &c.URL, Description: &c.Description, EventTypes: &types}
	if err := n.Validate(hub.Targets{Any: c.AllowPrivate}); err != nil {
		return err
	}
	st, _, err := openWithKeys(ctx, c.databaseFlag, c.keyFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if _, err := st.Organization(ctx, c.Organization); err != nil {
		return c.explain(err)
	}
	w, secret, err := st.CreateEndpoint(ctx, c.Organization, n)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(lineOfEndpoint(w, secret))
	}
	fmt.Printf("Created webhook endpoint %s.\nIts secret, shown only here: %s\nNext, try it: sirocco webhook test %s\n", w.ID, secret, w.ID)
	return nil
}

// endpointFlag names one webhook endpoint.
type endpointFlag struct {
	databaseFlag
	keyFlags
	Endpoint     string `arg:"" help:"The endpoint's id, as sirocco webhook list prints it."`
	Organization string `placeholder:"ID" help:"The organization's id; without it all are searched."`
}

// with finds the endpoint and does something with it.
func (f endpointFlag) with(ctx context.Context, do func(*store.Store, hub.WebhookEndpoint) error) (err error) {
	st, _, err := openWithKeys(ctx, f.databaseFlag, f.keyFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return f.find(ctx, st, do)
}

func (f endpointFlag) find(ctx context.Context, st *store.Store, do func(*store.Store, hub.WebhookEndpoint) error) error {
	w, err := find(ctx, st, f.Organization, func(organization string) (hub.WebhookEndpoint, error) {
		return st.Endpoint(ctx, organization, f.Endpoint)
	})
	if errors.Is(err, hub.ErrNotFound) {
		return fmt.Errorf("there is no webhook endpoint %q; sirocco webhook list shows those there are", f.Endpoint)
	}
	if err != nil {
		return err
	}
	return do(st, w)
}

type webhookRotateCommand struct {
	endpointFlag
	JSON bool `help:"Print one line of JSON." env:"-"`
}

func (c *webhookRotateCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store, w hub.WebhookEndpoint) error {
		w, secret, err := st.RotateSecret(ctx, w.OrganizationID, w.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(lineOfEndpoint(w, secret))
		}
		fmt.Printf("Its new secret, shown only here: %s\nThe old one signs, too, until %s.\n", secret, hub.WireTime(w.PreviousUntil))
		return nil
	})
}

type webhookDisableCommand struct{ endpointFlag }

func (c *webhookDisableCommand) Run(ctx context.Context) error { return c.set(ctx, true) }

type webhookEnableCommand struct{ endpointFlag }

func (c *webhookEnableCommand) Run(ctx context.Context) error { return c.set(ctx, false) }

func (f endpointFlag) set(ctx context.Context, disabled bool) error {
	return f.with(ctx, func(st *store.Store, w hub.WebhookEndpoint) error {
		w, err := st.PatchEndpoint(ctx, w.OrganizationID, w.ID, hub.WebhookPatch{Disabled: &disabled})
		if err != nil {
			return err
		}
		state := "enabled"
		if disabled {
			state = "disabled"
		}
		fmt.Printf("%s is %s.\n", w.URL, state)
		return nil
	})
}

type webhookDeleteCommand struct{ endpointFlag }

func (c *webhookDeleteCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store, w hub.WebhookEndpoint) error {
		w, err := st.DeleteEndpoint(ctx, w.OrganizationID, w.ID)
		if err == nil {
			fmt.Printf("Deleted %s.\n", w.URL)
		}
		return err
	})
}

type webhookTestCommand struct {
	endpointFlag
	Event string `default:"integrations.recordingProcessed" env:"-" placeholder:"TYPE" help:"The type of event (${default})."`
}

func (c *webhookTestCommand) Run(ctx context.Context) error {
	if err := hub.ValidateEventType("--event", hub.EventType(c.Event)); err != nil {
		return err
	}
	return c.with(ctx, func(st *store.Store, w hub.WebhookEndpoint) error {
		id, err := st.SendTestEvent(ctx, w.OrganizationID, w.ID, hub.EventType(c.Event))
		if err == nil {
			fmt.Printf("Event %s is on its way. See what came of it: sirocco webhook attempts %s\n", id, w.ID)
		}
		return err
	})
}

type webhookAttemptsCommand struct {
	endpointFlag
	State string `enum:",pending,sent,failed" default:"" env:"-" placeholder:"STATE" help:"Only what is pending, sent or failed."`
	Limit int    `default:"20" env:"-" placeholder:"N" help:"How many events, the latest first (${default})."`
	JSON  bool   `help:"Print one line of JSON for each attempt." env:"-"`
}

// attemptLine is how an attempt is printed as JSON.
type attemptLine struct {
	EventID   string            `json:"eventId"`
	EventType hub.EventType     `json:"eventType"`
	State     hub.DeliveryState `json:"state"`
	Number    int               `json:"number"`
	At        string            `json:"at"`
	TookMs    int64             `json:"tookMs"`
	Status    int               `json:"statusCode,omitempty"`
	Response  string            `json:"response,omitempty"`
	Error     string            `json:"error,omitempty"`
}

func (c *webhookAttemptsCommand) Run(ctx context.Context) error {
	attempts := func(st *store.Store, w hub.WebhookEndpoint) error {
		filter := store.EventDeliveryFilter{State: hub.DeliveryState(strings.ToUpper(c.State)), Limit: min(max(c.Limit, 1), listPage)}
		found, err := st.EventDeliveries(ctx, w.OrganizationID, w.ID, filter)
		if err != nil {
			return err
		}
		for _, d := range found {
			if err := printDelivery(d, c.JSON); err != nil {
				return err
			}
		}
		return nil
	}
	return reading(ctx, c.databaseFlag, func(st *store.Store) error { return c.find(ctx, st, attempts) })
}

func printDelivery(d store.EventDelivery, asJSON bool) error {
	if !asJSON {
		next := ""
		if !d.DueAt.IsZero() {
			next = ", next " + hub.WireTime(d.DueAt)
		}
		fmt.Printf("%s  %s  %s%s\n", d.Event.ID, d.Event.Type, d.State, next)
	}
	for _, t := range d.Tries {
		if asJSON {
			line := attemptLine{d.Event.ID, d.Event.Type, d.State, t.Number, hub.WireTime(t.At), t.Took.Milliseconds(), t.Status, t.Response, t.Error}
			if err := printJSON(line); err != nil {
				return err
			}
			continue
		}
		outcome := t.Error
		if outcome == "" {
			outcome = fmt.Sprintf("It answered %d.", t.Status)
		}
		fmt.Printf("  %d. %s  %s  %s\n", t.Number, hub.WireTime(t.At), t.Took.Round(time.Millisecond), outcome)
	}
	return nil
}

type webhookReplayCommand struct {
	endpointFlag
	Event string        `arg:"" optional:"" help:"The event's id; without it, all that failed lately or waits for another attempt."`
	Since time.Duration `default:"24h" env:"-" placeholder:"DURATION" help:"How far back to go for those that failed (${default})."`
}

func (c *webhookReplayCommand) Run(ctx context.Context) error {
	return c.with(ctx, func(st *store.Store, w hub.WebhookEndpoint) error {
		if c.Event != "" {
			err := st.ReplayEvent(ctx, w.OrganizationID, w.ID, c.Event)
			if errors.Is(err, hub.ErrNotFound) {
				return fmt.Errorf("the endpoint was told of no event %q; sirocco webhook attempts shows what it was told", c.Event)
			}
			if err == nil {
				fmt.Println("It is sent again.")
			}
			return err
		}
		all := 0
		for {
			n, err := st.ReplayFailed(ctx, w.OrganizationID, w.ID, st.Now().Add(-c.Since))
			all += n
			if err != nil || n < store.ReplayMost {
				fmt.Println(counted(all, "event is", "events are"), "sent again.")
				return err
			}
		}
	})
}
