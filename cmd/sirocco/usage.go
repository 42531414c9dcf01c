package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"sirocco/hub"
	"sirocco/store"
)

// organizationChoice names the organization of a command about one, bare or by a flag.
type organizationChoice struct {
	ID           string `arg:"" optional:"" help:"The organization's id, as sirocco organization list prints it."`
	Organization string `placeholder:"ID" help:"The same as a flag, as other commands take it."`
}

// choose makes Organization the one that was named, which may be in one way only.
func (c *organizationChoice) choose() error {
	switch {
	case c.ID == "" && c.Organization == "":
		return errors.New("name the organization by its id; sirocco organization list shows those there are")
	case c.ID != "" && c.Organization != "" && c.ID != c.Organization:
		return fmt.Errorf("two organizations are named: %s and %s", c.ID, c.Organization)
	case c.ID != "":
		c.Organization = c.ID
	}
	return nil
}

type usageCommand struct {
	databaseFlag
	organizationChoice
	JSON bool `help:"Print one line of JSON for each." env:"-"`
}

func (c *usageCommand) Run(ctx context.Context) error {
	if err := c.choose(); err != nil {
		return err
	}
	return reading(ctx, c.databaseFlag, func(st *store.Store) error {
		if _, err := st.Organization(ctx, c.Organization); err != nil {
			return organizationFlag{c.Organization}.explain(err)
		}
		return printUsage(ctx, st, c.Organization, c.JSON)
	})
}

// printUsage prints what an organization uses and may use.
func printUsage(ctx context.Context, st *store.Store, organization string, asJSON bool) error {
	all, err := st.Usage(ctx, organization)
	if err != nil {
		return err
	}
	for _, u := range all {
		if asJSON {
			if err := printJSON(usageLine{string(u.Resource), u.Used, u.Limit}); err != nil {
				return err
			}
			continue
		}
		limit := "no limit"
		if u.Limit != nil {
			limit = "of " + strconv.FormatInt(*u.Limit, 10)
		}
		fmt.Printf("%-16s  %d  %s\n", u.Resource, u.Used, limit)
	}
	return nil
}

// usageLine is how a usage is printed as JSON.
type usageLine struct {
	Resource string `json:"resource"`
	Used     int64  `json:"used"`
	Limit    *int64 `json:"limit"`
}

type organizationLimitCommand struct {
	databaseFlag
	organizationChoice
	AudioBytes     string `placeholder:"N" env:"-" help:"Bytes of audio, promised and stored; none takes the limit away, here and below."`
	OpenUploads    string `placeholder:"N" env:"-" help:"Places for audio that wait for it, or for its recording."`
	Records        string `placeholder:"N" env:"-" help:"CRM records that are kept."`
	Endpoints      string `name:"webhook-endpoints" placeholder:"N" env:"-" help:"Webhook endpoints."`
	Tokens         string `placeholder:"N" env:"-" help:"Organization tokens."`
	RequestsPerDay string `placeholder:"N" env:"-" help:"Requests a day, which begins at 00:00 UTC."`
}

func (c *organizationLimitCommand) Run(ctx context.Context) error {
	if err := c.choose(); err != nil {
		return err
	}
	limits := map[hub.Resource]*int64{}
	for _, f := range []struct {
		flag, text string
		resource   hub.Resource
	}{
		{"audio-bytes", c.AudioBytes, hub.ResourceAudio}, {"open-uploads", c.OpenUploads, hub.ResourceUploads}, {"records", c.Records, hub.ResourceRecords},
		{"webhook-endpoints", c.Endpoints, hub.ResourceEndpoints}, {"tokens", c.Tokens, hub.ResourceTokens}, {"requests-per-day", c.RequestsPerDay, hub.ResourceRequests},
	} {
		switch f.text {
		case "":
		case "none":
			limits[f.resource] = nil
		default:
			n, err := strconv.ParseInt(f.text, 10, 64)
			if err != nil || n < 0 {
				return fmt.Errorf("--%s is %q; it is a whole number of at least 0, or none", f.flag, f.text)
			}
			limits[f.resource] = &n
		}
	}
	if len(limits) == 0 {
		return fmt.Errorf("name a limit, as in --records 100000; sirocco usage --organization %s shows them", c.Organization)
	}
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		if err := st.SetLimits(ctx, c.Organization, limits); err != nil {
			return organizationFlag{c.Organization}.explain(err)
		}
		return printUsage(ctx, st, c.Organization, false)
	})
}
