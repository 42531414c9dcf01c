package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sirocco/database"
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

// PushMost is how many records one push may name, each that others are merged from counting mergeWeight: what one transaction
// writes keeps SQLite's one writer for long enough, and others wait for it.
const PushMost = 1500

// mergeWeight is how many other records a record that is merged counts as: what refers to it moves.
const mergeWeight = 10

// pushSlice is how many records one statement looks for.
const pushSlice = 500

// errPushTooLong refuses a push of too many records.
func errPushTooLong(n int) error {
	return hub.Invalid("", fmt.Sprintf("the body names so many records that they count %d", n), fmt.Sprintf("%d at most, a record that is merged counting %d: send the rest in another request", PushMost, mergeWeight))
}

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

// Push is PushOver the organization's SIRO_CUSTOM_INPUT connection.
func (s *Store) Push(ctx context.Context, organization string, patches []hub.RecordPatch) (connection string, err error) {
	return s.PushOver(ctx, organization, "", patches)
}

// PushOver applies patches, in order and all or none, to the records of a connection whose platform is pushed, and
// returns its id. Where over is empty it is the organization's SIRO_CUSTOM_INPUT connection. One that is not there is a
// *hub.InvalidError where it was named; without one, while it is paused, and where its platform is not pushed, it fails
// with a *hub.ConflictError.
func (s *Store) PushOver(ctx context.Context, organization, over string, patches []hub.RecordPatch) (connection string, err error) {
	count := len(patches)
	for i := range patches {
		count += mergeWeight * len(patches[i].MergedFrom)
	}
	if count > PushMost {
		return "", errPushTooLong(count)
	}
	end, err := s.pushes.take(ctx, organization)
	if err != nil {
		return "", err
	}
	defer end()
	err = s.write(ctx, func(tx Tx) error {
		now := s.clock().UTC().Truncate(time.Microsecond)
		held, err := holdLimits(ctx, tx, organization, now, hub.ResourceRecords)
		if err != nil {
			return err
		}
		c, err := lockPushed(ctx, tx, organization, over)
		if err != nil {
			return err
		}
		connection = c.ID
		p := newPush(tx, c)
		if err := p.lookFor(ctx, patches); err != nil {
			return err
		}
		for i := range patches {
			if err := p.apply(ctx, &patches[i]); err != nil {
				return err
			}
		}
		if err := p.save(ctx, now); err != nil {
			return err
		}
		if err := held.check(ctx, tx, now); err != nil {
			return err
		}
		counts := map[hub.Model]int{}
		for i := range patches {
			counts[patches[i].Model]++
		}
		return s.audit(ctx, tx, organization, "push", "connection", connection, map[string]any{"records": counts})
	})
	return connection, err
}

// lockPushed locks the connection that a customer pushes to, which is the SIRO_CUSTOM_INPUT one where over is empty.
func lockPushed(ctx context.Context, tx Tx, organization, over string) (hub.Connection, error) {
	var c hub.Connection
	var err error
	if over == "" {
		c, err = queryOne(ctx, tx, scanConnection, `SELECT `+connectionColumns+` FROM connections WHERE organization_id = $1 AND platform = $2`+tx.Dialect().ForUpdate(),
			organization, string(hub.PlatformCustomInput))
	} else {
		c, err = lockConnection(ctx, tx, organization, over)
	}
	switch {
	case errors.Is(err, hub.ErrNotFound) && over != "":
		return c, errNoPushed
	case errors.Is(err, hub.ErrNotFound):
		return c, hub.Conflict("The organization has no SIRO_CUSTOM_INPUT connection to push to; create one first, or name another that is pushed to as integrationConnectionId.")
	case err != nil:
		return c, err
	case !c.Platform.Pushed():
		return c, hub.Conflict("Nothing is pushed over a %s connection: its records come from the CRM.", c.Platform)
	case !c.Active:
		return c, hub.Conflict("The %s connection is paused: set its isActive to true first.", c.Platform)
	}
	return c, nil
}

// errNoPushed says that the connection that was named to push over is not there.
var errNoPushed = hub.Invalid("integrationConnectionId", "names no connection", "the id of a connection of the organization")

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
	if patch.Delete != nil {
		r.Deleted = *patch.Delete
		if !r.Deleted {
			r.MergedInto = ""
		}
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
	scope, err := newRelinkScope(ctx, p.tx, p.over, records)
	if err != nil {
		return err
	}
	for _, of := range byModel(records) {
		ch, _, err := upsertRecords(ctx, p.tx, p.over.OrganizationID, p.over.ID, of[0].Model, of, now, now)
		if err != nil {
			return err
		}
		scope.note(of[0].Model, ch)
	}
	return scope.request(ctx, p.tx, now)
}

// ChangeRecord applies change to one pushed record, named by our id. A record that comes from a CRM is changed there: it
// fails with a *hub.ConflictError.
func (s *Store) ChangeRecord(ctx context.Context, organization string, model hub.Model, id string, change func(*hub.Record)) (Record, error) {
	end, err := s.pushes.take(ctx, organization)
	if err != nil {
		return Record{}, err
	}
	defer end()
	err = s.write(ctx, func(tx Tx) error {
		r, err := queryOne(ctx, tx, scanRecord, `SELECT `+recordColumns+` FROM records
			WHERE organization_id = $1 AND model = $2 AND id = $3 AND deleted_at IS NULL`+ofLiveConnection+ofLivingSide, organization, string(model), id)
		if err != nil {
			return err
		}
		c, err := lockConnection(ctx, tx, organization, r.ConnectionID)
		if err != nil {
			return err
		}
		if !c.Platform.Pushed() {
			return hub.Conflict("This record is pulled from %s, and changes here would be undone by its next change there: change it in the CRM.", c.Platform)
		}
		p := newPush(tx, c)
		if err := p.apply(ctx, &hub.RecordPatch{Model: model, ExternalID: r.ExternalID, Change: change}); err != nil {
			return err
		}
		if err := p.save(ctx, s.clock().UTC().Truncate(time.Microsecond)); err != nil {
			return err
		}
		after := p.records[recordKey{model, r.ExternalID}]
		if after.Hash() == r.Hash() {
			return nil
		}
		action := "update"
		if after.Deleted {
			action = "delete"
		}
		return s.audit(ctx, tx, organization, action, "crmRecord", id, after.ChangesFrom(&r.Record))
	})
	if err != nil {
		return Record{}, err
	}
	return queryOne(ctx, s.db, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND model = $2 AND id = $3`, organization, string(model), id)
}

// removeSlice bounds how many records one transaction deletes.
const removeSlice = 500

// DeleteRemoved soft-deletes the engagements pushed over a connection, named as in PushOver, that start within the two
// times, both included, and are not among the valid ones. It returns how many those were.
func (s *Store) DeleteRemoved(ctx context.Context, organization, over string, valid []string, from, to time.Time) (int, error) {
	if err := validSpan(from, to); err != nil {
		return 0, err
	}
	known := make(map[string]bool, len(valid))
	for _, id := range valid {
		known[id] = true
	}
	end, err := s.pushes.take(ctx, organization)
	if err != nil {
		return 0, err
	}
	defer end()
	deleted := 0
	err = s.write(ctx, func(tx Tx) error {
		deleted = 0
		c, err := lockPushed(ctx, tx, organization, over)
		if err != nil {
			return err
		}
		now := micros(s.clock())
		for after := ""; ; {
			type row struct{ id, externalID string }
			page, err := queryAll(ctx, tx, func(r database.Row) (row, error) {
				var x row
				err := r.Scan(&x.id, &x.externalID)
				return x, err
			}, `SELECT id, external_id FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3
				AND start_time >= $4 AND start_time <= $5 AND deleted_at IS NULL AND id > $6 ORDER BY id LIMIT $7`,
				organization, c.ID, string(hub.ModelEngagement), micros(from), micros(to), after, removeSlice)
			if err != nil || len(page) == 0 && deleted == 0 {
				return err
			}
			if len(page) == 0 {
				return s.audit(ctx, tx, organization, "deleteRemoved", "connection", c.ID, map[string]any{
					"deleted": deleted, "fromTime": hub.WireTime(from), "toTime": hub.WireTime(to),
				})
			}
			var gone []hub.Record
			for _, x := range page {
				after = x.id
				if known[x.externalID] {
					continue
				}
				gone = append(gone, hub.Record{Model: hub.ModelEngagement, ExternalID: x.externalID})
				n, err := tx.Exec(ctx, `UPDATE records SET deleted_at = $5, updated_at = $5 WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id = $4`,
					organization, c.ID, string(hub.ModelEngagement), x.externalID, now)
				if err != nil {
					return err
				}
				deleted += int(n)
			}
			if err := relinkWithout(ctx, tx, c, gone, s.clock()); err != nil {
				return err
			}
		}
	})
	return deleted, err
}

func validSpan(from, to time.Time) error {
	if to.Before(from) {
		return hub.Invalid("toTime", "is before fromTime", "a time at or after fromTime")
	}
	return nil
}
