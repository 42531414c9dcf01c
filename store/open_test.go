package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sirocco/database"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestOpeningMakesNothing opens what is not there, what is of another program, and what is of an older one.
func TestOpeningMakesNothing(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		file, isFile := strings.CutPrefix(url, "sqlite:")
		beside := func() (names []string) {
			if isFile {
				found, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
				if err != nil {
					t.Fatal(err)
				}
				names = found
			}
			return names
		}
		for _, readOnly := range []bool{false, true} {
			if _, err := store.Open(ctx, url, store.Options{ReadOnly: readOnly}); !errors.Is(err, database.ErrNothing) {
				t.Errorf("where nothing is: %v", err)
			}
		}
		if len(beside()) > 0 {
			t.Errorf("it left %v", beside())
		}
		look := func() string {
			if isFile {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				return string(text) + strings.Join(beside(), " ")
			}
			db := connect(t, url)
			var names string
			err := db.QueryRow(`SELECT string_agg(relname || relfilenode, ',' ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace`).Scan(&names)
			if err := errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
			return names
		}
		for _, foreign := range []struct{ kind, text string }{{"TABLE", "(id BIGINT)"}, {"VIEW", "AS SELECT 1 AS id"}} {
			change(t, url, `CREATE `+foreign.kind+` invoices `+foreign.text)
			before := look()
			_, opened := store.Open(ctx, url, store.Options{})
			_, made := store.OpenOrMake(ctx, url, store.Options{})
			if !errors.Is(opened, database.ErrForeign) || !errors.Is(made, database.ErrForeign) {
				t.Errorf("another program's %s: %v, %v", foreign.kind, opened, made)
			}
			if look() != before {
				t.Errorf("another program's database with a %s was changed", foreign.kind)
			}
			change(t, url, `DROP `+foreign.kind+` invoices`)
		}

		if err := store.MigrateTo(ctx, url, 9); err != nil {
			t.Fatal(err)
		}
		old := contents(t, url)
		_, err := store.Open(ctx, url, store.Options{})
		if older, ok := errors.AsType[*database.OlderError](err); !ok || older.Database != 9 || older.Program <= 9 {
			t.Errorf("an older one: %v", err)
		}
		if contents(t, url) != old {
			t.Error("an older database was changed")
		}
		st := storetest.OpenWith(t, url, store.Options{})
		storetest.Organization(t, st)
		reader, err := store.Open(ctx, url, store.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = reader.Close() }()
		if all, err := reader.Organizations(ctx, "", 10); err != nil || len(all) != 1 {
			t.Errorf("it reads %v, %v", all, err)
		}
		if _, err := reader.CreateOrganization(ctx, "Acme"); !errors.Is(err, database.ErrReadOnly) {
			t.Errorf("it writes: %v", err)
		}
		change(t, url, `DROP TABLE river_migration`)
		if _, err := store.Open(ctx, url, store.Options{}); !errors.Is(err, database.ErrUnfinished) {
			t.Errorf("one of which the jobs' tables are still to come: %v", err)
		}
	})
}
