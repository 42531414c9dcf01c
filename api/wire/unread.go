package wire

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// net/http reads what a request still has to send before it replies, so that the connection can serve another one. A body
// that stands still would so hold back the answer to a request that was refused without it, and its connection.

const (
	// unreadWait is how long the rest of a body is waited for once its request is answered: what was sent with the head is
	// there at once.
	unreadWait = 100 * time.Millisecond
	// unreadMost is up to how many bytes of a body are read for nothing but its connection's sake.
	unreadMost = 256 << 10
	// unreadLinger is how long what still comes is passed over after an answer that ends the connection: closed with
	// something unread, it would be reset, and its client might lose the answer.
	unreadLinger = time.Second
)

// arrivingBody is a request's body that knows whether it came whole.
type arrivingBody struct {
	io.ReadCloser
	// ended says that all of it was read, broken that no more of it can be.
	ended, broken bool
}

func (b *arrivingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || errors.Is(err, io.EOF)
	b.broken = b.broken || err != nil && !b.ended
	return n, err
}

// watchBody lets settle know how far the request's body is read.
func (w *answerWriter) watchBody(hr *http.Request) {
	if hr.Body == nil || hr.Body == http.NoBody {
		return
	}
	w.body, w.asked = &arrivingBody{ReadCloser: hr.Body}, hr
	hr.Body = w.body
}

// settle sees to what is unread of the body just before the answer begins: what is there, or comes at once, is read, and
// the connection serves another request; for the rest nobody waits, and the connection ends with the answer.
func (w *answerWriter) settle() {
	if w.body == nil || w.body.ended {
		return
	}
	control := http.NewResponseController(w.ResponseWriter)
	if w.Header().Get("Connection") != "close" && w.body.comes(w.asked) {
		_ = control.SetReadDeadline(time.Now().Add(unreadWait)) // a connection of a test may have none
		_, _ = io.CopyN(io.Discard, w.body, unreadMost+1)       // whether it ended is what counts
		if w.body.ended {
			_ = control.SetReadDeadline(time.Time{})
			return
		}
	}
	w.Header().Set("Connection", "close")
	_ = control.SetReadDeadline(time.Now().Add(unreadLinger))
}

// comes reports whether the rest of the body may be there, and is worth reading. A client that asks before it sends one is
// told no by the answer.
func (b *arrivingBody) comes(hr *http.Request) bool {
	return !b.broken && hr.ContentLength <= unreadMost && !strings.EqualFold(hr.Header.Get("Expect"), "100-continue")
}
