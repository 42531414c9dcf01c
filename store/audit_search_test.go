package store_test

import (
	"slices"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestPagesOfTheAuditLog lists the log in pages of each size: they are what one page of all has, in order, and what the last one has is not
// followed by an empty one.
func TestPagesOfTheAuditLog(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, st := t.Context(), storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		storetest.Connection(t, st, org, hub.PlatformMerge)
		team, err := st.CreateTeam(ctx, org, hub.Team{Name: "Sales"})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"East", "West", "North"} {
			if _, err := st.UpdateTeam(ctx, org, team.ID, hub.TeamPatch{Name: &name}); err != nil {
				t.Fatal(err)
			}
		}
		for what, c := range map[string]struct {
			search store.AuditSearch
			least  int
		}{
			"all":              {store.AuditSearch{}, 5},
			"of a kind":        {store.AuditSearch{ObjectKind: "team"}, 4},
			"of an object":     {store.AuditSearch{ObjectID: team.ID}, 4},
			"changes of it":    {store.AuditSearch{ObjectID: team.ID, Action: "update"}, 3},
			"of no such kind":  {store.AuditSearch{ObjectKind: "wing"}, 0},
			"of no such thing": {store.AuditSearch{ObjectID: hub.NewID()}, 0},
		} {
			search := c.search
			search.Limit = 1000
			all, next, err := st.SearchAudit(ctx, org, search)
			if err != nil || next != "" || len(all) < c.least || c.least == 0 && len(all) > 0 {
				t.Fatalf("%s: %d entries, next %q, %v", what, len(all), next, err)
			}
			for search.Limit = 1; search.Limit <= len(all)+1; search.Limit++ {
				search.Before = ""
				for page := range slices.Chunk(all, search.Limit) {
					want := page[len(page)-1].ID
					if want == all[len(all)-1].ID {
						want = ""
					}
					found, next, err := st.SearchAudit(ctx, org, search)
					if err != nil || !slices.Equal(found, page) || next != want {
						t.Fatalf("%s, %d at a time: %+v, next %q, %v; want %+v, next %q", what, search.Limit, found, next, err, page, want)
					}
					search.Before = next
				}
			}
		}
	})
}
