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

// cut drops the item read beyond the page to learn whether there is another one, and returns the cursor
// of the next page, or nil on the last.
func cut[T any](items []T, pageSize int, id func(T) string) ([]T, *string) {
	if len(items) <= pageSize {
		return items, nil
	}
	items = items[:pageSize]
	cursor := base64.RawURLEncoding.EncodeToString([]byte(id(items[pageSize-1])))
	return items, &cursor
}
