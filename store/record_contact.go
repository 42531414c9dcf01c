package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"sirocco/database"
	"sirocco/hub"
)

// makeRecordContacts makes the table of the e-mail addresses and telephone numbers by which records are found, and fills it from
// the records that are there.
func makeRecordContacts(ctx context.Context, tx *sql.Tx, dialect database.Dialect) error {
	clustered := map[database.Dialect]string{database.SQLite: ` WITHOUT ROWID`}[dialect]
	if _, err := tx.ExecContext(ctx, `CREATE TABLE record_contacts (
		organization_id TEXT NOT NULL,
		connection_id   TEXT NOT NULL,
		model           TEXT NOT NULL,
		external_id     TEXT NOT NULL,
		key             TEXT NOT NULL,
		PRIMARY KEY (organization_id, connection_id, model, external_id, key))`+clustered); err != nil {
		return err
	}
	for last := (contactRow{}); ; {
		slice, err := contactRows(ctx, tx, last)
		if err != nil {
			return err
		}
		if len(slice) == 0 { // keys come in no order: sorted once, as all are there, they take a fifth of the time
			_, err := tx.ExecContext(ctx, `CREATE INDEX record_contacts_by_key ON record_contacts (organization_id, model, key, connection_id, external_id)`)
			return err
		}
		var own []contactRow // those of one connection and model
		for i, r := range slice {
			own, last = append(own, r), r
			if i+1 < len(slice) && slice[i+1].place() == r.place() {
				continue
			}
			if err := fillContacts(ctx, tx, dialect, own); err != nil {
				return err
			}
			own = own[:0]
		}
	}
}

type contactRow struct{ organization, connection, model, externalID, details string }

func (r contactRow) place() [3]string { return [3]string{r.organization, r.connection, r.model} }

func contactRows(ctx context.Context, tx *sql.Tx, last contactRow) (slice []contactRow, err error) {
	rs, err := tx.QueryContext(ctx, `SELECT organization_id, connection_id, model, external_id, details FROM records
		WHERE (organization_id, connection_id, model, external_id) > ($1, $2, $3, $4) ORDER BY organization_id, connection_id, model, external_id LIMIT $5`,
		last.organization, last.connection, last.model, last.externalID, fillSlice)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rs.Close()) }()
	for rs.Next() {
		var r contactRow
		if err := rs.Scan(&r.organization, &r.connection, &r.model, &r.externalID, &r.details); err != nil {
			return nil, err
		}
		slice = append(slice, r)
	}
	return slice, rs.Err()
}

func fillContacts(ctx context.Context, tx *sql.Tx, dialect database.Dialect, own []contactRow) error {
	var pairs []contactPair
	for _, r := range own {
		var d hub.Details
		if err := json.Unmarshal([]byte(r.details), &d); err != nil {
			return fmt.Errorf("details of record %s of connection %s: %w", r.externalID, r.connection, err)
		}
		for _, key := range d.ContactKeys() {
			pairs = append(pairs, contactPair{r.externalID, key})
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	for insert := range contactInserts(dialect, own[0].organization, own[0].connection, own[0].model, pairs) {
		if _, err := tx.ExecContext(ctx, insert.text, insert.args...); err != nil {
			return err
		}
	}
	return nil
}

// contactPair is a record's external id, and a key by which it is found.
type contactPair [2]string

const (
	contactsInsert = `INSERT INTO record_contacts (organization_id, connection_id, model, external_id, key) SELECT `
	contactsOnce   = ` ON CONFLICT DO NOTHING`
	contactsDelete = `DELETE FROM record_contacts WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND (external_id, key) IN (SELECT `
)

// contactsMost is how many pairs one of SQLite's statements writes.
const contactsMost = 20

// contactsSlices are SQLite's statements that write so many pairs, and that write one. They take values where selectPairs takes a
// list as JSON, which is read anew for each of its parts: too slow for all that a first sync brings.
var contactsSlices = map[int]string{1: contactsValues(1), contactsMost: contactsValues(contactsMost)}

// contactsValues is the statement that writes n pairs. Its parameters have no names, as in upsertValues.
func contactsValues(n int) string {
	return contactsInsert + `?, ?, ?, column1, column2 FROM (VALUES (?, ?)` + strings.Repeat(`, (?, ?)`, n-1) + `) WHERE TRUE` + contactsOnce
}

// contactInsert is a statement that writes pairs.
type contactInsert struct {
	text string
	args []any
}

// contactInserts are the statements that write the pairs of records of one model, none of which are there: PostgreSQL does not look for
// them.
func contactInserts(dialect database.Dialect, organization, connection, model string, pairs []contactPair) iter.Seq[contactInsert] {
	return func(yield func(contactInsert) bool) {
		if dialect != database.SQLite {
			selected, args := selectPairs(dialect, 4, pairs)
			yield(contactInsert{contactsInsert + `$1::text, $2::text, $3::text, ` + selected, append([]any{organization, connection, model}, args...)})
			return
		}
		for len(pairs) > 0 {
			n := 1
			if len(pairs) >= contactsMost {
				n = contactsMost
			}
			args := append(make([]any, 0, 3+2*n), organization, connection, model)
			for _, p := range pairs[:n] {
				args = append(args, p[0], p[1])
			}
			if !yield(contactInsert{contactsSlices[n], args}) {
				return
			}
			pairs = pairs[n:]
		}
	}
}

// selectPairs is what selects pairs, whose parameters begin with the number, and their values.
func selectPairs(dialect database.Dialect, number int, pairs []contactPair) (selected string, args []any) {
	if dialect == database.SQLite {
		text, _ := json.Marshal(pairs) //nolint:errchkjson // strings can always be written
		return fmt.Sprintf(`json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($%d) WHERE TRUE`, number), []any{string(text)}
	}
	ids, keys := make([]string, len(pairs)), make([]string, len(pairs))
	for i, p := range pairs {
		ids[i], keys[i] = p[0], p[1]
	}
	return fmt.Sprintf(`unnest($%d::text[]), unnest($%d::text[])`, number, number+1), []any{ids, keys}
}

// saveContacts keeps by which e-mail addresses and telephone numbers the records are found that were just made or changed.
// What is added goes with the statements that end the transaction.
func saveContacts(ctx context.Context, tx Tx, organization, connection string, model hub.Model, made, changed []*recordRow) error {
	if len(made) == 0 && len(changed) == 0 {
		return nil
	}
	before := map[contactPair]bool{}
	if len(changed) > 0 {
		ids := make([]string, len(changed))
		for i, row := range changed {
			ids[i] = row.externalID
		}
		in, arg := tx.Dialect().In("$4", ids)
		kept, err := queryAll(ctx, tx, scanContactPair, `SELECT external_id, key FROM record_contacts WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in,
			organization, connection, string(model), arg)
		if err != nil {
			return err
		}
		for _, p := range kept {
			before[p] = true
		}
	}
	var add, remove []contactPair
	for _, row := range slices.Concat(made, changed) {
		for _, key := range row.contacts {
			if p := (contactPair{row.externalID, key}); before[p] {
				delete(before, p)
			} else {
				add = append(add, p)
			}
		}
	}
	for p := range before {
		remove = append(remove, p)
	}
	if len(remove) > 0 {
		slices.SortFunc(remove, func(a, b contactPair) int { return slices.Compare(a[:], b[:]) })
		selected, args := selectPairs(tx.Dialect(), 4, remove)
		if _, err := tx.Exec(ctx, contactsDelete+selected+`)`, append([]any{organization, connection, string(model)}, args...)...); err != nil {
			return err
		}
	}
	if len(add) == 0 {
		return nil
	}
	for insert := range contactInserts(tx.Dialect(), organization, connection, string(model), add) {
		if err := tx.Later(ctx, insert.text, insert.args...); err != nil {
			return err
		}
	}
	return nil
}

func scanContactPair(r database.Row) (p contactPair, err error) {
	err = r.Scan(&p[0], &p[1])
	return p, err
}

const recordsByContactQuery = `SELECT connection_id, external_id FROM record_contacts WHERE organization_id = $1 AND model = $2 AND key = $3
	AND (connection_id, external_id) > ($4, $5) AND ($6 = '' OR connection_id = $6) ORDER BY connection_id, external_id LIMIT $7`

// RecordsByEmail finds the records of a model that have an e-mail address, however it is spelled, after a record, in one
// connection where it is not empty.
func (s *Store) RecordsByEmail(ctx context.Context, organization string, model hub.Model, email, connection string, after *Record, limit int) ([]Record, error) {
	return s.recordsByContact(ctx, organization, model, hub.ContactKeyOfEmail(email), connection, after, limit, func(d *hub.Details) bool { return d.HasEmail(email) })
}

// RecordsByPhone is RecordsByEmail for a telephone number; one that does not say where it is from is from the organization's
// region.
func (s *Store) RecordsByPhone(ctx context.Context, organization string, model hub.Model, phone, connection string, after *Record, limit int) ([]Record, error) {
	region, err := phoneRegion(ctx, s.db, organization, "")
	if err != nil {
		return nil, err
	}
	key := hub.ContactKeyOfPhone(phone, region)
	return s.recordsByContact(ctx, organization, model, key, connection, after, limit, func(d *hub.Details) bool { return d.HasPhone(phone, region) })
}

// contactsLooked bounds how many pages of records with one key are looked at for a page of those that are meant.
const contactsLooked = 40

func (s *Store) recordsByContact(ctx context.Context, organization string, model hub.Model, key, connection string, after *Record, limit int, has func(*hub.Details) bool) ([]Record, error) {
	var found []Record
	var last contactPair
	if after != nil {
		last = contactPair{after.ConnectionID, after.ExternalID}
	}
	if key == "" {
		return nil, nil
	}
	for range contactsLooked {
		page, err := queryAll(ctx, s.db, scanContactPair, recordsByContactQuery, organization, string(model), key, last[0], last[1], connection, limit)
		if err != nil {
			return nil, err
		}
		keys := make([]RecordKey, len(page))
		for i, p := range page {
			last, keys[i] = p, RecordKey{ConnectionID: p[0], Model: model, ExternalID: p[1]}
		}
		records, err := s.RecordsByKey(ctx, organization, keys)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if r, ok := records[k]; ok && has(&r.Details) {
				if found = append(found, r); len(found) == limit {
					return found, nil
				}
			}
		}
		if len(page) < limit {
			break
		}
	}
	return found, nil
}
