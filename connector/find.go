package connector

import (
	"context"
	"slices"

	"sirocco/hub"
)

// Finder is implemented by connectors whose lists may pass over a record that is there, as lists in pages with
// numbers do when rows move meanwhile. What an enumeration did not meet the engine then asks for by its id, before
// it counts as deleted.
type Finder interface {
	// Find reads records of one model by their ids, some dozens at most, one request for each where the vendor has
	// nothing better. An id that is in neither Records nor Rejected is one of which the vendor says that it is not
	// there; where the vendor does not say, Find fails.
	Find(ctx context.Context, s *Session, m hub.Model, externalIDs []string) (Page, error)
}

// Shows reports whether the page has a record that is not deleted, or an item of its id that cannot be read.
func (p *Page) Shows(of hub.RecordRef) bool {
	r := recordAmong(p.Records, of)
	return r != nil && !r.Deleted || slices.ContainsFunc(p.Rejected, func(item Rejected) bool { return item.ExternalID == of.ExternalID })
}

// deletionsAsked is how many deletions of kept records a page may have for each to be asked about.
const deletionsAsked = 20

// DropRestored takes those deletions out of a page whose records are kept, and are there when they are asked for by their ids: a list of
// deletions tells what was done once, and a record that was restored since need not show a change. A page that deletes more than
// deletionsAsked kept records, or whose records cannot be asked for, is taken at its word.
func DropRestored(ctx context.Context, s *Session, f Finder, q Query, page *Page) error {
	if q.Kept == nil {
		return nil
	}
	var deleted []string
	for i := range page.Records {
		if r := &page.Records[i]; r.Deleted && r.Model == q.Model {
			deleted = append(deleted, r.ExternalID)
		}
	}
	kept, err := q.Kept(ctx, deleted)
	if err != nil {
		return err
	}
	var asked []string
	for i := range kept {
		if kept[i].Model == q.Model {
			asked = append(asked, kept[i].ExternalID)
		}
	}
	if len(asked) == 0 || len(asked) > deletionsAsked {
		return nil
	}
	found, err := f.Find(ctx, s, q.Model, asked)
	if IsKind(err, Refused) || IsKind(err, Forbidden) {
		return nil
	}
	if err != nil {
		return err
	}
	page.Records = slices.DeleteFunc(page.Records, func(r hub.Record) bool {
		return r.Deleted && r.Model == q.Model && slices.Contains(asked, r.ExternalID) && found.Shows(hub.RecordRef{Model: r.Model, ExternalID: r.ExternalID})
	})
	return nil
}
