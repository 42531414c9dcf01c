package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sirocco/store"
	"sirocco/store/storetest"
)

// TestClaims claims webhook tasks, of which some are due, some hang, and one's job has died.
func TestClaims(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		at := func(ago time.Duration) int64 { return now.Add(-ago).UnixMicro() }
		task := func(organization, object, host string, due, lease any, timeouts int) {
			storetest.Exec(t, st, `INSERT INTO tasks (organization_id, kind, object_id, due_at, lease_until, turn, host, timeouts) VALUES ($1, 'WEBHOOK', $2, $3, $4, 0, $5, $6)`,
				organization, object, due, lease, host, timeouts)
		}
		for i := range 5 {
			task("a", fmt.Sprintf("a%d", i), "x", at(time.Hour-time.Duration(i)*time.Second), nil, 0)
		}
		task("b", "b", "y", at(time.Minute), nil, 0)
		task("c", "later", "x", at(-time.Minute), nil, 0)
		task("d", "died", "x", nil, at(time.Second), 0)
		task("e", "alive", "x", at(time.Hour), at(-time.Second), 0)
		task("f", "always hangs", "x", at(time.Hour), nil, 9)
		task("g", "hung once", "x", at(time.Second), nil, 1)
		task("h", "hung at y", "y", at(time.Second), nil, 3)
		task("i", "hangs at z", "z", at(time.Hour), nil, 2)
		task("j", "is tried at z", "z", nil, at(-time.Second), 2)
		claim := func(room store.Room) (due []store.Due, claimed []string, left bool) {
			t.Helper()
			choose := room.Choose
			room.Choose = func(all []store.Due) []store.Due { due = all; return choose(all) }
			_, left, err := st.ClaimTasks(t.Context(), store.TaskWebhook, room, time.Minute, func(_ store.Tx, ts []store.Task) error {
				for _, ts := range ts {
					claimed = append(claimed, ts.ObjectID)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(claimed)
			return due, claimed, left
		}
		none := func([]store.Due) []store.Due { return nil }
		names := func(due []store.Due) string {
			var b strings.Builder
			for _, d := range due {
				fmt.Fprintf(&b, "%s@%s %v, ", d.ObjectID, d.Host, d.TimedOut)
			}
			return b.String()
		}
		for _, c := range []struct {
			name, want string
			room       store.Room
		}{
			{"all", "died@x false, a0@x false, b@y false, a1@x false, a2@x false, a3@x false, a4@x false, hung once@x true, hung at y@y true, ", store.Room{Workers: 10, Lane: 10}},
			{"no lane is free", "died@x false, a0@x false, b@y false, a1@x false, a2@x false, a3@x false, ", store.Room{Workers: 1}},
			{"an organization is full", "died@x false, b@y false, ", store.Room{Workers: 10, FullOrganizations: []string{"a"}}},
			{"a host is full", "died@x false, b@y false, ", store.Room{Workers: 10, FullHosts: []string{"x"}}},
			{"no worker is free", "a0@x false, ", store.Room{}},
		} {
			c.room.Choose = none
			due, claimed, left := claim(c.room)
			if got := names(due); got != c.want || len(claimed) > 0 || !left {
				t.Errorf("%s: %s\nwant %s; claimed %v, left %v", c.name, got, c.want, claimed, left)
			}
		}
		// Another node is faster with one of those that are chosen.
		_, claimed, left := claim(store.Room{Workers: 3, Lane: 1, Choose: func(all []store.Due) []store.Due {
			storetest.Exec(t, st, `UPDATE tasks SET due_at = NULL, lease_until = $1, turn = 1 WHERE object_id = 'a0'`, at(-time.Minute))
			return slices.DeleteFunc(slices.Clone(all), func(d store.Due) bool { return !slices.Contains([]string{"a0", "b", "died", "hung once"}, d.ObjectID) })
		}})
		if want := []string{"b", "died", "hung once"}; !slices.Equal(claimed, want) || !left {
			t.Errorf("claimed %v, want %v; left %v", claimed, want, left)
		}
		// The lane of x is taken now, in which the other waits.
		if due, _, _ := claim(store.Room{Lane: 10, Choose: none}); names(due) != "a1@x false, hung at y@y true, " {
			t.Errorf("beside a job in the lane: %s", names(due))
		}
		// What is answered leaves the lane, what is not stays.
		hung := store.Task{OrganizationID: "g", Kind: store.TaskWebhook, ObjectID: "hung once", Fence: 1}
		timeouts := func() int { return storetest.Count(t, st, `SELECT timeouts FROM tasks WHERE object_id = 'hung once'`) }
		for _, c := range []struct {
			reach store.Reach
			want  int
		}{{store.Reach{}, 1}, {store.Reach{Host: "x", TimedOut: true}, 2}, {store.Reach{Host: "w"}, 0}} {
			if err := st.EndTask(t.Context(), hung, now, c.reach); err != nil {
				t.Fatal(err)
			}
			if got := timeouts(); got != c.want {
				t.Errorf("after %+v: %d timeouts, want %d", c.reach, got, c.want)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM tasks WHERE object_id = 'hung once' AND host = 'w'`); n != 1 {
			t.Error("the host is not known")
		}
	})
}

// TestClaimsHaveTheirIndexes asks SQLite how it looks for what may be claimed: never through a whole table.
func TestClaimsHaveTheirIndexes(t *testing.T) {
	storetest.Needs(t, "sqlite")
	st := storetest.Open(t, storetest.SQLite(t), nil)
	for name, query := range store.ClaimQueries() {
		indexed := 0
		for _, step := range queryPlan(t, st, query, 0, 0, 0, "[]", "[]") {
			table, _, _ := strings.Cut(name, " ")
			switch {
			case step == "SCAN "+table:
				t.Errorf("%s: %s", name, step)
			case strings.Contains(step, "INDEX "+table+"_"):
				indexed++
			}
		}
		if indexed == 0 {
			t.Errorf("%s uses no index", name)
		}
	}
}
