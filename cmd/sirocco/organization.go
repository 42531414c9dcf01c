package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"sirocco/hub"
	"sirocco/store"
)

type organizationCommand struct {
	Create organizationCreateCommand `cmd:"" help:"Create an organization and print its id."`
	List   organizationListCommand   `cmd:"" help:"List the organizations."`
	Limit  organizationLimitCommand  `cmd:"" help:"Set how much an organization may use; without a limit there is none."`
}

type organizationCreateCommand struct {
	databaseFlag
	Name string `arg:"" help:"The organization's name."`
	JSON bool   `help:"Print one line of JSON." env:"-"`
}

func (c *organizationCreateCommand) Run(ctx context.Context) error {
	if err := hub.ValidateName("NAME", c.Name); err != nil {
		return err
	}
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		o, err := st.CreateOrganization(ctx, c.Name)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(organizationLine{o.ID, o.Name})
		}
		flag, _ := databaseArgument(c.Database)
		fmt.Printf("Created organization %s (%s).\nNext, a token for it: sirocco token create%s --name first --organization %s\n", o.Name, o.ID, flag, o.ID)
		return nil
	})
}

// organizationLine is how an organization is printed as JSON.
type organizationLine struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type organizationListCommand struct {
	databaseFlag
	JSON bool `help:"Print one line of JSON for each." env:"-"`
}

func (c *organizationListCommand) Run(ctx context.Context) error {
	return reading(ctx, c.databaseFlag, func(st *store.Store) error {
		return eachPage(func(after string) ([]hub.Organization, error) { return st.Organizations(ctx, after, listPage) },
			func(o hub.Organization) string { return o.ID },
			func(o hub.Organization) error {
				if c.JSON {
					return printJSON(organizationLine{o.ID, o.Name})
				}
				_, err := fmt.Printf("%s  %s  %s\n", o.ID, hub.WireTime(o.CreatedAt), o.Name)
				return err
			})
	})
}

// listPage is how many rows a list command reads at a time.
const listPage = 500

// eachPage walks all pages of a list and prints each item.
func eachPage[T any](page func(after string) ([]T, error), id func(T) string, show func(T) error) error {
	for after := ""; ; {
		items, err := page(after)
		if err != nil || len(items) == 0 {
			return err
		}
		for _, item := range items {
			if err := show(item); err != nil {
				return err
			}
			after = id(item)
		}
	}
}

// list prints the items of one of the organization's lists.
func list[T any](ctx context.Context, db databaseFlag, f organizationFlag, page func(st *store.Store, after string) ([]T, error), id func(T) string, show func(T) error) error {
	return reading(ctx, db, func(st *store.Store) error {
		if _, err := st.Organization(ctx, f.Organization); err != nil {
			return f.explain(err)
		}
		return eachPage(func(after string) ([]T, error) { return page(st, after) }, id, show)
	})
}

// find gets a thing of the organization, or of whichever has it where none is named.
func find[T any](ctx context.Context, st *store.Store, organization string, get func(organization string) (T, error)) (T, error) {
	if organization != "" {
		return get(organization)
	}
	var found T
	err := hub.ErrNotFound
	walkErr := eachPage(func(after string) ([]hub.Organization, error) { return st.Organizations(ctx, after, listPage) },
		func(o hub.Organization) string { return o.ID },
		func(o hub.Organization) error {
			if errors.Is(err, hub.ErrNotFound) {
				found, err = get(o.ID)
			}
			return nil
		})
	return found, errors.Join(err, walkErr)
}

// withStore opens the database for one command that changes it.
func withStore(ctx context.Context, f databaseFlag, do func(*store.Store) error) error {
	return withOptions(ctx, f, store.Options{}, do)
}

// reading is withStore for a command that only reads.
func reading(ctx context.Context, f databaseFlag, do func(*store.Store) error) error {
	return withOptions(ctx, f, store.Options{ReadOnly: true}, do)
}

func withOptions(ctx context.Context, f databaseFlag, opts store.Options, do func(*store.Store) error) error {
	st, err := f.open(ctx, opts)
	if err != nil {
		return err
	}
	return errors.Join(do(st), st.Close())
}

func printJSON(v any) error { return json.NewEncoder(os.Stdout).Encode(v) }
