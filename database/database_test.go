package database_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sirocco/database"
	"sirocco/store/storetest"
)

// TestBothDialects runs on both databases what their texts say differently, and what their drivers answer differently.
func TestBothDialects(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		db, err := database.Open(ctx, url, database.Options{MaxConnections: 2})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx, pets); err != nil {
			t.Fatal(err)
		}
		const insert = `INSERT INTO pets (name, legs) VALUES ($1, $2)`
		err = db.WriteOne(ctx, func(tx database.Tx) error {
			_, err := tx.Exec(ctx, insert, "Polly", 2)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(ctx, func(tx database.Tx) error {
			d := tx.Dialect()
			in, arg := d.In("$1", []string{"Rex", "Polly", "Nemo"})
			found, err := database.QueryAll(ctx, tx, scanPet, `SELECT name, legs FROM pets WHERE name `+in+` ORDER BY name`+d.ForUpdate(), arg)
			if want := []pet{{"Polly", 2}, {"Rex", 4}}; err != nil || !slices.Equal(found, want) {
				t.Errorf("found %v, %v; want %v", found, err, want)
			}
			_, err = database.QueryAll(ctx, tx, scanPet, `SELECT name, legs FROM pets`+d.ForUpdateSkipLocked())
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := database.QueryOne(ctx, db, scanPet, `SELECT name, legs FROM pets WHERE legs = $1`, 100); !errors.Is(err, database.ErrNotFound) {
			t.Errorf("no such row is %v", err)
		}
		if _, err := database.QueryAll(ctx, db, func(database.Row) (pet, error) { return pet{}, errors.New("cannot be read") }, `SELECT name, legs FROM pets`); err == nil {
			t.Error("a row that cannot be read is no error")
		}
		_, err = db.Exec(ctx, insert, "Rex", 4)
		if err == nil || database.IsDuplicate(err) != (db.Dialect() == database.PostgreSQL) {
			t.Errorf("a second Rex is %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestLaterIsNotTooLate: what is to be done later is there for the next statement and the commit, in order, and what fails of it
// takes the whole transaction with it.
func TestLaterIsNotTooLate(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		db := openMigrated(t, url, database.Options{})
		if err := db.Migrate(ctx, pets); err != nil {
			t.Fatal(err)
		}
		const insert, all = `INSERT INTO pets (name, legs) VALUES ($1, $2)`, `SELECT name, legs FROM pets ORDER BY name`
		before, err := database.QueryAll(ctx, db, scanPet, all)
		if err != nil {
			t.Fatal(err)
		}
		err = db.Write(ctx, func(tx database.Tx) error {
			err := errors.Join(tx.Later(ctx, insert, "Ada", 2), tx.Later(ctx, `UPDATE pets SET legs = $1 WHERE name = $2`, 3, "Ada"))
			if err != nil {
				return err
			}
			found, err := database.QueryOne(ctx, tx, scanPet, `SELECT name, legs FROM pets WHERE name = $1`, "Ada")
			if found.legs != 3 {
				t.Errorf("the next statement finds %+v, %v", found, err)
			}
			if n, err := tx.Exec(ctx, `UPDATE pets SET legs = 4 WHERE name = $1`, "Ada"); n != 1 || err != nil {
				t.Errorf("it changes %d rows, %v", n, err)
			}
			return tx.Later(ctx, `DELETE FROM pets WHERE name = $1 AND legs = 4`, "Ada")
		})
		if err != nil {
			t.Error(err)
		}
		for where, after := range map[string]func(database.Tx) error{
			"at the commit": func(database.Tx) error { return nil },
			"before the next statement": func(tx database.Tx) error {
				_, err := tx.Exec(ctx, insert, "Cid", 4)
				return err
			},
		} {
			err := db.Write(ctx, func(tx database.Tx) error {
				if err := tx.Later(ctx, insert, "Bo", 4); err != nil {
					return err
				}
				if err := tx.Later(ctx, `INSERT INTO pets (name, legs) VALUES ($1, NULL)`, "Nil"); err != nil {
					return err
				}
				return after(tx)
			})
			if err == nil {
				t.Errorf("what fails %s is no error", where)
			}
		}
		if left, err := database.QueryAll(ctx, db, scanPet, all); err != nil || !slices.Equal(left, before) {
			t.Errorf("there are %v, %v; before there were %v", left, err, before)
		}
	})
}

// TestRowsAreChosenOnce changes some of the rows of a table of which nothing is known: no more than the limit says, and PostgreSQL
// looks for them once, not for each row of the table.
func TestRowsAreChosenOnce(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		db, err := database.Open(ctx, url, database.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Migrate(ctx, pets); err != nil {
			t.Fatal(err)
		}
		err = db.Write(ctx, func(tx database.Tx) error {
			for i := range 50 {
				if _, err := tx.Exec(ctx, `INSERT INTO pets (name, legs) VALUES ($1, $2)`, fmt.Sprint(i), 6); err != nil {
					return err
				}
			}
			some := ` WHERE ` + tx.Dialect().RowsOf(`pets WHERE legs = $1 ORDER BY name LIMIT $2`+tx.Dialect().ForUpdateSkipLocked())
			if n, err := tx.Exec(ctx, `UPDATE pets SET legs = 8`+some, 6, 20); n != 20 || err != nil {
				t.Errorf("%d rows were changed, %v", n, err)
			}
			if n, err := tx.Exec(ctx, `DELETE FROM pets`+some, 6, 100); n != 30 || err != nil {
				t.Errorf("%d rows were removed, %v", n, err)
			}
			if tx.Dialect() != database.PostgreSQL {
				return nil
			}
			plan, err := database.QueryAll(ctx, tx, func(r database.Row) (line string, err error) {
				err = r.Scan(&line)
				return line, err
			}, `EXPLAIN DELETE FROM pets WHERE `+tx.Dialect().RowsOf(`pets WHERE legs = 6 LIMIT 20`))
			if text := strings.Join(plan, "\n"); err != nil || !strings.Contains(text, "InitPlan") || strings.Contains(text, "Join") || strings.Contains(text, "SubPlan") {
				t.Errorf("%v: it is planned as\n%s", err, text)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestLostServerIsUnavailable stops a server: reads and writes say that it cannot be reached, and when to try again.
func TestLostServerIsUnavailable(t *testing.T) {
	server := storetest.StartServer(t)
	ctx := context.Background()
	db, err := database.Open(ctx, server.URL(), database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(ctx, pets); err != nil {
		t.Fatal(err)
	}
	server.Stop(t)
	_, read := database.QueryAll(ctx, db, scanPet, `SELECT name, legs FROM pets`)
	_, exec := db.Exec(ctx, `UPDATE pets SET legs = 3`)
	write := db.Write(ctx, func(database.Tx) error { return nil })
	for what, err := range map[string]error{"read": read, "exec": exec, "write": write} {
		unavailable, ok := errors.AsType[*database.UnavailableError](err)
		if !ok || unavailable.RetryAfter <= 0 || unavailable.Reason == "" || unavailable.Err == nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
