package extension

import (
	"net/http"

	"sirocco/api/wire"
	"sirocco/store"
)

// takeCall takes a webhook of a connection's platform.
func (s *server) takeCall(w http.ResponseWriter, hr *http.Request, in store.Inbound) {
	wire.WriteError(w, errNoInbound)
}
