package store

import (
	"context"
	"fmt"
	"strings"

	"sirocco/database"
)

// recordArgs is how many parameters a recordRow has.
const recordArgs = 21

// upsertRows writes a batch of records, and answers for those that were not as they are.
func upsertRows(ctx context.Context, tx Tx, w recordWrite, batch []*recordRow) ([]writtenRecord, error) {
	switch now := micros(w.now); {
	case tx.Dialect() == database.SQLite:
		return upsertEach(ctx, tx, w.organization, w.connection, now, batch)
	case w.fresh:
		return insertBatch(ctx, tx, w.organization, w.connection, now, batch)
	default:
		return queryAll(ctx, tx, scanWritten, upsertHead+arraysText+upsertTail, arraysArgs(w.organization, w.connection, now, batch)...)
	}
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
func upsertEach(ctx context.Context, tx Tx, organization, connection string, now int64, batch []*recordRow) ([]writtenRecord, error) {
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

// insertBatch writes records of which none is there with the statements that end the transaction, which takes PostgreSQL a quarter
// less than to look for each. Where one is there after all, database.IsDuplicate is true of the error.
func insertBatch(ctx context.Context, tx Tx, organization, connection string, now int64, batch []*recordRow) ([]writtenRecord, error) {
	if err := tx.Later(ctx, upsertHead+arraysText, arraysArgs(organization, connection, now, batch)...); err != nil {
		return nil, err
	}
	written := make([]writtenRecord, len(batch))
	for i, row := range batch {
		written[i] = writtenRecord{externalID: row.externalID, id: row.id, updatedAt: now}
		if deleted, ok := row.args[deletedArg].(int64); ok {
			written[i].deletedAt = &deleted
		}
	}
	return written, nil
}

// batchColumns are the types of the parameters of a recordRow that differ from one record to another, which are all but the
// first and the last.
var batchColumns = [recordArgs - 2]string{
	"text", "text", "text", "text", "text", "text", "text", "text", "text", "text", "text",
	"bigint", "bigint", "text", "text", "bigint", "bigint", "text", "text",
}

// arraysText selects a whole batch for PostgreSQL from one array for each column, and arraysArgs are its parameters.
var arraysText = func() string {
	arrays := make([]string, len(batchColumns))
	for column, kind := range batchColumns {
		arrays[column] = fmt.Sprintf("unnest($%d::%s[])", column+6, kind)
	}
	return `SELECT $1::text, $2::text, $3::bigint, $3::bigint, $4::text, ` + strings.Join(arrays, ", ") + `, $5::bigint`
}()

func arraysArgs(organization, connection string, now int64, batch []*recordRow) []any {
	first := batch[0].args
	args := []any{organization, connection, now, first[0], first[askedArg]} // the model and when it was asked for are those of all
	for column := range batchColumns {
		args = append(args, columnOf(batch, column+1))
	}
	return args
}

// columnOf is one column of the batch as an array; nil where no row has a value, as unnest fills what is shorter than the rest with
// NULL.
func columnOf(batch []*recordRow, column int) any {
	values, some := make([]any, len(batch)), false
	for i, row := range batch {
		values[i] = row.args[column]
		some = some || values[i] != nil
	}
	if !some {
		return nil
	}
	return values
}
