package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sirocco/hub"
	"sirocco/store"
)

type deletionsCommand struct {
	List   deletionsListCommand   `cmd:"" help:"List the deletions that wait for a decision."`
	Delete deletionsDeleteCommand `cmd:"" help:"Say that they count as deleted."`
	Keep   deletionsKeepCommand   `cmd:"" help:"Say that they do not."`
}

type deletionsListCommand struct{ connectionFlag }

func (c *deletionsListCommand) Run(ctx context.Context) error {
	return c.reading(ctx, func(st *store.Store, conn hub.Connection) error {
		sched, err := st.Schedule(ctx, conn.OrganizationID, conn.ID)
		if err != nil && !errors.Is(err, hub.ErrNotFound) {
			return err
		}
		if len(sched.Held) == 0 {
			fmt.Println("No deletions wait for a decision.")
			return nil
		}
		for _, model := range slices.Sorted(maps.Keys(sched.Held)) {
			fmt.Printf("%-16s the CRM no longer shows %s\n", model, counted(sched.Held[model], "record", "records"))
			ids, err := st.HeldRecords(ctx, conn.OrganizationID, conn.ID, model, "", 10)
			if err != nil {
				return err
			}
			for _, id := range ids {
				fmt.Printf("  %s\n", id)
			}
			if more := sched.Held[model] - len(ids); more > 0 {
				fmt.Printf("  and %d more\n", more)
			}
		}
		return nil
	})
}

// deletionsFlag chooses among the models.
type deletionsFlag struct {
	connectionFlag
	Model []hub.Model `placeholder:"MODEL" help:"Only of this model, as in OPPORTUNITY; may be given more than once." env:"-"`
}

func (f *deletionsFlag) decide(ctx context.Context, deleted bool, said string) error {
	return f.with(ctx, func(st *store.Store, conn hub.Connection) error {
		n, err := st.DecideDeletions(ctx, conn.OrganizationID, conn.ID, f.Model, deleted)
		if err != nil {
			return err
		}
		fmt.Printf("%s %s\n", counted(n, "record", "records"), said)
		return nil
	})
}

type deletionsDeleteCommand struct{ deletionsFlag }

func (c *deletionsDeleteCommand) Run(ctx context.Context) error {
	return c.decide(ctx, true, "will be deleted by a running server.")
}

type deletionsKeepCommand struct{ deletionsFlag }

func (c *deletionsKeepCommand) Run(ctx context.Context) error {
	return c.decide(ctx, false, "kept.")
}
