package main

import (
	"log/slog"
	"os"
)

// secureKey warns of a key file that others than its owner may read, and makes one private where it is the one that
// Sirocco itself makes beside the database. One that was named may be a mounted secret, which often is 0444: it is used
// as it is.
func (f keyFlags) secureKey(database string, log *slog.Logger) {
	if f.Key != "" {
		return
	}
	file := f.file(database)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return
	}
	if f.KeyFile == "" && os.Chmod(file, 0o600) == nil {
		log.Warn("the key file could be read by others than its owner; now it cannot: if somebody has, rotate the key", "file", file, "mode", info.Mode().Perm().String())
		return
	}
	log.Warn("the key file can be read by others than its owner", "file", file, "mode", info.Mode().Perm().String())
}
