package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"sirocco/hub"
)

// recordKey names a record as its CRM does.
type recordKey struct {
	model      hub.Model
	externalID string
}

// push is the records that one push touches, as they will be.
type push struct {
	tx      Tx
	over    hub.Connection
	records map[recordKey]*hub.Record
	// order is that in which they were first touched; pointedAt are those among them that are not there and of
	// which nothing was said.
	order     []recordKey
	pointedAt map[recordKey]bool
	// mergedBy is the field of the body that says into what a record is merged.
	mergedBy map[recordKey]string
	// looked are the records that were looked for: those among them that were not found are new.
	looked map[recordKey]bool
	found  map[recordKey]hub.Record
}

// pushSlice is how many records one statement looks for.
const pushSlice = 500

// named are the records that patches name, each once.
func named(patches []hub.RecordPatch) map[hub.Model][]string {
	all, seen := map[hub.Model][]string{}, map[recordKey]bool{}
	add := func(key recordKey) {
		if !seen[key] {
			seen[key] = true
			all[key.model] = append(all[key.model], key.externalID)
		}
	}
	for i := range patches {
		add(recordKey{patches[i].Model, patches[i].ExternalID})
		for _, from := range patches[i].MergedFrom {
			add(recordKey{patches[i].Model, from})
		}
	}
	return all
}

// lookFor reads the records that patches name, a slice of them by one statement.
func (p *push) lookFor(ctx context.Context, patches []hub.RecordPatch) error {
	p.looked, p.found = map[recordKey]bool{}, map[recordKey]hub.Record{}
	for model, ids := range named(patches) {
		for slice := range slices.Chunk(ids, pushSlice) {
			in, arg := p.tx.Dialect().In("$4", slice)
			found, err := queryAll(ctx, p.tx, scanRecord, `SELECT `+recordColumns+` FROM records
				WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id `+in, p.over.OrganizationID, p.over.ID, string(model), arg)
			if err != nil {
				return err
			}
			for _, id := range slice {
				p.looked[recordKey{model, id}] = true
			}
			for _, r := range found {
				p.found[recordKey{model, r.ExternalID}] = r.Record
			}
		}
	}
	return nil
}

// find returns a record as it is kept, or hub.ErrNotFound.
func (p *push) find(ctx context.Context, key recordKey) (hub.Record, error) {
	if r, ok := p.found[key]; ok {
		return r, nil
	}
	if p.looked[key] {
		return hub.Record{}, hub.ErrNotFound
	}
	found, err := queryOne(ctx, p.tx, scanRecord, `SELECT `+recordColumns+` FROM records
		WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id = $4`,
		p.over.OrganizationID, p.over.ID, string(key.model), key.externalID)
	return found.Record, err
}

func newPush(tx Tx, over hub.Connection) *push {
	return &push{
		tx: tx, over: over,
		records: map[recordKey]*hub.Record{}, pointedAt: map[recordKey]bool{}, mergedBy: map[recordKey]string{},
	}
}

// load returns a record as it will be; one that is not there yet is new.
func (p *push) load(ctx context.Context, key recordKey) (*hub.Record, error) {
	if r, ok := p.records[key]; ok {
		return r, nil
	}
	r, err := p.find(ctx, key)
	if err != nil && !errors.Is(err, hub.ErrNotFound) {
		return nil, err
	}
	if err != nil {
		r = hub.Record{Model: key.model, ExternalID: key.externalID}
		p.pointedAt[key] = true
	}
	p.records[key] = &r
	p.order = append(p.order, key)
	return &r, nil
}

func (p *push) apply(ctx context.Context, patch *hub.RecordPatch) error {
	key := recordKey{patch.Model, patch.ExternalID}
	r, err := p.load(ctx, key)
	if err != nil {
		return err
	}
	before := r.Hash()
	defer func() {
		if patch.Create || r.Hash() != before {
			delete(p.pointedAt, key)
		}
	}()
	if patch.Change != nil {
		patch.Change(r)
	}
	switch {
	case patch.Delete != nil:
		r.Deleted = *patch.Delete
		if !r.Deleted {
			r.MergedInto = ""
		}
	case patch.Lives && r.MergedInto == "":
		r.Deleted = false
	}
	if patch.MergedTo != "" {
		r.MergedInto = patch.MergedTo
		p.mergedBy[key] = hub.SubField(patch.Field, "mergedToExternalId")
	}
	for _, from := range patch.MergedFrom {
		merged, err := p.load(ctx, recordKey{patch.Model, from})
		if err != nil {
			return err
		}
		merged.MergedInto = patch.ExternalID
		p.mergedBy[recordKey{patch.Model, from}] = hub.SubField(patch.Field, "mergedFromExternalIds")
		delete(p.pointedAt, recordKey{patch.Model, from})
	}
	if patch.CopyFrom != "" {
		return p.copyRelationships(ctx, r, patch.CopyFrom)
	}
	return nil
}

// copyRelationships gives the opportunity the engagement's account, contact and users.
func (p *push) copyRelationships(ctx context.Context, opportunity *hub.Record, engagement string) error {
	from, err := p.load(ctx, recordKey{hub.ModelEngagement, engagement})
	if err != nil {
		return err
	}
	opportunity.Refs.Account, opportunity.Refs.Contact = from.Refs.Account, from.Refs.Contact
	opportunity.Details.OtherContacts = slices.Clone(from.Details.OtherContacts)
	kept, err := queryAll(ctx, p.tx, scanRecord, `SELECT `+recordColumns+` FROM records
		WHERE organization_id = $1 AND connection_id = $2 AND engagement_ref = $3 AND model = $4`,
		p.over.OrganizationID, p.over.ID, engagement, string(hub.ModelEngagementUser))
	if err != nil {
		return err
	}
	for _, k := range kept {
		if _, err := p.load(ctx, recordKey{hub.ModelEngagementUser, k.ExternalID}); err != nil {
			return err
		}
	}
	for _, key := range p.order {
		join := p.records[key]
		if key.model != hub.ModelEngagementUser || join.Refs.Engagement != engagement || join.Deleted {
			continue
		}
		made, err := p.load(ctx, recordKey{hub.ModelOpportunityUser, hub.JoinID(opportunity.ExternalID, join.Refs.User)})
		if err != nil {
			return err
		}
		delete(p.pointedAt, recordKey{hub.ModelOpportunityUser, made.ExternalID})
		made.Refs.Opportunity, made.Refs.User, made.Name, made.Deleted = opportunity.ExternalID, join.Refs.User, join.Name, false
		if made.Details.ShareOfSale == nil {
			made.Details.ShareOfSale = join.Details.ShareOfSale
		}
	}
	return nil
}

func (p *push) save(ctx context.Context, now time.Time) error {
	records := make([]hub.Record, 0, len(p.order))
	for _, key := range p.order {
		if p.pointedAt[key] {
			continue
		}
		r := *p.records[key]
		r.ModifiedAt = time.Time{} // whoever pushes last is right
		if err := r.Validate(); err != nil {
			return err
		}
		records = append(records, r)
	}
	circular, err := mergedInCircles(ctx, p.tx, p.over.OrganizationID, p.over.ID, records)
	if err != nil {
		return err
	}
	for _, i := range circular {
		return circleError(cmp.Or(p.mergedBy[recordKey{records[i].Model, records[i].ExternalID}], "mergedToExternalId"), &records[i])
	}
	gates, err := askGates(ctx, p.tx, p.over.OrganizationID, p.over.ID, "", "")
	if err != nil {
		return err
	}
	scope, err := newRelinkScope(ctx, p.tx, p.over, gates, records)
	if err != nil {
		return err
	}
	write := recordWrite{organization: p.over.OrganizationID, connection: p.over.ID, gates: gates, asked: now, now: now}
	for _, of := range byModel(records) {
		ch, _, err := upsertRecords(ctx, p.tx, write, of[0].Model, of)
		if err != nil {
			return err
		}
		scope.note(of[0].Model, ch)
	}
	if err := relinkToRecords(ctx, p.tx, p.over, gates, records, now); err != nil {
		return err
	}
	return scope.request(ctx, p.tx, now)
}
