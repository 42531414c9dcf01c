package store

import (
	"context"

	"sirocco/hub"
)

// DeepLink is the link that begins a recording of an engagement, with its subject as the title.
func (s *Store) DeepLink(ctx context.Context, organization, engagement string) (hub.DeepLink, error) {
	found, err := s.FindRecord(ctx, organization, RecordTarget{Model: hub.ModelEngagement, ID: engagement})
	return hub.DeepLink{
		Title: found.Details.Subject, ConnectionID: found.ConnectionID, Objects: []hub.RecordRef{{Model: hub.ModelEngagement, ExternalID: found.ShownID()}},
	}, err
}
