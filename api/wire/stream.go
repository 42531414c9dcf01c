package wire

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Streamed is the body of an answer that writes itself as it is read, so that it need not be in memory at once.
type Streamed interface {
	// WriteJSON writes the whole body. After an error the answer is cut off, so that no client takes for whole what is not.
	WriteJSON(ctx context.Context, w io.Writer) error
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
