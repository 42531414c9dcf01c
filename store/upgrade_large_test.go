package store_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"sirocco/store"
	"sirocco/store/storetest"
)

// upgradeVariable is how many records the database has that TestLargeUpgrade upgrades; without it the test is skipped.
const upgradeVariable = "SIROCCO_UPGRADE"

// TestLargeUpgrade measures how long the upgrade of a large database of version 39 takes, and how much memory. Migration 40 reads
// every record to find it by e-mail address and telephone number.
func TestLargeUpgrade(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv(upgradeVariable))
	if n < 1 {
		t.Skip(upgradeVariable + " is no number of records: make upgrade runs this")
	}
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if err := store.MigrateTo(ctx, url, 39); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		for _, statement := range []string{
			`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`,
			`INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
				VALUES ('org', 'c', 'MERGE', 'c', '4711', TRUE, FALSE, '[]', 0, 0)`,
			`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ` + strconv.Itoa(n) + `)
				INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at)
				SELECT 'org', 'c', 'CONTACT', 'x' || i, 'r' || i, 'Quinn ' || i, '{"firstName":"Quinn","lastName":"Whitfield ' || i || '","email":"Q' || i || '@Example.com",
				"emailAddresses":["quinn.' || i || '@example.org"],"phoneNumbers":["(602) 555 ' || (1000 + i % 9000) || '"],"addresses":[{"street":"' || i || ' Juniper Lane","city":"Tempe","state":"AZ","zipCode":"85281"}]}', '', 1, 1 FROM n`,
		} {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		peak := func() int64 {
			var used syscall.Rusage
			if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
				t.Fatal(err)
			}
			return used.Maxrss >> 10
		}
		before, began := peak(), time.Now()
		if err := store.MigrateTo(ctx, url, 40); err != nil {
			t.Fatal(err)
		}
		contacts, most := time.Since(began), peak()
		began = time.Now()
		st := storetest.Open(t, url, nil)
		rest := time.Since(began)
		if keys := storetest.Count(t, st, `SELECT COUNT(*) FROM record_contacts`); keys < 3*n {
			t.Errorf("%d keys of %d records", keys, n)
		}
		size := ""
		if file, ok := strings.CutPrefix(url, "sqlite:"); ok {
			if at, err := os.Stat(file); err == nil {
				size = fmt.Sprintf("; the file has %d MiB then", at.Size()>>20)
			}
		}
		t.Logf("%d records: migration 40 takes %s, and all after it %s; the program's memory was at most %d MiB before it and %d MiB in it%s",
			n, contacts.Round(100*time.Millisecond), rest.Round(100*time.Millisecond), before, most, size)
	})
}
