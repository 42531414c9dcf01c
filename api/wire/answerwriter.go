package wire

import (
	"bytes"
	"net/http"
)

// answerWriter remembers what was answered.
type answerWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
	// body is the request's, nil where it has none, and asked the request it came with.
	body  *arrivingBody
	asked *http.Request
}

func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.settle()
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.settle()
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// discardWriter keeps only the head of an answer.
type discardWriter struct {
	header http.Header
	status int
}

func (w *discardWriter) Header() http.Header { return w.header }

func (w *discardWriter) WriteHeader(status int) { w.status = status }

func (w *discardWriter) Write(b []byte) (int, error) { return len(b), nil }

// keptWriter keeps an answer whole.
type keptWriter struct {
	discardWriter
	body bytes.Buffer
}

func (w *keptWriter) Write(b []byte) (int, error) { return w.body.Write(b) }
