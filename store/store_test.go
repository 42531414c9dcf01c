package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"sirocco/hub"
	"sirocco/store/storetest"
)

func TestConnectionLife(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		n := hub.NewConnection{Name: "n", ExternalAccountID: "a", Platform: hub.PlatformMerge, Active: true, Models: []hub.Model{hub.ModelAccount}}
		c, err := st.CreateConnection(ctx, org, n)
		if err != nil {
			t.Fatal(err)
		}
		var conflict *hub.ConflictError
		if _, err := st.CreateConnection(ctx, org, n); !errors.As(err, &conflict) {
			t.Fatalf("second connection of a platform: %v, want a conflict", err)
		}
		// Many patches at once, each of another value: every one is a change, so UpdatedAt grows each time.
		var wg sync.WaitGroup
		seen := make([]hub.Connection, 50)
		for i := range seen {
			wg.Go(func() {
				name := fmt.Sprintf("n%d", i)
				var err error
				if seen[i], err = st.PatchConnection(ctx, org, c.ID, hub.ConnectionPatch{Name: &name}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		times := map[int64]bool{c.UpdatedAt.UnixMilli(): true}
		for _, p := range seen {
			times[p.UpdatedAt.UnixMilli()] = true
		}
		if len(times) != len(seen)+1 {
			t.Errorf("%d patches left %d distinct times", len(seen), len(times)-1)
		}
		if _, err := st.DeleteConnection(ctx, org, c.ID, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := st.Connection(ctx, org, c.ID); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("after the deletion: %v, want not found", err)
		}
	})
}
