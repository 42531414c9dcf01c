package wire

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Streamed is the body of an answer that writes itself as it is read, so that it need not be in memory at once.
type Streamed interface {
	// WriteJSON writes the whole body. After an error the answer is cut off, so that no client takes for whole what is not.
	WriteJSON(ctx context.Context, w io.Writer) error
}

// Elements writes the elements of a JSON array that is read while it is written. Brackets are the caller's.
type Elements struct {
	W *bufio.Writer
	// Written is how many there are so far.
	Written int
}

// Write writes one more. That it could not be written is told by W's Flush.
func (e *Elements) Write(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if e.Written++; e.Written > 1 {
		_ = e.W.WriteByte(',')
	}
	_, _ = e.W.Write(text)
	return nil
}

// stream is a body with the request that it answers. Format.Marshal is not told the request.
type stream struct {
	Streamed
	ctx context.Context //nolint:containedctx // lives as long as the answer that it belongs to
}

// bindStream gives a body that streams its request; huma calls it before it writes the body.
func bindStream(ctx huma.Context, _ string, v any) (any, error) {
	if s, ok := v.(Streamed); ok {
		return stream{s, ctx.Context()}, nil
	}
	return v, nil
}

// writeBody writes the body of an answer.
func writeBody(w io.Writer, v any) error {
	s, ok := v.(stream)
	if !ok {
		return huma.DefaultJSONFormat.Marshal(w, v)
	}
	if err := s.WriteJSON(s.ctx, w); err != nil {
		RequestOf(s.ctx).Log.Error("an answer broke off", "error", err)
		panic(http.ErrAbortHandler) // the status is sent: only a cut connection tells
	}
	return nil
}
