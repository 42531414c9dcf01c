package store

import (
	"context"

	"sirocco/hub"
)

// announce leaves behind what follows from a recording having come to be processed or linked, within the
// transaction that made it so: the event for subscribers, and the delivery to the CRM. Call rouse after the commit.
func (s *Store) announce(ctx context.Context, tx Tx, r hub.Recording, event hub.EventType) error {
	if err := s.emit(ctx, tx, r, event); err != nil {
		return err
	}
	return s.planDelivery(ctx, tx, r)
}
