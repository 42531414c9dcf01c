package audio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sirocco/audio"
	"sirocco/hub"
)

// each runs test over a folder and over an S3-compatible server, with the folder under which either keeps its files.
func each(t *testing.T, test func(t *testing.T, s *audio.Store, folder string)) {
	t.Helper()
	t.Run("disk", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "recordings")
		test(t, open(t, "file://"+folder), folder)
	})
	t.Run("s3", func(t *testing.T) {
		url, folder := startS3(t)
		test(t, open(t, url), folder)
	})
}

func open(t *testing.T, url string) *audio.Store {
	t.Helper()
	s, err := audio.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// server is built by scripts/need-s3.
const server = "../bin/versitygw-v1.8.0"

// startS3 starts an S3-compatible server with a bucket, whose files are in the folder. It ends with the test.
func startS3(t *testing.T) (url, folder string) {
	t.Helper()
	if _, err := os.Stat(server); err != nil {
		t.Fatal("the tests need an S3-compatible server: make s3 builds it")
	}
	folder, sidecar := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "recordings"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	command := exec.Command(server, "--port", address, "--access", "tester", "--secret", "of the test", "posix", "--sidecar", sidecar, folder)
	command.Stdout, command.Stderr = &log, &log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // its log says why
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
	})
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			break
		}
		select {
		case <-ended:
			t.Fatalf("the S3-compatible server did not start:\n%s", log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "tester")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "of the test")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return "s3://recordings?region=us-east-1&use_path_style=true&endpoint=http://" + address, filepath.Join(folder, "recordings")
}

// brokenReader yields some bytes and then fails.
type brokenReader struct{ left int }

var errBroken = errors.New("hung up")

func (r *brokenReader) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, errBroken
	}
	n := min(len(b), r.left)
	r.left -= n
	return n, nil
}

func TestAudio(t *testing.T) {
	each(t, func(t *testing.T, s *audio.Store, folder string) {
		ctx := t.Context()
		const size = 12 << 20 // S3 takes it in parts
		content := make([]byte, size)
		for i := range content {
			content[i] = byte(i % 251)
		}
		for name, body := range map[string]io.Reader{
			"broken off early": &brokenReader{left: 10},
			"broken off late":  &brokenReader{left: size - 1},
			"too short":        bytes.NewReader(content[1:]),
			"too long":         io.MultiReader(bytes.NewReader(content), strings.NewReader("x")),
		} {
			err := s.Put(ctx, "o/1", "audio/mpeg", size, body)
			var wrong *audio.SizeError
			if !errors.Is(err, errBroken) && !errors.As(err, &wrong) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := s.Read(ctx, "o/1"); !errors.Is(err, hub.ErrNotFound) {
				t.Errorf("%s: reading it: %v", name, err)
			}
		}
		if left := files(t, folder); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}

		if err := s.Put(ctx, "o/1", "audio/mpeg", size, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		// What breaks off leaves what was there, and so does what is whole.
		if err := s.Put(ctx, "o/1", "audio/mpeg", size, &brokenReader{left: 10}); !errors.Is(err, errBroken) {
			t.Error(err)
		}
		for _, other := range []int64{3, size} { // at once, and in parts
			if err := s.Put(ctx, "o/1", "audio/mpeg", other, bytes.NewReader(make([]byte, other))); !errors.Is(err, audio.ErrExists) {
				t.Errorf("%d other bytes: %v", other, err)
			}
		}
		r, err := s.Read(ctx, "o/1")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		if r.Size() != size {
			t.Errorf("%d bytes", r.Size())
		}
		for _, from := range []int64{size - 5, 7, 0} { // back and forth, as players do
			if _, err := r.Seek(from, io.SeekStart); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 5)
			if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, content[from:from+5]) {
				t.Errorf("from %d: %v, %v", from, got, err)
			}
		}

		if err := errors.Join(s.Delete(ctx, "o/1"), s.Delete(ctx, "o/1")); err != nil { // once more does nothing
			t.Error(err)
		}
		if _, err := s.Read(ctx, "o/1"); !errors.Is(err, hub.ErrNotFound) {
			t.Errorf("after its deletion: %v", err)
		}
		if left := files(t, folder); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
}

// TestManyPutAtOnce: of those who put audio under one key at the same time one does, and every other is told so.
func TestManyPutAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *audio.Store, folder string) {
		const many, size = 8, 1000
		for round := range 20 {
			key := fmt.Sprint("o/", round)
			var kept atomic.Int32 // the content of who kept it
			var group sync.WaitGroup
			for i := range int32(many) {
				group.Go(func() {
					switch err := s.Put(t.Context(), key, "audio/mpeg", size, bytes.NewReader(bytes.Repeat([]byte{byte(i + 1)}, size))); {
					case err == nil && !kept.CompareAndSwap(0, i+1):
						t.Errorf("%d and %d kept it", i+1, kept.Load())
					case err != nil && !errors.Is(err, audio.ErrExists):
						t.Error(err)
					}
				})
			}
			group.Wait()
			r, err := s.Read(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, bytes.Repeat([]byte{byte(kept.Load())}, size)) {
				t.Errorf("%d bytes, %v, of %v; %d kept it", len(got), err, got[:min(1, len(got))], kept.Load())
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if left := files(t, folder); len(left) != round+1 {
				t.Fatalf("left behind: %v", left)
			}
		}
	})
}

// TestSweep: what a killed program left goes, what is still being written stays.
func TestSweep(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "recordings")
	s := open(t, "file://"+folder)
	if err := s.Put(t.Context(), "o/1", "audio/mpeg", 1, strings.NewReader("1")); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-time.Hour)
	for name, at := range map[string]time.Time{"1": long, "2.a.tmp": long, "3.a.tmp": time.Now()} {
		path := filepath.Join(folder, "o", name)
		if err := errors.Join(os.WriteFile(path, []byte("1"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	left := files(t, folder)
	if len(left) != 2 || filepath.Base(left[0]) != "1" || filepath.Base(left[1]) != "3.a.tmp" {
		t.Errorf("left: %v", left)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, url := range []string{"", "/var/lib/recordings", "http://example.com", "ftp://x"} {
		if s, err := audio.Open(context.Background(), url); err == nil || s != nil || !strings.Contains(err.Error(), "file://") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// files are all those under the folder.
func files(t *testing.T, folder string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
