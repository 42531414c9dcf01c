package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"sirocco/store"
)

// keyFlags say where the key that encrypts CRM credentials is.
type keyFlags struct {
	KeyFile string `placeholder:"FILE" help:"The key that encrypts CRM credentials; made where there is none. Default: the SQLite file's name and .key, or sirocco.key with PostgreSQL."`
	Key     string `hidden:"" help:"The key itself, a Tink keyset in JSON or base64: for the environment, not for the command line."`
}

// keys reads the key, or makes one and says so.
func (f keyFlags) keys(database string) (*store.Keys, error) {
	if f.Key != "" {
		keys, err := store.KeysFromText(f.Key)
		if err != nil {
			return nil, fmt.Errorf("SIROCCO_KEY: %w", err)
		}
		return keys, nil
	}
	file := f.file(database)
	keys, made, err := store.KeysFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", file, err)
	}
	if made {
		fmt.Fprintf(os.Stderr, "Made the key %s, which encrypts CRM credentials. Keep a copy: without it they cannot be read. All nodes need the same one.\n\n", file)
	}
	return keys, nil
}

func (f keyFlags) file(database string) string {
	if f.KeyFile != "" {
		return f.KeyFile
	}
	if file, ok := strings.CutPrefix(database, "sqlite:"); ok {
		file, _, _ = strings.Cut(file, "?")
		return file + ".key"
	}
	return "sirocco.key"
}

// openWithKeys opens the database for a command that meets credentials.
func openWithKeys(ctx context.Context, db databaseFlag, keys keyFlags) (*store.Store, *store.Keys, error) {
	k, err := keys.keys(db.Database)
	if err != nil {
		return nil, nil, err
	}
	st, err := db.openWith(ctx, store.Options{Keys: k})
	return st, k, err
}

type keysCommand struct {
	Rotate keysRotateCommand `cmd:"" help:"Make a new key, and encrypt all credentials with it while servers run."`
}

type keysRotateCommand struct {
	databaseFlag
	keyFlags
}

func (c *keysRotateCommand) Run(ctx context.Context) (err error) {
	st, keys, err := openWithKeys(ctx, c.databaseFlag, c.keyFlags)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if !keys.CanRotate() {
		return errors.New("the key came from SIROCCO_KEY, which this command cannot change: rotate it where it is kept, with the old key still in the keyset")
	}
	if err := keys.Rotate(); err != nil {
		return fmt.Errorf("make a new key: %w", err)
	}
	n, err := st.Reseal(ctx)
	if err != nil {
		return fmt.Errorf("encrypt the credentials anew (what is done stays done, run it again): %w", err)
	}
	secrets, err := st.ResealSecrets(ctx)
	if err != nil {
		return fmt.Errorf("encrypt the webhook secrets anew (what is done stays done, run it again): %w", err)
	}
	fmt.Printf("Made a new key and encrypted the credentials of %d connections and the secrets of %d webhook endpoints with it. The old key stays in the file, for backups.\n", n, secrets)
	return nil
}
