package database_test

import (
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"sirocco/database"
)

// TestSQLiteFilesArePrivate: nobody else may read the database and its journals, and nothing else stays beside it.
func TestSQLiteFilesArePrivate(t *testing.T) {
	folder := t.TempDir()
	url := "sqlite:" + filepath.Join(folder, "sirocco.db")
	opened := make([]database.DB, 4)
	var group sync.WaitGroup
	for i := range opened { // at once: each waits for the migration of another
		group.Go(func() {
			var err error
			if opened[i], err = database.Open(t.Context(), url, database.Options{}); err != nil {
				t.Error(err)
				return
			}
			if err := opened[i].Migrate(t.Context(), pets); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 2 {
		t.Errorf("only %v", files)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 || strings.HasSuffix(f.Name(), ".migrating") {
			t.Errorf("%s %v", f.Name(), info.Mode())
		}
	}
	for _, db := range opened {
		err = errors.Join(err, db.Close())
	}

	// What an operator has let others read stays so.
	path := filepath.Join(folder, "sirocco.db")
	if err := errors.Join(err, os.Chmod(path, 0o640)); err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(t.Context(), url, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), pets); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// TestASQLiteFileThatIsBeingUpgraded asks for the version of one that is older: while another program has the lock on its upgrade that is said
// instead. One that is of the program's own version is ready all the same.
func TestASQLiteFileThatIsBeingUpgraded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sirocco.db")
	db, err := database.Open(t.Context(), "sqlite:"+path, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	older := pets
	older.Funcs = nil
	if err := db.Migrate(t.Context(), older); err != nil {
		t.Fatal(err)
	}
	check := func(m database.Migrations, want error) {
		t.Helper()
		if err := db.Check(t.Context(), m); !reflect.DeepEqual(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	check(pets, &database.OlderError{Database: 1, Program: 2})
	if err := os.WriteFile(path+".migrating", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	check(pets, database.ErrUnfinished)
	check(older, nil)
	if err := os.Remove(path + ".migrating"); err != nil {
		t.Fatal(err)
	}
	check(pets, &database.OlderError{Database: 1, Program: 2})
}

// TestPragmasOfTheURLTakeNoneAway: a pragma that the URL names counts beside those that the program says itself.
func TestPragmasOfTheURLTakeNoneAway(t *testing.T) {
	for query, changed := range map[string]map[string]int64{
		"":                         nil,
		"?_pragma=cache_size(123)": {"cache_size": 123},
		"?_foreign_keys=0&_pragma=cache_size(123)&_pragma=cell_size_check(1)": {"foreign_keys": 0, "cache_size": 123, "cell_size_check": 1},
	} {
		want := map[string]int64{"secure_delete": 1, "temp_store": 2, "journal_size_limit": 4 << 20, "foreign_keys": 1}
		maps.Copy(want, changed)
		db := openMigrated(t, "sqlite:"+filepath.Join(t.TempDir(), "sirocco.db")+query, database.Options{})
		for pragma, value := range want {
			got, err := database.QueryOne(t.Context(), db, func(r database.Row) (n int64, err error) {
				err = r.Scan(&n)
				return n, err
			}, `PRAGMA `+pragma)
			if err != nil || got != value {
				t.Errorf("with %q %s is %d, not %d: %v", query, pragma, got, value, err)
			}
		}
	}
}

// TestAFileForReadingAloneIsNotWritten: not even by who goes past the refusal of writes.
func TestAFileForReadingAloneIsNotWritten(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "sirocco.db")
	db, err := database.Open(t.Context(), url, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Migrate(t.Context(), pets), db.Close()); err != nil {
		t.Fatal(err)
	}
	reader := openMigrated(t, url, database.Options{ReadOnly: true})
	if _, err := reader.Native().(*sql.DB).Exec(`DELETE FROM pets`); err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("it is written: %v", err)
	}
}

// TestAMigrationThatIsMissing: where the last was done and one before it was not, not all is done.
func TestAMigrationThatIsMissing(t *testing.T) {
	db := openMigrated(t, "sqlite:"+filepath.Join(t.TempDir(), "sirocco.db"), database.Options{})
	if err := errors.Join(db.Migrate(t.Context(), pets), db.Migrate(t.Context(), pets)); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Native().(*sql.DB).Exec(`DELETE FROM schema_versions WHERE version_id = 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), pets); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("it is migrated: %v", err)
	}
}
