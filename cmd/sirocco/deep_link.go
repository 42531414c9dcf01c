package main

import (
	"context"
	"fmt"

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
	DeepLinkHost     string `placeholder:"HOST" help:"Where links lead; app.siro.ai, unless said."`
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
