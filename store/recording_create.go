package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sirocco/database"
	"sirocco/hub"
)

// CreateRecording makes a recording of audio that was uploaded. All of the same again, by the same user, is the recording that
// was made of it. What is wrong is a *hub.InvalidError; hub.ErrNotFound is a user that By may not upload for.
func (s *Store) CreateRecording(ctx context.Context, organization string, n hub.NewRecording) (hub.Recording, error) {
	if err := n.Validate(); err != nil {
		return hub.Recording{}, err
	}
	var r hub.Recording
	err := s.write(ctx, func(tx Tx) error {
		var err error
		r, err = s.createRecording(ctx, tx, organization, n)
		return err
	})
	if err == nil {
		s.notify()
	}
	return r, err
}

func (s *Store) createRecording(ctx context.Context, tx Tx, organization string, n hub.NewRecording) (hub.Recording, error) {
	now := s.nowMillis()
	upload, err := takeUpload(ctx, tx, organization, n, now)
	if errors.Is(err, hub.ErrNotFound) {
		return recordingOfAudio(ctx, tx, organization, n)
	}
	if err != nil {
		return hub.Recording{}, err
	}
	owner, err := recordingOwner(ctx, tx, organization, n)
	if err != nil {
		return hub.Recording{}, err
	}
	r := hub.Recording{
		ID: s.newID(), OrganizationID: organization, UserID: owner.UserID, TeamID: owner.TeamID, Title: n.Title,
		FileType: upload.FileType, Blob: upload.Blob, Size: upload.Size, StartedAt: n.StartedAt.UTC(), Result: n.Result,
		Latitude: n.Latitude, Longitude: n.Longitude,
		ConversationType: n.ConversationType, Discoverable: n.Discoverable, ContactName: n.ContactName, ContactPhone: n.ContactPhone,
		Trigger: n.Trigger, Status: hub.RecordingUploaded, CreatedAt: now, UpdatedAt: now,
	}
	if n.StartedAt.IsZero() {
		r.StartedAt = now
	}
	r.EndedAt = r.StartedAt
	r.Link.Reason = n.Unlinked
	if err := uploadLink(ctx, tx, &r, n); err != nil {
		return r, err
	}
	if err := insertRecording(ctx, tx, r, n.Hash()); err != nil {
		return r, err
	}
	err = s.audit(ctx, tx, organization, "create", "recording", r.ID, map[string]any{"userId": r.UserID, "title": r.Title, "fileType": r.FileType, "link": r.Link.ExternalID})
	switch {
	case err != nil:
		return r, err
	case r.Linked():
		return r, s.publish(ctx, tx, r, hub.EventRecordingLinked)
	case n.Unlinked != "": // the rule would look for another one than was meant
		return r, nil
	}
	return r, requestRelink(ctx, tx, organization, r.StartedAt, r.EndedAt, now)
}

// takeUpload takes over the audio that came, or returns hub.ErrNotFound where none is waiting.
func takeUpload(ctx context.Context, tx Tx, organization string, n hub.NewRecording, now time.Time) (hub.Upload, error) {
	const want = "the downloadUrl that POST /v1/core/recordings/signed-urls gave, after the audio was PUT to its uploadUrl"
	u, err := queryOne(ctx, tx, scanUpload, `SELECT `+uploadColumns+` FROM uploads WHERE organization_id = $1 AND blob = $2 AND expires_at > $3`+tx.Dialect().ForUpdate(),
		organization, n.Blob, micros(now))
	switch {
	case err != nil:
		return u, err
	case u.StoredAt.IsZero():
		return u, hub.Invalid("fileUrl", "names audio that has not arrived", want)
	case hub.MediaType(n.FileType) != u.FileType:
		return u, hub.Invalid("fileType", "is not what the audio was uploaded as", u.FileType)
	}
	_, err = tx.Exec(ctx, `DELETE FROM uploads WHERE organization_id = $1 AND blob = $2`, organization, u.Blob)
	return u, err
}

// recordingOfAudio returns the recording that was made of the audio before: the answer to a request that is repeated
// because its answer was lost.
func recordingOfAudio(ctx context.Context, tx Tx, organization string, n hub.NewRecording) (hub.Recording, error) {
	r, err := queryOne(ctx, tx, scanRecording, `SELECT `+recordingColumns+` FROM recordings WHERE organization_id = $1 AND blob = $2 AND deleted_at IS NULL`, organization, n.Blob)
	if errors.Is(err, hub.ErrNotFound) || err == nil && !n.By.Keeps(r.UserID, r.TeamID) {
		return hub.Recording{}, hub.Invalid("fileUrl", "names no audio that waits for its recording",
			"the downloadUrl that POST /v1/core/recordings/signed-urls gave, at most a day ago")
	}
	if err != nil {
		return r, err
	}
	sent, err := queryOne(ctx, tx, scanText, `SELECT upload_hash FROM recordings WHERE organization_id = $1 AND id = $2`, organization, r.ID)
	if err == nil && sent != "" && sent != n.Hash() { // of those made by a program before this one it is not known
		return hub.Recording{}, hub.Invalid("fileUrl", "names audio of which a recording was made already, by a request that said something else",
			"the downloadUrl of another upload, or all of the same again where an answer was lost")
	}
	return r, err
}

// recordingOwner finds whom the new recording is of: by the id, or else the e-mail address, or else the number, each of which
// stands in for the one before where that is not sent or names nobody.
func recordingOwner(ctx context.Context, tx Tx, organization string, n hub.NewRecording) (hub.Viewer, error) {
	scan := func(r database.Row) (hub.Viewer, error) {
		var v hub.Viewer
		var team *string
		err := r.Scan(&v.UserID, &team)
		v.TeamID = deref(team)
		return v, err
	}
	phone := ""
	if n.UserPhone != "" {
		region, err := phoneRegion(ctx, tx, organization, "")
		if err != nil {
			return hub.Viewer{}, err
		}
		phone = hub.NumberKey(n.UserPhone, region)
	}
	sent := ""
	for _, by := range []struct{ field, column, sent, value string }{
		{"userId", "id", n.UserID, n.UserID}, {"userEmail", "email_key", n.UserEmail, hub.EmailKey(n.UserEmail)}, {"userPhone", "phone_key", n.UserPhone, phone},
	} {
		if by.sent == "" {
			continue
		}
		sent = cmp.Or(sent, by.field)
		if by.value == "" {
			continue
		}
		found, err := queryAll(ctx, tx, scan, `SELECT id, team_id FROM users WHERE organization_id = $1 AND `+by.column+` = $2 AND disabled = $3 ORDER BY id LIMIT 2`, organization, by.value, false)
		switch {
		case err != nil:
			return hub.Viewer{}, err
		case len(found) > 1:
			return hub.Viewer{}, hub.Invalid(by.field, "is that of several users", "the userId")
		case len(found) == 1 && !n.By.Keeps(found[0].UserID, found[0].TeamID):
			return hub.Viewer{}, errNoRep(by.field)
		case len(found) == 1:
			return found[0], nil
		}
	}
	if sent == "" {
		return hub.Viewer{}, hub.Invalid("userId", "is missing", "one of userId, userEmail and userPhone")
	}
	return hub.Viewer{}, errNoRep(sent)
}

func errNoRep(field string) error {
	return hub.Invalid(field, "names no user that you may upload for", "yourself, a member of a team that you coach, or anybody where you are an administrator")
}

// uploadLink links the new recording to the CRM objects that its uploader named.
func uploadLink(ctx context.Context, tx Tx, r *hub.Recording, n hub.NewRecording) error {
	if len(n.Objects) == 0 {
		return nil
	}
	connection, err := connectionOf(ctx, tx, r.OrganizationID, n)
	if err != nil {
		return err
	}
	main, also := hub.MostSpecific(n.Objects)
	r.Link = hub.Link{
		ConnectionID: connection, Model: main.Model, ExternalID: main.ExternalID, Also: also, By: hub.LinkedByUpload,
		Reason: "Its uploader named the " + string(main.Model) + " " + main.ExternalID + ".", At: r.CreatedAt,
	}
	return requireRecords(ctx, tx, r.OrganizationID, &r.Link)
}

// connectionOf is the connection that has all of the new recording's objects.
func connectionOf(ctx context.Context, tx Tx, organization string, n hub.NewRecording) (string, error) {
	if n.ConnectionID != "" {
		if _, err := connection(ctx, tx, organization, n.ConnectionID); errors.Is(err, hub.ErrNotFound) {
			return "", hub.Invalid("integrationConnectionId", "names no connection", "the id of a connection of the organization")
		} else if err != nil {
			return "", err
		}
	}
	having := map[string]int{}
	for i, ref := range n.Objects {
		c := conditions{text: `organization_id = $1 AND model = $2 AND ` + isNamed(3, 4), args: []any{organization, string(ref.Model), ref.ExternalID, hub.SalesforceID(ref.ExternalID)}}
		if n.ConnectionID != "" {
			c.and("connection_id = %s", n.ConnectionID)
		} else { // the key begins with the connection, of which an organization has few
			c.text += ` AND connection_id IN (SELECT e.id FROM connections e WHERE e.organization_id = $1)`
		}
		found, err := queryAll(ctx, tx, scanText, `SELECT DISTINCT connection_id FROM records WHERE `+c.text+` AND deleted_at IS NULL`+ofLiveConnection+` LIMIT 100`, c.args...)
		if err != nil {
			return "", err
		}
		if len(found) == 0 {
			return "", hub.Invalid(fmt.Sprintf("crmObjects[%d].objectId", i), fmt.Sprintf("names no %s that is there", ref.Model), "the CRM's own id of a record that has been synced")
		}
		for _, id := range found {
			having[id]++
		}
	}
	all := make([]string, 0, 1)
	for id, n0 := range having {
		if n0 == len(n.Objects) {
			all = append(all, id)
		}
	}
	switch len(all) {
	case 0:
		return "", hub.Invalid("crmObjects", "are not all of one connection", "objects of one connection")
	case 1:
		return all[0], nil
	}
	return "", hub.Invalid("integrationConnectionId", "is missing, and several connections have the objects", "the id of the connection that is meant")
}

func insertRecording(ctx context.Context, tx Tx, r hub.Recording, sent string) error {
	analysis, err := json.Marshal(r.Analysis)
	if err != nil {
		return err
	}
	also, err := alsoText(r.Link.Also)
	if err != nil {
		return err
	}
	lost, err := lostText(r.Link.Lost)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO recordings (`+recordingColumns+`, analysis_hash, upload_hash) VALUES
		($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, '', $42)`,
		r.OrganizationID, r.ID, r.UserID, optional(r.TeamID), r.Title, r.FileType, r.Blob, r.Size, micros(r.StartedAt), micros(r.EndedAt), r.Duration.Milliseconds(),
		r.Latitude, r.Longitude, string(r.Result), r.ConversationType, r.Trigger, r.Discoverable, r.ContactName, r.ContactPhone, string(r.Status),
		optionalMicros(r.ProcessedAt), string(analysis), r.Score, optional(r.Link.ConnectionID), optional(string(r.Link.Model)), optional(r.Link.ExternalID), also,
		string(r.Link.By), r.Link.Trigger, r.Link.Reason, optionalMicros(r.Link.At), optionalMicros(r.WrittenAt),
		micros(r.CreatedAt), micros(r.UpdatedAt), optionalMicros(r.DeletedAt), optionalMicros(r.PurgedAt), r.SummaryDone, r.ExtractionDone, r.WordsFrom, r.Link.Basis, lost, sent)
	return err
}

func lostText(lost *hub.LostAppointment) (string, error) {
	if lost == nil {
		return "", nil
	}
	text, err := json.Marshal(lost)
	return string(text), err
}

func alsoText(also []hub.RecordRef) (string, error) {
	if len(also) == 0 {
		return "[]", nil
	}
	text, err := json.Marshal(also)
	return string(text), err
}
