package store

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
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

// Keys encrypts secrets at rest: each with a data key of its own, which a key of a Tink keyset encrypts (envelope
// encryption). The keyset is in a file, which is read again when another program changed it, or was
// given as text.
type Keys struct {
	path string

	mu   sync.RWMutex
	ring *ring
	read time.Time // modification time of the file as read
}

// ring is a keyset.
type ring struct {
	handle *keyset.Handle
	// primary is the id of the key that encrypts where the database does not name another.
	primary uint32
	// opens decrypts what any of the keys encrypted, by encrypts with one of them.
	opens tink.AEAD
	by    map[uint32]tink.AEAD
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
	if err := k.use(raw); err != nil {
		return err // it may be half written: it is read again
	}
	k.read = info.ModTime()
	return nil
}

func (k *Keys) use(raw []byte) error {
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(raw)))
	if err != nil {
		return fmt.Errorf("the key is not a Tink keyset in JSON: %w", err)
	}
	r, err := newRing(handle)
	if err == nil {
		k.ring = r
	}
	return err
}

func newRing(handle *keyset.Handle) (*ring, error) {
	info := handle.KeysetInfo()
	r := &ring{handle: handle, primary: info.GetPrimaryKeyId(), by: map[uint32]tink.AEAD{}}
	for _, k := range info.GetKeyInfo() {
		manager := keyset.NewManagerFromHandle(handle)
		if err := manager.SetPrimary(k.GetKeyId()); err != nil { // it is disabled
			continue
		}
		one, err := manager.Handle()
		if err != nil {
			return nil, err
		}
		primitive, err := aead.New(one)
		if err != nil {
			return nil, err
		}
		r.by[k.GetKeyId()] = aead.NewKMSEnvelopeAEAD2(aead.AES256GCMKeyTemplate(), primitive)
	}
	r.opens = r.by[r.primary]
	if r.opens == nil {
		return nil, errors.New("the keyset has no primary key that is enabled")
	}
	return r, nil
}

// current returns the keyset, after reading the file again where it changed.
func (k *Keys) current() *ring {
	k.mu.RLock()
	current, read := k.ring, k.read
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
	return k.ring
}

// seal encrypts text for one place, with the key of that id; 0, and one that is not there, is the primary one. It can be
// opened for that place only.
func (k *Keys) seal(text []byte, place string, key uint32) (string, error) {
	if k == nil {
		return "", errors.New("the hub has no key to encrypt with")
	}
	r := k.current()
	with := r.by[key]
	if with == nil {
		with = r.by[r.primary]
	}
	sealed, err := with.Encrypt(text, []byte(place))
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
	text, err := k.current().opens.Decrypt(raw, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("the key does not open what is stored: %w", err)
	}
	return text, nil
}

// sealedBy is the id of the key that encrypted the text, as Tink writes it: before the encrypted data key is its length,
// and that begins with a 1 and the id. It is 0 for keys that leave their id out.
func sealedBy(sealed string) uint32 {
	const length, prefix = 4, 5
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < length+prefix || raw[length] != 1 {
		return 0
	}
	return binary.BigEndian.Uint32(raw[length+1:])
}
