package companycam

import (
	"context"

	"sirocco/connector"
	"sirocco/hub"
)

// Confirm implements connector.Confirmer: a project is asked for with its contact and the users assigned to it.
func (c Connector) Confirm(ctx context.Context, s *connector.Session, of hub.RecordRef) (connector.Confirmed, error) {
	found, err := connector.ConfirmFound(ctx, c, s, service, of)
	if of.Model == hub.ModelOpportunity {
		found.Children = []hub.Model{hub.ModelContact, hub.ModelOpportunityUser}
	}
	return found, err
}
