package store_test

import (
	"context"
	"fmt"
	"testing"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// BenchmarkWriteSlice prints how long the longest writes that a client may ask for hold SQLite's one writer:
//
//	go test ./store -run '^$' -bench WriteSlice -benchtime 5x
func BenchmarkWriteSlice(b *testing.B) {
	patches := func(round, n int, merged int) []hub.RecordPatch {
		all := make([]hub.RecordPatch, n)
		for i := range all {
			name := fmt.Sprintf("%d %d", round, i)
			all[i] = hub.RecordPatch{Model: hub.ModelAccount, ExternalID: fmt.Sprintf("a%d", i), Create: true, Change: func(r *hub.Record) { r.Name = name }}
		}
		for i := range merged {
			all[0].MergedFrom = append(all[0].MergedFrom, fmt.Sprintf("m%d-%d", round, i))
		}
		return all
	}
	for name, size := range map[string][2]int{
		"one record": {1, 0}, "a batch of 1000": {1000, 0}, "a merge of 100": {1, 100}, "the most that is allowed": {store.PushMost - 1000, 100},
	} {
		b.Run(name, func(b *testing.B) {
			st := storetest.Open(b, storetest.SQLite(b), nil)
			org := storetest.Organization(b, st)
			storetest.Connection(b, st, org, hub.PlatformCustomInput)
			round := 0
			for b.Loop() {
				round++
				if _, err := st.Push(context.Background(), org, patches(round, size[0], size[1])); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
