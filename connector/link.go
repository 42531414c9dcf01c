package connector

import "sirocco/hub"

// Linker is implemented by connectors whose vendor has a page for each record in its web app.
type Linker interface {
	// RecordURL returns the address of a record's page, or "" for a record that has none.
	RecordURL(m hub.Model, externalID string) string
}
