package console

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"sirocco/hub"
)

// writeBacksPage lists what could not be written to CRMs, what is not proven to be there, or what waits.
type writeBacksPage struct {
	page

	Shown string
	Tabs  []tab
	Notes []listedWriteBack
	Next  string
}

// listedWriteBack is one of them, and over which connection it goes.
type listedWriteBack struct {
	hub.Delivery

	Connection hub.Connection
}

// writeBacksPageSize is how many of them a page lists.
const writeBacksPageSize = 50

// What the page lists, by what its URL says; the failed ones where it says nothing.
const (
	writeBacksUnproven = "unproven"
	writeBacksWaiting  = "waiting"
)

// showWriteBacks lists the write-backs that failed, the latest first, that are not proven, the first made first, or that wait, by
// connection.
func (s *server) showWriteBacks(w http.ResponseWriter, v *visit) error {
	query := v.URL.Query()
	shown := &writeBacksPage{page: s.page(v, "Write-backs"), Shown: query.Get("state")}
	for _, c := range []struct{ label, value string }{{"Failed", ""}, {"Sent, not proven", writeBacksUnproven}, {"Waiting", writeBacksWaiting}} {
		shown.Tabs = append(shown.Tabs, tab{c.label, s.href(v, "/write-backs", "state", c.value), c.value == shown.Shown})
	}
	found, err := s.writeBacks(v, shown.Shown, query.Get("after"))
	if err != nil {
		return err
	}
	if len(found) > writeBacksPageSize {
		found = found[:writeBacksPageSize]
		last := &found[len(found)-1]
		after := last.ID
		if shown.Shown == writeBacksWaiting {
			after = strings.Join([]string{last.ConnectionID, strconv.FormatInt(last.DueAt.UnixMicro(), 10), last.ID}, " ")
		}
		shown.Next = shown.Here("after", after)
	}
	of, err := s.connectionsByID(v)
	if err != nil {
		return err
	}
	for _, d := range found {
		shown.Notes = append(shown.Notes, listedWriteBack{d, of.byID[d.ConnectionID]})
	}
	return s.render(w, v, http.StatusOK, "write_backs", shown)
}

// writeBacks finds those that are shown after a place, and one more than a page has.
func (s *server) writeBacks(v *visit, shown, after string) ([]hub.Delivery, error) {
	ctx, organization := v.Context(), v.organization.ID
	switch shown {
	case writeBacksUnproven:
		return s.Store.Unproven(ctx, organization, after, writeBacksPageSize+1)
	case writeBacksWaiting:
		var place hub.Delivery
		if parts := strings.Fields(after); len(parts) == 3 {
			due, err := strconv.ParseInt(parts[1], 10, 64)
			if err != nil {
				return nil, hub.Invalid("after", "is no place in the list", "that of a page here")
			}
			place = hub.Delivery{ConnectionID: parts[0], DueAt: time.UnixMicro(due), ID: parts[2]}
		}
		return s.Store.WaitingNotes(ctx, organization, place, writeBacksPageSize+1)
	}
	return s.Store.FailedNotes(ctx, organization, after, writeBacksPageSize+1)
}
