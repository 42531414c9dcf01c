package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/alecthomas/kong"

	"sirocco/hub"
	"sirocco/store"
)

type deepLinkCommand struct {
	databaseFlag
	Engagement       string `arg:"" placeholder:"ID" help:"Our id of the appointment."`
	Organization     string `required:"" placeholder:"ID" help:"Its organization." env:"-"`
	Title            string `help:"The recording's title; the appointment's subject, unless said." env:"-"`
	ConversationType string `placeholder:"ID" help:"The id of a conversation type; the rep's default, unless said." env:"-"`
	RedirectURL      string `name:"redirect-url" placeholder:"URL" help:"Where the app goes afterwards." env:"-"`
	DeepLinkHost     string `default:"app.siro.ai" placeholder:"HOST" help:"Where links lead (${default})."`
}

// Validate implements kong's check of the command line.
func (c *deepLinkCommand) Validate(line *kong.Context) error {
	asked := hub.DeepLink{Title: c.Title, ConversationType: c.ConversationType, RedirectURL: c.RedirectURL}
	if err := asked.Validate("--title", "--conversation-type", "--redirect-url"); err != nil {
		return err
	}
	return validateDeepLinkHost(line, &c.DeepLinkHost)
}

// validateDeepLinkHost checks where deep links lead. An empty text is the default where it comes from the environment, in which
// a variable that is not set often is one, and a mistake where it was typed.
func validateDeepLinkHost(line *kong.Context, host *string) error {
	typed := slices.ContainsFunc(line.Path, func(p *kong.Path) bool { return p.Flag != nil && p.Flag.Name == "deep-link-host" })
	if *host == "" && !typed {
		*host = hub.DeepLinkHost
	}
	return hub.ValidateHost("--deep-link-host", *host)
}

// Run prints the link that begins a recording of an appointment.
func (c *deepLinkCommand) Run(ctx context.Context) error {
	return reading(ctx, c.databaseFlag, func(st *store.Store) error {
		link, err := st.DeepLink(ctx, c.Organization, c.Engagement)
		if err != nil {
			return hub.Missing("engagement", err)
		}
		if c.Title != "" {
			link.Title = c.Title
		}
		link.Host, link.ConversationType, link.RedirectURL = c.DeepLinkHost, c.ConversationType, c.RedirectURL
		fmt.Println(link.URL())
		return nil
	})
}
