package view

import (
	"sirocco/api/wire"
)

// RecordPath names a CRM record.
type RecordPath struct {
	wire.OrganizationSelector
	ID string `path:"id" doc:"Our id of it."`
}
