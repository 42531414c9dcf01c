package store

import (
	"context"

	"sirocco/database"
	"sirocco/hub"
)

const uploadColumns = `organization_id, blob, file_type, size, stored_at, expires_at, created_at`

func scanUpload(r database.Row) (hub.Upload, error) {
	var u hub.Upload
	var stored *int64
	var expires, created int64
	err := r.Scan(&u.OrganizationID, &u.Blob, &u.FileType, &u.Size, &stored, &expires, &created)
	u.StoredAt, u.ExpiresAt, u.CreatedAt = fromOptionalMicros(stored), fromMicros(expires), fromMicros(created)
	return u, err
}

// CreateUpload promises audio a place.
func (s *Store) CreateUpload(ctx context.Context, organization, fileType string, size int64) (hub.Upload, error) {
	fileType = hub.MediaType(fileType)
	if err := hub.ValidateUpload(fileType, size); err != nil {
		return hub.Upload{}, err
	}
	now := s.clock().UTC()
	u := hub.Upload{
		OrganizationID: organization, Blob: organization + "/" + s.newID(), FileType: fileType, Size: size,
		ExpiresAt: now.Add(hub.UploadKept), CreatedAt: now,
	}
	err := s.write(ctx, func(tx Tx) error {
		held, err := holdLimits(ctx, tx, organization, now, hub.ResourceAudio, hub.ResourceUploads)
		if err != nil {
			return err
		}
		if err := insertUpload(ctx, tx, u); err != nil {
			return err
		}
		if err := addUsage(ctx, tx, organization, hub.ResourceAudio, "", size); err != nil {
			return err
		}
		return held.check(ctx, tx, now)
	})
	return u, err
}

func insertUpload(ctx context.Context, tx Tx, u hub.Upload) error {
	_, err := tx.Exec(ctx, `INSERT INTO uploads (`+uploadColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		u.OrganizationID, u.Blob, u.FileType, u.Size, optionalMicros(u.StoredAt), micros(u.ExpiresAt), micros(u.CreatedAt))
	return err
}

// Upload returns audio that waits for its recording, come or not.
func (s *Store) Upload(ctx context.Context, organization, blob string) (hub.Upload, error) {
	return queryOne(ctx, s.db, scanUpload, `SELECT `+uploadColumns+` FROM uploads WHERE organization_id = $1 AND blob = $2`, organization, blob)
}

// StoreUpload notes that size bytes of audio came, and reports whether that is new: it is not where it was noted before, or where
// its recording is made. Where nothing can come to need the audio any more it is hub.ErrNotFound.
func (s *Store) StoreUpload(ctx context.Context, organization, blob string, size int64) (first bool, err error) {
	err = s.write(ctx, func(tx Tx) error {
		now := micros(s.clock())
		promised, err := queryAll(ctx, tx, scanCount, `SELECT size FROM uploads WHERE organization_id = $1 AND blob = $2 AND expires_at > $3 AND stored_at IS NULL`+tx.Dialect().ForUpdate(), organization, blob, now)
		if err != nil {
			return err
		}
		if first = len(promised) == 1; first {
			if _, err := tx.Exec(ctx, `UPDATE uploads SET stored_at = $3, size = $4 WHERE organization_id = $1 AND blob = $2`, organization, blob, now, size); err != nil {
				return err
			}
			return addUsage(ctx, tx, organization, hub.ResourceAudio, "", size-promised[0])
		}
		_, err = queryOne(ctx, tx, scanText, `SELECT blob FROM uploads WHERE organization_id = $1 AND blob = $2 AND expires_at > $3
			UNION ALL SELECT blob FROM recordings WHERE organization_id = $1 AND blob = $2 AND deleted_at IS NULL`, organization, blob, now)
		return err
	})
	return first, err
}

// ExpiredUploads lists audio, of all organizations, that nothing needs any more.
func (s *Store) ExpiredUploads(ctx context.Context, limit int) ([]hub.Upload, error) {
	return queryAll(ctx, s.db, scanUpload, `SELECT `+uploadColumns+` FROM uploads WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2`, micros(s.clock()), limit)
}

// AbandonUpload takes the place back of expired audio, so that nothing can come to need it; false where something has.
// The audio must be deleted next, and then ForgetUpload called.
func (s *Store) AbandonUpload(ctx context.Context, organization, blob string) (given bool, err error) {
	err = s.write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE uploads SET stored_at = NULL WHERE organization_id = $1 AND blob = $2 AND expires_at <= $3`, organization, blob, micros(s.clock()))
		given = n > 0
		return err
	})
	return given, err
}

// ForgetUpload notes that the audio was deleted, also of the deleted recording that it belonged to. Whatever texts of that
// are left, because its deletion was cut off, are erased.
func (s *Store) ForgetUpload(ctx context.Context, organization, blob string) error {
	deleted, err := queryAll(ctx, s.db, scanText, `SELECT id FROM recordings WHERE organization_id = $1 AND blob = $2 AND deleted_at IS NOT NULL AND purged_at IS NULL`, organization, blob)
	if err != nil {
		return err
	}
	for _, id := range deleted {
		if err := s.eraseTexts(ctx, organization, id); err != nil {
			return err
		}
	}
	return s.write(ctx, func(tx Tx) error {
		sizes, err := queryAll(ctx, tx, scanCount, `DELETE FROM uploads WHERE organization_id = $1 AND blob = $2 RETURNING size`, organization, blob)
		if err != nil {
			return err
		}
		for _, size := range sizes {
			if err := addUsage(ctx, tx, organization, hub.ResourceAudio, "", -size); err != nil {
				return err
			}
		}
		now := micros(s.nowMillis())
		_, err = tx.Exec(ctx, `UPDATE recordings SET purged_at = $3, updated_at = CASE WHEN updated_at + 1000 > $3 THEN updated_at + 1000 ELSE $3 END
			WHERE organization_id = $1 AND blob = $2 AND deleted_at IS NOT NULL AND purged_at IS NULL`, organization, blob, now)
		return err
	})
}

// AudioFor reports whether audio may still be fetched by a URL that the user was given: it waits for its recording or is
// that of one which is not deleted, and neither the user nor the organization is disabled. A user "" is not asked about.
func (s *Store) AudioFor(ctx context.Context, organization, user, blob string) (bool, error) {
	found, err := queryAll(ctx, s.db, scanText, `SELECT o.id FROM organizations o WHERE o.id = $1 AND o.disabled = $2
		AND ($3 = '' OR EXISTS (SELECT 1 FROM users u WHERE u.organization_id = o.id AND u.id = $3 AND u.disabled = $2))
		AND (EXISTS (SELECT 1 FROM recordings r WHERE r.organization_id = o.id AND r.blob = $4 AND r.deleted_at IS NULL)
			OR EXISTS (SELECT 1 FROM uploads p WHERE p.organization_id = o.id AND p.blob = $4 AND p.expires_at > $5))`,
		organization, false, user, blob, micros(s.clock()))
	return len(found) > 0, err
}
