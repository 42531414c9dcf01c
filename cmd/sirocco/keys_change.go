package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"sirocco/store"
)

type keysCommand struct {
	Rotate    keysRotateCommand    `cmd:"" help:"On a single server: make a new key, and encrypt everything with it while it runs."`
	Add       keysAddCommand       `cmd:"" help:"In a cluster, first: add a new key to the key file, which nothing is encrypted with yet. Then give each node a copy of the file."`
	Promote   keysPromoteCommand   `cmd:"" help:"In a cluster, second: let all nodes encrypt with the newest key. Refused while one runs without it."`
	Reencrypt keysReencryptCommand `cmd:"" help:"In a cluster, third: encrypt everything anew with the promoted key."`
	Drop      keysDropCommand      `cmd:"" help:"Last: remove the old keys from the key file. Refused while anything is encrypted with one. Backups from before need them."`
	Reset     keysResetCommand     `cmd:"" help:"After the key was lost: list what cannot be read any more, and with --yes erase it and begin with the key file as it is, or a new one."`
}

// keysChange is what the commands have in common that change the key.
type keysChange struct {
	databaseFlag
	keyFlags
}

// do opens the database and the keys for one command. One that changes the key file needs one.
func (c *keysChange) do(ctx context.Context, file bool, change func(*store.Store, *store.Keys) error) error {
	st, keys, err := openWithKeys(ctx, c.databaseFlag, c.keyFlags)
	if err != nil {
		return err
	}
	if file && !keys.CanChange() {
		err = errors.New("the key came from SIROCCO_KEY, which this command cannot change: change the keyset where it is kept, as with Tinkey, and use sirocco keys promote and reencrypt")
	} else {
		err = change(st, keys)
	}
	return errors.Join(err, st.Close())
}

// newest is the key that was added last; of a keyset that did not come from a file, its primary one.
func newest(keys *store.Keys) uint32 {
	if !keys.CanChange() {
		return keys.Primary()
	}
	ids := keys.IDs()
	return ids[len(ids)-1]
}

// promote lets all nodes encrypt with the newest key.
func promote(ctx context.Context, st *store.Store, keys *store.Keys) (uint32, error) {
	id := newest(keys)
	if err := st.PromoteKey(ctx, id); err != nil {
		return id, err
	}
	if keys.CanChange() {
		if err := keys.SetPrimary(id); err != nil {
			return id, fmt.Errorf("note in the key file which key encrypts: %w", err)
		}
	}
	return id, nil
}

func reencrypt(ctx context.Context, st *store.Store) (string, error) {
	done, err := st.Reseal(ctx)
	if err != nil {
		return "", fmt.Errorf("encrypt everything anew (what is done stays done, run sirocco keys reencrypt): %w", err)
	}
	what := fmt.Sprintf("the credentials of %s and the secrets of %s", counted(done.Connections, "connection", "connections"), counted(done.Endpoints, "webhook endpoint", "webhook endpoints"))
	if done.Downloads > 0 {
		what += " and the addresses of " + counted(done.Downloads, "recording", "recordings") + " to be fetched"
	}
	return what, nil
}

type keysRotateCommand struct{ keysChange }

func (c *keysRotateCommand) Run(ctx context.Context) error {
	return c.do(ctx, true, func(st *store.Store, keys *store.Keys) error {
		nodes, err := st.Nodes(ctx)
		if err != nil {
			return err
		}
		if len(nodes) > 1 {
			return fmt.Errorf("%d servers run, %s, and each needs the new key before anything is encrypted with it: use sirocco keys add, promote, reencrypt and drop", len(nodes), store.NamesOf(nodes))
		}
		id, err := keys.Add()
		if err != nil {
			return fmt.Errorf("make a new key: %w", err)
		}
		// The one server reads its file by itself, and is not waited for: where it has another one it stands aside.
		if err := st.PromoteKeyAlone(ctx, id); err != nil {
			return err
		}
		if err := keys.SetPrimary(id); err != nil {
			return fmt.Errorf("note in the key file which key encrypts: %w", err)
		}
		what, err := reencrypt(ctx, st)
		if err != nil {
			return err
		}
		fmt.Printf("Made a new key and encrypted %s with it. The old key stays in the file, for backups, until sirocco keys drop.\n", what)
		return nil
	})
}

type keysAddCommand struct{ keysChange }

func (c *keysAddCommand) Run(ctx context.Context) error {
	return c.do(ctx, true, func(_ *store.Store, keys *store.Keys) error {
		id, err := keys.Add()
		if err != nil {
			return fmt.Errorf("make a new key: %w", err)
		}
		fmt.Printf("Added the key %d to %s. Nothing is encrypted with it yet: give each node a copy of the file, then run sirocco keys promote.\n", id, c.file(c.Database))
		return nil
	})
}

type keysPromoteCommand struct{ keysChange }

func (c *keysPromoteCommand) Run(ctx context.Context) error {
	return c.do(ctx, false, func(st *store.Store, keys *store.Keys) error {
		id, err := promote(ctx, st, keys)
		if err != nil {
			return err
		}
		fmt.Printf("All nodes encrypt with the key %d from now on. Run sirocco keys reencrypt for what is encrypted with another.\n", id)
		return nil
	})
}

type keysReencryptCommand struct{ keysChange }

func (c *keysReencryptCommand) Run(ctx context.Context) error {
	return c.do(ctx, false, func(st *store.Store, _ *store.Keys) error {
		what, err := reencrypt(ctx, st)
		if err == nil {
			fmt.Printf("Encrypted %s with the promoted key. Run sirocco keys drop once no backup needs the older keys.\n", what)
		}
		return err
	})
}

type keysDropCommand struct{ keysChange }

func (c *keysDropCommand) Run(ctx context.Context) error {
	return c.do(ctx, true, func(st *store.Store, keys *store.Keys) error {
		id, err := st.PromotedKey(ctx)
		if err != nil {
			return err
		}
		others, err := st.SealedOtherwise(ctx, id)
		if err != nil {
			return err
		}
		if others > 0 {
			return fmt.Errorf("%s encrypted with an older key: run sirocco keys reencrypt first", counted(others, "thing is still", "things are still"))
		}
		if ids := keys.IDs(); ids[len(ids)-1] != id {
			return errors.New("the newest key in the file is not the one that encrypts: run sirocco keys promote first")
		}
		n := len(keys.IDs()) - 1
		if err := keys.Keep(id); err != nil {
			return fmt.Errorf("remove the older keys: %w", err)
		}
		fmt.Printf("Removed %s from %s; give each node a copy of it. What backups from before have encrypted cannot be read with it.\n", counted(n, "older key", "older keys"), c.file(c.Database))
		return nil
	})
}

type keysResetCommand struct {
	keysChange

	Yes bool `help:"Erase it. Nothing brings it back, unless the old key is found." env:"-"`
}

func (c *keysResetCommand) Run(ctx context.Context) (err error) {
	keys, err := c.read(c.Database)
	missing := errors.Is(err, os.ErrNotExist)
	if err != nil && !missing {
		return err
	}
	st, err := c.open(ctx, store.Options{Keys: keys}) // before a key is made: the database may not be there
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if missing && c.Yes {
		if keys, err = c.keyFlags.make(c.Database); err != nil {
			return err
		}
		st.UseKeys(keys)
	}
	if !c.Yes {
		lost, err := st.LostSecrets(ctx)
		if err != nil || len(lost) == 0 {
			fmt.Printf("%s opens all that is encrypted: nothing is lost.\n", c.name(c.Database))
			return err
		}
		fmt.Printf("%s does not open what follows. Where the right key is found, %s.\n", c.name(c.Database), rightKey)
		printLost(lost)
		return errors.New("nothing was erased: stop all servers and add --yes to erase it")
	}
	lost, err := st.EraseLost(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("Erased %s; %s encrypts from now on.\n", counted(len(lost), "thing that could not be read", "things that could not be read"), c.name(c.Database))
	printLost(lost)
	return nil
}

// printLost lists what has to be entered again.
func printLost(lost []store.Lost) {
	for _, l := range lost {
		switch {
		case l.ConnectionID != "":
			fmt.Printf("  %s  connection %s (%s): its CRM's credentials are to be entered again\n", l.OrganizationID, l.ConnectionID, l.Name)
		case l.EndpointID != "":
			fmt.Printf("  %s  webhook endpoint %s (%s): its secret is to be rotated and given to the receiver, then it is to be enabled\n", l.OrganizationID, l.EndpointID, l.Name)
		case l.MultimediaID != "":
			fmt.Printf("  %s  recording made elsewhere %s: it is to be sent again\n", l.OrganizationID, l.MultimediaID)
		default:
			fmt.Println("  a secret of the servers themselves: they make another; signed URLs given out before end")
		}
	}
}
