package store

import (
	"context"
	"errors"

	"sirocco/database"
)

// PageMost is about how many bytes of texts one page of a list reads. The item that goes beyond it is the next page's
// first.
const PageMost = 8 << 20

// ErrCut comes with the items of a page that ended before its limit, as it has enough bytes: the list goes on after the
// last of them.
var ErrCut = errors.New("the page has as many bytes as a page has")

// queryPage is queryAll for a page of a list: what it holds in memory is bounded in bytes, too.
func queryPage[T any](ctx context.Context, q database.Querier, scan func(database.Row) (T, error), query string, args ...any) ([]T, error) {
	var page []T
	bytes := 0
	_, err := queryAll(ctx, q, func(r database.Row) (struct{}, error) {
		w := &weighedRow{row: r}
		item, err := scan(w)
		if err != nil {
			return struct{}{}, err
		}
		if bytes += w.bytes; bytes > PageMost && len(page) > 0 {
			return struct{}{}, ErrCut
		}
		page = append(page, item)
		return struct{}{}, nil
	}, query, args...)
	if errors.Is(err, ErrCut) {
		err = ErrCut
	}
	return page, err
}

// weighedRow counts the bytes of the texts that are scanned.
type weighedRow struct {
	row   database.Row
	bytes int
}

// Scan implements database.Row.
func (w *weighedRow) Scan(dest ...any) error {
	err := w.row.Scan(dest...)
	for _, d := range dest {
		switch text := d.(type) {
		case *string:
			w.bytes += len(*text)
		case **string:
			if *text != nil {
				w.bytes += len(**text)
			}
		case *[]byte:
			w.bytes += len(*text)
		}
	}
	return err
}
