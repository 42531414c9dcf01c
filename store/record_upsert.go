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

// upsertEach runs one prepared statement for each row: on SQLite there is no round trip to save.
func upsertEach(ctx context.Context, tx Tx, organization, connection string, now int64, batch []recordRow) ([]writtenRecord, error) {
	const query = upsertHead + `VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)` + upsertTail
	var written []writtenRecord
	for _, row := range batch {
		w, err := queryAll(ctx, tx, scanWritten, query, append([]any{organization, connection, now}, row.args...)...)
		if err != nil {
			return nil, err
		}
		written = append(written, w...)
	}
	return written, nil
}

// upsertBatch sends the whole batch to PostgreSQL as one array for each column.
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
	return queryAll(ctx, tx, scanWritten, upsertHead+`SELECT $1::text, $2::text, $3::bigint, $3::bigint, rows.* FROM unnest(`+selected.String()+`) AS rows`+upsertTail, args...)
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
