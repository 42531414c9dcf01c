package store

import (
	"context"

	"sirocco/hub"
)

// followSettings does what follows from a change of an organization's time zone or of where its telephone numbers are
// from: its users are found by their numbers of there, and its recordings of the last 90 days are looked at again.
func (s *Store) followSettings(ctx context.Context, tx Tx, o hub.Organization, changes map[string]any) error {
	_, zone := changes["timeZone"]
	_, region := changes["phoneRegion"]
	if !zone && !region {
		return nil
	}
	if region {
		if err := rekeyPhones(ctx, tx, o.ID, o.Details.PhoneRegion); err != nil {
			return err
		}
	}
	now := s.clock()
	return requestRelink(ctx, tx, o.ID, now.Add(-relinkWindow), now.Add(hub.LongestRecording), now)
}
