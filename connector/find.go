package connector

import (
	"context"

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
