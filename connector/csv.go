package connector

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"mime"
	"net/http"
)

// GetCSV makes a GET request and hands each line of the answer, a table of comma-separated values, to line as it comes: the
// table is never held whole. The fields are good until line returns. An error of line ends it, and is returned where it is an
// *Error; the other errors are those of GetJSON. What came before an error was handed over: the caller drops it.
func GetCSV(ctx context.Context, s *Session, r Request, line func(fields []string) error) (Answer, error) {
	return send(ctx, s, r, http.MethodGet, "text/csv", func(ctx context.Context, resp *http.Response) error {
		media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		if err != nil || media != "text/csv" {
			return Fail(Malformed, r.Service, "GET %s was answered with something other than CSV (%q)", r.Path, media)
		}
		from := &roomReader{ctx: ctx, from: resp.Body}
		defer from.release()
		lines := csv.NewReader(from)
		lines.ReuseRecord, lines.FieldsPerRecord = true, -1
		for n := 0; ; n++ {
			fields, err := lines.Read()
			var wrong *csv.ParseError
			switch {
			case errors.Is(err, io.EOF):
				return nil
			case errors.Is(err, errAnswerLong):
				return Fail(Malformed, r.Service, "GET %s was answered with more than %d MiB", r.Path, maxAnswerSize>>20)
			case errors.As(err, &wrong): // whose own text may quote the answer
				return Fail(Malformed, r.Service, "GET %s was answered with CSV that cannot be read: it is wrong in line %d", r.Path, wrong.Line)
			case err != nil:
				return err
			case n > maxAnswerItems:
				return Fail(Malformed, r.Service, "GET %s was answered with more than %d lines, which nothing asked for", r.Path, maxAnswerItems)
			}
			if err := line(fields); err != nil {
				return err
			}
		}
	})
}
