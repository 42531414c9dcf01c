package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing/fstest"

	"sirocco/database"
)

// pets has one table, which a file makes, and one row, which a function writes.
var pets = database.Migrations{
	Files: fstest.MapFS{"0001_pets.sql": {Data: []byte("-- +goose Up\nCREATE TABLE pets (name TEXT PRIMARY KEY, legs BIGINT NOT NULL);\n")}},
	Funcs: map[int64]func(context.Context, *sql.Tx, database.Dialect) error{
		2: func(ctx context.Context, tx *sql.Tx, _ database.Dialect) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO pets (name, legs) VALUES ('Rex', 4)`)
			return err
		},
	},
}

type pet struct {
	name string
	legs int
}

func scanPet(r database.Row) (pet, error) {
	var p pet
	err := r.Scan(&p.name, &p.legs)
	return p, err
}

// openPets opens a new SQLite database with the table of pets in it. done closes and removes it.
func openPets(ctx context.Context) (db database.DB, done func()) {
	folder, err := os.MkdirTemp("", "pets-")
	if err != nil {
		log.Fatal(err)
	}
	db, err = database.Open(ctx, "sqlite:"+filepath.Join(folder, "pets.db"), database.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := db.Migrate(ctx, pets); err != nil {
		log.Fatal(err)
	}
	return db, func() {
		if err := errors.Join(db.Close(), os.RemoveAll(folder)); err != nil {
			log.Print(err)
		}
	}
}

func ExampleOpen() {
	ctx := context.Background()
	_, err := database.Open(ctx, "mysql://localhost/pets", database.Options{})
	fmt.Println(err)
	// Output: the database URL must begin with "sqlite:" or "postgres://", as in sqlite:sirocco.db
}

func ExampleMigrations() {
	ctx := context.Background()
	db, done := openPets(ctx)
	defer done()
	fmt.Println(db.Migrate(ctx, pets)) // the second time there is nothing to do
	_, err := db.Exec(ctx, `INSERT INTO schema_versions (version_id, is_applied) VALUES (9, TRUE)`)
	fmt.Println(err)
	newer, ok := errors.AsType[*database.NewerError](db.Migrate(ctx, pets))
	fmt.Println(ok, newer.Database, newer.Program)
	// Output:
	// <nil>
	// <nil>
	// true 9 2
}

func ExampleDB() {
	ctx := context.Background()
	db, done := openPets(ctx)
	defer done()
	err := db.Write(ctx, func(tx database.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO pets (name, legs) VALUES ($1, $2)`, "Polly", 2); err != nil {
			return err
		}
		return errors.New("thought better of it")
	})
	fmt.Println(err)
	n, err := db.Exec(ctx, `UPDATE pets SET legs = $1`, 3)
	fmt.Println(n, err) // only Rex is there
	// Output:
	// thought better of it
	// 1 <nil>
}

func ExampleQueryOne() {
	ctx := context.Background()
	db, done := openPets(ctx)
	defer done()
	const query = `SELECT name, legs FROM pets WHERE name = $1`
	fmt.Println(database.QueryOne(ctx, db, scanPet, query, "Rex"))
	_, err := database.QueryOne(ctx, db, scanPet, query, "Polly")
	fmt.Println(errors.Is(err, database.ErrNotFound))
	// Output:
	// {Rex 4} <nil>
	// true
}

func ExampleDialect_In() {
	for _, dialect := range []database.Dialect{database.SQLite, database.PostgreSQL} {
		in, arg := dialect.In("$1", []string{"Rex", "Polly"})
		fmt.Println(`SELECT legs FROM pets WHERE name `+in, arg)
	}
	// Output:
	// SELECT legs FROM pets WHERE name IN (SELECT value FROM json_each($1)) ["Rex","Polly"]
	// SELECT legs FROM pets WHERE name = ANY($1::text[]) [Rex Polly]
}
