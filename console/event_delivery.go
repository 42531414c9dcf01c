package console

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// eventStates are what deliveries are filtered by, with their words and tones.
var eventStates = []struct {
	State       hub.DeliveryState
	Words, Tone string
}{
	{hub.DeliveryPending, "Waiting", "busy"}, {hub.DeliverySent, "Sent", "good"}, {hub.DeliveryFailed, "Failed", "bad"},
}

func eventsIn(state hub.DeliveryState) store.EventDeliveryFilter {
	return store.EventDeliveryFilter{State: state}
}

// eventFilter is which deliveries of an endpoint a page is about, as its URL says.
type eventFilter struct {
	store.EventDeliveryFilter

	Period period
}

// eventFilterOf reads a filter from the names and values of a URL or a form.
func eventFilterOf(get func(string) string) (f eventFilter, err error) {
	f.State = hub.DeliveryState(get("state"))
	if f.State != "" && f.State != hub.DeliveryPending && f.State != hub.DeliverySent && f.State != hub.DeliveryFailed {
		return f, hub.Invalid("state", "is none of the states", "PENDING, SENT or FAILED")
	}
	f.After = get("after")
	f.Period, err = periodOf(get)
	f.From, f.Until = f.Period.From, f.Period.Until
	return f, err
}

// Pairs are the filter as names and values of a URL.
func (f *eventFilter) Pairs(also ...string) []string {
	return slices.Concat([]string{"state", string(f.State)}, f.Period.pairs(), also)
}

// Words says what the filter selects.
func (f *eventFilter) Words() string {
	text := "all deliveries"
	for _, s := range eventStates {
		if s.State == f.State {
			text = "the deliveries that are " + strings.ToLower(s.Words)
		}
	}
	return text + f.Period.words()
}

// deliveriesPage lists what an endpoint was told, and is to be.
type deliveriesPage struct {
	page

	Endpoint   hub.WebhookEndpoint
	Endpoints  []hub.WebhookEndpoint
	Filter     eventFilter
	States     any
	Deliveries []eventDelivery
	// Count is how many the filter selects.
	Count int64
	Next  string
	// ReplayURL asks whether all of them are to be sent again.
	ReplayURL string
}

// Back is this page of the list, as it is filtered.
func (p *deliveriesPage) Back() string { return p.visit.URL.Path + "?" + p.visit.URL.RawQuery }

// eventDelivery is one delivery, with its state in words.
type eventDelivery struct {
	store.EventDelivery

	Words, Tone string
}

func showEventDelivery(d store.EventDelivery) eventDelivery {
	shown := eventDelivery{EventDelivery: d}
	for _, s := range eventStates {
		if s.State == d.State {
			shown.Words, shown.Tone = s.Words, s.Tone
		}
	}
	return shown
}

// Last is the last attempt; nil where there was none.
func (d *eventDelivery) Last() *hub.Attempt {
	if len(d.Tries) == 0 {
		return nil
	}
	return &d.Tries[len(d.Tries)-1]
}

// Payload is what is sent, one field a line.
func (d *eventDelivery) Payload() string {
	var text bytes.Buffer
	if json.Indent(&text, []byte(d.Event.Payload), "", "  ") != nil {
		return d.Event.Payload
	}
	return text.String()
}

const deliveriesListed = 50

// chooseDeliveries leads to the deliveries of the endpoint that a form names, or of the first one that has such deliveries.
func (s *server) chooseDeliveries(w http.ResponseWriter, v *visit) error {
	query := v.URL.Query()
	f, err := eventFilterOf(query.Get)
	if err != nil {
		return err
	}
	endpoint := query.Get("endpoint")
	if endpoint == "" {
		all, err := s.Store.Endpoints(v.Context(), v.organization.ID, "", store.EndpointsMost)
		if err != nil {
			return err
		}
		if len(all) == 0 {
			http.Redirect(w, v.Request, s.href(v, "/webhooks"), http.StatusSeeOther)
			return nil
		}
		endpoint = all[0].ID
		for _, e := range all {
			n, err := s.Store.CountEventDeliveries(v.Context(), v.organization.ID, e.ID, f.EventDeliveryFilter)
			if err != nil {
				return err
			}
			if n > 0 {
				endpoint = e.ID
				break
			}
		}
	}
	if _, err := s.Store.Endpoint(v.Context(), v.organization.ID, endpoint); err != nil {
		return err
	}
	http.Redirect(w, v.Request, s.href(v, "/webhooks/"+endpoint+"/deliveries", f.Pairs()...), http.StatusSeeOther)
	return nil
}

func (s *server) showDeliveries(w http.ResponseWriter, v *visit) error {
	shown := &deliveriesPage{page: s.page(v, "Deliveries"), States: eventStates}
	var err error
	if shown.Endpoint, err = s.Store.Endpoint(v.Context(), v.organization.ID, v.PathValue("endpoint")); err != nil {
		return err
	}
	if shown.Filter, err = eventFilterOf(v.URL.Query().Get); err != nil {
		return err
	}
	if shown.Endpoints, err = s.Store.Endpoints(v.Context(), v.organization.ID, "", store.EndpointsMost); err != nil {
		return err
	}
	f := shown.Filter.EventDeliveryFilter
	f.Before, f.Limit = v.URL.Query().Get("before"), deliveriesListed+1
	found, err := s.Store.EventDeliveries(v.Context(), v.organization.ID, shown.Endpoint.ID, f)
	if err != nil {
		return err
	}
	if len(found) > deliveriesListed {
		found = found[:deliveriesListed]
		shown.Next = s.href(v, v.URL.Path, shown.Filter.Pairs("before", found[len(found)-1].Event.ID)...)
	}
	for _, d := range found {
		shown.Deliveries = append(shown.Deliveries, showEventDelivery(d))
	}
	if shown.Count, err = s.Store.CountEventDeliveries(v.Context(), v.organization.ID, shown.Endpoint.ID, shown.Filter.EventDeliveryFilter); err != nil {
		return err
	}
	shown.ReplayURL = s.href(v, "/webhooks/"+shown.Endpoint.ID+"/replay", shown.Filter.Pairs()...)
	return s.render(w, v, http.StatusOK, "webhook_deliveries", shown)
}

// deliveryPage is one delivery with each attempt's request and answer.
type deliveryPage struct {
	page

	Endpoint hub.WebhookEndpoint
	Delivery eventDelivery
	// Tries are its attempts, the latest first.
	Tries []hub.Attempt
}

func (s *server) showDelivery(w http.ResponseWriter, v *visit) error {
	shown, err := s.deliveryPage(v.Context(), v)
	if err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "webhook_delivery", shown)
}

// streamDelivery sends what becomes of a delivery, as after a test or a replay.
func (s *server) streamDelivery(w http.ResponseWriter, v *visit) error {
	if _, err := s.deliveryPage(v.Context(), v); err != nil {
		return err
	}
	return s.stream(w, v, "webhook_delivery", "delivery", func(ctx context.Context) (any, error) { return s.deliveryPage(ctx, v) })
}

func (s *server) deliveryPage(ctx context.Context, v *visit) (*deliveryPage, error) {
	shown := &deliveryPage{page: s.page(v, "Delivery")}
	var err error
	if shown.Endpoint, err = s.Store.Endpoint(ctx, v.organization.ID, v.PathValue("endpoint")); err != nil {
		return nil, err
	}
	d, err := s.Store.EventDelivery(ctx, v.organization.ID, shown.Endpoint.ID, v.PathValue("event"))
	if err != nil {
		return nil, err
	}
	shown.Delivery, shown.Tries = showEventDelivery(d), slices.Clone(d.Tries)
	slices.Reverse(shown.Tries)
	return shown, nil
}
