package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestCursorsOnlyGoBack asks for syncs from any time: a model begins at the earliest of its cursor and what was asked.
func TestCursorsOnlyGoBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		st := storetest.Open(t, url, func() time.Time { return now })
		org := storetest.Organization(t, st)
		c := storetest.Connection(t, st, org, hub.PlatformMerge, hub.ModelAccount, hub.ModelContact)
		day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
		storetest.Exec(t, st, `INSERT INTO sync_states (organization_id, connection_id, model, next, in_run, passed_run, failed, since)
			VALUES ($1, $2, 'ACCOUNT', '', FALSE, '', '', $3)`, org, c.ID, day(10).UnixMicro())
		beginning := time.Time{}
		for _, ask := range []struct{ from, begins time.Time }{
			{day(20), day(10)}, {day(8), day(8)}, {day(9), day(8)}, {now, day(8)}, {time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), beginning}, {day(7), beginning},
		} {
			if err := st.RequestSync(t.Context(), org, c.ID, nil, &ask.from); err != nil {
				t.Fatal(err)
			}
			states, err := st.SyncStates(t.Context(), org, c.ID)
			if err != nil || len(states) != 2 {
				t.Fatal(states, err)
			}
			for _, s := range states {
				if s.RewindTo == nil || s.Model == hub.ModelAccount && !s.RewindTo.Equal(ask.begins) {
					t.Errorf("from %s %s begins at %v, want %v", ask.from, s.Model, s.RewindTo, ask.begins)
				}
				if of := (store.SyncState{Model: hub.ModelContact, RewindTo: s.RewindTo}); s.Model == of.Model && !reflect.DeepEqual(s, of) {
					t.Errorf("a model that was never read is %+v", s)
				}
			}
		}
		ahead := now.Add(time.Second)
		err := st.RequestSync(t.Context(), org, c.ID, nil, &ahead)
		if _, ok := errors.AsType[*hub.InvalidError](err); !ok {
			t.Errorf("a time ahead of now: %v", err)
		}
	})
}
