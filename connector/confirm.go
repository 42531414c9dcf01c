package connector

import (
	"context"
	"errors"

	"sirocco/hub"
)

// Confirmer is implemented by connectors whose vendor can be asked what is so now. Just before a note is sent over a link
// that the rule made, the engine asks again for what decided it.
type Confirmer interface {
	// Confirm reads the record that a recording is linked to, and what says when, where, of whom and with whom it is. An
	// error says nothing of the record; ErrCannotAsk, that the vendor cannot be asked about records of the model.
	Confirm(ctx context.Context, s *Session, of hub.RecordRef) (Confirmed, error)
}

// ErrCannotAsk is what Confirm returns for a model whose records the vendor cannot be asked about: their links stand as they
// are, as do those of connectors that are no Confirmer.
var ErrCannotAsk = errors.New("records of the model cannot be asked for")

// Confirmed is what a vendor says of a record now.
type Confirmed struct {
	// Records are the record and those that it is read with; without itself among them the vendor says that it is not there.
	Records []hub.Record
	// Absent are those besides the record that were asked for, and are not there.
	Absent []hub.RecordRef
	// Children are the models of which Records has all that refer to the record: any other that is kept is gone.
	Children []hub.Model
}

// Record is what the vendor says of a record, which may be that it is deleted; nil where it is not among them.
func (c *Confirmed) Record(of hub.RecordRef) *hub.Record { return recordAmong(c.Records, of) }

// Has reports whether the vendor has the record.
func (c *Confirmed) Has(of hub.RecordRef) bool {
	r := c.Record(of)
	return r != nil && !r.Deleted
}

func recordAmong(records []hub.Record, of hub.RecordRef) *hub.Record {
	for i := range records {
		if r := &records[i]; r.Model == of.Model && r.ExternalID == of.ExternalID {
			return r
		}
	}
	return nil
}

// ConfirmFound is what a connector's Find says of a record, for its Confirm: an item that cannot be read is no answer.
func ConfirmFound(ctx context.Context, f Finder, s *Session, service string, of hub.RecordRef) (Confirmed, error) {
	page, err := f.Find(ctx, s, of.Model, []string{of.ExternalID})
	if err != nil {
		return Confirmed{}, err
	}
	if len(page.Rejected) > 0 {
		return Confirmed{}, Fail(Malformed, service, "the %s %s cannot be read: %s", of.Model, of.ExternalID, page.Rejected[0].Reason)
	}
	return Confirmed{Records: page.Records}, nil
}

// ConfirmAbout adds to what was found of an engagement the opportunity that it is about, as a connector's Find says of it, for its
// Confirm. One that is not there is told as absent.
func ConfirmAbout(ctx context.Context, f Finder, s *Session, service string, of hub.RecordRef, found *Confirmed) error {
	record := found.Record(of)
	if of.Model != hub.ModelEngagement || record == nil || record.Refs.Opportunity == "" {
		return nil
	}
	ref := hub.RecordRef{Model: hub.ModelOpportunity, ExternalID: record.Refs.Opportunity}
	about, err := ConfirmFound(ctx, f, s, service, ref)
	if err != nil {
		return err
	}
	if about.Record(ref) == nil {
		found.Absent = append(found.Absent, ref)
	}
	found.Records = append(found.Records, about.Records...)
	return nil
}
