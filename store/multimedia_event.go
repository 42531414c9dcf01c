package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

const multimediaColumns = `organization_id, id, external_id, download_url, sealed_url, file_type, started_at, external_user_id, email, user_name, external_event_id, ` +
	`status, reason, revision, attempts, due_at, recording_id, created_at`

// sentMultimedia is an event as it is kept.
type sentMultimedia struct {
	hub.MultimediaEvent
	// sealedURL is its DownloadURL, encrypted; empty where there is none, and where an earlier program kept it as it came.
	sealedURL string
}

func scanMultimedia(r database.Row) (sentMultimedia, error) {
	var e sentMultimedia
	var started, created int64
	var due *int64
	var recording *string
	err := r.Scan(&e.OrganizationID, &e.ID, &e.ExternalID, &e.DownloadURL, &e.sealedURL, &e.FileType, &started, &e.ExternalUserID, &e.Email, &e.UserName, &e.ExternalEventID,
		&e.Status, &e.Reason, &e.Revision, &e.Attempts, &due, &recording, &created)
	e.StartedAt, e.DueAt, e.RecordingID, e.CreatedAt = fromMicros(started), fromOptionalMicros(due), deref(recording), fromMicros(created)
	return e, err
}

// multimediaKind is what the audit log calls a multimedia event, by its externalId.
const multimediaKind = "multimediaEvent"

// downloadPlace binds what is sealed to its event.
func downloadPlace(organization, externalID string) string {
	return "multimedia/" + organization + "/" + externalID
}

// opened is the event with its DownloadURL.
func (s *Store) opened(e sentMultimedia) (hub.MultimediaEvent, error) {
	if e.sealedURL == "" {
		return e.MultimediaEvent, nil
	}
	text, err := s.keys.open(e.sealedURL, downloadPlace(e.OrganizationID, e.ExternalID))
	e.DownloadURL = string(text)
	return e.MultimediaEvent, err
}

// PutMultimediaEvents takes in recordings to be fetched, all or none. One that was fetched stays as it is; of one that was
// not yet, what comes now takes the place, and it is tried at once. They must have been validated.
func (s *Store) PutMultimediaEvents(ctx context.Context, organization string, events []hub.MultimediaEvent) error {
	now := micros(s.nowMillis())
	err := s.write(ctx, func(tx Tx) error {
		taken := 0
		for i := range events {
			events[i].OrganizationID, events[i].FileType = organization, hub.MediaType(events[i].FileType)
			id, err := s.putMultimedia(ctx, tx, &events[i], now)
			if err != nil {
				return err
			}
			if id == "" {
				continue
			}
			taken++
			if err := scheduleTask(ctx, tx, organization, TaskMultimedia, id, fromMicros(now)); err != nil {
				return err
			}
		}
		if taken == 0 {
			return nil
		}
		return s.audit(ctx, tx, organization, "receive", multimediaKind, events[0].ExternalID, map[string]any{"events": taken})
	})
	if err == nil {
		s.notify()
	}
	return err
}

// putMultimedia keeps one event and returns its id; empty where there is nothing to do, as it was fetched or nothing changed.
func (s *Store) putMultimedia(ctx context.Context, tx Tx, e *hub.MultimediaEvent, now int64) (id string, err error) {
	known, err := queryOne(ctx, tx, scanMultimedia, `SELECT `+multimediaColumns+` FROM multimedia_events WHERE organization_id = $1 AND external_id = $2`+tx.Dialect().ForUpdate(),
		e.OrganizationID, e.ExternalID)
	if err := ignoreNotFound(err); err != nil {
		return "", err
	}
	if before, err := s.opened(known); err == nil && before.Status == hub.MultimediaPending && before.SaysAs(e) {
		return "", nil
	}
	sealed, err := s.seal(ctx, tx, []byte(e.DownloadURL), downloadPlace(e.OrganizationID, e.ExternalID))
	if err != nil {
		return "", err
	}
	ids, err := queryAll(ctx, tx, scanText, `INSERT INTO multimedia_events (organization_id, id, external_id, download_url, sealed_url, file_type, started_at, external_user_id, email, user_name,
			external_event_id, status, reason, revision, attempts, due_at, created_at, updated_at)
		VALUES ($1, $2, $3, '', $4, $5, $6, $7, $8, $9, $10, 'PENDING', '', 1, 0, $11, $11, $11)
		ON CONFLICT (organization_id, external_id) DO UPDATE SET download_url = '', sealed_url = excluded.sealed_url, file_type = excluded.file_type, started_at = excluded.started_at,
			external_user_id = excluded.external_user_id, email = excluded.email, user_name = excluded.user_name, external_event_id = excluded.external_event_id,
			status = 'PENDING', reason = '', revision = multimedia_events.revision + 1, attempts = 0, due_at = excluded.due_at, updated_at = excluded.updated_at
		WHERE multimedia_events.status <> 'FETCHED'
		RETURNING id`, e.OrganizationID, s.newID(), e.ExternalID, sealed, e.FileType, micros(e.StartedAt), e.ExternalUserID, e.Email, e.UserName, e.ExternalEventID, now)
	return first(ids), err
}

// MultimediaEvent returns one that is to be fetched; one that is fetched is returned, too.
func (s *Store) MultimediaEvent(ctx context.Context, organization, id string) (hub.MultimediaEvent, error) {
	e, err := queryOne(ctx, s.db, scanMultimedia, `SELECT `+multimediaColumns+` FROM multimedia_events WHERE organization_id = $1 AND id = $2`, organization, id)
	if err != nil {
		return e.MultimediaEvent, err
	}
	return s.opened(e)
}

// MultimediaEvents lists the organization's, latest first, those of a status, or all for an empty one, before an id. Where their
// audio is they do not say.
func (s *Store) MultimediaEvents(ctx context.Context, organization string, status hub.MultimediaStatus, before string, limit int) ([]hub.MultimediaEvent, error) {
	c := conditions{args: []any{organization}}
	if status != "" {
		c.and("status = %s", string(status))
	}
	if before != "" {
		c.and("id < %s", before)
	}
	return queryPage(ctx, s.db, func(r database.Row) (hub.MultimediaEvent, error) {
		e, err := scanMultimedia(r)
		e.DownloadURL = ""
		return e.MultimediaEvent, err
	}, `SELECT `+multimediaColumns+` FROM multimedia_events WHERE organization_id = $1`+c.text+` ORDER BY id DESC LIMIT `+c.arg(limit), c.args...)
}

// FailMultimedia notes why the event could not be fetched. It is tried again at next, or never for the zero time: then where
// its audio is kept no longer. What came in the event's place since is left as it is.
func (s *Store) FailMultimedia(ctx context.Context, task Task, e hub.MultimediaEvent, reason string, next time.Time) error {
	status := hub.MultimediaPending
	if next.IsZero() {
		status = hub.MultimediaFailed
	}
	return s.write(ctx, func(tx Tx) error {
		if err := holdTaskLease(ctx, tx, task); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE multimedia_events SET status = $4, reason = $5, attempts = attempts + 1, due_at = $6, updated_at = $7,
				download_url = CASE WHEN $4 = 'FAILED' THEN '' ELSE download_url END, sealed_url = CASE WHEN $4 = 'FAILED' THEN '' ELSE sealed_url END
			WHERE organization_id = $1 AND id = $2 AND revision = $3 AND status = 'PENDING'`, e.OrganizationID, e.ID, e.Revision, string(status), reason, optionalMicros(next), micros(s.nowMillis()))
		return err
	})
}

// ErrNoRep says that nobody is known by what a multimedia event says of the rep.
var ErrNoRep = errors.New("no user is known by what it says of the rep")

// FinishMultimedia makes the recording of the event's audio, which was uploaded under the key, and the event is done. It is
// ErrNoRep where nobody is known whose it could be.
func (s *Store) FinishMultimedia(ctx context.Context, task Task, e hub.MultimediaEvent, blob string) error {
	err := s.write(ctx, func(tx Tx) error {
		if err := holdTaskLease(ctx, tx, task); err != nil {
			return err
		}
		user, err := repOf(ctx, tx, e)
		if err != nil {
			return err
		}
		status, err := queryOne(ctx, tx, scanText, `SELECT status FROM multimedia_events WHERE organization_id = $1 AND id = $2`+tx.Dialect().ForUpdate(), e.OrganizationID, e.ID)
		if err != nil || status == string(hub.MultimediaFetched) {
			return err
		}
		n := hub.NewRecording{By: hub.Viewer{Admin: true}, Blob: blob, FileType: e.FileType, UserID: user, StartedAt: e.StartedAt}
		if err := eventLink(ctx, tx, e, &n); err != nil {
			return err
		}
		r, err := s.createRecording(ctx, tx, e.OrganizationID, n)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE multimedia_events SET status = 'FETCHED', reason = $3, download_url = '', sealed_url = '', due_at = NULL, recording_id = $4, attempts = attempts + 1, updated_at = $5
			WHERE organization_id = $1 AND id = $2`, e.OrganizationID, e.ID, n.Unlinked, r.ID, micros(s.nowMillis()))
		if err != nil {
			return err
		}
		return deleteTask(ctx, tx, e.OrganizationID, TaskMultimedia, e.ID)
	})
	if err == nil {
		s.notify()
	}
	return err
}

// RepOf reports whether somebody is known by what the event says of the rep.
func (s *Store) RepOf(ctx context.Context, e hub.MultimediaEvent) (userID string, err error) {
	userID, err = repOf(ctx, s.db, e)
	return userID, err
}

// repOf finds whose recording it is: the user with that externalId, whom a CRM user of that id is matched to, or who has
// the e-mail address.
func repOf(ctx context.Context, q database.Querier, e hub.MultimediaEvent) (string, error) {
	if e.ExternalUserID != "" {
		found, err := queryAll(ctx, q, scanText, `SELECT id FROM users WHERE organization_id = $1 AND external_key = $2 AND disabled = $3`, e.OrganizationID, e.ExternalUserID, false)
		if err != nil || len(found) == 1 {
			return first(found), err
		}
		matched, err := matchedUsers(ctx, q, e.OrganizationID, e.ExternalUserID)
		if err != nil || len(matched) == 1 {
			return first(matched), err
		}
	}
	if e.Email != "" {
		found, err := queryAll(ctx, q, scanText, `SELECT id FROM users WHERE organization_id = $1 AND email_key = $2 AND disabled = $3 LIMIT 2`, e.OrganizationID, hub.EmailKey(e.Email), false)
		if err != nil || len(found) == 1 {
			return first(found), err
		}
	}
	return "", ErrNoRep
}

// crmUsersAsked bounds how many CRM users of one id are looked at: each connection has one.
const crmUsersAsked = 20

// matchedUsers are the users, each once, whom the CRM users with an id, of all connections, are matched to.
func matchedUsers(ctx context.Context, q database.Querier, organization, externalID string) ([]string, error) {
	found, err := ofAnyConnection(ctx, q, organization, hub.ModelUser, externalID, crmUsersAsked)
	if err != nil {
		return nil, err
	}
	var users []string
	seen := map[string]bool{}
	for _, r := range found {
		user, _, err := matchOf(ctx, q, organization, r)
		if err != nil {
			return nil, err
		}
		if user == "" || seen[user] {
			continue
		}
		seen[user] = true
		users = append(users, user)
	}
	return users, nil
}

// ofAnyConnection finds the records of a model that a CRM calls by an id, of all connections that are there.
func ofAnyConnection(ctx context.Context, q database.Querier, organization string, model hub.Model, externalID string, limit int) ([]Record, error) {
	return queryAll(ctx, q, scanRecord, `SELECT `+recordColumns+` FROM records WHERE organization_id = $1 AND connection_id IN (SELECT e.id FROM connections e WHERE e.organization_id = $1 AND e.retiring = FALSE)
		AND model = $2 AND `+isNamed(3, 5)+` AND deleted_at IS NULL ORDER BY id LIMIT $4`, organization, string(model), externalID, limit, hub.SalesforceID(externalID))
}

// eventLink lets the recording be linked to the CRM event that it belongs to, or says why it is not.
func eventLink(ctx context.Context, tx Tx, e hub.MultimediaEvent, n *hub.NewRecording) error {
	if e.ExternalEventID == "" {
		return nil
	}
	found, err := ofAnyConnection(ctx, tx, e.OrganizationID, hub.ModelEngagement, e.ExternalEventID, 2)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		n.Unlinked = fmt.Sprintf("Its sender named the event %s, which no connection has.", hub.Quoted(e.ExternalEventID))
	case len(found) > 1:
		n.Unlinked = fmt.Sprintf("Its sender named the event %s, which several connections have.", hub.Quoted(e.ExternalEventID))
	default:
		n.ConnectionID, n.Objects = found[0].ConnectionID, []hub.RecordRef{{Model: hub.ModelEngagement, ExternalID: found[0].ExternalID}}
	}
	return nil
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
