package engine

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sirocco/store"
	"sirocco/store/storetest"
)

// TestALookThatFailsIsNotOver lets the database fail at each step of a look at recordings: the job says so, and the look goes on with the
// next job, from where it was.
func TestALookThatFailsIsNotOver(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ fails, mends, says string }{
		"what is to be looked at": {`ALTER TABLE relinks RENAME TO away`, `ALTER TABLE away RENAME TO relinks`, "relinks"},
		"the recordings":          {`ALTER TABLE recordings RENAME TO away`, `ALTER TABLE away RENAME TO recordings`, "recordings"},
		"what the rule looks at":  {`ALTER TABLE user_matches RENAME TO away`, `ALTER TABLE away RENAME TO user_matches`, "user_matches"},
		"what the rule found":     {`CREATE TRIGGER full BEFORE UPDATE ON recordings BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`, `DROP TRIGGER full`, "the disk is full"},
	} {
		t.Run(name, func(t *testing.T) {
			st := storetest.Open(t, storetest.SQLite(t), nil)
			organization := storetest.Organization(t, st)
			e, err := New(Config{Store: st, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
			id := storetest.Recording(t, st, organization, "nobody's", at, time.Hour)
			storetest.Exec(t, st, `INSERT INTO relinks (organization_id, asked_from, asked_until) VALUES ($1, $2, $3)`, organization, at.UnixMicro(), at.Add(time.Hour).UnixMicro())
			storetest.Exec(t, st, `INSERT INTO tasks (organization_id, kind, object_id, due_at, turn) VALUES ($1, 'LINK', $1, $2, 0)`, organization, at.UnixMicro())
			task := store.Task{OrganizationID: organization, Kind: store.TaskLink, ObjectID: organization}
			storetest.Exec(t, st, test.fails)
			if _, err := e.link(t.Context(), task); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("it says %v", err)
			}
			storetest.Exec(t, st, test.mends)
			if next, err := e.link(t.Context(), task); err != nil || !next.IsZero() {
				t.Errorf("the next job: %s %v", next, err)
			}
			if r, err := st.Recording(t.Context(), organization, id); err != nil || r.Link.Reason == "" {
				t.Errorf("it was not looked at: %+v %v", r.Link, err)
			}
			if _, err := e.link(t.Context(), store.Task{OrganizationID: organization, Kind: store.TaskLink, ObjectID: organization, Fence: 1}); !errors.Is(err, store.ErrLeaseLost) {
				t.Errorf("a job that is not the task's: %v", err)
			}
		})
	}
}
