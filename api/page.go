package api

import (
	"encoding/base64"

	"sirocco/hub"
)

// PageQuery is how a client asks for one page of a list.
type PageQuery struct {
	Cursor   string `query:"cursor" extension:"true" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize int    `query:"pageSize" extension:"true" minimum:"1" maximum:"1000" default:"100" doc:"How many items the page has at most."`
}

// after returns the id that the page starts after.
func (q PageQuery) after() (string, error) {
	if q.Cursor == "" {
		return "", nil
	}
	id, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || !hub.ValidID(string(id)) {
		return "", hub.Invalid("cursor", "is not one of ours", "the cursor of the page before, unchanged")
	}
	return string(id), nil
}

// readPage reads the page that the query asks for, one item more to learn whether there is another one, and returns
// the cursor of the next page, or nil on the last.
func readPage[T any](q PageQuery, id func(T) string, read func(after string, limit int) ([]T, error)) ([]T, *string, error) {
	after, err := q.after()
	if err != nil {
		return nil, nil, err
	}
	found, err := read(after, q.PageSize+1)
	if err != nil || len(found) <= q.PageSize {
		return found, nil, err
	}
	found = found[:q.PageSize]
	cursor := base64.RawURLEncoding.EncodeToString([]byte(id(found[q.PageSize-1])))
	return found, &cursor, nil
}

// showEach shows the items of a list, which is never null.
func showEach[T, S any](items []T, show func(T) S) []S {
	shown := make([]S, len(items))
	for i, item := range items {
		shown[i] = show(item)
	}
	return shown
}
