package engine

import (
	"context"
	"time"

	"sirocco/store"
)

// link links the organization's recordings to its CRMs' records.
func (e *Engine) link(_ context.Context, _ store.Task) (next time.Time, err error) {
	return time.Time{}, nil
}
