// Package audio keeps the recordings' audio, on local disk or in any S3-compatible store. It streams: what is kept is
// never whole in memory, and what broke off while it came is not kept at all.
package audio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"sirocco/hub"
)

// Store is a place for audio. It is safe for concurrent use.
type Store struct {
	place place
}

// place is where audio is: a folder or a bucket.
type place interface {
	// put keeps all that body has under key, or nothing. It returns ErrExists where there is something already.
	put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	// read returns hub.ErrNotFound where there is nothing.
	read(ctx context.Context, key string) (*Reader, error)
	// remove does nothing where there is nothing.
	remove(ctx context.Context, key string) error
	// sweep removes what programs left that were killed.
	sweep(ctx context.Context) error
	close() error
}

// Open opens the place that rawURL names: file:///a/folder, which is made where there is none, file://./a/folder for
// one beside the program, or s3://bucket?endpoint=...&region=...
func Open(_ context.Context, rawURL string) (*Store, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("the URL of the audio: %w", err)
	}
	var p place
	switch u.Scheme {
	case "file":
		p, err = openFolder(u)
	case "s3":
		p, err = openBucket(u)
	default:
		return nil, errors.New(`the URL of the audio must begin with "file://" or "s3://", as in file:///var/lib/sirocco/recordings`)
	}
	if err != nil {
		return nil, fmt.Errorf("open the place of the audio: %w", err)
	}
	return &Store{place: p}, nil
}

// Close ends the store.
func (s *Store) Close() error { return s.place.close() }

// SizeError says that what came is not as long as was promised.
type SizeError struct{ Got, Want int64 }

func (e *SizeError) Error() string {
	if e.Got > e.Want {
		return fmt.Sprintf("the audio has more than the %d bytes promised", e.Want)
	}
	return fmt.Sprintf("the audio has %d of the %d bytes promised", e.Got, e.Want)
}

// Reader reads audio from wherever it is asked to.
type Reader struct {
	io.ReadSeekCloser

	size     int64
	modified time.Time
}

// Size returns how many bytes there are.
func (r *Reader) Size() int64 { return r.size }

// ModTime returns when the audio was kept.
func (r *Reader) ModTime() time.Time { return r.modified }

// ErrExists says that there is audio under the key already. It was left as it is.
var ErrExists = errors.New("the audio is here already")

// Put keeps size bytes of body under key, or returns ErrExists: audio is never replaced, however many write it at once
// and on whatever nodes. Where body breaks off, or has more or fewer, it keeps nothing.
func (s *Store) Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error {
	given := &promised{body: body, left: size, size: size}
	err := s.place.put(ctx, key, contentType, size, given)
	switch {
	case errors.Is(err, ErrExists):
		return ErrExists
	case given.err != nil: // whatever became of that on the way
		return fmt.Errorf("keep audio: %w", given.err)
	case err != nil:
		return fmt.Errorf("keep audio: %w", err)
	}
	return nil
}

// promised reads a body that was promised to have so many bytes. It gives out the last of them only when the body is
// known to end there, so that nobody takes for whole what is not.
type promised struct {
	body       io.Reader
	size, left int64
	// err is what was wrong with the body.
	err error
}

func (p *promised) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if p.left == 0 {
		return 0, io.EOF
	}
	n, err := p.body.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	if p.left == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			err = p.end()
		}
	} else if errors.Is(err, io.EOF) {
		err = &SizeError{Got: p.size - p.left, Want: p.size}
	}
	if err != nil {
		p.err = err
		return 0, err
	}
	return n, nil
}

// end returns an error unless the body has no more.
func (p *promised) end() error {
	n, err := io.ReadFull(p.body, make([]byte, 1))
	if n > 0 {
		return &SizeError{Got: p.size + 1, Want: p.size}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Read opens the audio under key, to be read from wherever it is asked to, or returns hub.ErrNotFound.
func (s *Store) Read(ctx context.Context, key string) (*Reader, error) {
	r, err := s.place.read(ctx, key)
	if err != nil && !errors.Is(err, hub.ErrNotFound) {
		return nil, fmt.Errorf("read audio: %w", err)
	}
	return r, err
}

// Delete removes the audio under key; where there is none it does nothing.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := s.place.remove(ctx, key); err != nil {
		return fmt.Errorf("delete audio: %w", err)
	}
	return nil
}

// Sweep removes from disk what uploads left whose program was killed. An S3-compatible store has rules of its own
// for that: AbortIncompleteMultipartUpload.
func (s *Store) Sweep(ctx context.Context) error { return s.place.sweep(ctx) }
