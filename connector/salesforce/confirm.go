package salesforce

import (
	"context"

	"sirocco/connector"
	"sirocco/hub"
)

// usersOf are the models of a record's users, and what of them names the record.
var usersOf = map[hub.Model]struct {
	model hub.Model
	part  string
}{
	hub.ModelEngagement: {hub.ModelEngagementUser, "engagement"}, hub.ModelOpportunity: {hub.ModelOpportunityUser, "opportunity"},
}

// Confirm implements connector.Confirmer: an event is asked for with its invitees and what it is about, an opportunity with its
// team.
func (c Connector) Confirm(ctx context.Context, s *connector.Session, of hub.RecordRef) (connector.Confirmed, error) {
	found, err := connector.ConfirmFound(ctx, c, s, service, of)
	if err != nil || !found.Has(of) {
		return found, err
	}
	users, ok := usersOf[of.Model]
	src, _ := sourceOf(s, users.model)
	if named := src.Fields[users.part]; ok && named != "" {
		page, err := src.all(ctx, s, users.model, named, of.ExternalID)
		switch {
		case absent(err): // an object that many do not have
		case err != nil:
			return connector.Confirmed{}, err
		default:
			found.Records, found.Children = append(found.Records, page.Records...), append(found.Children, users.model)
		}
	}
	if err := connector.ConfirmAbout(ctx, c, s, service, of, &found); err != nil {
		return connector.Confirmed{}, err
	}
	return found, nil
}

// all reads all rows of the source that a field names a record in.
func (src Source) all(ctx context.Context, s *connector.Session, m hub.Model, field, externalID string) (connector.Page, error) {
	_, hidden, _, err := src.look(ctx, s)
	if err != nil {
		return connector.Page{}, err
	}
	got, used, err := query(ctx, s, "queryAll", src.selected(hidden)+" WHERE "+field+" = "+literal(externalID)+" LIMIT 2000")
	if err == nil {
		err = used.within(s)
	}
	if err != nil {
		return connector.Page{}, err
	}
	var page connector.Page
	src.appendTo(s, &page, m, got.records)
	if got.more || len(page.Rejected) > 0 {
		return connector.Page{}, connector.Fail(connector.Malformed, service, "who takes part in %s cannot be read", externalID)
	}
	return page, nil
}
