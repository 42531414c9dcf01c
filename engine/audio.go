package engine

import (
	"context"
	"errors"
	"io"
	"time"
)

// Audio keeps the recordings' audio.
type Audio interface {
	// Put keeps size bytes of body under key, or nothing.
	Put(ctx context.Context, key, contentType string, size int64, body io.Reader) error
	Delete(ctx context.Context, key string) error
	// Sweep removes what killed programs left.
	Sweep(ctx context.Context) error
}

const (
	// audioEvery is how often a node looks for audio that nothing needs.
	audioEvery = 5 * time.Second
	// sweepEvery is how often it looks for what killed programs left.
	sweepEvery = time.Hour
	// audioBatch bounds how much of it one look removes, audioTimeout how long each may take.
	audioBatch   = 20
	audioTimeout = 30 * time.Second
)

func (e *Engine) sweepAudio(ctx context.Context) (bool, error) {
	if e.Audio == nil {
		return false, nil
	}
	return false, e.Audio.Sweep(ctx)
}

// removeAudio removes uploads that no recording was made of in time, and what deleted recordings left.
func (e *Engine) removeAudio(ctx context.Context) (bool, error) {
	if e.Audio == nil {
		return false, nil
	}
	expired, err := e.Store.ExpiredUploads(ctx, audioBatch)
	if err != nil {
		return false, err
	}
	for _, u := range expired {
		err = errors.Join(err, e.removeOne(ctx, u.OrganizationID, u.Blob)) // one that fails holds up no other
	}
	return err == nil && len(expired) == audioBatch, err
}

func (e *Engine) removeOne(ctx context.Context, organization, blob string) error {
	ctx, cancel := context.WithTimeout(ctx, audioTimeout)
	defer cancel()
	given, err := e.Store.AbandonUpload(ctx, organization, blob)
	if err != nil || !given { // a recording was made of it in the meantime
		return err
	}
	if err := e.Audio.Delete(ctx, blob); err != nil {
		return err
	}
	return e.Store.ForgetUpload(ctx, organization, blob)
}
