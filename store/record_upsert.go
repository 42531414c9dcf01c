package store

import (
	"context"
	"strconv"
	"strings"

	"sirocco/database"
)

// recordArgs is how many parameters a recordRow has.
const recordArgs = 21

// upsertRows writes a batch of records, and answers for those that were not as they are.
func upsertRows(ctx context.Context, tx Tx, organization, connection string, now int64, batch []recordRow) ([]writtenRecord, error) {
	if tx.Dialect() == database.SQLite {
		return upsertEach(ctx, tx, organization, connection, now, batch)
	}
	return upsertBatch(ctx, tx, organization, connection, now, batch)
}

// upsertRowsMost is how many rows one of SQLite's statements writes: more save next to nothing.
const upsertRowsMost = 20

// upsertSlices are the statements that write so many rows, and that write one.
var upsertSlices = map[int]string{1: upsertValues(1), upsertRowsMost: upsertValues(upsertRowsMost)}

// upsertValues is the statement that writes n rows. Its parameters have no names: the driver looks each up in a list of all.
func upsertValues(n int) string {
	row := "(" + strings.Repeat("?, ", 4+recordArgs-1) + "?)"
	return upsertHead + "VALUES " + strings.Repeat(row+", ", n-1) + row + upsertTail
}

// upsertEach runs one of two prepared statements for each slice of rows: a text for each number of rows would be prepared for each.
func upsertEach(ctx context.Context, tx Tx, organization, connection string, now int64, batch []recordRow) ([]writtenRecord, error) {
	written := make([]writtenRecord, 0, len(batch))
	for len(batch) > 0 {
		n := 1
		if len(batch) >= upsertRowsMost {
			n = upsertRowsMost
		}
		args := make([]any, 0, n*(4+recordArgs))
		for _, row := range batch[:n] {
			args = append(append(args, organization, connection, now, now), row.args...)
		}
		w, err := queryAll(ctx, tx, scanWritten, upsertSlices[n], args...)
		if err != nil {
			return nil, err
		}
		written, batch = append(written, w...), batch[n:]
	}
	return written, nil
}

// upsertBatch sends the whole batch to PostgreSQL as one array for each column, and with it by which addresses and numbers its
// records are found: those of what is written are noted at once, without another question.
func upsertBatch(ctx context.Context, tx Tx, organization, connection string, now int64, batch []recordRow) ([]writtenRecord, error) {
	types := [recordArgs]string{
		"text", "text", "text", "text", "text", "text", "text", "text", "text", "text", "text", "text",
		"bigint", "bigint", "text", "text", "bigint", "bigint", "text", "text", "bigint",
	}
	var selected strings.Builder
	args := []any{organization, connection, now}
	for column, kind := range types {
		if column > 0 {
			selected.WriteString(", ")
		}
		selected.WriteString("$" + strconv.Itoa(column+4) + "::" + kind + "[]")
		args = append(args, columnOf(batch, column, kind))
	}
	var pairs []contactPair
	for _, row := range batch {
		for _, key := range row.record.Details.ContactKeys() {
			pairs = append(pairs, contactPair{row.record.ExternalID, key})
		}
	}
	upsert := upsertHead + `SELECT $1::text, $2::text, $3::bigint, $3::bigint, rows.* FROM unnest(` + selected.String() + `) AS rows` + upsertTail
	if len(pairs) == 0 {
		return queryAll(ctx, tx, scanWritten, upsert, args...)
	}
	found, pairArgs := selectPairs(tx.Dialect(), 5+recordArgs, pairs)
	return queryAll(ctx, tx, scanWritten, `WITH written AS (`+upsert+`), found AS (`+contactsInsert+`$1::text, $2::text, $`+strconv.Itoa(4+recordArgs)+`::text, `+found+`
		WHERE p.id IN (SELECT external_id FROM written)`+contactsOnce+`) SELECT external_id, id, updated_at, deleted_at FROM written`,
		append(append(args, string(batch[0].record.Model)), pairArgs...)...)
}

// columnOf is one column of the batch as an array that pgx can send.
func columnOf(batch []recordRow, column int, kind string) any {
	if kind == "bigint" {
		values := make([]*int64, len(batch))
		for i, row := range batch {
			values[i] = row.args[column].(*int64)
		}
		return values
	}
	values := make([]*string, len(batch))
	for i, row := range batch {
		switch v := row.args[column].(type) {
		case string:
			values[i] = &v
		case *string:
			values[i] = v
		}
	}
	return values
}
