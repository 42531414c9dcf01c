package connector

import (
	"context"

	"sirocco/hub"
)

// Mapper is implemented by connectors whose models are read from objects that each connection may choose
// (PlatformInfo.Mapping). What was chosen is Session.Mapping.
type Mapper interface {
	// CheckMapping asks the CRM, each time anew, whether all is there that a mapping names. It returns the mapping with names as
	// the CRM spells them, and with what can be told of it without being named. It fails with a *hub.InvalidError that names what
	// is not there, and what is; any other error says nothing of the mapping.
	CheckMapping(ctx context.Context, s *Session, m hub.Mapping) (hub.Mapping, error)
}
