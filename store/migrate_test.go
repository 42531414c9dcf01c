package store_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"sirocco/database"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestNewerDatabaseIsRefused gives the program a database from its future: it says so and touches nothing.
func TestNewerDatabaseIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := context.Background()
		st, err := store.OpenOrMake(ctx, url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		change(t, url, `INSERT INTO schema_versions (version_id, is_applied) VALUES (9999, TRUE)`)
		before := contents(t, url)
		_, err = store.OpenOrMake(ctx, url, store.Options{})
		newer, ok := errors.AsType[*database.NewerError](err)
		if !ok || newer.Database != 9999 || !strings.Contains(err.Error(), "start a newer sirocco") {
			t.Errorf("it answers %v", err)
		}
		if contents(t, url) != before {
			t.Error("the database was changed")
		}
	})
}

// TestNodesMigrateTogether opens one fresh database from several places at once.
func TestNodesMigrateTogether(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				st, err := store.OpenOrMake(context.Background(), url, store.Options{Timeout: storetest.Patience})
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(st.Ready(context.Background()), st.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	})
}

// TestUserKeysAreFilledIn takes away what CRM users are matched by, as in a database from before it was noted, and
// fills it in as the migration does.
func TestUserKeysAreFilledIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		storetest.Connection(t, st, org, hub.PlatformCustomInput)
		var patches []hub.RecordPatch
		for i := range 1001 { // more than it reads at a time
			email := fmt.Sprintf("rep%d@example.com", i)
			patches = append(patches, hub.RecordPatch{Model: hub.ModelUser, ExternalID: fmt.Sprint(i), Create: true, Change: func(r *hub.Record) { r.Details.Email = email }})
		}
		for half := range slices.Chunk(patches, 600) {
			if _, err := st.Push(ctx, org, half); err != nil {
				t.Fatal(err)
			}
		}
		change(t, url, `DELETE FROM crm_user_keys`)
		db := connect(t, url)
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(store.FillUserKeys(ctx, tx), tx.Commit(), db.Close()); err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 1000} {
			u, err := st.CreateUser(ctx, org, hub.User{Email: fmt.Sprintf("REP%d@example.com", i)})
			if err != nil {
				t.Fatal(err)
			}
			if keys, err := st.CRMUsersOf(ctx, org, u.ID); err != nil || len(keys) != 1 || keys[0].ExternalID != fmt.Sprint(i) {
				t.Errorf("user %d is %v, %v", i, keys, err)
			}
		}
	})
}

// TestUserKeysThatCannotBeFilledIn has a CRM user that cannot be read: the migration fails, and leaves nobody out.
func TestUserKeysThatCannotBeFilledIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		for user, want := range map[string]string{
			`CAST(NULL AS TEXT) AS name, '{}' AS details`: "name",
			`'Ann' AS name, '{' AS details`:               "details of CRM user u of connection c: ",
		} {
			db := connect(t, url)
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.ExecContext(t.Context(), `CREATE TEMPORARY TABLE records AS SELECT 'org' AS organization_id, 'c' AS connection_id, 'u' AS external_id, 'USER' AS model, `+user); err != nil {
				t.Fatal(err)
			}
			if err := store.FillUserKeys(t.Context(), tx); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("with %s it says %v", user, err)
			}
			if err := errors.Join(tx.Rollback(), db.Close()); err != nil {
				t.Error(err)
			}
		}
	})
}

func connect(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, source := "pgx", url
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, source = "sqlite", file
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func change(t *testing.T, url, statement string) {
	t.Helper()
	db := connect(t, url)
	_, err := db.Exec(statement)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// contents is a print of all there is: the file's bytes, or PostgreSQL's tables and their counts of changes.
func contents(t *testing.T, url string) [32]byte {
	t.Helper()
	if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(text)
	}
	db := connect(t, url)
	var text string
	err := db.QueryRow(`SELECT string_agg(c.oid::text || c.relname || c.relfilenode || pg_relation_size(c.oid), ',' ORDER BY c.oid) ||
		(SELECT string_agg(s::text, ',' ORDER BY id) FROM schema_versions s) FROM pg_class c WHERE relnamespace = 'public'::regnamespace`).Scan(&text)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256([]byte(text))
}

// TestAuditLogIsAppendOnly changes and removes what the audit log has, past the program: the database refuses.
func TestAuditLogIsAppendOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		if _, err := st.CreateUser(t.Context(), org, hub.User{Email: "ann@example.com"}); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		defer func() { _ = db.Close() }()
		for _, statement := range []string{`UPDATE audit SET actor_name = 'nobody'`, `DELETE FROM audit`, `DELETE FROM audit WHERE action = 'create'`} {
			if _, err := db.Exec(statement); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", statement, err)
			}
		}
	})
}
