package audio

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"sirocco/hub"
)

// folder keeps audio on disk, one file for each key.
type folder struct {
	root *os.Root
}

func openFolder(u *url.URL) (*folder, error) {
	name := filepath.FromSlash(u.Path)
	if u.Host == "." {
		name = filepath.FromSlash(strings.TrimPrefix(u.Path, "/"))
	} else if u.Host != "" {
		return nil, errors.New(`a folder is named as file:///a/folder, or as file://./a/folder beside the program`)
	}
	if err := os.MkdirAll(name, 0o700); err != nil { //nolint:gosec // the operator names the folder
		return nil, err
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &folder{root: root}, nil
}

func (f *folder) close() error { return f.root.Close() }

// unfinished is how the names of files end that are not whole yet, or not yet known by their key.
const unfinished = ".tmp"

func (f *folder) put(_ context.Context, key, _ string, _ int64, body io.Reader) error {
	if err := f.root.MkdirAll(path.Dir(key), 0o700); err != nil {
		return err
	}
	written := key + "." + hub.NewID() + unfinished
	file, err := f.root.OpenFile(written, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, body)
	if err == nil { // what is acknowledged outlasts a loss of power
		err = file.Sync()
	}
	err = errors.Join(err, file.Close())
	if err == nil { // a link is made or not, where a rename replaces
		err = f.root.Link(written, key)
	}
	if err == nil {
		err = f.syncFolders(path.Dir(key))
	}
	removed := f.root.Remove(written)
	if errors.Is(err, fs.ErrExist) {
		return errors.Join(ErrExists, removed)
	}
	return errors.Join(err, removed)
}

// syncFolders writes out a folder, and those above it, which may be as new.
func (f *folder) syncFolders(name string) error {
	for {
		dir, err := f.root.Open(name)
		if err != nil {
			return err
		}
		if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
			return err
		}
		if name == "." {
			return nil
		}
		name = path.Dir(name)
	}
}

func (f *folder) read(_ context.Context, key string) (*Reader, error) {
	file, err := f.root.Open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hub.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Reader{ReadSeekCloser: file, size: info.Size(), modified: info.ModTime()}, nil
}

func (f *folder) remove(_ context.Context, key string) error {
	err := f.root.Remove(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// abandoned is how long an upload's file has not been written to when its program must have ended: uploads that
// stand still are ended much sooner.
const abandoned = 15 * time.Minute

// now is the time of the disk, by which its files are dated: that of a shared one may not be this machine's.
func (f *folder) now() (time.Time, error) {
	name := "clock." + hub.NewID() + unfinished
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return time.Time{}, err
	}
	info, err := file.Stat()
	if err = errors.Join(err, file.Close(), f.root.Remove(name)); err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

func (f *folder) sweep(ctx context.Context) error {
	now, err := f.now()
	if err != nil {
		return err
	}
	return fs.WalkDir(f.root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if d.IsDir() || !strings.HasSuffix(path, unfinished) {
			return nil
		}
		info, err := d.Info()
		if err == nil && now.Sub(info.ModTime()) > abandoned {
			err = f.root.Remove(path)
		}
		if errors.Is(err, fs.ErrNotExist) { // it became whole, or another node was faster
			return nil
		}
		return err
	})
}
