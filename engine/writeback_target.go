package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
	"sirocco/store"
)

// linked is what the recording is linked to by this delivery, with what that refers to.
func (s *deliveryAttempt) linked(ctx context.Context, r hub.Recording, info hub.PlatformInfo) (*hub.LinkedCRM, error) {
	r.Link.ConnectionID, r.Link.Model, r.Link.ExternalID, r.Link.Also = s.conn.ID, s.delivery.Model, s.delivery.ExternalID, nil
	crm, err := s.engine.Store.LinkedCRM(ctx, r)
	if err == nil && crm == nil {
		err = connector.Fail(connector.Temporary, info.Name, "the %s that the recording is linked to is gone; it may come back, as an appointment that was canceled does", s.delivery.Model)
	}
	return crm, err
}

// targetIDs are the external ids of the delivery's record and of what it refers to, one for each model.
func (s *deliveryAttempt) targetIDs(crm *hub.LinkedCRM) map[hub.Model]string {
	ids := map[hub.Model]string{}
	for model, found := range map[hub.Model]*hub.CRMIdentity{
		hub.ModelEngagement: crm.Engagement, hub.ModelOpportunity: crm.Opportunity, hub.ModelAccount: crm.Account, hub.ModelLead: crm.Lead,
	} {
		if found != nil {
			ids[model] = found.Key
		}
	}
	if len(crm.Contacts) > 0 {
		ids[hub.ModelContact] = crm.Contacts[0].Key
	}
	ids[s.delivery.Model] = s.delivery.ExternalID
	return ids
}

// targets are the models that a note may be put on instead of the one that is linked, which refers to them.
var targets = []hub.Model{hub.ModelEngagement, hub.ModelOpportunity, hub.ModelAccount, hub.ModelContact, hub.ModelLead}

// target is the record to put the note on: the linked one, or what it refers to where the CRM takes no notes on such.
func (s *deliveryAttempt) target(ctx context.Context, crm *hub.LinkedCRM, info hub.PlatformInfo) (hub.RecordRef, error) {
	reached := s.targetIDs(crm)
	if slices.Contains(info.NoteTargets, hub.ModelOpportunity) && !slices.Contains(info.NoteTargets, s.delivery.Model) {
		awaited, err := s.awaitsOpportunity(ctx)
		if err != nil {
			return hub.RecordRef{}, err
		}
		if awaited {
			return hub.RecordRef{}, s.notYet(info)
		}
		if err := s.reachOpportunity(ctx, reached, info); err != nil {
			return hub.RecordRef{}, err
		}
	}
	for _, model := range append([]hub.Model{s.delivery.Model}, targets...) {
		if id := reached[model]; id != "" && slices.Contains(info.NoteTargets, model) {
			return hub.RecordRef{Model: model, ExternalID: id}, nil
		}
	}
	awaited, err := s.awaitsTarget(ctx, crm, info)
	switch {
	case err != nil:
		return hub.RecordRef{}, err
	case awaited:
		return hub.RecordRef{}, s.notYet(info)
	}
	kind := connector.Refused
	if s.delivery.Model == hub.ModelEngagement { // people often say later what an appointment is about
		kind = connector.Temporary
	}
	return hub.RecordRef{}, connector.Fail(kind, info.Name, "no note can be put on the %s, and it refers to nothing that takes one: link the recording to %s instead",
		s.delivery.Model, oneOf(info.NoteTargets))
}

// reachOpportunity adds to what a contact refers to the opportunity that refers to the contact. Of several none is better than the others, and
// which of them the contact itself names changes with whatever was read last, so that a person has to choose.
func (s *deliveryAttempt) reachOpportunity(ctx context.Context, reached map[hub.Model]string, info hub.PlatformInfo) error {
	if s.delivery.Model != hub.ModelContact {
		return nil
	}
	of, err := s.engine.Store.OpportunitiesOfContact(ctx, s.conn.OrganizationID, s.conn.ID, s.delivery.ExternalID, 2)
	switch {
	case err != nil:
		return err
	case len(of) > 1:
		return connector.Fail(connector.Refused, info.Name, "the %s is of several records that take notes, as the %s %s and %s: link the recording to one of them instead",
			s.delivery.Model, hub.ModelOpportunity, of[0], of[1])
	case len(of) == 1:
		reached[hub.ModelOpportunity] = of[0]
	}
	return nil
}

// belongsOn is the record that the delivery's note belongs on by what is known now: that which has the note already, or else the target.
func (s *deliveryAttempt) belongsOn(ctx context.Context, crm *hub.LinkedCRM, info hub.PlatformInfo) (hub.RecordRef, error) {
	on, noted, err := s.notedOn(ctx, info)
	if err != nil {
		return on, err
	}
	target, err := s.target(ctx, crm, info)
	if !noted {
		return target, err
	}
	if err == nil && target != on {
		s.aside = fmt.Sprintf("The %s is of the %s %s by now; the note stays where it was first written, on the %s %s.", s.delivery.Model, target.Model, target.ExternalID, on.Model, on.ExternalID)
	}
	return on, ignoreConnector(err)
}

// reached is what the recording is linked to, and the record that its note belongs on. Where the linked record is gone, what was noted
// already is corrected where it stands.
func (s *deliveryAttempt) reached(ctx context.Context, r hub.Recording, info hub.PlatformInfo) (*hub.LinkedCRM, hub.RecordRef, error) {
	crm, err := s.linked(ctx, r, info)
	if err == nil {
		target, err := s.belongsOn(ctx, crm, info)
		return crm, target, err
	}
	if ignoreConnector(err) != nil {
		return nil, hub.RecordRef{}, err
	}
	on, noted, storeErr := s.notedOn(ctx, info)
	switch {
	case storeErr != nil:
		return nil, on, storeErr
	case !noted:
		return nil, on, err
	}
	s.aside = fmt.Sprintf("The %s is gone from the CRM; the note stays where it was first written, on the %s %s.", s.delivery.Model, on.Model, on.ExternalID)
	return &hub.LinkedCRM{}, on, nil
}

// notedOn is the record that has the note already which the delivery repeats or corrects: what it says belongs there, also
// where the appointment is about somebody else by now. It reports false where there is none, or the record is gone.
func (s *deliveryAttempt) notedOn(ctx context.Context, info hub.PlatformInfo) (on hub.RecordRef, noted bool, err error) {
	on, err = s.engine.Store.NotedOn(ctx, s.delivery)
	if err != nil || !slices.Contains(info.NoteTargets, on.Model) {
		return on, false, err
	}
	key := store.RecordKey{ConnectionID: s.conn.ID, Model: on.Model, ExternalID: on.ExternalID}
	known, err := s.engine.Store.RecordsByKey(ctx, s.conn.OrganizationID, []store.RecordKey{key})
	return on, known[key].ID != "", err
}

// awaitsOpportunity reports whether the delivery's record refers to an opportunity that is not known here.
func (s *deliveryAttempt) awaitsOpportunity(ctx context.Context) (bool, error) {
	own := store.RecordKey{ConnectionID: s.conn.ID, Model: s.delivery.Model, ExternalID: s.delivery.ExternalID}
	known, err := s.engine.Store.RecordsByKey(ctx, s.conn.OrganizationID, []store.RecordKey{own})
	about := store.RecordKey{ConnectionID: s.conn.ID, Model: hub.ModelOpportunity, ExternalID: known[own].Refs.Opportunity}
	if err != nil || about.ExternalID == "" {
		return false, err
	}
	known, err = s.engine.Store.RecordsByKey(ctx, s.conn.OrganizationID, []store.RecordKey{about}, store.DeletedToo) // which will not come
	return known[about].ID == "", err
}

// notYet is why a note waits for what its record refers to, rather than being put on something further away.
func (s *deliveryAttempt) notYet(info hub.PlatformInfo) error {
	return connector.Fail(connector.Temporary, info.Name, "no note can be put on the %s, and what it refers to is not known here yet", s.delivery.Model)
}

// awaitsTarget reports whether the delivery's record, or what it refers to, refers to a record that takes notes and is not
// known here.
func (s *deliveryAttempt) awaitsTarget(ctx context.Context, crm *hub.LinkedCRM, info hub.PlatformInfo) (bool, error) {
	var keys []store.RecordKey
	for model, id := range s.targetIDs(crm) {
		keys = append(keys, store.RecordKey{ConnectionID: s.conn.ID, Model: model, ExternalID: id})
	}
	known, err := s.engine.Store.RecordsByKey(ctx, s.conn.OrganizationID, keys)
	if err != nil {
		return false, err
	}
	for _, r := range known {
		for model, id := range map[hub.Model]string{
			hub.ModelOpportunity: r.Refs.Opportunity, hub.ModelAccount: r.Refs.Account, hub.ModelContact: r.Refs.Contact, hub.ModelLead: r.Refs.Lead,
		} {
			// What is on the way to a record that takes notes is waited for, too: an appointment's job may name the account.
			if id != "" && (slices.Contains(info.NoteTargets, model) || model == hub.ModelOpportunity) && known[store.RecordKey{ConnectionID: s.conn.ID, Model: model, ExternalID: id}].ID == "" {
				return true, nil
			}
		}
	}
	return false, nil
}

// oneOf names models as people choose among them: an OPPORTUNITY or a CONTACT.
func oneOf(models []hub.Model) string {
	names := make([]string, len(models))
	for i, m := range models {
		article := "a "
		if strings.ContainsRune("AEIOU", rune(m[0])) {
			article = "an "
		}
		names[i] = article + string(m)
	}
	return strings.Join(names, " or ")
}
