package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sirocco/hub"
)

// PushMost is how many records one push may name, each that is merged counting MergeWeight: so many are written in about 50 ms
// of SQLite's one writer (BenchmarkWriteSlice), and others wait for it.
const PushMost = 1000

// MergeWeight is how many other records a record that is merged counts as: what refers to it is looked for and moves.
const MergeWeight = 2

// errPushTooLong refuses a push of too many records.
func errPushTooLong(n int) error {
	return hub.Invalid("", fmt.Sprintf("the body names so many records that they count %d", n), fmt.Sprintf("%d at most, a record that is merged counting %d: send the rest in another request", PushMost, MergeWeight))
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
		count += MergeWeight * len(patches[i].MergedFrom)
		if patches[i].MergedTo != "" {
			count += MergeWeight - 1 // it counts as itself already
		}
	}
	if count > PushMost {
		return "", errPushTooLong(count)
	}
	unlock, err := s.pushes.lock(ctx, organization)
	if err != nil {
		return "", err
	}
	defer unlock()
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

// ChangeRecord applies change to one pushed record, named by our id. A record that comes from a CRM is changed there: it
// fails with a *hub.ConflictError.
func (s *Store) ChangeRecord(ctx context.Context, organization string, model hub.Model, id string, change func(*hub.Record)) (Record, error) {
	unlock, err := s.pushes.lock(ctx, organization)
	if err != nil {
		return Record{}, err
	}
	defer unlock()
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

func validSpan(from, to time.Time) error {
	if to.Before(from) {
		return hub.Invalid("toTime", "is before fromTime", "a time at or after fromTime")
	}
	return nil
}
