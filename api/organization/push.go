package organization

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"sirocco/api/wire"
	"sirocco/hub"
)

// patches collects what a push asks for, and what is wrong with it.
type patches struct {
	all    []hub.RecordPatch
	issues []hub.Issue
	// resolve finds the external id of a record of the connection that is pushed to, named by our id. One that is not
	// there is hub.ErrNotFound.
	resolve func(m hub.Model, id string) (externalID string, err error)
	// failed is why something could not be resolved now.
	failed error
}

// err is why the push cannot be, or nil.
func (p *patches) err() error {
	switch {
	case p.failed != nil:
		return p.failed
	case len(p.issues) > 0:
		return &hub.InvalidError{Issues: p.issues}
	}
	return nil
}

// add adds a patch of a record that the body names. Its ids must fit into the databases' indexes.
func (p *patches) add(patch hub.RecordPatch) {
	p.check(hub.ValidateID(hub.SubField(patch.Field, "externalId"), patch.Model, patch.ExternalID))
	p.check(hub.ValidateID(hub.SubField(patch.Field, "mergedToExternalId"), patch.Model, patch.MergedTo))
	for i, from := range patch.MergedFrom {
		p.check(hub.ValidateID(hub.SubField(patch.Field, fmt.Sprintf("mergedFromExternalIds[%d]", i)), patch.Model, from))
	}
	p.addMade(patch)
}

// addMade adds a patch of a record whose external id is made of what was checked.
func (p *patches) addMade(patch hub.RecordPatch) { p.all = append(p.all, patch) }

// check takes in what is wrong by a rule of the domain.
func (p *patches) check(err error) {
	if invalid, ok := errors.AsType[*hub.InvalidError](err); ok {
		p.issues = append(p.issues, invalid.Issues...)
	}
}

func (p *patches) wrong(field, problem, want string) {
	p.issues = append(p.issues, hub.Issue{Field: field, Problem: problem, Want: want})
}

// at reads a time.
func (p *patches) at(field, text string) time.Time {
	t, ok := hub.ReadTime(text)
	if !ok {
		p.wrong(field, "is not a time", hub.WantTime)
	}
	return t
}

// wire is a pushed time, or date, as records keep those that only are shown; empty where it is cleared by null, and nil where
// nothing was sent.
func (p *patches) wire(field string, m wire.Optional[string]) *string {
	if !m.Sent {
		return nil
	}
	if m.Null {
		return new(string)
	}
	t, ok := hub.ReadTimeOrDate(m.Value)
	if !ok {
		p.wrong(field, "is not a time", hub.WantTimeOrDate)
	}
	shown := hub.WireTime(t)
	return &shown
}

// deletion is what a time of deletion asks for: a time deletes, null brings back, and where it was left out nothing is said.
func (p *patches) deletion(field string, m wire.Optional[wire.Moment]) *bool {
	if !m.Sent {
		return nil
	}
	if !m.Null {
		p.at(hub.SubField(field, "deletedAt"), string(m.Value))
	}
	deleted := !m.Null
	return &deleted
}

func (l *Place) change(d *hub.Details) {
	if l.Latitude != nil {
		d.Latitude = l.Latitude
	}
	if l.Longitude != nil {
		d.Longitude = l.Longitude
	}
	wire.Set(&d.Phones, l.PhoneNumbers)
	if l.EmailAddresses != nil {
		d.Emails, d.Email = *l.EmailAddresses, ""
		if len(d.Emails) > 0 {
			d.Email = d.Emails[0]
		}
	}
	if l.Addresses != nil {
		d.Addresses = nil
		for _, a := range *l.Addresses {
			d.Addresses = append(d.Addresses, hub.Address(a))
		}
	}
}

// party adds the patch of an account, contact or lead. mere says that the body only points at it.
func (p *patches) party(field string, m hub.Model, externalID string, place *Place, life *Life, mere bool, change func(*hub.Record)) {
	active := p.wire(field+".lastActivityAt", life.LastActivityAt)
	patch := hub.RecordPatch{
		Model: m, ExternalID: externalID, Field: field, Create: !mere, Lives: !mere, Delete: p.deletion(field, life.DeletedAt), MergedFrom: life.MergedFromExternalIDs,
		Change: func(r *hub.Record) {
			change(r)
			place.change(&r.Details)
			wire.Set(&r.Details.LastActivity, active)
			if life.Owner.Sent {
				r.Refs.Owner = life.Owner.Value.ExternalID
			}
		},
	}
	if life.Owner.Sent {
		p.check(hub.ValidateID(field+".owner.externalId", hub.ModelUser, life.Owner.Value.ExternalID))
	}
	wire.Set(&patch.MergedTo, life.MergedToExternalID)
	if patch.MergedTo == externalID {
		p.wrong(field+".mergedToExternalId", "is the record itself", "another record of the same kind")
		return
	}
	if slices.Contains(patch.MergedFrom, externalID) {
		p.wrong(field+".mergedFromExternalIds", "has the record itself", "other records of the same kind")
		return
	}
	p.add(patch)
}

// ref is the external id of what was sent, "" where it was cleared, and nil where nothing was sent or it is wrong.
func ref[T any](m wire.Optional[T], externalID func(T) *string) *string {
	switch {
	case !m.Sent:
		return nil
	case m.Null:
		return new(string)
	}
	return externalID(m.Value)
}

// account adds a nested account and returns what refers to it.
func (p *patches) account(field string, m wire.Optional[PushedAccount]) *string {
	return ref(m, func(in PushedAccount) *string {
		if in.ExternalID == "" {
			p.wrong(field+".externalId", "is missing", "the CRM's own id of the account")
			return nil
		}
		p.party(field, hub.ModelAccount, in.ExternalID, &in.Place, &in.Life, onlyPoints(&in), func(r *hub.Record) { wire.Set(&r.Name, in.Name) })
		return &in.ExternalID
	})
}

func (p *patches) contact(field string, in *PushedContact) {
	account := p.account(field+".account", in.Account)
	p.party(field, hub.ModelContact, in.ExternalID, &in.Place, &in.Life, onlyPoints(in), func(r *hub.Record) {
		wire.Set(&r.Name, in.Name)
		wire.Set(&r.Refs.Account, account)
	})
}

func (p *patches) contactRef(field string, m wire.Optional[PushedContact]) *string {
	return ref(m, func(in PushedContact) *string {
		p.contact(field, &in)
		return &in.ExternalID
	})
}

func (p *patches) leadRef(field string, m wire.Optional[PushedLead]) *string {
	return ref(m, func(in PushedLead) *string {
		p.party(field, hub.ModelLead, in.ExternalID, &in.Place, &in.Life, onlyPoints(&in), func(r *hub.Record) {
			wire.Set(&r.Details.FirstName, in.FirstName)
			wire.Set(&r.Details.LastName, in.LastName)
			r.Name = joinName(r.Details.FirstName, r.Details.LastName)
		})
		return &in.ExternalID
	})
}

func joinName(first, last string) string {
	if first == "" || last == "" {
		return first + last
	}
	return first + " " + last
}

// users joins CRM users to an opportunity or engagement.
func (p *patches) users(field string, users []PushedUser, join hub.Model, of string) {
	for i, in := range users {
		field := fmt.Sprintf("%s[%d]", field, i)
		p.check(hub.ValidatePerson(field+".email", wire.OrZero(in.Email), field+".name", wire.OrZero(in.Name)))
		p.add(hub.RecordPatch{Model: hub.ModelUser, ExternalID: in.ExternalID, Field: field, Change: func(r *hub.Record) {
			wire.Set(&r.Name, in.Name)
			if in.Email != nil {
				r.Details.Email, r.Details.Emails = *in.Email, []string{*in.Email}
			}
		}})
		p.addMade(hub.RecordPatch{Model: join, ExternalID: hub.JoinID(of, in.ExternalID), Lives: true, Delete: p.deletion(field, in.DeletedAt), Change: func(r *hub.Record) {
			r.Refs.User = in.ExternalID
			if join == hub.ModelOpportunityUser {
				r.Refs.Opportunity = of
			} else {
				r.Refs.Engagement = of
			}
			wire.Set(&r.Name, in.Name)
			if in.ShareOfSale != nil {
				r.Details.ShareOfSale = in.ShareOfSale
			}
		}})
	}
}

// byID resolves a reference by our id.
func (p *patches) byID(field string, m hub.Model, in wire.Optional[string]) *string {
	return ref(in, func(id string) *string {
		externalID, err := p.resolve(m, id)
		switch {
		case errors.Is(err, hub.ErrNotFound):
			p.wrong(field, "names nothing that is there", "our id of a record of the connection that is pushed over")
			return nil
		case err != nil:
			p.failed = err
			return nil
		}
		return &externalID
	})
}

func (p *patches) engagement(field string, in *PushedEngagement) {
	start, end := p.span(field, in)
	created, updated := p.wire(field+"remoteCreatedAt", in.RemoteCreatedAt), p.wire(field+"remoteUpdatedAt", in.RemoteUpdatedAt)
	account := p.account(field+"account", in.Account)
	contact, lead := p.contactRef(field+"contact", in.Contact), p.leadRef(field+"lead", in.Lead)
	kind := p.byID(field+"engagementTypeId", hub.ModelEngagementType, in.EngagementTypeID)
	if in.EngagementType.Sent {
		nested := new(string)
		if t := in.EngagementType.Value; !in.EngagementType.Null {
			patch := hub.RecordPatch{Model: hub.ModelEngagementType, ExternalID: t.ExternalID, Field: field + "engagementType", Change: func(r *hub.Record) {
				r.Name, r.Details.ActivityType = t.Name, t.ActivityType
			}}
			if t.ExternalID != "" {
				p.add(patch)
			} else {
				p.check(hub.ValidateID(field+"engagementType.name", hub.ModelEngagement, t.Name)) // it becomes part of the key
				patch.ExternalID = hub.TypeID(t.ActivityType, t.Name)
				p.addMade(patch)
			}
			*nested = patch.ExternalID
		}
		if kind == nil || in.EngagementTypeID.Null { // our id of a type goes before the type
			kind = nested
		}
	}
	var opportunity *string
	if in.Opportunity.Sent {
		opportunity = &in.Opportunity.Value.ExternalID
	}
	p.add(hub.RecordPatch{Model: hub.ModelEngagement, ExternalID: in.ExternalID, Field: field, Create: true, Lives: !onlyPoints(in), Delete: p.deletion(strings.TrimSuffix(field, "."), in.DeletedAt), Change: func(r *hub.Record) {
		d := &r.Details
		in.Direction.Set(&d.Direction)
		in.Content.Set(&d.Content)
		in.Subject.Set(&d.Subject)
		r.Name = d.Subject
		in.StartTimeLocalized.Set(&d.LocalStart)
		move(r, start, end)
		wire.Set(&d.CreatedAt, created)
		wire.Set(&d.UpdatedAt, updated)
		wire.Set(&r.Refs.Account, account)
		wire.Set(&r.Refs.Contact, contact)
		wire.Set(&r.Refs.Lead, lead)
		wire.Set(&r.Refs.EngagementType, kind)
		wire.Set(&r.Refs.Opportunity, opportunity)
	}})
	p.users(field+"engagementUsers", in.EngagementUsers, hub.ModelEngagementUser, in.ExternalID)
	if o := in.Opportunity.Value; in.Opportunity.Sent && !in.Opportunity.Null {
		closed, made, active := p.wire(field+"opportunity.closedAt", o.ClosedAt), p.wire(field+"opportunity.remoteCreatedAt", o.RemoteCreatedAt), p.wire(field+"opportunity.lastActivityAt", o.LastActivityAt)
		said := o
		said.CopyEngagementRelationships = false // of the engagement, not of the opportunity
		mere := onlyPoints(&said)
		patch := hub.RecordPatch{Model: hub.ModelOpportunity, ExternalID: o.ExternalID, Field: field + "opportunity", Create: !mere, Lives: !mere, Change: func(r *hub.Record) {
			changeOpportunity(r, o.Name, o.Amount, o.Disposition, closed, made, active)
		}}
		if o.CopyEngagementRelationships {
			patch.CopyFrom = in.ExternalID
		}
		p.add(patch)
	}
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}

// others are the contacts beside the main one, each once, in their order.
func others(contacts []string, main string) []string {
	var kept []string
	for _, c := range contacts {
		if c != main && !slices.Contains(kept, c) {
			kept = append(kept, c)
		}
	}
	return kept
}

func changeOpportunity(r *hub.Record, name *string, amount *float64, disposition, closed, created, active *string) {
	wire.Set(&r.Name, name)
	if amount != nil {
		r.Details.Amount = amount
	}
	wire.Set(&r.Details.Disposition, disposition)
	wire.Set(&r.Details.ClosedAt, closed)
	wire.Set(&r.Details.CreatedAt, created)
	wire.Set(&r.Details.LastActivity, active)
}

func (p *patches) maybeTime(field string, m wire.Optional[string]) *time.Time {
	if !m.Sent {
		return nil
	}
	if m.Null {
		return new(time.Time)
	}
	at := p.at(field, m.Value)
	return &at
}

func (p *patches) opportunity(field string, in *PushedOpportunity) {
	closed, created, active := p.wire(field+"closedAt", in.ClosedAt), p.wire(field+"remoteCreatedAt", in.RemoteCreatedAt), p.wire(field+"lastActivityAt", in.LastActivityAt)
	account := p.byID(field+"accountId", hub.ModelAccount, in.AccountID)
	if nested := p.account(field+"account", in.Account); account == nil || in.AccountID.Null && nested != nil { // our id of an account goes before the account
		account = nested
	}
	contact := p.contactRef(field+"contact", in.Contact)
	var contacts []string
	primary := ""
	for i := range in.OpportunityContacts {
		c := &in.OpportunityContacts[i]
		p.contact(fmt.Sprintf("%sopportunityContacts[%d]", field, i), &c.PushedContact)
		contacts = append(contacts, c.ExternalID)
		if c.IsPrimary != nil && *c.IsPrimary {
			primary = c.ExternalID
		}
	}
	p.add(hub.RecordPatch{Model: hub.ModelOpportunity, ExternalID: in.ExternalID, Field: field, Create: true, Lives: !onlyPoints(in), Delete: p.deletion(strings.TrimSuffix(field, "."), in.DeletedAt), Change: func(r *hub.Record) {
		changeOpportunity(r, in.Name, in.Amount, in.Disposition, closed, created, active)
		wire.Set(&r.Refs.Account, account)
		wire.Set(&r.Refs.Contact, contact)
		if in.OpportunityContacts != nil { // the list is the whole list, and the older field is one more of it
			older := wire.OrZero(contact)
			r.Refs.Contact = cmp.Or(primary, older, first(contacts))
			if r.Details.OtherContacts = contacts; older != "" {
				r.Details.OtherContacts = append([]string{older}, contacts...)
			}
		}
		r.Details.OtherContacts = others(r.Details.OtherContacts, r.Refs.Contact)
	}})
	p.users(field+"opportunityUsers", in.OpportunityUsers, hub.ModelOpportunityUser, in.ExternalID)
}

// span reads when an engagement begins and ends; nil is what was not sent.
func (p *patches) span(field string, in *PushedEngagement) (start, end *time.Time) {
	start, end = p.maybeTime(field+"startTime", in.StartTime), p.maybeTime(field+"endTime", in.EndTime)
	if start != nil && end != nil && !start.IsZero() && !end.IsZero() && end.Before(*start) {
		p.wrong(field+"endTime", "is before startTime", "a time at or after startTime")
	}
	return start, end
}

// move gives an engagement its times. Where one alone is told, and the other that is known cannot be any more, that is not
// known any more: whoever puts an appointment off by its start alone is not refused for its old end.
func move(r *hub.Record, start, end *time.Time) {
	wire.Set(&r.StartTime, start)
	wire.Set(&r.EndTime, end)
	switch disordered := !r.StartTime.IsZero() && !r.EndTime.IsZero() && r.EndTime.Before(r.StartTime); {
	case disordered && end == nil:
		r.EndTime = time.Time{}
	case disordered && start == nil:
		r.StartTime = time.Time{}
	}
}

// onlyPoints reports whether nothing was sent of a record but its external id.
func onlyPoints[T PushedEngagement | PushedOpportunity | EngagementOpportunity | PushedAccount | PushedContact | PushedLead](in *T) bool {
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Name != "ExternalID" && !v.Field(i).IsZero() {
			return false
		}
	}
	return true
}
