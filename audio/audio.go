// Package audio keeps the recordings' audio, on local disk or in any S3-compatible store. It streams: what is kept is
// never whole in memory, and what broke off while it came is not kept at all.
package audio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file://
	_ "gocloud.dev/blob/s3blob"   // s3://
	"gocloud.dev/gcerrors"

	"sirocco/hub"
)

// Store is a place for audio. It is safe for concurrent use.
type Store struct {
	bucket *blob.Bucket
	// folder is where it is on disk; empty where it is not.
	folder string
}

// Open opens the place that rawURL names: file:///a/folder, which is made where there is none, file://./a/folder for
// one beside the program, or s3://bucket?endpoint=...&region=...
func Open(ctx context.Context, rawURL string) (*Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("the URL of the audio: %w", err)
	}
	folder := ""
	switch u.Scheme {
	case "file":
		folder = filepath.FromSlash(u.Path)
		if u.Host == "." { // as fileblob has it
			folder = filepath.FromSlash(strings.TrimPrefix(u.Path, "/"))
		}
		q := u.Query()
		q.Set("create_dir", "true")
		q.Set("dir_file_mode", "0700")
		q.Set("metadata", "skip")   // the database has it
		q.Set("no_tmp_dir", "true") // a rename does not cross file systems
		u.RawQuery = q.Encode()
	case "s3":
	default:
		return nil, errors.New(`the URL of the audio must begin with "file://" or "s3://", as in file:///var/lib/sirocco/recordings`)
	}
	bucket, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("open the place of the audio: %w", err)
	}
	return &Store{bucket: bucket, folder: folder}, nil
}

// Close ends the store.
func (s *Store) Close() error { return s.bucket.Close() }

// SizeError says that what came is not as long as was promised.
type SizeError struct{ Got, Want int64 }

func (e *SizeError) Error() string {
	if e.Got > e.Want {
		return fmt.Sprintf("the audio has more than the %d bytes promised", e.Want)
	}
	return fmt.Sprintf("the audio has %d of the %d bytes promised", e.Got, e.Want)
}

// abandoned is how long an upload's file has not been written to when its program must have ended: uploads that
// stand still are ended much sooner.
const abandoned = 15 * time.Minute

// unfinished is how the names of files end that are not whole yet, or not yet known by their key. fileblob's do, too.
const unfinished = ".tmp"

// Sweep removes from disk what uploads left whose program was killed. An S3-compatible store has rules of its own
// for that: AbortIncompleteMultipartUpload.
func (s *Store) Sweep(ctx context.Context) error {
	if s.folder == "" {
		return nil
	}
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if d.IsDir() || !strings.HasSuffix(path, unfinished) {
			return nil
		}
		info, err := d.Info()
		if err == nil && time.Since(info.ModTime()) > abandoned {
			err = root.Remove(path)
		}
		if errors.Is(err, fs.ErrNotExist) { // it became whole, or another node was faster
			return nil
		}
		return err
	})
}

// Reader reads audio from wherever it is asked to.
type Reader = blob.Reader

// lookTimeout is how long a bucket has to say whether there is something under a key.
const lookTimeout = 10 * time.Second

// ErrExists says that there is audio under the key already. It was left as it is.
var ErrExists = errors.New("the audio is here already")

// Put keeps size bytes of body under key, or returns ErrExists: audio is never replaced, however many write it at once
// and on whatever nodes. Where body breaks off, or has more or fewer, it keeps nothing.
func (s *Store) Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error {
	ctx, cancel := context.WithCancel(ctx) // canceled before Close, it discards what was written
	defer cancel()
	written, opts := key, &blob.WriterOptions{ContentType: contentType, IfNotExist: true}
	if s.folder != "" { // fileblob looks first and renames then, which two may do at once
		written, opts.IfNotExist = key+"."+hub.NewID()+unfinished, false
	}
	w, err := s.bucket.NewWriter(ctx, written, opts)
	if err != nil {
		return fmt.Errorf("keep audio: %w", err)
	}
	given := &source{Reader: body}
	n, err := io.Copy(w, io.LimitReader(given, size+1))
	refused := err != nil && given.err == nil
	if err == nil && n != size {
		err = &SizeError{Got: n, Want: size}
	}
	if err != nil {
		cancel()
		_ = w.Close() // it fails: that is what it was canceled for
	} else if err = w.Close(); err != nil {
		refused = true
	} else if s.folder != "" {
		err = s.name(written, key)
	}
	if refused && s.has(ctx, key) { // a bucket that breaks off as it sees the key: its answer is lost
		return ErrExists
	}
	if gcerrors.Code(err) == gcerrors.FailedPrecondition || errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return fmt.Errorf("keep audio: %w", err)
	}
	return nil
}

// source remembers whether it was the body that failed.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// has reports whether there is audio under the key, though ctx may have ended.
func (s *Store) has(ctx context.Context, key string) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
	defer cancel()
	there, err := s.bucket.Exists(ctx, key)
	return err == nil && there
}

// name gives what was written its key, unless something has it.
func (s *Store) name(written, key string) error {
	root, err := os.OpenRoot(s.folder)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	return errors.Join(root.Link(written, key), root.Remove(written))
}

// Read opens the audio under key, to be read from wherever it is asked to, or returns hub.ErrNotFound.
func (s *Store) Read(ctx context.Context, key string) (*Reader, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, hub.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read audio: %w", err)
	}
	return r, nil
}

// Delete removes the audio under key; where there is none it does nothing.
func (s *Store) Delete(ctx context.Context, key string) error {
	err := s.bucket.Delete(ctx, key)
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("delete audio: %w", err)
	}
	return nil
}
