package console

import (
	"net/http"

	"sirocco/hub"
)

// writeBacksPage lists what could not be written to CRMs.
type writeBacksPage struct {
	page

	Failed []failedWriteBack
	Next   string
}

// failedWriteBack is one of them, and over which connection it was to go.
type failedWriteBack struct {
	hub.Delivery

	Connection string
}

// writeBacksPageSize is how many of them a page lists.
const writeBacksPageSize = 50

// showWriteBacks lists the write-backs that failed, the latest first.
func (s *server) showWriteBacks(w http.ResponseWriter, v *visit) error {
	shown := &writeBacksPage{page: s.page(v, "Write-backs that failed")}
	found, err := s.Store.FailedNotes(v.Context(), v.organization.ID, v.URL.Query().Get("before"), writeBacksPageSize+1)
	if err != nil {
		return err
	}
	if len(found) > writeBacksPageSize {
		found = found[:writeBacksPageSize]
		shown.Next = shown.Here("before", found[len(found)-1].ID)
	}
	of, err := s.connectionsByID(v)
	if err != nil {
		return err
	}
	for _, d := range found {
		shown.Failed = append(shown.Failed, failedWriteBack{d, of.byID[d.ConnectionID].Name})
	}
	return s.render(w, v, http.StatusOK, "write_backs", shown)
}
