package main

import (
	"context"
	"errors"
	"fmt"

	"sirocco/store"
)

type storageCommand struct {
	Compact compactCommand `cmd:"" help:"Rewrite a SQLite file without the room that removed rows left in it. Nobody can write meanwhile, and the disk must have room for it twice."`
}

type compactCommand struct{ databaseFlag }

func (c *compactCommand) Run(ctx context.Context) (err error) {
	st, err := c.open(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := st.Compact(ctx); err != nil {
		return fmt.Errorf("compact the database: %w", err)
	}
	fmt.Println("The database is compact. What is removed from now on gives its room back by itself.")
	return nil
}

type migrateCommand struct{ databaseFlag }

func (c *migrateCommand) Run(ctx context.Context) error {
	st, err := c.make(ctx, store.Options{})
	if err != nil {
		return err
	}
	fmt.Printf("The database is as this program, version %s, needs it.\n", version())
	return st.Close()
}
