package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// betweenWrites is a context by which a test is told before each write that is made with it.
type betweenWrites struct {
	context.Context
	told func()
}

func (c betweenWrites) Done() <-chan struct{} {
	c.told()
	return c.Context.Done()
}

// TestASmallWriteBeginsBeforeABigOneEnds makes big changes, and when the first part of one is seen to be done lets somebody
// else write: that ends while the rest of the big one is still to come.
func TestASmallWriteBeginsBeforeABigOneEnds(t *testing.T) {
	const many = 2000
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	// Each change makes what there is ready, and returns what does it and what counts what is left to do.
	type change struct {
		do   func(context.Context) error
		left func() int
	}
	all := map[string]func(t *testing.T, w *benchWorld) change{
		"an erasure": func(t *testing.T, w *benchWorld) change {
			id := w.talk(t, many)
			return change{func(ctx context.Context) error {
				_, err := w.st.DeleteRecording(ctx, w.org, id)
				return err
			}, func() int {
				words, err := w.st.Utterances(t.Context(), hub.Recording{OrganizationID: w.org, ID: id}, 0, many)
				if err != nil {
					t.Error(err)
				}
				return len(words)
			}}
		},
		"a removal": func(t *testing.T, w *benchWorld) change {
			w.engagements(t, at, many)
			return change{func(ctx context.Context) error {
				n, err := w.st.DeleteRemoved(ctx, w.org, "", []string{"0-7"}, at, at)
				if n != many-1 {
					t.Errorf("%d were removed", n)
				}
				return err
			}, func() int { return w.living(t, store.RecordFilter{Model: hub.ModelEngagement, Limit: many}) - 1 }}
		},
		"a merge": func(t *testing.T, w *benchWorld) change {
			w.refer(t, "gone", many)
			return change{func(ctx context.Context) error {
				if _, err := w.st.Push(ctx, w.org, []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: "gone", MergedTo: "kept"}}); err != nil {
					return err
				}
				return untilDone(ctx, w.st.MoveReferences)
			}, func() int { return w.referring(t, "gone") }}
		},
		"a purge": func(t *testing.T, w *benchWorld) change {
			w.push(t, many)
			return change{func(ctx context.Context) error {
				if _, err := w.st.DeleteConnection(ctx, w.org, w.connection, nil); err != nil {
					return err
				}
				return untilDone(ctx, w.st.Purge)
			}, func() int { return int(usedOf(t, w.st, w.org, hub.ResourceRecords)) }}
		},
		"a deletion": func(t *testing.T, w *benchWorld) change {
			w.talks(t, "shown", many)
			return change{func(ctx context.Context) error {
				if _, err := w.st.Push(ctx, w.org, []hub.RecordPatch{{Model: hub.ModelAccount, ExternalID: "shown", Delete: new(true)}}); err != nil {
					return err
				}
				return untilDone(ctx, w.st.TouchRecordings)
			}, func() int { return w.still(t) }}
		},
		"a switch": func(t *testing.T, w *benchWorld) change {
			w.tasks(t, many)
			return change{func(ctx context.Context) error {
				if _, err := w.st.UpdateOrganization(ctx, w.org, "", hub.OrganizationPatch{Disabled: new(true)}); err != nil {
					return err
				}
				return untilDone(ctx, w.st.SwitchWork)
			}, func() int { return w.waiting(t) }}
		},
	}
	storetest.Each(t, func(t *testing.T, url string) {
		w := benchWorldOn(t, url)
		for name, begin := range all {
			t.Run(name, func(t *testing.T) {
				w := w
				if name == "a switch" {
					w = &benchWorld{st: w.st, org: storetest.Organization(t, w.st)}
				}
				if name == "a purge" { // of a connection that has all that the others left
					defer func() { w.connection = storetest.Connection(t, w.st, w.org, hub.PlatformCustomInput).ID }()
				}
				c := begin(t, w)
				total := c.left()
				var wrote, looking atomic.Bool
				err := c.do(betweenWrites{t.Context(), func() {
					if wrote.Load() || !looking.CompareAndSwap(false, true) {
						return
					}
					defer looking.Store(false)
					if left := c.left(); left == 0 || left == total {
						return
					}
					if _, _, err := w.st.CreateToken(t.Context(), w.org, store.NewToken{Name: "small"}); err != nil {
						t.Error(err)
					}
					wrote.Store(c.left() > 0)
				}})
				if err != nil || c.left() != 0 {
					t.Errorf("%d are left, %v", c.left(), err)
				}
				if !wrote.Load() {
					t.Error("nobody could write before its end")
				}
			})
		}
	})
}

// untilDone does slices until there are no more.
func untilDone(ctx context.Context, slice func(context.Context) (bool, error)) error {
	for {
		if more, err := slice(ctx); err != nil || !more {
			return err
		}
	}
}

func (w *benchWorld) living(t testing.TB, f store.RecordFilter) int {
	t.Helper()
	found, err := w.st.Records(t.Context(), w.org, f)
	if err != nil {
		t.Error(err)
	}
	return len(found)
}

// referring counts the contacts that refer to an account.
func (w *benchWorld) referring(t testing.TB, account string) (n int) {
	t.Helper()
	found, err := w.st.Records(t.Context(), w.org, store.RecordFilter{Model: hub.ModelContact, Limit: 10_000})
	if err != nil {
		t.Error(err)
	}
	for _, r := range found {
		if r.Refs.Account == account {
			n++
		}
	}
	return n
}

// TestReferencesFollowInSlices merges a record that more refer to than one transaction moves: recordings, and what merges of
// its survivor come in between, included. Of one that lives again what did not follow yet stays.
func TestReferencesFollowInSlices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		w := benchWorldOn(t, url)
		push := func(patches ...hub.RecordPatch) {
			t.Helper()
			if _, err := w.st.Push(ctx, w.org, patches); err != nil {
				t.Fatal(err)
			}
		}
		merge := func(from, to string) { push(hub.RecordPatch{Model: hub.ModelAccount, ExternalID: from, MergedTo: to}) }
		w.refer(t, "gone", 1200)
		push(hub.RecordPatch{Model: hub.ModelAccount, ExternalID: "last", Create: true})
		r := storetest.Recording(t, w.st, w.org, w.user, time.Now(), time.Hour)
		if _, err := w.st.SetLink(ctx, w.org, r, hub.Link{ConnectionID: w.connection, Model: hub.ModelAccount, ExternalID: "gone"}); err != nil {
			t.Fatal(err)
		}
		merge("gone", "kept")
		if moved := w.referring(t, "kept"); moved == 0 || moved == 1200 {
			t.Errorf("%d of 1200 references moved with the merge", moved)
		}
		merge("kept", "last")
		if err := untilDone(ctx, w.st.MoveReferences); err != nil {
			t.Fatal(err)
		}
		if moved := w.referring(t, "last"); moved != 1200 {
			t.Errorf("%d of 1200 references moved", moved)
		}
		if found, err := w.st.Recording(ctx, w.org, r); err != nil || found.Link.ExternalID != "last" {
			t.Errorf("the recording is linked to %s, %v", found.Link.ExternalID, err)
		}

		w.refer(t, "back", 700)
		merge("back", "last")
		push(hub.RecordPatch{Model: hub.ModelAccount, ExternalID: "back", Create: true, Delete: new(false)})
		stayed := w.referring(t, "back")
		if err := untilDone(ctx, w.st.MoveReferences); err != nil || stayed == 0 || w.referring(t, "back") != stayed {
			t.Errorf("%d references stayed, then %d, %v", stayed, w.referring(t, "back"), err)
		}
		if n := storetest.Count(t, w.st, `SELECT COUNT(*) FROM moves`); n != 0 {
			t.Errorf("%d merges are still to move", n)
		}
	})
}

// TestMergesCount refuses a push of too many merges, in both ways of naming them, before anything is written.
func TestMergesCount(t *testing.T) {
	w := newBenchWorld(t)
	into, from := []hub.RecordPatch{}, hub.RecordPatch{Model: hub.ModelAccount, ExternalID: "kept"}
	for i := range store.PushMost/store.MergeWeight + 1 {
		into = append(into, hub.RecordPatch{Model: hub.ModelAccount, ExternalID: fmt.Sprint(i), MergedTo: "kept"})
		from.MergedFrom = append(from.MergedFrom, fmt.Sprint(i))
	}
	for _, patches := range [][]hub.RecordPatch{into, {from}} {
		if _, err := w.st.Push(t.Context(), w.org, patches); !isInvalid(err) {
			t.Errorf("%d patches are answered %v", len(patches), err)
		}
	}
	if _, err := w.st.Push(t.Context(), w.org, into[1:]); err != nil {
		t.Errorf("the most that is allowed is answered %v", err)
	}
}

func isInvalid(err error) bool {
	_, ok := errors.AsType[*hub.InvalidError](err)
	return ok
}
