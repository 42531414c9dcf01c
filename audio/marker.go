package audio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"sirocco/hub"
)

// markerKey is where a store keeps by what it is known; recordings' audio is in folders.
const markerKey = "sirocco-store"

// markerMost is more than a marker has.
const markerMost = 256

// Marker returns what tells this store from others, whoever opens it and by whatever URL; hub.ErrNotFound where it has
// none yet.
func (s *Store) Marker(ctx context.Context) (string, error) {
	r, err := s.Read(ctx, markerKey)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(r, markerMost))
	if err := errors.Join(err, r.Close()); err != nil {
		return "", fmt.Errorf("read the marker of the audio store: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// Mark gives the store a marker, unless it has one, and returns it.
func (s *Store) Mark(ctx context.Context) (string, error) {
	marker := hub.NewID()
	err := s.Put(ctx, markerKey, "text/plain", int64(len(marker)), strings.NewReader(marker))
	if errors.Is(err, ErrExists) {
		return s.Marker(ctx)
	}
	return marker, err
}
