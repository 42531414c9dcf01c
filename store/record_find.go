package store

import (
	"context"
	"errors"

	"sirocco/hub"
)

// RecordTarget names a CRM record by our id, or else by the CRM's own.
type RecordTarget struct {
	Model hub.Model
	// ID is ours; where it is empty ExternalID counts.
	ID, ExternalID string
	// ConnectionID, or Platform, says which connection an ExternalID is of, where several have it.
	ConnectionID string
	Platform     hub.Platform
}

func (t RecordTarget) validate() error {
	if t.ID == "" && t.ExternalID == "" {
		return hub.Invalid("id", "is missing, as externalId is", "our id of the record, or the CRM's own as externalId")
	}
	return nil
}

// FindRecord returns the record that t names. It fails with a *hub.InvalidError where t names none, hub.ErrNotFound where
// there is no such record, and a *hub.ConflictError where several connections have one.
func (s *Store) FindRecord(ctx context.Context, organization string, t RecordTarget) (Record, error) {
	if err := t.validate(); err != nil {
		return Record{}, err
	}
	if t.ID != "" {
		if !hub.ValidID(t.ID) {
			return Record{}, hub.NoSuch(t.Model.Noun())
		}
		found, err := s.Record(ctx, organization, t.Model, t.ID)
		return found, hub.Missing(t.Model.Noun(), err)
	}
	found, err := s.Records(ctx, organization, RecordFilter{Model: t.Model, ExternalID: t.ExternalID, ConnectionID: t.ConnectionID, Platform: t.Platform, Limit: 2})
	switch {
	case err != nil:
		return Record{}, err
	case len(found) == 0:
		return Record{}, hub.NoSuch(t.Model.Noun())
	case len(found) > 1:
		return Record{}, ErrSeveralRecords
	}
	return found[0], nil
}

// linkedModels are those of records that a recording can be linked to.
var linkedModels = []hub.Model{hub.ModelEngagement, hub.ModelOpportunity, hub.ModelAccount, hub.ModelContact, hub.ModelLead}

// findOfKind is FindRecord where a record that is there but of another model is not just none: it is a *hub.InvalidError that
// says what it is.
func (s *Store) findOfKind(ctx context.Context, organization string, t RecordTarget) (Record, error) {
	found, err := s.FindRecord(ctx, organization, t)
	if !errors.Is(err, hub.ErrNotFound) {
		return found, err
	}
	for _, m := range linkedModels {
		other := t
		other.Model = m
		if _, elsewhere := s.FindRecord(ctx, organization, other); elsewhere == nil {
			return Record{}, hub.Invalid("dataType", "is "+string(t.Model)+", and the record is another kind", string(m))
		} else if !errors.Is(elsewhere, hub.ErrNotFound) {
			return Record{}, elsewhere
		}
	}
	return Record{}, err
}

// ErrSeveralRecords says that an external id means records of several connections.
var ErrSeveralRecords = hub.Conflict("Several connections have a record with this externalId: name the integrationConnectionId.")

// PushedID returns the external id of a record of the connection that is pushed over, named as in PushOver, by our id. One
// of another connection is hub.ErrNotFound: an external id means something else there.
func (s *Store) PushedID(ctx context.Context, organization, over string, m hub.Model, id string) (string, error) {
	if !hub.ValidID(id) {
		return "", hub.ErrNotFound
	}
	of, named := "platform", string(hub.PlatformCustomInput)
	if over != "" {
		of, named = "id", over
	}
	return queryOne(ctx, s.db, scanText, `SELECT external_id FROM records WHERE organization_id = $1 AND model = $2 AND id = $3 AND deleted_at IS NULL
		AND EXISTS (SELECT 1 FROM connections c WHERE c.organization_id = records.organization_id AND c.id = records.connection_id AND c.retiring = FALSE AND c.`+of+` = $4)`,
		organization, string(m), id, named)
}
