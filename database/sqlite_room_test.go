package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sirocco/database"
	"sirocco/store/storetest"
)

// size is how many bytes a file has.
func size(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// openPetsFile opens a migrated file of pets.
func openPetsFile(t *testing.T, file string) database.DB {
	t.Helper()
	db, err := database.Open(t.Context(), "sqlite:"+file, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context(), pets); err != nil {
		t.Fatal(err)
	}
	return db
}

// grow adds pets whose names take a MiB each.
func grow(t *testing.T, db database.DB, most int) {
	t.Helper()
	for i := range most {
		if _, err := db.Exec(t.Context(), `INSERT INTO pets (name, legs) VALUES ($1, 100)`, fmt.Sprint(i)+strings.Repeat("o", 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWALIsTruncatedWhenReadersLeave writes beside a reader, who keeps the WAL from beginning anew.
func TestWALIsTruncatedWhenReadersLeave(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pets.db")
	db := openPetsFile(t, file)
	reading, err := storetest.OtherProgram(t, file).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reading.QueryRow(`SELECT count(*) FROM pets`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	grow(t, db, 8)
	if got := size(t, file+"-wal"); got < 8<<20 {
		t.Errorf("the WAL has %d bytes beside a reader", got)
	}
	if err := reading.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `UPDATE pets SET legs = 3 WHERE name = 'Rex'`); err != nil {
		t.Fatal(err)
	}
	storetest.Until(t, "the WAL is short again", func() bool { return size(t, file+"-wal") <= 4<<20 })
}

// TestFilesGiveRoomBack deletes most of a file: a new one shrinks in slices, an old one does once it was compacted.
func TestFilesGiveRoomBack(t *testing.T) {
	for _, old := range []bool{false, true} {
		t.Run(fmt.Sprintf("old %v", old), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pets.db")
			if old { // as files were made before
				made, err := sql.Open("sqlite", file)
				if err != nil {
					t.Fatal(err)
				}
				_, err = made.Exec(`CREATE TABLE schema_versions (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')));
					INSERT INTO schema_versions (version_id, is_applied) VALUES (0, 1)`)
				if err := errors.Join(err, made.Close()); err != nil {
					t.Fatal(err)
				}
			}
			db := openPetsFile(t, file)
			for range 2 {
				grow(t, db, 8)
				if _, err := db.Exec(t.Context(), `DELETE FROM pets WHERE legs = 100`); err != nil {
					t.Fatal(err)
				}
				slices := 0
				for more := true; more; slices++ {
					var err error
					if more, err = db.Shrink(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if old != (slices == 1) {
					t.Errorf("it gave room back in %d slices", slices-1)
				}
				if old {
					if err := db.Compact(t.Context()); err != nil {
						t.Fatal(err)
					}
					old = false
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if got := size(t, file); got > 2<<20 {
				t.Errorf("the file has %d bytes", got)
			}
		})
	}
}

// TestFullDisk opens a database where no room is left, not even for the WAL's index: it is read, and writes say what is wrong.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	mountSmall(t, folder)
	ctx := context.Background()
	file := filepath.Join(folder, "pets.db")
	db := openPetsFile(t, file)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ballast, err := os.Create(filepath.Join(folder, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = ballast.Write(make([]byte, 1<<10))
	}
	_ = ballast.Close()
	db = openPetsFile(t, file)
	if found, err := database.QueryAll(ctx, db, scanPet, `SELECT name, legs FROM pets`); err != nil || len(found) == 0 {
		t.Errorf("%v, %v", found, err)
	}
	_, err = db.Exec(ctx, `INSERT INTO pets (name, legs) VALUES ($1, 100)`, strings.Repeat("o", 1<<20))
	full, ok := errors.AsType[*database.UnavailableError](err)
	if !ok || !strings.Contains(full.Reason, "full") {
		t.Errorf("a write on a full disk is %v", err)
	}
}
