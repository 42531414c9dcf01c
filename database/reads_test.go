package database_test

import (
	"sync"
	"testing"

	"sirocco/database"
	"sirocco/store/storetest"
)

// TestReadsWaitForNoWriter lets as many write as may, none of whom ends, and more wait: who reads does not.
func TestReadsWaitForNoWriter(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		db, err := database.Open(ctx, url, database.Options{MaxConnections: 4})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}()
		if err := db.Migrate(ctx, pets); err != nil {
			t.Fatal(err)
		}
		most := 3 // of four connections to PostgreSQL
		if db.Dialect() == database.SQLite {
			most = 1
		}
		begun, end := make(chan struct{}, 20), make(chan struct{})
		var writers sync.WaitGroup
		for range 20 {
			writers.Go(func() {
				_ = db.Write(ctx, func(database.Tx) error {
					begun <- struct{}{}
					<-end
					return nil
				})
			})
		}
		for range most {
			<-begun
		}
		for range 10 {
			if _, err := database.QueryAll(ctx, db, scanPet, `SELECT name, legs FROM pets`); err != nil {
				t.Error(err)
			}
		}
		if len(begun) > 0 {
			t.Errorf("%d more writers began", len(begun))
		}
		close(end)
		writers.Wait()
	})
}
