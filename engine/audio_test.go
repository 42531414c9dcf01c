package engine_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sirocco/audio"
	"sirocco/engine"
	"sirocco/hub"
	"sirocco/store"
	"sirocco/store/storetest"
)

// TestAudioThatNothingNeedsIsRemoved: an upload of which no recording was made, and what a deleted recording left;
// what a recording needs stays.
func TestAudioThatNothingNeedsIsRemoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		var ahead atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
		st := storetest.Open(t, url, now)
		place, err := audio.Open(ctx, "file://"+filepath.Join(t.TempDir(), "recordings"))
		if err != nil {
			t.Fatal(err)
		}
		org := storetest.Organization(t, st)
		user, err := st.CreateUser(ctx, org, hub.User{Email: "rep@acme.example"})
		if err != nil {
			t.Fatal(err)
		}
		upload := func() string {
			u, err := st.CreateUpload(ctx, org, "audio/mpeg", 5)
			if err != nil {
				t.Fatal(err)
			}
			if err := place.Put(ctx, u.Blob, u.FileType, u.Size, strings.NewReader("12345")); err != nil {
				t.Fatal(err)
			}
			if _, err := st.StoreUpload(ctx, org, u.Blob, u.Size); err != nil {
				t.Fatal(err)
			}
			return u.Blob
		}
		record := func(blob string) hub.Recording {
			r, err := st.CreateRecording(ctx, org, hub.NewRecording{By: hub.Viewer{UserID: user.ID}, Blob: blob, FileType: "audio/mpeg", UserID: user.ID})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		there := func(blob string) bool {
			r, err := place.Read(ctx, blob)
			if err == nil {
				return r.Close() == nil
			}
			if !errors.Is(err, hub.ErrNotFound) {
				t.Error(err)
			}
			return false
		}
		unused, kept, deleted := upload(), record(upload()), record(upload())
		if _, err := st.DeleteRecording(ctx, org, deleted.ID); err != nil {
			t.Fatal(err)
		}
		ahead.Store(int64(hub.UploadKept + time.Minute))
		e, err := engine.New(engine.Config{Store: st, Audio: place, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Clock: now})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Start(ctx); err != nil {
			t.Fatal(err)
		}
		defer stop(t, e)
		until(t, "the audio is removed", func() bool { return !there(unused) && !there(deleted.Blob) })
		until(t, "nothing is left to remove", func() bool {
			left, err := st.ExpiredUploads(ctx, 10)
			return err == nil && len(left) == 0
		})
		if !there(kept.Blob) {
			t.Error("the audio of a recording was removed")
		}
		// The deleted recording tells that its audio is gone.
		all, err := st.Recordings(ctx, org, store.RecordingFilter{Limit: 10})
		if err != nil || len(all) != 2 || all[0].ID != kept.ID || all[1].PurgedAt.IsZero() || !all[0].PurgedAt.IsZero() {
			t.Errorf("%+v, %v", all, err)
		}
	})
}
