package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sirocco/database"
)

// TestWhatTheAuditLogKeepsOfLongThings cuts texts between letters and lists between items, and says how much there was.
func TestWhatTheAuditLogKeepsOfLongThings(t *testing.T) {
	text := strings.Repeat("x", auditText-1)
	var many []string
	var some []any
	for i := range auditList + 12 {
		many = append(many, fmt.Sprint(i))
	}
	for i := range auditList {
		some = append(some, fmt.Sprint(i))
	}
	for name, c := range map[string]struct{ given, want any }{
		"a number":           {7, 7},
		"a text":             {text + "x", text + "x"},
		"a long text":        {text + "xy", text + "x... (257 bytes)"},
		"a long text of ä":   {text + "äx", text + "... (258 bytes)"},
		"a list":             {many[:auditList], some},
		"a long list":        {many, append(append([]any{}, some...), "and 12 more")},
		"a list of long":     {[]any{text + "xy", []string{text + "xy"}}, []any{text + "x... (257 bytes)", []any{text + "x... (257 bytes)"}}},
		"a list of nothing":  {[]string{}, []any{}},
		"one more than most": {many[:auditList+1], append(append([]any{}, some...), "and 1 more")},
	} {
		if got := bounded(c.given); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, and not %v", name, got, c.want)
		}
	}
}

// TestAChangeAndItsEntryAreOneStatement: on PostgreSQL the update of a connection notes itself in the audit log, and the call that made it where
// there is one. SQLite has no such statement, so it is looked at only.
func TestAChangeAndItsEntryAreOneStatement(t *testing.T) {
	prepare := func(db database.DB, ctx context.Context, m database.Migrations) error { return db.Migrate(ctx, m) }
	st, err := open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "sirocco.db"), Options{}, prepare, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = st.Close() }()
	const update = `UPDATE connections SET name = $1 RETURNING *`
	looked := errors.New("it is looked at only")
	var asked string
	st.db = database.Intercept(st.db, func(_ context.Context, query string) error { asked = query; return looked })
	for _, call := range [][]any{nil, {"call", "t"}} {
		err := st.write(t.Context(), func(tx Tx) error {
			_, err := updateWithAudit(t.Context(), tx, update, []any{"Acme"}, make([]any, 10), call)
			return err
		})
		rest, begins := strings.CutPrefix(asked, `WITH changed AS (`+update+`), noted AS (INSERT INTO audit (`)
		if _, called, _ := strings.Cut(rest, ` FROM changed), called AS (`); !errors.Is(err, looked) || !begins || (called != "") != (call != nil) || !strings.HasSuffix(rest, `) SELECT `+connectionColumns+` FROM changed`) {
			t.Errorf("%v, %s", err, asked)
		}
	}
}
