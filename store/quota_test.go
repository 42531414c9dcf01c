package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// insist does something again where the database had no connection for it: so many at once may be more than a slow machine
// has some for.
func insist(do func() error) error {
	for {
		err := do()
		if _, unavailable := errors.AsType[*hub.UnavailableError](err); !unavailable {
			return err
		}
	}
}

// usedOf is how much of a resource the organization uses.
func usedOf(t *testing.T, st *store.Store, org string, resource hub.Resource) int64 {
	t.Helper()
	all, err := st.Usage(t.Context(), org)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range all {
		if u.Resource == resource {
			return u.Used
		}
	}
	t.Fatalf("%s is not shown", resource)
	return 0
}

// TestLimitsHoldAgainstWhoComesTogether makes more of everything than is allowed, at once and by two nodes, and no more
// than is allowed is there. Who has no limit is not refused.
func TestLimitsHoldAgainstWhoComesTogether(t *testing.T) {
	const limit, tried = 5, 20
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		nodes := []*store.Store{storetest.Open(t, url, nil), storetest.Open(t, url, nil)}
		st := nodes[0]
		limited, free := storetest.Organization(t, st), storetest.Organization(t, st)
		var over [2]string // two connections, whose pushes do not wait for each other
		for i, platform := range []hub.Platform{hub.PlatformCustomInput, hub.PlatformFunnel} {
			over[i] = storetest.Connection(t, st, limited, platform).ID
			storetest.Connection(t, st, free, platform)
		}
		to := "https://example.com/hook"
		for _, c := range []struct {
			resource hub.Resource
			limit    int64
			make     func(st *store.Store, org string, i int) error
		}{
			{hub.ResourceTokens, limit, func(st *store.Store, org string, i int) error {
				_, _, err := st.CreateToken(ctx, org, store.NewToken{Name: "t", Group: i%2 == 0})
				return err
			}},
			{hub.ResourceEndpoints, limit, func(st *store.Store, org string, _ int) error {
				w := hub.WebhookPatch{URL: &to}
				_, _, err := st.CreateEndpoint(ctx, org, w)
				return err
			}},
			{hub.ResourceAudio, limit * 1000, func(st *store.Store, org string, _ int) error {
				_, err := st.CreateUpload(ctx, org, "audio/mpeg", 1000)
				return err
			}},
			{hub.ResourceUploads, 2 * limit, func(st *store.Store, org string, _ int) error {
				_, err := st.CreateUpload(ctx, org, "audio/mpeg", 1)
				return err
			}},
			{hub.ResourceRecords, limit, func(st *store.Store, org string, i int) error {
				on := ""
				if org == limited {
					on = over[i/2%2]
				}
				_, err := st.PushOver(ctx, org, on, []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: fmt.Sprint(i), Create: true}})
				return err
			}},
		} {
			most := c.limit
			if err := st.SetLimits(ctx, limited, map[hub.Resource]*int64{c.resource: &most}); err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			var refused atomic.Int64
			for i := range tried {
				all.Go(func() {
					err := insist(func() error { return c.make(nodes[i%2], limited, i) })
					if quota, ok := errors.AsType[*hub.QuotaError](err); ok && quota.Resource == c.resource && quota.Limit == most {
						refused.Add(1)
					} else if err != nil {
						t.Errorf("%s: %v", c.resource, err)
					}
				})
				all.Go(func() {
					if err := insist(func() error { return c.make(nodes[i%2], free, i) }); err != nil {
						t.Errorf("%s of who has no limit: %v", c.resource, err)
					}
				})
			}
			all.Wait()
			if used := usedOf(t, st, limited, c.resource); used != most || refused.Load() == 0 {
				t.Errorf("%s: %d are used of %d, %d refused", c.resource, used, most, refused.Load())
			}
			if c.resource == hub.ResourceAudio { // the next needs some
				if err := st.SetLimits(ctx, limited, map[hub.Resource]*int64{c.resource: nil}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM records WHERE organization_id = $1`, limited); n != limit {
			t.Errorf("%d records are there", n)
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM quotas`); n != 4 {
			t.Errorf("%d limits are set", n)
		}
	})
}

// TestALimitBelowWhatIsUsed lets what is there be changed, and nothing more be made.
func TestALimitBelowWhatIsUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		storetest.Connection(t, st, org, hub.PlatformCustomInput)
		push := func(ids ...string) error {
			var patches []hub.RecordPatch
			for _, id := range ids {
				patches = append(patches, hub.RecordPatch{Model: hub.ModelAccount, ExternalID: id, Create: true, Change: func(r *hub.Record) { r.Name += "x" }})
			}
			_, err := st.Push(ctx, org, patches)
			return err
		}
		if err := push("1", "2", "3"); err != nil {
			t.Fatal(err)
		}
		most := int64(2)
		if err := st.SetLimits(ctx, org, map[hub.Resource]*int64{hub.ResourceRecords: &most}); err != nil {
			t.Fatal(err)
		}
		if err := push("1", "2", "3"); err != nil {
			t.Errorf("a change is answered %v", err)
		}
		if _, ok := errors.AsType[*hub.QuotaError](push("1", "4")); !ok {
			t.Error("a record more was taken")
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM records WHERE name = 'xx'`); n != 3 {
			t.Errorf("%d records were changed once more", n)
		}
		wrong := int64(-1)
		for _, limits := range []map[hub.Resource]*int64{{hub.ResourceRecords: &wrong}, {"wings": &most}} {
			if _, ok := errors.AsType[*hub.InvalidError](st.SetLimits(ctx, org, limits)); !ok {
				t.Errorf("%v was taken", limits)
			}
		}
		if err := st.SetLimits(ctx, hub.NewID(), nil); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("limits of nobody are answered %v", err)
		}
	})
}

// TestALimitIsCountedNoFurther: what has no counter is counted up to its limit and what is made, however much of it there is.
func TestALimitIsCountedNoFurther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx, st := t.Context(), storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		makeToken := func() error {
			_, _, err := st.CreateToken(ctx, org, store.NewToken{Name: "t"})
			return err
		}
		for range 6 {
			if err := makeToken(); err != nil {
				t.Fatal(err)
			}
		}
		most := int64(2)
		if err := st.SetLimits(ctx, org, map[hub.Resource]*int64{hub.ResourceTokens: &most}); err != nil {
			t.Fatal(err)
		}
		var counts []string
		store.Intercept(st, func(query string) error {
			if strings.HasPrefix(query, "SELECT COUNT(*) FROM (SELECT 1 FROM tokens ") && !slices.Contains(counts, query) {
				counts = append(counts, query)
			}
			return nil
		})
		if _, ok := errors.AsType[*hub.QuotaError](makeToken()); !ok {
			t.Error("a token more was made")
		}
		var counted []int
		for _, query := range counts {
			counted = append(counted, storetest.Count(t, st, query, org))
		}
		if want := []int{3, 4}; !slices.Equal(counted, want) { // one more than may be, and one more than that
			t.Errorf("%v were counted, want %v", counted, want)
		}
		if used := usedOf(t, st, org, hub.ResourceTokens); used != 6 {
			t.Errorf("%d are told to be used of 6", used)
		}
	})
}

// TestCountersFollow makes and removes what is counted by counters, in each way there is, and compares them with a count.
func TestCountersFollow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		st := storetest.Open(t, url, nil)
		org := storetest.Organization(t, st)
		u, err := st.CreateUser(ctx, org, hub.User{Email: "ann@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		same := func(when string) {
			t.Helper()
			if used, n := usedOf(t, st, org, hub.ResourceRecords), storetest.Count(t, st, `SELECT COUNT(*) FROM records`); used != int64(n) {
				t.Errorf("%s %d records are counted, %d are there", when, used, n)
			}
			n := storetest.Count(t, st, `SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM (SELECT size FROM uploads UNION ALL SELECT size FROM recordings WHERE deleted_at IS NULL) a`)
			if used := usedOf(t, st, org, hub.ResourceAudio); used != int64(n) {
				t.Errorf("%s %d bytes are counted, %d are there", when, used, n)
			}
		}
		audio := func(size int64) hub.Upload {
			t.Helper()
			up, err := st.CreateUpload(ctx, org, "audio/mpeg", 1000)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second says nothing new
				if _, err := st.StoreUpload(ctx, org, up.Blob, size); err != nil {
					t.Fatal(err)
				}
			}
			return up
		}
		up := audio(400)
		audio(1000)
		same("with audio")
		r, err := st.CreateRecording(ctx, org, hub.NewRecording{By: hub.Viewer{Admin: true}, Blob: up.Blob, FileType: "audio/mpeg", UserID: u.ID})
		if err != nil {
			t.Fatal(err)
		}
		same("with a recording")
		if _, err := st.DeleteRecording(ctx, org, r.ID); err != nil {
			t.Fatal(err)
		}
		same("with a deleted recording")
		for range 2 {
			if err := st.ForgetUpload(ctx, org, up.Blob); err != nil {
				t.Fatal(err)
			}
		}
		same("with removed audio")
		if used := usedOf(t, st, org, hub.ResourceAudio); used != 1000 {
			t.Errorf("%d bytes are used", used)
		}
		c := storetest.Connection(t, st, org, hub.PlatformCustomInput)
		for range 2 {
			if _, err := st.Push(ctx, org, []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: "1", Create: true}, {Model: hub.ModelUser, ExternalID: "1", Create: true, Delete: new(true)}}); err != nil {
				t.Fatal(err)
			}
		}
		same("with records")
		if _, err := st.DeleteConnection(ctx, org, c.ID, nil); err != nil {
			t.Fatal(err)
		}
		for more := true; more; {
			same("while they are purged")
			if more, err = st.Purge(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n := storetest.Count(t, st, `SELECT COUNT(*) FROM usages WHERE resource = 'records'`); n != 0 {
			t.Errorf("%d counters of a deleted connection are left", n)
		}
	})
}

// TestRequestsOfADay takes them by two nodes until none is left, and anew on the next day.
func TestRequestsOfADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		now := time.Date(2026, 11, 26, 23, 59, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		nodes := []*store.Store{storetest.Open(t, url, clock), storetest.Open(t, url, clock)}
		org := storetest.Organization(t, nodes[0])
		if taken, limit, _, err := nodes[0].TakeRequests(ctx, org); taken != 0 || limit != nil || err != nil {
			t.Fatalf("without a limit: %d of %v, %v", taken, limit, err)
		}
		most := int64(250)
		if err := nodes[0].SetLimits(ctx, org, map[hub.Resource]*int64{hub.ResourceRequests: &most}); err != nil {
			t.Fatal(err)
		}
		for day := range 2 {
			var all sync.WaitGroup
			var sum atomic.Int64
			for i := range 150 {
				all.Go(func() {
					var taken int64
					var until time.Time
					err := insist(func() (err error) {
						taken, _, until, err = nodes[i%2].TakeRequests(ctx, org)
						return err
					})
					if err != nil || !until.Equal(time.Date(2026, 11, 27+day, 0, 0, 0, 0, time.UTC)) {
						t.Errorf("until %s, %v", until, err)
					}
					sum.Add(taken)
				})
			}
			all.Wait()
			if used := usedOf(t, nodes[1], org, hub.ResourceRequests); sum.Load() != most || used != most {
				t.Errorf("day %d: %d were taken, %d are used", day, sum.Load(), used)
			}
			now = now.Add(24 * time.Hour)
		}
		if n := storetest.Count(t, nodes[0], `SELECT COUNT(*) FROM usages`); n != 1 {
			t.Errorf("%d counters are kept", n)
		}
	})
}
