package store

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keys encrypts secrets at rest: each with a data key of its own, which a Tink keyset encrypts (envelope
// encryption). The keyset is in a file, which is read again when another program rotated it, or was
// given as text.
type Keys struct {
	path string

	mu     sync.RWMutex
	handle *keyset.Handle
	aead   tink.AEAD
	read   time.Time // modification time of the file as read
}

// ReadKeys reads the keyset in the file at path; where there is none it is os.ErrNotExist.
func ReadKeys(path string) (*Keys, error) {
	k := &Keys{path: path}
	return k, k.load()
}

// KeysFromFile reads the keyset in the file at path, and makes one, readable by its owner only, where there is none.
func KeysFromFile(path string) (k *Keys, made bool, err error) {
	k, err = ReadKeys(path)
	if !errors.Is(err, os.ErrNotExist) {
		return k, false, err
	}
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, false, err
	}
	if err := writeKeyset(path, handle, os.O_EXCL); err != nil {
		if errors.Is(err, os.ErrExist) { // another node was faster
			return k, false, k.load()
		}
		return nil, false, fmt.Errorf("make the key file: %w", err)
	}
	return k, true, k.load()
}

// KeysFromText reads a keyset in Tink's JSON, or that in base64.
func KeysFromText(text string) (*Keys, error) {
	raw := []byte(text)
	if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
		raw = decoded
	}
	k := &Keys{}
	return k, k.use(raw)
}

// CanRotate reports whether the keyset is in a file, and so can be changed.
func (k *Keys) CanRotate() bool { return k.path != "" }

// Rotate adds a new key to the file and makes it the one that encrypts; what older keys encrypted stays readable.
func (k *Keys) Rotate() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	manager := keyset.NewManagerFromHandle(k.handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return err
	}
	if err := manager.SetPrimary(id); err != nil {
		return err
	}
	handle, err := manager.Handle()
	if err != nil {
		return err
	}
	next := k.path + ".next"
	if err := errors.Join(os.RemoveAll(next), writeKeyset(next, handle, os.O_EXCL)); err != nil {
		return err
	}
	if err := os.Rename(next, k.path); err != nil {
		return err
	}
	return k.reload()
}

func writeKeyset(path string, handle *keyset.Handle, flag int) (err error) {
	var text bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&text)); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|flag, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text.Bytes())
	return errors.Join(err, f.Sync(), f.Close())
}

func (k *Keys) load() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.reload()
}

func (k *Keys) reload() error {
	info, err := os.Stat(k.path)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(k.path)
	if err != nil {
		return err
	}
	k.read = info.ModTime()
	return k.use(raw)
}

func (k *Keys) use(raw []byte) error {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return fmt.Errorf("the key is not a Tink keyset in JSON: %w", err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return err
	}
	k.handle, k.aead = handle, aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), primitive)
	return nil
}

// current returns the primitive, after reading the file again where it changed.
func (k *Keys) current() tink.AEAD {
	k.mu.RLock()
	current, read := k.aead, k.read
	k.mu.RUnlock()
	if k.path == "" {
		return current
	}
	if info, err := os.Stat(k.path); err != nil || info.ModTime().Equal(read) {
		return current
	}
	if k.load() != nil {
		return current
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.aead
}

// seal encrypts text for one place; it can be opened for that place only.
func (k *Keys) seal(text []byte, place string) (string, error) {
	if k == nil {
		return "", errors.New("the hub has no key to encrypt with")
	}
	sealed, err := k.current().Encrypt(text, []byte(place))
	return base64.StdEncoding.EncodeToString(sealed), err
}

func (k *Keys) open(sealed, place string) ([]byte, error) {
	if k == nil {
		return nil, errors.New("the hub has no key to decrypt with")
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, err
	}
	text, err := k.current().Decrypt(raw, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("the key does not open what is stored: %w", err)
	}
	return text, nil
}
