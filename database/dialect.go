package database

import (
	"encoding/json"
	"strings"
)

// Dialect is the SQL that a database understands. Most statements are the same in both; where one is not, its two
// texts stand side by side, chosen by the Dialect of the Querier.
type Dialect string

// The dialects.
const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgres"
)

// ForUpdate is the end of a SELECT whose rows nobody else may change until the transaction ends. It is empty on SQLite,
// where the writer is alone.
func (d Dialect) ForUpdate() string {
	if d == SQLite {
		return ""
	}
	return " FOR UPDATE"
}

// ForShare is the end of a SELECT whose rows others may read so too, but nobody may change until the transaction ends.
func (d Dialect) ForShare() string {
	if d == SQLite {
		return ""
	}
	return " FOR SHARE"
}

// ForShareSkipLocked is ForShare, passing over rows that somebody is changing.
func (d Dialect) ForShareSkipLocked() string {
	if d == SQLite {
		return ""
	}
	return " FOR SHARE SKIP LOCKED"
}

// ForUpdateSkipLocked is ForUpdate, passing over rows that somebody else holds.
func (d Dialect) ForUpdateSkipLocked() string {
	if d == SQLite {
		return ""
	}
	return " FOR UPDATE SKIP LOCKED"
}

// Values makes what a FROM names to have each of values as a row of one column, v.value. They are the argument of the
// parameter, as for In.
func (d Dialect) Values(parameter string, values []string) (from string, arg any) {
	_, arg = d.In(parameter, values)
	if d == SQLite {
		return "json_each(" + parameter + ") v", arg
	}
	return "unnest(" + parameter + "::text[]) AS v(value)", arg
}

// RowsOf makes the condition of an UPDATE or a DELETE that a row is one of those that are chosen of its table, by what follows a FROM,
// with a LIMIT as a rule. They are looked for once: an IN with such a query PostgreSQL may run anew for each row of the table,
// which takes minutes for some thousands, and takes more rows than the limit says.
// A table without a rowid in SQLite needs its key there.
func (d Dialect) RowsOf(from string, key ...string) string {
	if d == SQLite {
		columns := "rowid"
		if len(key) > 0 {
			columns = "(" + strings.Join(key, ", ") + ")"
		}
		return columns + " IN (SELECT " + strings.Trim(columns, "()") + " FROM " + from + ")"
	}
	return "ctid = ANY (ARRAY(SELECT ctid FROM " + from + "))"
}

// In makes the condition that a column is one of values, which are the argument of the parameter, as in "$2". SQLite
// takes them as JSON, PostgreSQL as an array.
func (d Dialect) In(parameter string, values []string) (condition string, arg any) {
	if values == nil { // which would be NULL, and nothing is in it or out of it
		values = []string{}
	}
	if d == SQLite {
		text, _ := json.Marshal(values) //nolint:errchkjson // strings can always be written
		return "IN (SELECT value FROM json_each(" + parameter + "))", string(text)
	}
	return "= ANY(" + parameter + "::text[])", values
}
