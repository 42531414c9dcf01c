package console

import (
	"net/http"
	"time"
)

// eventStream is an answer of server-sent events. A browser that does not take what it is sent within liveStall ends it.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// openEvents begins an answer of events.
func openEvents(w http.ResponseWriter) eventStream {
	e := eventStream{w, http.NewResponseController(w)}
	_ = e.control.SetReadDeadline(time.Time{}) // a connection of a test may have none
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return e
}

// send sends what is written as events are.
func (e eventStream) send(message []byte) error {
	e.extend()
	if _, err := e.w.Write(message); err != nil {
		return err
	}
	return e.control.Flush()
}

// close is to be called when all is sent: what ends the answer itself is written after that, and would come too late where
// nothing was sent for a while. A browser takes an answer without its end for one that broke off.
func (e eventStream) close() { e.extend() }

func (e eventStream) extend() { _ = e.control.SetWriteDeadline(time.Now().Add(liveStall)) }
