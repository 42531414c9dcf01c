package store

import (
	"context"
	"math"

	"sirocco/hub"
)

// CountsEnd is how far the console counts: of more it says that there are more.
const CountsEnd = 10_000

// RecordingsShown chooses recordings for a page of the console.
type RecordingsShown string

// The choices.
const (
	RecordingsAll       RecordingsShown = ""
	RecordingsLinked    RecordingsShown = "linked"
	RecordingsNotLinked RecordingsShown = "unlinked"
	RecordingsWaiting   RecordingsShown = "waiting" // for their analysis
	RecordingsFailed    RecordingsShown = "failed"  // to be analysed
)

const (
	latestRecordingsQuery = `SELECT ` + recordingColumns + ` FROM recordings WHERE organization_id = $1 AND (started_at, id) < ($2, $3) AND deleted_at IS NULL
		AND ($4 = '' OR $4 = 'linked' AND link_external_id IS NOT NULL OR $4 = 'unlinked' AND link_external_id IS NULL AND link_by <> 'OFFERED'
			OR $4 = 'waiting' AND processed_at IS NULL AND status <> 'ERROR' OR $4 = 'failed' AND status = 'ERROR')
		AND ($5 = '' OR user_id = $5) ORDER BY started_at DESC, id DESC LIMIT $6`
	offersCountQuery         = `SELECT COUNT(*) FROM (SELECT 1 FROM recordings WHERE organization_id = $1 AND link_by = 'OFFERED' AND deleted_at IS NULL LIMIT $2) AS few`
	recordingDeliveriesQuery = `SELECT ` + deliveryColumns + ` FROM deliveries WHERE organization_id = $1 AND recording_id = $2` + itsConnectionLives + ` ORDER BY id DESC LIMIT $3`
	recordingsLinkedQuery    = `SELECT ` + recordingColumns + ` FROM recordings WHERE organization_id = $1 AND link_connection_id = $2 AND link_model = $3 AND link_external_id = $4
		AND deleted_at IS NULL ORDER BY started_at DESC, id DESC LIMIT $5`
)

// LatestRecordings lists the recordings that are chosen, of one user where it is not empty, the latest first, after the
// place; the zero place is the beginning.
func (s *Store) LatestRecordings(ctx context.Context, organization string, shown RecordingsShown, user string, after ListPlace, limit int) ([]hub.Recording, error) {
	at := int64(math.MaxInt64)
	if after.ID != "" {
		at = micros(after.At)
	}
	return queryAll(ctx, s.db, scanRecording, latestRecordingsQuery, organization, at, after.ID, string(shown), user, limit)
}

// CountOffers counts the recordings that wait for a person to say what they are of, up to one more than CountsEnd.
func (s *Store) CountOffers(ctx context.Context, organization string) (int64, error) {
	return queryOne(ctx, s.db, scanCount, offersCountQuery, organization, CountsEnd+1)
}

// DeliveriesOf lists what was, or is to be, written to CRMs of a recording, the latest first.
func (s *Store) DeliveriesOf(ctx context.Context, organization, recordingID string, limit int) ([]hub.Delivery, error) {
	return queryAll(ctx, s.db, scanDelivery, recordingDeliveriesQuery, organization, recordingID, limit)
}

// RecordingsLinkedTo lists the recordings that are linked to a record itself, the latest first.
func (s *Store) RecordingsLinkedTo(ctx context.Context, organization string, to RecordKey, limit int) ([]hub.Recording, error) {
	return queryAll(ctx, s.db, scanRecording, recordingsLinkedQuery, organization, to.ConnectionID, string(to.Model), to.ExternalID, limit)
}
