package engine

import (
	"context"
	"slices"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// askForCustomers asks the vendor for those whom a linked record is with that no reading has brought, as their place and their names decide
// about the link, and keeps the answers. It reports whether there is one that cannot be asked for, and that a reading may bring.
func (s *deliveryAttempt) askForCustomers(ctx context.Context, c connector.Connector, of hub.RecordRef) (awaited bool, err error) {
	asked := map[hub.RecordRef]bool{}
	for before := -1; len(asked) > before; { // once more where something came: an opportunity names a customer
		before = len(asked)
		unread, err := s.engine.Store.Unread(ctx, s.conn.OrganizationID, s.conn.ID, of)
		if err != nil {
			return false, err
		}
		for _, ref := range unread {
			if asked[ref] || !slices.ContainsFunc(c.Info().Models, func(m hub.ModelInfo) bool { return m.Brings(ref.Model) }) {
				continue
			}
			asked[ref] = true
			comes, err := s.askForCustomer(ctx, c, ref)
			if err != nil {
				return false, err
			}
			awaited = awaited || comes
		}
	}
	return awaited, nil
}

// askForCustomer asks for one of them. One that is not there, or cannot be read, has nothing to say.
func (s *deliveryAttempt) askForCustomer(ctx context.Context, c connector.Connector, ref hub.RecordRef) (awaited bool, err error) {
	finder, ok := c.(connector.Finder)
	if !ok {
		return s.isReadWell(ctx, c.Info(), ref.Model)
	}
	if err := s.open(ctx, c); err != nil {
		return false, err
	}
	asked := s.engine.Clock()
	page, err := finder.Find(s.requests.of(ctx, ref.Model), &s.session.Session, ref.Model, []string{ref.ExternalID})
	switch {
	case connector.IsKind(err, connector.Refused): // it cannot be asked for by its id
		return s.isReadWell(ctx, c.Info(), ref.Model)
	case connector.IsKind(err, connector.Forbidden):
		return false, nil
	case err != nil:
		return false, err
	}
	kept := page.Records[:0]
	for i := range page.Records {
		r := &page.Records[i]
		if r.Mend(); r.Validate() == nil {
			kept = append(kept, *r)
		}
	}
	if len(kept) == 0 {
		return false, nil
	}
	if err := s.complete(ctx, kept); err != nil {
		return false, err
	}
	_, err = s.engine.Store.SaveConfirmed(ctx, s.conn.OrganizationID, s.conn.ID, store.Answer{Of: ref, AskedAt: asked, Records: kept})
	return false, err
}

// isReadWell reports whether the last reading of what brings a model has not failed, so that the next one may bring what is not known.
func (s *deliveryAttempt) isReadWell(ctx context.Context, info hub.PlatformInfo, model hub.Model) (bool, error) {
	states, err := s.engine.Store.SyncStates(ctx, s.conn.OrganizationID, s.conn.ID)
	return slices.ContainsFunc(states, func(st store.SyncState) bool {
		return st.Failed == "" && brings(info, st.Model, model)
	}), err
}
