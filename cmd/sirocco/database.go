package main

import (
	"context"
	"errors"
	"fmt"

	"sirocco/store"
)

type storageCommand struct {
	Compact compactCommand `cmd:"" help:"Rewrite a SQLite file without the room that removed rows left in it. Nobody can write meanwhile, and the disk must have room for it twice."`

	ForgetAudio forgetAudioCommand `cmd:"" help:"Let the server that starts next say which audio store is the right one, after it was replaced."`
}

type forgetAudioCommand struct{ databaseFlag }

func (c *forgetAudioCommand) Run(ctx context.Context) error {
	return withStore(ctx, c.databaseFlag, func(st *store.Store) error {
		if err := st.ForgetAudio(ctx); err != nil {
			return err
		}
		fmt.Println("The audio store of the server that starts next counts as the right one.")
		return nil
	})
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

func (c *migrateCommand) Run(ctx context.Context) (err error) {
	st, err := c.make(ctx, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	fmt.Printf("The database is as this program, version %s, needs it.\n", version())
	if !st.LinksAreOlder() {
		return nil
	}
	// The server that starts next does not know any more that they are.
	made, unsure, err := st.MadeLinks(ctx)
	if err != nil {
		return fmt.Errorf("count the links that an earlier version made: %w", err)
	}
	fmt.Printf("The %d links that an earlier version made stay; %d of them would not be made now, but offered or left.\n", made, unsure)
	return nil
}
