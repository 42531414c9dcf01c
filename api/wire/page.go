package wire

import (
	"encoding/base64"
	"errors"

	"sirocco/hub"
	"sirocco/store"
)

// PagedBody is what the pages of opportunities and engagements have beside their data.
type PagedBody struct {
	Cursor      Cursor            `json:"cursor" required:"false" doc:"Give it as cursor to get the next page; null on the last."`
	PageSize    float64           `json:"pageSize,omitempty"`
	Limit       float64           `json:"limit,omitempty"`
	Total       Optional[float64] `json:"total" required:"false" doc:"Always null: counting costs more than it tells."`
	HasNextPage *bool             `json:"hasNextPage,omitempty"`
}

// NewPagedBody tells of a page that was asked for, and of the cursor of the next one, nil on the last.
func NewPagedBody(page PageQuery, cursor *string) PagedBody {
	more := cursor != nil
	return PagedBody{Cursor: Cursor{cursor}, PageSize: float64(page.PageSize), HasNextPage: &more}
}

// PageQuery is how a client asks for one page of a list.
type PageQuery struct {
	Cursor   string `query:"cursor" extension:"true" doc:"The cursor of the page before; leave it out for the first page."`
	PageSize int    `query:"pageSize" extension:"true" minimum:"1" maximum:"1000" default:"100" doc:"How many items the page has at most."`
}

// After returns the id that the page starts after. A client of a bare list, which names no cursor, may send the id of the
// last item as one.
func (q PageQuery) After() (string, error) {
	if q.Cursor == "" || hub.ValidID(q.Cursor) {
		return q.Cursor, nil
	}
	id, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err != nil || !hub.ValidID(string(id)) {
		return "", hub.Invalid("cursor", "is not one of ours", "the cursor of the page before, unchanged, or the id of its last item")
	}
	return string(id), nil
}

// ReadPage reads the page that the query asks for, one item more to learn whether there is another one, and returns
// the cursor of the next page, or nil on the last.
func ReadPage[T any](q PageQuery, id func(T) string, read func(after string, limit int) ([]T, error)) ([]T, *string, error) {
	after, err := q.After()
	if err != nil {
		return nil, nil, err
	}
	found, err := read(after, q.PageSize+1)
	cut, err := IsCut(err)
	if err != nil {
		return nil, nil, err
	}
	found, cursor := CutByID(found, cut, q.PageSize, id)
	return found, cursor, nil
}

// CutByID drops the item read beyond the page of a list that is ordered by id, and returns the cursor of the next page,
// or nil on the last. One that was cut ended before its size.
func CutByID[T any](items []T, cut bool, pageSize int, id func(T) string) ([]T, *string) {
	return cutPage(items, cut, pageSize, id)
}

// cutPage is CutByID for a list in any order: place says in a text where an item is in it.
func cutPage[T any](items []T, cut bool, pageSize int, place func(T) string) ([]T, *string) {
	if len(items) <= pageSize && !cut {
		return items, nil
	}
	items = items[:min(len(items), pageSize)]
	return items, new(base64.RawURLEncoding.EncodeToString([]byte(place(items[len(items)-1]))))
}

// IsCut reports whether a page ended before its limit as it has enough bytes, and else returns what is wrong.
func IsCut(err error) (bool, error) {
	if errors.Is(err, store.ErrCut) {
		return true, nil
	}
	return false, err
}

// List reads one page of a list of the organization that the request acts for, and returns its items as show shows
// them, and the cursor of the next page, nil on the last.
func List[T, S any](r *Request, sel OrganizationSelector, page PageQuery, id func(T) string, show func(T) S, read func(organization, after string, limit int) ([]T, error)) ([]S, *string, error) {
	organization, err := r.Organization(sel)
	if err != nil {
		return nil, nil, err
	}
	found, cursor, err := ReadPage(page, id, func(after string, limit int) ([]T, error) { return read(organization, after, limit) })
	return Each(found, show), cursor, err
}

// NextCursor is where the next page of a bare list is found.
type NextCursor struct {
	Next string `header:"Next-Cursor" extension:"true" doc:"Give it as cursor to get the next page; left out on the last."`
}

// Set names the page after this one, if there is one.
func (n *NextCursor) Set(cursor *string) {
	if cursor != nil {
		n.Next = *cursor
	}
}
