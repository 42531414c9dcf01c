package wire

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sirocco/hub"
	"sirocco/store"
)

// ListingInfo tells where a list goes on; the contract has it beside single things too.
type ListingInfo struct {
	Cursor      Cursor   `json:"cursor" required:"false" doc:"Give it as cursor to get the next page; null on the last."`
	PageSize    *float64 `json:"pageSize,omitempty" doc:"How many items this page has."`
	Limit       *float64 `json:"limit,omitempty" doc:"How many items the page could have."`
	Total       *float64 `json:"total" required:"false" doc:"How many items there are on all pages; null beside a single thing."`
	HasNextPage *bool    `json:"hasNextPage,omitempty"`
}

// ListingQuery is how a client chooses and orders what a list shows.
type ListingQuery struct {
	FromDate      Moment `query:"fromDate" doc:"Only what was created at or after it."`
	ToDate        Moment `query:"toDate" doc:"Only what was created at or before it."`
	Limit         int    `query:"limit" minimum:"1" maximum:"100" default:"100"`
	Cursor        string `query:"cursor" minLength:"1" doc:"The cursor of the page before; leave it out for the first page."`
	Page          int    `query:"page" minimum:"1" maximum:"10000" doc:"The number of the page, where no cursor is given."`
	SortField     string `query:"sortField" enum:"dateCreated,dateUpdated" default:"dateCreated"`
	SortDirection string `query:"sortDirection" enum:"asc,desc" default:"desc"`
}

// Resolve implements huma.Resolver: an empty cursor is none, which would count as left out.
func (ListingQuery) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	if sent, ok := u.Query()["cursor"]; ok && sent[0] == "" {
		return []error{&huma.ErrorDetail{Location: "query.cursor", Message: "expected length >= 1", Value: ""}}
	}
	return nil
}

// Listing is the query as the store takes it; it reads one more than the page has.
func (q ListingQuery) Listing() (store.Listing, error) {
	var asked Query
	from, until := asked.At("fromDate", string(q.FromDate)), asked.At("toDate", string(q.ToDate))
	l := store.Listing{From: from, Until: until, ByUpdate: q.SortField == "dateUpdated", Ascending: q.SortDirection == "asc", Limit: q.Limit + 1}
	if q.Cursor == "" {
		l.Skip = max(q.Page-1, 0) * q.Limit
		return l, asked.Err()
	}
	place := asked.After(q.Cursor)
	l.After = &place
	return l, asked.Err()
}

// CutListing cuts what was found to the page, and tells where the list goes on after it.
func CutListing[T any](q ListingQuery, found []T, total int64, place func(T) store.ListPlace) ([]T, ListingInfo) {
	page, cursor := CutAt(found, false, q.Limit, place)
	return page, ListingInfo{
		Cursor: Cursor{cursor}, PageSize: new(float64(len(page))), Limit: new(float64(q.Limit)), Total: new(float64(total)), HasNextPage: new(cursor != nil),
	}
}

// Sorted is the time that the list is sorted by.
func (q ListingQuery) Sorted(created, updated time.Time) time.Time {
	if q.SortField == "dateUpdated" {
		return updated
	}
	return created
}

// placeOf reads the cursor of a list that is ordered by time; it is false where the cursor is not one of ours.
func placeOf(cursor string) (store.ListPlace, bool) {
	if cursor == "" {
		return store.ListPlace{}, true
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	at, id, _ := strings.Cut(string(text), " ")
	micros, err2 := strconv.ParseInt(at, 10, 64)
	if err != nil || err2 != nil || !hub.ValidID(id) {
		return store.ListPlace{}, false
	}
	return store.ListPlace{At: time.UnixMicro(micros).UTC(), ID: id}, true
}

// CutAtText is CutAt for a list that is ordered by a text, which order names.
func CutAtText[T any](items []T, cut bool, pageSize int, order string, place func(T) (text, id string)) ([]T, *string) {
	return cutPage(items, cut, pageSize, func(item T) string {
		text, id := place(item)
		return order + " " + id + " " + text
	})
}

// CutAt drops the item read beyond the page of a list that is ordered by time, and returns the cursor of the next
// page, or nil on the last. One that was cut ended before its size.
func CutAt[T any](items []T, cut bool, pageSize int, place func(T) store.ListPlace) ([]T, *string) {
	return cutPage(items, cut, pageSize, func(item T) string {
		at := place(item)
		return strconv.FormatInt(at.At.UnixMicro(), 10) + " " + at.ID
	})
}
