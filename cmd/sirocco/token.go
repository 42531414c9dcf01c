package main

import (
	"context"
	"errors"
	"fmt"

	"sirocco/hub"
	"sirocco/store"
)

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Create a token and print it, this once."`
	List   tokenListCommand   `cmd:"" help:"List an organization's tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke a token; running servers obey within a second."`
}

// organizationFlag names the organization of a token command.
type organizationFlag struct {
	Organization string `required:"" placeholder:"ID" help:"The organization's id, as sirocco organization list prints it."`
}

func (f organizationFlag) explain(err error) error {
	if errors.Is(err, hub.ErrNotFound) {
		return fmt.Errorf("there is no organization %q; sirocco organization list shows those there are", f.Organization)
	}
	return err
}

type tokenCreateCommand struct {
	databaseFlag
	organizationFlag
	Name  string `required:"" help:"What the token is for."`
	Group bool   `help:"Make it a token of the organization's group, which may create organizations and tokens." env:"-"`
	JSON  bool   `help:"Print one line of JSON." env:"-"`
}

func (c *tokenCreateCommand) Run(ctx context.Context) error {
	if err := hub.ValidateName("--name", c.Name); err != nil {
		return err
	}
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		t, text, err := st.CreateToken(ctx, c.Organization, store.NewToken{Name: c.Name, Group: c.Group})
		if err != nil {
			return c.explain(err)
		}
		if c.JSON {
			return printJSON(struct {
				ID             string `json:"id"`
				OrganizationID string `json:"organizationId"`
				Name           string `json:"name"`
				Token          string `json:"token"`
			}{t.ID, t.OrganizationID, t.Name, text})
		}
		fmt.Printf("Created token %s (%s). It is shown only now:\n%s\n", t.Name, t.ID, text)
		return nil
	})
}

type tokenListCommand struct {
	databaseFlag
	organizationFlag
	JSON bool `help:"Print one line of JSON for each." env:"-"`
}

func (c *tokenListCommand) Run(ctx context.Context) error {
	return list(ctx, c.databaseFlag, c.organizationFlag, func(st *store.Store, after string) ([]hub.Token, error) {
		return st.Tokens(ctx, c.Organization, after, listPage)
	}, func(t hub.Token) string { return t.ID }, func(t hub.Token) error {
		var used *string
		if !t.LastUsedAt.IsZero() {
			at := hub.WireTime(t.LastUsedAt)
			used = &at
		}
		if c.JSON {
			return printJSON(struct {
				ID             string  `json:"id"`
				OrganizationID string  `json:"organizationId"`
				Name           string  `json:"name"`
				Group          bool    `json:"group"`
				CreatedAt      string  `json:"createdAt"`
				LastUsed       *string `json:"lastUsed"`
			}{t.ID, t.OrganizationID, t.Name, t.GroupID != "", hub.WireTime(t.CreatedAt), used})
		}
		lately, kind := "never", "organization"
		if used != nil {
			lately = *used
		}
		if t.GroupID != "" {
			kind = "group"
		}
		_, err := fmt.Printf("%s  %-12s  created %s  last used %s  %s\n", t.ID, kind, hub.WireTime(t.CreatedAt), lately, t.Name)
		return err
	})
}

type tokenRevokeCommand struct {
	databaseFlag
	organizationFlag
	ID   string `arg:"" help:"The token's id, as sirocco token list prints it."`
	JSON bool   `help:"Print one line of JSON." env:"-"`
}

func (c *tokenRevokeCommand) Run(ctx context.Context) error {
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		t, err := st.RevokeToken(ctx, c.Organization, c.ID)
		if errors.Is(err, hub.ErrNotFound) {
			return fmt.Errorf("organization %q has no token %q; sirocco token list shows those it has", c.Organization, c.ID)
		}
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(struct {
				ID   string `json:"id"`
				Name string `json:"name"`
			}{t.ID, t.Name})
		}
		fmt.Printf("Revoked token %s (%s).\n", t.Name, t.ID)
		return nil
	})
}
