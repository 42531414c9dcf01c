package console

import (
	"net/http"
	"strconv"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// replayPage asks whether all that a filter selects is to be sent again, or says how far that has come.
type replayPage struct {
	page

	Endpoint hub.WebhookEndpoint
	Filter   eventFilter
	// Count is how many are sent again; Most is how many one replay sends.
	Count int64
	Most  int64
	// Started says that they are, and where the next replay goes on; Waiting and Failed are how many of the same time wait
	// still, and have failed.
	Started                bool
	After                  string
	Done, Waiting, Failed  int64
	DeliveriesURL, HereURL string
}

func (s *server) replayPage(v *visit, title string) (*replayPage, error) {
	shown := &replayPage{page: s.page(v, title), Most: store.ReplayMost}
	var err error
	if shown.Endpoint, err = s.Store.Endpoint(v.Context(), v.organization.ID, v.PathValue("endpoint")); err != nil {
		return nil, err
	}
	shown.Filter, err = eventFilterOf(v.URL.Query().Get)
	shown.DeliveriesURL = s.href(v, "/webhooks/"+shown.Endpoint.ID+"/deliveries", shown.Filter.Pairs()...)
	return shown, err
}

// showReplay says how many deliveries a replay would send again.
func (s *server) showReplay(w http.ResponseWriter, v *visit) error {
	shown, err := s.replayPage(v, "Send again")
	if err != nil {
		return err
	}
	if shown.Count, err = s.Store.CountEventDeliveries(v.Context(), v.organization.ID, shown.Endpoint.ID, shown.Filter.EventDeliveryFilter); err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "webhook_replay", shown)
}

// replayEvents sends events again: those that the form names, or else all that its filter selects.
func (s *server) replayEvents(w http.ResponseWriter, v *visit) error {
	organization, endpoint := v.organization.ID, v.PathValue("endpoint")
	f, err := eventFilterOf(v.PostFormValue)
	if err != nil {
		return err
	}
	events := v.PostForm["event"]
	if len(events) > 1000 {
		return hub.Invalid("event", "names too many events", "a thousand at most")
	}
	var done store.ReplayedEvents
	switch {
	case len(events) > 0:
		done.Events, err = s.Store.ReplayEvents(v.Context(), organization, endpoint, events)
	case v.PostFormValue("all") == "yes":
		done, err = s.Store.ReplayMatching(v.Context(), organization, endpoint, f.EventDeliveryFilter)
	default:
		return s.redirect(w, v, nothingSelected, backOf(v, "/webhooks/"+endpoint+"/deliveries"))
	}
	if err != nil {
		return err
	}
	if len(events) == 1 {
		return s.redirect(w, v, "event-replayed", "/webhooks/"+endpoint+"/deliveries/"+events[0])
	}
	path := "/webhooks/" + endpoint + "/replayed"
	sealed, err := s.seal(v, path, strconv.FormatInt(done.Events, 10)+" "+done.After)
	if err != nil {
		return err
	}
	http.Redirect(w, v.Request, s.href(v, path, f.Pairs("of", sealed)...), http.StatusSeeOther)
	return nil
}

// showReplayed says how far a replay has come.
func (s *server) showReplayed(w http.ResponseWriter, v *visit) error {
	shown, err := s.replayPage(v, "Sending again")
	if err != nil {
		return err
	}
	of := v.URL.Query().Get("of")
	sealed := s.unseal(v, v.URL.Path, of)
	if sealed == "" { // nobody here has sent anything again
		http.Redirect(w, v.Request, shown.DeliveriesURL, http.StatusSeeOther)
		return nil
	}
	n, after, _ := strings.Cut(sealed, " ")
	if shown.Count, err = strconv.ParseInt(n, 10, 64); err != nil {
		return err
	}
	shown.Started, shown.After = true, after
	f := shown.Filter.EventDeliveryFilter
	f.State = hub.DeliveryPending
	if shown.Waiting, err = s.Store.CountEventDeliveries(v.Context(), v.organization.ID, shown.Endpoint.ID, f); err != nil {
		return err
	}
	f.State = hub.DeliveryFailed
	if shown.Failed, err = s.Store.CountEventDeliveries(v.Context(), v.organization.ID, shown.Endpoint.ID, f); err != nil {
		return err
	}
	shown.Done, shown.HereURL = max(0, shown.Count-shown.Waiting), s.href(v, v.URL.Path, shown.Filter.Pairs("of", of)...)
	return s.render(w, v, http.StatusOK, "webhook_replay", shown)
}
