package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// A link that stands, as a person made it or its note was written, does not end with its connection: it is kept when that goes, or its
// account is replaced, and another connection to the account takes it over.

// awaitsItsRecord is why a recording is not linked whose link is to be taken over, for people.
const awaitsItsRecord = "It was linked to a record over a connection that is gone, and waits until that record has come in over the new one."

// linkBefore is a link that stood over a connection to an account.
type linkBefore struct {
	platform hub.Platform
	account  string
	link     hub.Link
	// remote is what the CRM itself calls the record; empty where there is no other name than its external id. The link's further
	// records are called so, too.
	remote string
	// name is what the record was called for people.
	name      string
	writtenAt time.Time
}

// purgedAccount returns the platform and the account of what is being purged of a connection; they are empty where they are not known.
func purgedAccount(ctx context.Context, tx Tx, organization, connection string) (linkBefore, error) {
	return queryOne(ctx, tx, func(r database.Row) (linkBefore, error) {
		var b linkBefore
		err := r.Scan(&b.platform, &b.account)
		return b, err
	}, `SELECT platform, account_id FROM purges WHERE organization_id = $1 AND connection_id = $2`, organization, connection)
}

// keepLink keeps the link of a recording over a connection that goes, where nobody but a person would move it.
func keepLink(ctx context.Context, tx Tx, r hub.Recording, of linkBefore, now time.Time) error {
	if of.platform == "" || !r.Linked() || r.MayBeMatched() || !r.DeletedAt.IsZero() {
		return nil
	}
	var err error
	if of.remote, of.name, err = calledByCRM(ctx, tx, r, hub.RecordRef{Model: r.Link.Model, ExternalID: r.Link.ExternalID}); err != nil {
		return err
	}
	also := slices.Clone(r.Link.Also)
	for i := range also {
		remote, _, err := calledByCRM(ctx, tx, r, also[i])
		if err != nil {
			return err
		}
		also[i].ExternalID = cmp.Or(remote, also[i].ExternalID)
	}
	text, err := alsoText(also)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO links_before (organization_id, recording_id, platform, account_id, model, external_id, remote_id, name, link_also, link_by, link_trigger, link_reason, written_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (organization_id, recording_id, platform, account_id) DO UPDATE SET
			model = excluded.model, external_id = excluded.external_id, remote_id = excluded.remote_id, name = excluded.name, link_also = excluded.link_also, link_by = excluded.link_by, link_trigger = excluded.link_trigger,
			link_reason = excluded.link_reason, written_at = excluded.written_at, created_at = excluded.created_at`,
		r.OrganizationID, r.ID, string(of.platform), of.account, string(r.Link.Model), r.Link.ExternalID, of.remote, of.name, text, string(r.Link.By), r.Link.Trigger, r.Link.Reason, optionalMicros(r.WrittenAt), micros(now))
	return err
}

// calledByCRM is what the CRM itself calls a record of the recording's connection, where that is not its external id, and its name.
func calledByCRM(ctx context.Context, tx Tx, r hub.Recording, ref hub.RecordRef) (remote, name string, err error) {
	_, err = queryOne(ctx, tx, func(row database.Row) (struct{}, error) {
		var id *string
		err := row.Scan(&id, &name)
		remote = deref(id)
		return struct{}{}, err
	}, `SELECT remote_id, name FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id = $4`, r.OrganizationID, r.Link.ConnectionID, string(ref.Model), ref.ExternalID)
	return remote, name, ignoreNotFound(err)
}

// takeOverLink gives the locked recording a link back that stood over a connection that is gone, where another one to the account
// has its record; of several, what a person said before what the rule found, and the latest first. While the record may still come, the
// recording stays without a link. It reports whether it was either.
func (s *Store) takeOverLink(ctx context.Context, tx Tx, r *hub.Recording) (decided bool, err error) {
	before, err := queryAll(ctx, tx, func(row database.Row) (linkBefore, error) {
		var b linkBefore
		var also string
		var written *int64
		if err := row.Scan(&b.platform, &b.account, &b.link.Model, &b.link.ExternalID, &b.remote, &b.name, &also, &b.link.By, &b.link.Trigger, &b.link.Reason, &written); err != nil {
			return b, err
		}
		b.writtenAt = fromOptionalMicros(written)
		return b, json.Unmarshal([]byte(also), &b.link.Also)
	}, `SELECT platform, account_id, model, external_id, remote_id, name, link_also, link_by, link_trigger, link_reason, written_at FROM links_before WHERE organization_id = $1 AND recording_id = $2
		ORDER BY CASE WHEN link_by = $3 THEN 1 ELSE 0 END, created_at DESC, platform, account_id`, r.OrganizationID, r.ID, string(hub.LinkedByMatching))
	if err != nil {
		return false, err
	}
	for _, b := range before {
		l, waits, err := s.linkAnew(ctx, tx, r, b)
		switch {
		case err != nil:
			return false, err
		case l.ExternalID != "":
			return true, s.giveBackLink(ctx, tx, r, l, b.writtenAt)
		case waits:
			if l := (hub.Link{Reason: awaitsItsRecord}); !r.Link.SameRecord(l) || r.Link.By != l.By || r.Link.Reason != l.Reason {
				return true, s.moveLink(ctx, tx, r, l)
			}
			return true, nil
		}
	}
	return false, nil
}

// linkAnew is a link before over a connection to its account that has its record; zero where there is none, and then it reports whether
// one may still bring it.
func (s *Store) linkAnew(ctx context.Context, tx Tx, r *hub.Recording, b linkBefore) (l hub.Link, waits bool, err error) {
	connections, err := queryAll(ctx, tx, scanConnection, `SELECT `+connectionColumns+` FROM connections WHERE organization_id = $1 AND platform = $2 AND retiring = FALSE ORDER BY id`, r.OrganizationID, string(b.platform))
	if err != nil {
		return hub.Link{}, false, err
	}
	for _, c := range connections {
		account, err := accountOf(ctx, tx, c.OrganizationID, c.ID)
		if err := ignoreNotFound(err); err != nil {
			return hub.Link{}, false, err
		}
		isSame := !account.Differs(hub.CRMAccount{ID: b.account})
		if !isSame && b.remote == "" {
			continue
		}
		l, known, err := linkAsNow(ctx, tx, c, b, isSame)
		if err != nil || known {
			return l, false, err
		}
		waits = waits || mayBringFirst(c, b.link.Model)
	}
	return hub.Link{}, waits, nil
}

// mayBringFirst reports whether a connection has not read a model yet, and will.
func mayBringFirst(c hub.Connection, model hub.Model) bool {
	return slices.ContainsFunc(c.SyncStatus, func(m hub.SyncStatus) bool { return m.Model == model && m.ModifiedAfter.IsZero() }) && !c.Platform.Pushed() && !c.Platform.Inbound()
}

// linkAsNow is a link before over a connection c, with those of its further records that are there. It reports false where the record
// itself is not. In what is known as another account it is the record of the same name that the CRM itself calls the same.
func linkAsNow(ctx context.Context, tx Tx, c hub.Connection, b linkBefore, isSame bool) (l hub.Link, known bool, err error) {
	l = b.link
	l.ConnectionID, l.Also = c.ID, nil
	ref := hub.RecordRef{Model: l.Model, ExternalID: l.ExternalID}
	if known, err := callAsNow(ctx, tx, c, &ref, b.remote, isSame); err != nil || !known {
		return l, false, err
	}
	l.ExternalID = ref.ExternalID
	if err := requireRecords(ctx, tx, c.OrganizationID, &l); err != nil {
		return l, false, ignoreInvalid(err)
	}
	if !isSame {
		name, err := queryOne(ctx, tx, scanText, `SELECT name FROM records WHERE organization_id = $1 AND connection_id = $2 AND model = $3 AND external_id = $4`, c.OrganizationID, c.ID, string(l.Model), l.ExternalID)
		if err != nil || name != b.name {
			return l, false, err
		}
	}
	for _, ref := range b.link.Also {
		if _, err := callAsNow(ctx, tx, c, &ref, ref.ExternalID, true); err != nil {
			return l, false, err
		}
		with := hub.Link{ConnectionID: c.ID, Model: ref.Model, ExternalID: ref.ExternalID}
		err := requireRecords(ctx, tx, c.OrganizationID, &with)
		switch _, lacking := errors.AsType[*hub.InvalidError](err); {
		case lacking:
		case err != nil:
			return l, false, err
		default:
			l.Also = append(l.Also, ref)
		}
	}
	return l, true, nil
}

// giveBackLink links the locked recording as it was before, and lets the others of its day be looked at with that.
func (s *Store) giveBackLink(ctx context.Context, tx Tx, r *hub.Recording, l hub.Link, writtenAt time.Time) error {
	if err := forgetLinkBefore(ctx, tx, r); err != nil {
		return err
	}
	r.WrittenAt = writtenAt
	if _, err := tx.Exec(ctx, `UPDATE recordings SET written_at = $3 WHERE organization_id = $1 AND id = $2`, r.OrganizationID, r.ID, optionalMicros(writtenAt)); err != nil {
		return err
	}
	if err := s.moveLink(ctx, tx, r, l); err != nil {
		return err
	}
	return requestRelink(ctx, tx, r.OrganizationID, r.StartedAt, r.EndedAt, s.clock())
}

// forgetLinkBefore forgets how a recording was linked over a connection that is gone: a person has decided since.
func forgetLinkBefore(ctx context.Context, tx Tx, r *hub.Recording) error {
	_, err := tx.Exec(ctx, `DELETE FROM links_before WHERE organization_id = $1 AND recording_id = $2`, r.OrganizationID, r.ID)
	return err
}

// ofLinksBefore is from the first to the last of the recordings that were linked to records of a model over connections to a platform
// that are gone.
const ofLinksBefore = `SELECT MIN(r.started_at), MAX(r.ended_at) FROM links_before b JOIN recordings r ON r.organization_id = b.organization_id AND r.id = b.recording_id
	WHERE b.organization_id = $1 AND b.platform = $2 AND b.model = $3`

// relinkToRecords asks for another look at the recordings that were linked over another connection to some records that came in over
// this one.
func relinkToRecords(ctx context.Context, tx Tx, c hub.Connection, gates *gates, records []hub.Record, now time.Time) error {
	if !gates.linkedBefore {
		return nil
	}
	for _, same := range byModel(records) {
		var names []string
		for i := range same {
			names = append(names, same[i].ExternalID)
			if remote := same[i].Details.RemoteID; remote != "" {
				names = append(names, remote)
			}
		}
		in, arg := tx.Dialect().In("$4", names)
		found, err := queryOne(ctx, tx, scanSpan, ofLinksBefore+` AND (b.external_id `+in+` OR b.remote_id `+in+`)`, c.OrganizationID, string(c.Platform), string(same[0].Model), arg)
		if err != nil {
			return err
		}
		if err := found.relink(ctx, tx, c.OrganizationID, now); err != nil {
			return err
		}
	}
	return nil
}

// relinkOnceRead asks for another look at the recordings that were linked to records of a model over another connection, as the model
// has been read for the first time over this one: what has not come by then is not waited for.
func relinkOnceRead(ctx context.Context, tx Tx, c hub.Connection, model hub.Model, now time.Time) error {
	found, err := queryOne(ctx, tx, scanSpan, ofLinksBefore, c.OrganizationID, string(c.Platform), string(model))
	if err != nil {
		return err
	}
	return found.relink(ctx, tx, c.OrganizationID, now)
}

// relink asks for another look at the recordings of a span, if there is one.
func (s span) relink(ctx context.Context, tx Tx, organization string, now time.Time) error {
	if s.from == nil {
		return nil
	}
	return requestRelink(ctx, tx, organization, fromMicros(*s.from), fromMicros(*s.until), now)
}
