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

// validateDeepLinkHost checks where deep links lead.
func validateDeepLinkHost(line *kong.Context, host *string) error {
	if err := orDefault(line, "deep-link-host", host); err != nil {
		return err
	}
	return hub.ValidateHost("--deep-link-host", *host)
}

// orDefault gives a flag that is empty its default where that comes from the environment, in which a variable that is not set
// often is empty, and refuses it where it was typed.
func orDefault(line *kong.Context, name string, value *string) error {
	for _, flag := range line.Flags() {
		if flag.Name != name || *value != "" {
			continue
		}
		if slices.ContainsFunc(line.Path, func(p *kong.Path) bool { return p.Flag == flag }) {
			return fmt.Errorf("--%s is empty: leave it out for %s", name, flag.Default)
		}
		*value = flag.Default
	}
	return nil
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
