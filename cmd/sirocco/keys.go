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
	KeyFile string `placeholder:"FILE" help:"The key that encrypts CRM credentials; made by serve where there is none. Default: the SQLite file's name and .key, or sirocco.key with PostgreSQL."`
	Key     string `hidden:"" help:"The key itself, a Tink keyset in JSON or base64: for the environment, not for the command line."`
}

// read reads the key; where it is to be in a file and is not it is os.ErrNotExist.
func (f keyFlags) read(database string) (*store.Keys, error) {
	if f.Key != "" {
		keys, err := store.KeysFromText(f.Key)
		if err != nil {
			return nil, fmt.Errorf("SIROCCO_KEY: %w", err)
		}
		return keys, nil
	}
	file := f.file(database)
	keys, err := store.ReadKeys(file)
	if err != nil {
		return nil, fmt.Errorf("the key file %s: %w", file, err)
	}
	return keys, nil
}

// make makes the key file, and says so.
func (f keyFlags) make(database string) (*store.Keys, error) {
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

// name is what the key is called in sentences.
func (f keyFlags) name(database string) string {
	if f.Key != "" {
		return "the key in SIROCCO_KEY"
	}
	return "the key file " + f.file(database)
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

// rightKey says how to come to the key that is meant.
const rightKey = "give the key that its server uses, with --key-file or SIROCCO_KEY, or put a copy of it there"

// openWithKeys opens the database for a command that meets secrets, and proves that the key opens what it holds.
func openWithKeys(ctx context.Context, db databaseFlag, keys keyFlags) (*store.Store, *store.Keys, error) {
	k, err := keys.read(db.Database)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("there is no key file %s: %s", keys.file(db.Database), rightKey)
	}
	if err != nil { // the key is looked for beside the database, which may be the one that is not there
		if there := reading(ctx, db, func(*store.Store) error { return nil }); there != nil {
			err = there
		}
		return nil, nil, err
	}
	st, err := db.open(ctx, store.Options{Keys: k})
	if err != nil {
		return nil, nil, err
	}
	if err := keys.prove(ctx, st, db.Database); err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return st, k, nil
}

// prove makes sure that the key opens what the database holds.
func (f keyFlags) prove(ctx context.Context, st *store.Store, database string) error {
	err := st.ProveKey(ctx)
	if errors.Is(err, store.ErrWrongKey) {
		return fmt.Errorf("%s is not the key that encrypted what the database holds: %s", f.name(database), rightKey)
	}
	return err
}

// makeWithKeys is openWithKeys for a server, which makes the database where there is none, and the key where nothing is
// encrypted yet.
func makeWithKeys(ctx context.Context, db databaseFlag, keys keyFlags, opts store.Options) (*store.Store, *store.Keys, error) {
	k, err := keys.read(db.Database)
	if errors.Is(err, os.ErrNotExist) {
		k, err = firstKey(ctx, db, keys)
	}
	if err != nil {
		return nil, nil, err
	}
	opts.Keys = k
	st, err := db.make(ctx, opts)
	if err != nil {
		return nil, nil, err
	}
	if err := keys.prove(ctx, st, db.Database); err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return st, k, nil
}

// firstKey makes the key where there was none, or reads the one that another process has made and used meanwhile.
func firstKey(ctx context.Context, db databaseFlag, keys keyFlags) (*store.Keys, error) {
	st, err := db.make(ctx, store.Options{})
	if err != nil {
		return nil, err
	}
	held, err := st.HasSealed(ctx)
	if err := errors.Join(err, st.Close()); err != nil {
		return nil, err
	}
	if !held {
		return keys.make(db.Database)
	}
	k, err := keys.read(db.Database)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no key file %s, and a new key would not open what the database holds: %s", keys.file(db.Database), rightKey)
	}
	return k, err
}
