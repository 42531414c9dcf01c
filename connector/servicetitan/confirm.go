package servicetitan

import (
	"context"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// Confirm implements connector.Confirmer: an appointment is asked for with all of its assignments and its job, which is of a
// customer and at a location.
func (c Connector) Confirm(ctx context.Context, s *connector.Session, of hub.RecordRef) (connector.Confirmed, error) {
	found, err := connector.ConfirmFound(ctx, c, s, service, of)
	if err != nil || of.Model != hub.ModelEngagement || !found.Has(of) || strings.HasPrefix(of.ExternalID, eventPrefix) {
		return found, err
	}
	rows, err := askByIDs(ctx, s, assignments, "appointmentIds", []string{of.ExternalID})
	if err != nil {
		return connector.Confirmed{}, err
	}
	var page connector.Page
	if err := readAssignments(ctx, s, &page, rows); err != nil {
		return connector.Confirmed{}, err
	}
	for i := range page.Records {
		if page.Records[i].Refs.Engagement != of.ExternalID {
			return connector.Confirmed{}, connector.Fail(connector.Malformed, service, "the list of %s does not heed the appointment that it is asked for", assignments.path)
		}
	}
	if len(page.Rejected) > 0 {
		return connector.Confirmed{}, connector.Fail(connector.Malformed, service, "an assignment of appointment %s cannot be read: %s", of.ExternalID, page.Rejected[0].Reason)
	}
	if err := connector.ConfirmAbout(ctx, c, s, service, of, &found); err != nil {
		return connector.Confirmed{}, err
	}
	found.Records, found.Children = append(found.Records, page.Records...), []hub.Model{hub.ModelEngagementUser}
	return found, nil
}
