package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// planDelivery leaves a delivery for a recording that is processed and linked, once for each record it is linked to.
// One that was canceled because the link was elsewhere for a while comes back; one that is there already is corrected
// where it says something else by now.
func (s *Store) planDelivery(ctx context.Context, tx Tx, r hub.Recording) error {
	if !r.Processed() || !r.Linked() || r.Analysis.Failed != "" {
		return nil
	}
	c, err := connection(ctx, tx, r.OrganizationID, r.Link.ConnectionID)
	if err != nil {
		return ignoreNotFound(err)
	}
	if c.Platform.Pushed() { // records are pushed to us; there is no CRM to write to
		return nil
	}
	if c.Retiring { // the link is to a record of the account before, and about to go
		return nil
	}
	now := s.clock()
	if _, _, err := s.adoptSentBefore(ctx, tx, r, c, now); err != nil {
		return err
	}
	// One that was sent, and whose proof is awaited, is wanted again.
	if _, err := tx.Exec(ctx, `UPDATE deliveries SET withdrawn = '', updated_at = $6 WHERE organization_id = $1 AND connection_id = $2 AND recording_id = $3 AND model = $4
		AND external_id = $5 AND state = 'CONFIRMING' AND withdrawn <> ''`+ofItsAccount, r.OrganizationID, c.ID, r.ID, string(r.Link.Model), r.Link.ExternalID, micros(now)); err != nil {
		return err
	}
	revived, err := reviveDeliveries(ctx, tx, r.OrganizationID, c.ID, now, `recording_id = $4 AND model = $5 AND external_id = $6 AND state = 'CANCELED' AND correction = 0`+ofItsAccount,
		r.ID, string(r.Link.Model), r.Link.ExternalID)
	if err != nil || revived {
		return err
	}
	all, err := deliveriesOn(ctx, tx, r)
	if err != nil {
		return err
	}
	if len(all) > 0 && standing(all).Note.Print == "" { // what it says is not known: only another analysis corrects it
		return nil
	}
	if len(all) > 0 {
		return s.correctDelivery(ctx, tx, r, all, "")
	}
	return s.insertDelivery(ctx, tx, r, 0, now)
}

// reviveDeliveries lets those of a connection's deliveries that which names, by parameters from $4 on, be sent after all, and
// reports whether there were any.
func reviveDeliveries(ctx context.Context, tx Tx, organization, connection string, now time.Time, which string, args ...any) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE deliveries SET state = 'PENDING', due_at = $3, attempts = 0, error = '', asked_at = NULL, absences = 0, withdrawn = '', updated_at = $3
		WHERE organization_id = $1 AND connection_id = $2 AND `+which, append([]any{organization, connection, micros(now)}, args...)...)
	if err != nil || n == 0 {
		return false, err
	}
	return true, scheduleTask(ctx, tx, organization, TaskWriteBack, connection, now)
}

// standing is the latest of some deliveries but for corrections that were canceled, which are not in the CRM.
func standing(all []hub.Delivery) hub.Delivery {
	for i := len(all) - 1; i > 0; i-- {
		if all[i].State != hub.DeliveryCanceled || all[i].Correction == 0 {
			return all[i]
		}
	}
	return all[0]
}

func (s *Store) insertDelivery(ctx context.Context, tx Tx, r hub.Recording, correction int64, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO deliveries (organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, note_id, error, correction, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'PENDING', 0, $7, '', '', $8, $7, $7)`,
		r.OrganizationID, r.Link.ConnectionID, s.newID(), r.ID, string(r.Link.Model), r.Link.ExternalID, micros(now), correction)
	if err != nil {
		return err
	}
	return scheduleTask(ctx, tx, r.OrganizationID, TaskWriteBack, r.Link.ConnectionID, now)
}

// deliveriesOn are the recording's deliveries to the record that it is linked to, in the order of their corrections. Those to a
// record of the same number of an account that was replaced are none of them.
func deliveriesOn(ctx context.Context, tx Tx, r hub.Recording) ([]hub.Delivery, error) {
	return queryAll(ctx, tx, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE organization_id = $1 AND recording_id = $2 AND connection_id = $3 AND model = $4 AND external_id = $5`+ofItsAccount+` ORDER BY correction`,
		r.OrganizationID, r.ID, r.Link.ConnectionID, string(r.Link.Model), r.Link.ExternalID)
}

// correctDelivery sees to it that the latest of the recording's deliveries to its record, which are all, says what is
// true now, as the connection chose; or as by says, where that is not empty. One that is not sent yet will say it anyway.
func (s *Store) correctDelivery(ctx context.Context, tx Tx, r hub.Recording, all []hub.Delivery, by hub.Corrections) error {
	latest := standing(all)
	if latest.State != hub.DeliverySent || latest.IsGone() { // what somebody has deleted at the CRM stays deleted
		return nil
	}
	if _, err := loadAnalysis(ctx, tx, &r); err != nil { // the row has only its head
		return err
	}
	says := hub.NewResultNote(&r, "").Print()
	if latest.Note.Print == says {
		return nil
	}
	if left, err := leftBefore(ctx, tx, latest, says); err != nil {
		return err
	} else if left {
		by = hub.CorrectNothing
	}
	if by == "" {
		chosen, err := queryOne(ctx, tx, scanText, `SELECT corrections FROM connections WHERE organization_id = $1 AND id = $2`, r.OrganizationID, latest.ConnectionID)
		if err != nil {
			return ignoreNotFound(err)
		}
		by = hub.Corrections(chosen)
	}
	now := s.clock()
	switch by {
	case hub.CorrectByNote:
		if last := all[len(all)-1]; last.State == hub.DeliveryCanceled && last.Correction > 0 { // it comes back, as a first note does
			_, err := reviveDeliveries(ctx, tx, last.OrganizationID, last.ConnectionID, now, `id = $4`, last.ID)
			return err
		}
		return s.insertDelivery(ctx, tx, r, latest.Correction+1, now)
	case hub.CorrectByChange:
		_, err := tx.Exec(ctx, `UPDATE deliveries SET state = 'PENDING', due_at = $4, attempts = 0, error = '', replayed = FALSE, updated_at = $4
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3`, latest.OrganizationID, latest.ConnectionID, latest.ID, micros(now))
		if err != nil {
			return err
		}
		return scheduleTask(ctx, tx, r.OrganizationID, TaskWriteBack, latest.ConnectionID, now)
	case hub.CorrectNothing:
		_, err := tx.Exec(ctx, `UPDATE deliveries SET left_print = $4 WHERE organization_id = $1 AND connection_id = $2 AND id = $3`, latest.OrganizationID, latest.ConnectionID, latest.ID, says)
		return err
	}
	return nil
}

// LeftBefore reports whether the delivery's note was left without what an analysis says, by its print, while another connection to the CRM
// was there, whose corrections left notes as they are.
func (s *Store) LeftBefore(ctx context.Context, d hub.Delivery, says string) (bool, error) {
	return leftBefore(ctx, s.db, d, says)
}

func leftBefore(ctx context.Context, q database.Querier, d hub.Delivery, says string) (bool, error) {
	return queryAny(ctx, q, `SELECT 1 FROM earlier_markers WHERE organization_id = $1 AND recording_id = $2 AND left_print = $3
		UNION ALL SELECT 1 FROM deliveries WHERE organization_id = $1 AND recording_id = $2 AND left_print = $3 AND connection_id <> $4 LIMIT 1`, d.OrganizationID, d.RecordingID, says, d.ConnectionID)
}

// correctNotes corrects what is written of a recording that was analysed again.
func (s *Store) correctNotes(ctx context.Context, tx Tx, r hub.Recording) error {
	if !r.Processed() || !r.Linked() {
		return nil
	}
	all, err := deliveriesOn(ctx, tx, r)
	if err != nil || len(all) == 0 {
		return err
	}
	if last := all[len(all)-1]; last.State == hub.DeliveryFailed { // what failed said something else, or nothing yet
		if _, err := loadAnalysis(ctx, tx, &r); err != nil {
			return err
		}
		if last.Note.Print == hub.NewResultNote(&r, "").Print() {
			return nil
		}
		_, err := reviveDeliveries(ctx, tx, last.OrganizationID, last.ConnectionID, s.clock(), `id = $4`, last.ID)
		return err
	}
	return s.correctDelivery(ctx, tx, r, all, "")
}

// cancelDeliveries ends what a recording was still to be written to. What was sent, but is not proven to be there, is
// settled first; see hub.DeliveryConfirming.
func cancelDeliveries(ctx context.Context, tx Tx, organization, recording, what string, now time.Time) error {
	// One whose note is in the CRM, and that waited for its fields or to change it, is not unsent by that.
	_, err := tx.Exec(ctx, `UPDATE deliveries SET state = CASE WHEN sent_at IS NULL THEN 'CANCELED' ELSE 'SENT' END, due_at = NULL, replayed = FALSE, updated_at = $4,
			error = CASE WHEN sent_at IS NULL THEN TRIM(CAST($3 AS TEXT) || ' before it was sent. ' || remains) ELSE 'The recording''s link is no longer to this record. Its note stands there.' END
		WHERE organization_id = $1 AND recording_id = $2 AND state = 'PENDING'`, organization, recording, what, micros(now))
	if err != nil {
		return err
	}
	asked, err := queryAll(ctx, tx, scanText, `UPDATE deliveries SET withdrawn = $3, due_at = CAST($4 AS BIGINT), updated_at = $4 WHERE organization_id = $1 AND recording_id = $2 AND state = 'CONFIRMING'
		RETURNING connection_id`, organization, recording, what+" before it was known whether the note is in the CRM.", micros(now))
	slices.Sort(asked)
	for _, c := range slices.Compact(asked) {
		err = errors.Join(err, scheduleTask(ctx, tx, organization, TaskWriteBack, c, now))
	}
	return err
}

const deliveryColumns = `organization_id, connection_id, id, recording_id, model, external_id, state, attempts, due_at, transcript, note_id, error, created_at, updated_at, sent_at,
	correction, target_model, target_external_id, marker, note_print, note_text, note_hash, asked_at, absences, withdrawn, remains, replayed, ` + linkedElsewhere

// linkedElsewhere says of a delivery that its recording is linked to another record by now, or to none.
const linkedElsewhere = `EXISTS (SELECT 1 FROM recordings r WHERE r.organization_id = deliveries.organization_id AND r.id = deliveries.recording_id
		AND NOT (COALESCE(r.link_connection_id, '') = deliveries.connection_id AND COALESCE(r.link_model, '') = deliveries.model AND COALESCE(r.link_external_id, '') = deliveries.external_id))`

func scanDelivery(r database.Row) (hub.Delivery, error) {
	var d hub.Delivery
	var due, sent, asked *int64
	var created, updated int64
	err := r.Scan(&d.OrganizationID, &d.ConnectionID, &d.ID, &d.RecordingID, &d.Model, &d.ExternalID, &d.State, &d.Attempts, &due, &d.Transcript,
		&d.NoteID, &d.Error, &created, &updated, &sent, &d.Correction, &d.Note.On.Model, &d.Note.On.ExternalID, &d.Note.Marker, &d.Note.Print, &d.Note.Text, &d.Note.Hash,
		&asked, &d.Absences, &d.Withdrawn, &d.Remains, &d.Replayed, &d.Elsewhere)
	d.DueAt, d.SentAt, d.CreatedAt, d.UpdatedAt = fromOptionalMicros(due), fromOptionalMicros(sent), fromMicros(created), fromMicros(updated)
	d.AskedAt = fromOptionalMicros(asked)
	return d, err
}

// itsConnectionLives keeps the deliveries of a deleted connection out of every answer until they are purged.
const itsConnectionLives = ` AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = deliveries.organization_id AND c.id = deliveries.connection_id)`

// Delivery returns one delivery of the organization.
func (s *Store) Delivery(ctx context.Context, organization, id string) (hub.Delivery, error) {
	return delivery(ctx, s.db, organization, id)
}

func delivery(ctx context.Context, q database.Querier, organization, id string) (hub.Delivery, error) {
	return queryOne(ctx, q, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND id = $2`+itsConnectionLives, organization, id)
}

// DeliveryFilter chooses deliveries for a list. Empty fields choose all.
type DeliveryFilter struct {
	ConnectionID string
	State        hub.DeliveryState
	RecordingID  string
	// Before is the id of the last delivery already seen.
	Before string
	Limit  int
}

// Deliveries lists deliveries of a connection, the latest first.
func (s *Store) Deliveries(ctx context.Context, organization string, f DeliveryFilter) ([]hub.Delivery, error) {
	return queryAll(ctx, s.db, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE organization_id = $1 AND connection_id = $2 AND `+beforeID("id", "$3", f.Before)+`
		AND ($4 = '' OR state = $4) AND ($5 = '' OR recording_id = $5)`+itsConnectionLives+` ORDER BY id DESC LIMIT $6`,
		organization, f.ConnectionID, f.Before, string(f.State), f.RecordingID, f.Limit)
}

// attemptsShown bounds how many attempts of a delivery are told.
const attemptsShown = 100

// DeliveryAttempts lists the attempts of a delivery, the latest first.
func (s *Store) DeliveryAttempts(ctx context.Context, d hub.Delivery) ([]hub.Attempt, error) {
	as, err := queryAll(ctx, s.db, func(r database.Row) (hub.Attempt, error) {
		var a hub.Attempt
		var at, took int64
		err := r.Scan(&a.Number, &at, &took, &a.Error)
		a.At, a.Took = fromMicros(at), time.Duration(took)*time.Microsecond
		return a, err
	}, `SELECT number, at, took, error FROM delivery_attempts WHERE organization_id = $1 AND connection_id = $2 AND delivery_id = $3 ORDER BY number DESC LIMIT $4`,
		d.OrganizationID, d.ConnectionID, d.ID, attemptsShown)
	return as, err
}

// ReplayDelivery lets a delivery be sent now, with all its attempts before it, however it ended. What is in the CRM
// already is found there by its marker and not written again; where it says something else than is true now, it is
// corrected as the connection chose, and what somebody has deleted there is written anew. One whose recording is gone, or is no longer linked to
// the record, is a *hub.ConflictError: what is said of one customer is not sent to another.
func (s *Store) ReplayDelivery(ctx context.Context, organization, id string) (hub.Delivery, error) {
	var d hub.Delivery
	err := s.write(ctx, func(tx Tx) error {
		now := s.clock()
		before, err := delivery(ctx, tx, organization, id)
		if err != nil {
			return err
		}
		r, err := lockRecording(ctx, tx, organization, before.RecordingID)
		switch {
		case errors.Is(err, hub.ErrNotFound):
			return hub.Conflict("The recording was deleted; there is nothing to send.")
		case err != nil:
			return err
		case before.State != hub.DeliveryConfirming && !before.IsOf(r.Link):
			return hub.Conflict("The recording is no longer linked to the %s %s; link it there first.", before.Model, before.ExternalID)
		}
		former, err := queryAny(ctx, tx, `SELECT 1 FROM deliveries WHERE organization_id = $1 AND id = $2`+ofAccountBefore+` LIMIT 1`, organization, id)
		if err != nil {
			return err
		}
		if former {
			return hub.Conflict("It was to a record of the account that the connection had before; link the recording anew, and its note is sent to the one that it has now.")
		}
		if _, err := tx.Exec(ctx, `UPDATE earlier_markers SET left_print = '' WHERE organization_id = $1 AND recording_id = $2`, organization, before.RecordingID); err != nil {
			return err
		}
		// What is sent but not proven stays so: it is looked for now.
		d, err = queryOne(ctx, tx, scanDelivery, `UPDATE deliveries SET state = CASE WHEN state = 'CONFIRMING' THEN state ELSE 'PENDING' END, due_at = $3, attempts = 0, error = '', replayed = TRUE, updated_at = $3
			WHERE organization_id = $1 AND id = $2`+itsConnectionLives+` RETURNING `+deliveryColumns, organization, id, micros(now))
		if err != nil {
			return err
		}
		if err := scheduleTask(ctx, tx, organization, TaskWriteBack, d.ConnectionID, now); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "replay", "delivery", id, map[string]any{"connectionId": d.ConnectionID, "recordingId": d.RecordingID})
	})
	s.notify()
	return d, err
}

// SettleDelivery says what became of a note that was sent but is not proven, as a person found out: it is there, under the
// CRM's own id where that is known, or it is not. What is not there is sent again, unless it is no longer wanted.
func (s *Store) SettleDelivery(ctx context.Context, organization, id string, there bool, noteID string) (hub.Delivery, error) {
	var d hub.Delivery
	err := s.write(ctx, func(tx Tx) error {
		now := s.clock()
		before, err := delivery(ctx, tx, organization, id)
		if err != nil {
			return err
		}
		if before.State != hub.DeliveryConfirming {
			return hub.Conflict("The delivery is %s: there is nothing to settle.", before.State)
		}
		r, err := lockRecording(ctx, tx, organization, before.RecordingID)
		if ignoreNotFound(err) != nil {
			return err
		}
		state, due, sent, said := hub.DeliveryPending, optionalMicros(now), (*int64)(nil), before.Remains
		switch {
		case there:
			state, due, sent = hub.DeliverySent, nil, optionalMicros(before.AskedAt)
			if before.Withdrawn != "" {
				said = strings.TrimSpace(before.Withdrawn + " Its note stands there. " + before.Remains)
			}
		case before.Withdrawn != "":
			state, due, said = hub.DeliveryCanceled, nil, strings.TrimSpace(before.Withdrawn+" "+before.Remains)
		}
		if there && noteID == "" {
			noteID = before.Note.Marker
		}
		d, err = queryOne(ctx, tx, scanDelivery, `UPDATE deliveries SET state = $4, due_at = $5, sent_at = COALESCE($6, sent_at), note_id = $7, error = $8, withdrawn = '', asked_at = NULL,
				absences = 0, replayed = $10, updated_at = $9
			WHERE organization_id = $1 AND connection_id = $2 AND id = $3 AND state = 'CONFIRMING' RETURNING `+deliveryColumns,
			organization, before.ConnectionID, id, string(state), due, sent, noteID, said, micros(now), !there)
		if err != nil {
			return err
		}
		if there && before.Withdrawn == "" { // from now on the rule does not move the link
			if _, err := tx.Exec(ctx, `UPDATE recordings SET written_at = COALESCE(written_at, $3) WHERE organization_id = $1 AND id = $2`,
				organization, d.RecordingID, micros(now)); err != nil {
				return err
			}
			if err := s.correctSent(ctx, tx, r, d, DeliveryEnd{}); err != nil { // an analysis may have come meanwhile
				return err
			}
		}
		if err := wakeWaiting(ctx, tx, d, now); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "settle", "delivery", id, map[string]any{"connectionId": d.ConnectionID, "recordingId": d.RecordingID, "there": there})
	})
	s.notify()
	return d, err
}

// Corrections returns what a connection chose.
func (s *Store) Corrections(ctx context.Context, organization, connection string) (hub.Corrections, error) {
	text, err := queryOne(ctx, s.db, scanText, `SELECT corrections FROM connections WHERE organization_id = $1 AND id = $2`, organization, connection)
	return hub.Corrections(text), err
}

// SetCorrections chooses what happens when an analysis comes again after its note was written over the connection.
func (s *Store) SetCorrections(ctx context.Context, organization, connection string, c hub.Corrections) error {
	if err := c.Validate(); err != nil {
		return err
	}
	return s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE connections SET corrections = $3 WHERE organization_id = $1 AND id = $2`, organization, connection, string(c))
		if err := requireAffected(n, err, hub.ErrNotFound); err != nil {
			return err
		}
		return s.audit(ctx, tx, organization, "update", "connection", connection, map[string]any{"corrections": string(c)})
	})
}
