package store

import (
	"errors"
	"os"
	"slices"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// CanChange reports whether the keyset is in a file, and so can be changed.
func (k *Keys) CanChange() bool { return k.path != "" }

// IDs returns the ids of the keys that can be used, the one that was added last at the end.
func (k *Keys) IDs() []uint32 {
	var ids []uint32
	r := k.current()
	for _, info := range r.handle.KeysetInfo().GetKeyInfo() {
		if r.by[info.GetKeyId()] != nil {
			ids = append(ids, info.GetKeyId())
		}
	}
	return ids
}

// Primary is the id of the key that encrypts in a database that does not name another.
func (k *Keys) Primary() uint32 { return k.current().primary }

// Add adds a new key to the file and returns its id. Nothing is encrypted with it before Store.PromoteKey.
func (k *Keys) Add() (id uint32, err error) {
	err = k.change(func(m *keyset.Manager) error {
		id, err = m.Add(aead.AES256GCMKeyTemplate())
		return err
	})
	return id, err
}

// SetPrimary notes in the file which key encrypts.
func (k *Keys) SetPrimary(id uint32) error {
	return k.change(func(m *keyset.Manager) error { return m.SetPrimary(id) })
}

// Keep removes all keys but one from the file.
func (k *Keys) Keep(id uint32) error {
	others := slices.DeleteFunc(k.IDs(), func(other uint32) bool { return other == id })
	return k.change(func(m *keyset.Manager) error {
		err := m.SetPrimary(id)
		for _, other := range others {
			err = errors.Join(err, m.Delete(other))
		}
		return err
	})
}

// change replaces the file by one with the changed keyset: who reads it meanwhile finds the one or the other.
func (k *Keys) change(do func(*keyset.Manager) error) error {
	k.current() // somebody else may have changed it
	k.mu.Lock()
	defer k.mu.Unlock()
	manager := keyset.NewManagerFromHandle(k.ring.handle)
	if err := do(manager); err != nil {
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
