package engine

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"sirocco/store/storetest"
)

// keptAudio counts what is removed, and may fail.
type keptAudio struct {
	removed int
	fails   error
}

func (*keptAudio) Put(context.Context, string, string, int64, io.Reader) error { return nil }
func (*keptAudio) Sweep(context.Context) error                                 { return nil }

func (a *keptAudio) Delete(context.Context, string) error {
	a.removed++
	return a.fails
}

// TestAudioIsRemovedInBatches has more uploads that nothing needs than one look removes: the next look is at once where one removed all that it
// may, and not where nothing is left, or something failed.
func TestAudioIsRemovedInBatches(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		now := time.Now()
		st := storetest.Open(t, url, func() time.Time { return now })
		organization := storetest.Organization(t, st)
		for range audioBatch + 1 {
			if _, err := st.CreateUpload(t.Context(), organization, "audio/mpeg", 5); err != nil {
				t.Fatal(err)
			}
		}
		kept := &keptAudio{}
		e, err := New(Config{Store: st, Audio: kept, Logger: slog.New(slog.DiscardHandler), Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		now = now.AddDate(0, 0, 30)
		away := errors.New("the disk is away")
		for i, look := range []struct {
			fails   error
			removed int
			more    bool
		}{{away, audioBatch, false}, {nil, audioBatch, true}, {nil, 1, false}, {nil, 0, false}} {
			kept.removed, kept.fails = 0, look.fails
			if more, err := e.removeAudio(t.Context()); more != look.more || kept.removed != look.removed || !errors.Is(err, look.fails) {
				t.Errorf("the %d. look removes %d, not %d, and says that there is more: %t, %v", i+1, kept.removed, look.removed, more, err)
			}
		}
	})
}
