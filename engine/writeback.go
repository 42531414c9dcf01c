package engine

import (
	"context"
	"time"

	"sirocco/store"
)

// writeBack sends the connection's deliveries that are due.
func (e *Engine) writeBack(_ context.Context, _ store.Task) (next time.Time, err error) {
	return time.Time{}, nil
}
