package store_test

import (
	"fmt"
	"slices"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestRecordsByContact finds records by their e-mail addresses and telephone numbers as they are now, however they are spelled and
// whatever the organization's region comes to be, page by page, and nothing of them once their connection is gone.
func TestRecordsByContact(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, st := t.Context(), storetest.Open(t, url, nil)
		organization := storetest.Organization(t, st)
		c := storetest.Connection(t, st, organization, hub.PlatformMerge, hub.ModelContact)
		commit := func(records ...hub.Record) {
			t.Helper()
			sched := storetest.Lease(t, st, organization, c.ID)
			if _, err := st.CommitPage(ctx, sched, store.PageCommit{State: store.SyncState{Model: hub.ModelContact}, Status: hub.SyncStateUpToDate, Records: records}); err != nil {
				t.Fatal(err)
			}
			storetest.Exec(t, st, `UPDATE schedules SET lease_until = NULL, due_at = $2 WHERE connection_id = $1`, c.ID, st.Now().UnixMicro())
		}
		contact := func(id string, d hub.Details) hub.Record {
			return hub.Record{Model: hub.ModelContact, ExternalID: id, Name: id, Details: d}
		}
		names := func(found []store.Record, err error) (all []string) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range found {
				all = append(all, r.Name)
			}
			return all
		}
		email := func(email string) []string {
			t.Helper()
			return names(st.RecordsByEmail(ctx, organization, hub.ModelContact, email, "", nil, 10))
		}
		phone := func(phone string) []string {
			t.Helper()
			return names(st.RecordsByPhone(ctx, organization, hub.ModelContact, phone, "", nil, 10))
		}
		expect := func(what string, got []string, want ...string) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		commit(
			contact("ann", hub.Details{Email: "Ann@Example.com", Emails: []string{"second@example.com"}, Phones: []string{"(602) 555-0142", "0151 23456789"}}),
			contact("bob", hub.Details{Email: "ann@example.com", Phones: []string{"702 555 0142"}}),
			contact("cid", hub.Details{}),
		)
		expect("an address of two", email(" ANN@EXAMPLE.COM"), "ann", "bob")
		expect("a second address", email("second@example.com"), "ann")
		expect("a number", phone("+1 602-555-0142"), "ann") // and not bob, whose last digits are the same
		expect("a number of another country", phone("+49 151 23456789"))
		expect("no address", email(""))
		expect("no number", phone("x"))
		expect("one connection", names(st.RecordsByEmail(ctx, organization, hub.ModelContact, "ann@example.com", hub.NewID(), nil, 10)))

		first, err := st.RecordsByEmail(ctx, organization, hub.ModelContact, "ann@example.com", "", nil, 1)
		expect("a page", names(first, err), "ann")
		expect("the next page", names(st.RecordsByEmail(ctx, organization, hub.ModelContact, "ann@example.com", "", &first[0], 1)), "bob")

		expect("a page after one of another number", names(st.RecordsByPhone(ctx, organization, hub.ModelContact, "+1 702 555 0142", "", nil, 1)), "bob")

		storetest.Exec(t, st, `UPDATE organizations SET details = '{"phoneRegion":"DE"}' WHERE id = $1`, organization)
		expect("a number, once the region is another", phone("+49 151 23456789"), "ann")
		storetest.Exec(t, st, `UPDATE organizations SET details = '{}' WHERE id = $1`, organization)

		commit(contact("ann", hub.Details{Email: "new@example.com", Phones: []string{"(602) 555-0142"}}), contact("bob", hub.Details{Email: "ann@example.com", Status: "changed"}))
		expect("an address that one has no more", email("ann@example.com"), "bob")
		expect("a second address that is no more", email("second@example.com"))
		expect("the new one", email("new@example.com"), "ann")
		expect("a number that stays", phone("6025550142"), "ann")
		expect("a number that is no more", phone("7025550142"))
		gone := contact("bob", hub.Details{Email: "ann@example.com"})
		gone.Deleted = true
		commit(gone)
		expect("who is deleted", email("ann@example.com"))

		if _, err := st.DeleteConnection(ctx, organization, c.ID, nil); err != nil {
			t.Fatal(err)
		}
		expect("whose connection is deleted", email("new@example.com"))
		for more := true; more; {
			if more, err = st.Purge(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM record_contacts`); n != 0 {
			t.Errorf("%d keys are left of a deleted connection", n)
		}
	})
}

// TestContactsAreUpgraded upgrades a database of version 39 with records: they are found by their addresses and numbers.
func TestContactsAreUpgraded(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, url string) {
		ctx := t.Context()
		if err := store.MigrateTo(ctx, url, 39); err != nil {
			t.Fatal(err)
		}
		db := connect(t, url)
		statements := []string{`INSERT INTO organizations (id, name, created_at) VALUES ('org', 'Acme', 0)`}
		const many = 1100 // more than a slice of the migration
		for c, platform := range map[string]string{"c": "MERGE", "d": "SERVICE_TITAN"} {
			statements = append(statements, `INSERT INTO connections (organization_id, id, platform, name, external_account_id, is_active, sync_transcript, sync_status, created_at, updated_at)
				VALUES ('org', '`+c+`', '`+platform+`', 'c', '4711`+c+`', TRUE, FALSE, '[]', 0, 0)`)
		}
		for i := range many {
			for _, c := range []string{"c", "d"} {
				statements = append(statements, fmt.Sprintf(`INSERT INTO records (organization_id, connection_id, model, external_id, id, name, details, hash, created_at, updated_at)
					VALUES ('org', '%[1]s', 'CONTACT', 'x%[2]d', '%[1]s%[2]d', 'Quinn', '{"email":"Q%[2]d@Example.com","phoneNumbers":["602 555 %04[2]d"]}', '', 1, 1)`, c, i))
			}
		}
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range statements {
			if _, err := tx.Exec(statement); err != nil {
				t.Fatal(err, statement)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		st := storetest.Open(t, url, nil)
		for _, i := range []int{0, 1, 999, 1000, many - 1} {
			byEmail, err := st.RecordsByEmail(ctx, "org", hub.ModelContact, fmt.Sprintf("q%d@example.com", i), "", nil, 9)
			if err != nil || len(byEmail) != 2 {
				t.Errorf("%d are found by the address %d, %v", len(byEmail), i, err)
			}
			byPhone, err := st.RecordsByPhone(ctx, "org", hub.ModelContact, fmt.Sprintf("+1602555%04d", i), "", nil, 9)
			if err != nil || len(byPhone) != 2 {
				t.Errorf("%d are found by the number %d, %v", len(byPhone), i, err)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM record_contacts`); n != 4*many {
			t.Errorf("%d keys", n)
		}
	})
}
