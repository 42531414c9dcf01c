package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"sirocco/hub"
)

// webhooksPage lists the endpoints of an organization.
type webhooksPage struct {
	page

	Endpoints []webhookEndpoint
	// After is the endpoint before the first that is listed, Next the last one where more follow; empty else.
	After, Next string
	Types       []hub.EventType
	Given       givenEndpoint
}

// givenEndpoint is what was typed for a new endpoint, and what is wrong with it; empty where nothing was.
type givenEndpoint struct {
	URL, Description string
	Types            []hub.EventType
	Wrong            string
}

// Told reports whether a type was chosen.
func (g givenEndpoint) Told(t hub.EventType) bool { return slices.Contains(g.Types, t) }

// webhookEndpoint is an endpoint, and how it does.
type webhookEndpoint struct {
	hub.WebhookEndpoint

	Chart webhookChart
	// Tone and State say in short how it is, DisabledIn how long until it is disabled, zero where that is not to come.
	Tone, State string
	DisabledIn  time.Duration
}

// webhooksListed is how many endpoints one page lists.
const webhooksListed = 10

func (s *server) showWebhooks(w http.ResponseWriter, v *visit) error {
	return s.renderWebhooks(w, v, http.StatusOK, givenEndpoint{})
}

// renderWebhooks lists the endpoints, with what was typed for a new one and not taken.
func (s *server) renderWebhooks(w http.ResponseWriter, v *visit, status int, given givenEndpoint) error {
	shown, err := s.webhooksPage(v.Context(), v)
	if err != nil {
		return err
	}
	shown.Given = given
	return s.render(w, v, status, "webhooks", shown)
}

// streamWebhooks sends the list each time it is another.
func (s *server) streamWebhooks(w http.ResponseWriter, v *visit) error {
	return s.stream(w, v, "webhooks", "endpoints", func(ctx context.Context) (any, error) { return s.webhooksPage(ctx, v) })
}

func (s *server) webhooksPage(ctx context.Context, v *visit) (*webhooksPage, error) {
	shown := &webhooksPage{page: s.page(v, "Webhooks"), Types: hub.EventTypes(), After: v.URL.Query().Get("after")}
	all, err := s.Store.Endpoints(ctx, v.organization.ID, shown.After, webhooksListed+1)
	if err != nil {
		return nil, err
	}
	if len(all) > webhooksListed {
		all = all[:webhooksListed]
		shown.Next = all[len(all)-1].ID
	}
	for _, e := range all {
		drawn, err := s.webhookEndpoint(ctx, v, e)
		if err != nil {
			return nil, err
		}
		shown.Endpoints = append(shown.Endpoints, drawn)
	}
	return shown, nil
}

// webhookEndpoint finds how an endpoint did over the last 24 hours.
func (s *server) webhookEndpoint(ctx context.Context, v *visit, e hub.WebhookEndpoint) (webhookEndpoint, error) {
	now := s.Clock()
	from := now.Truncate(webhookBar).Add(webhookBar - webhookBars*webhookBar)
	bars, err := s.Store.WebhookBars(ctx, e.OrganizationID, e.ID, from, webhookBar, webhookBars)
	shown := webhookEndpoint{WebhookEndpoint: e, DisabledIn: e.DisabledIn(now)}
	shown.Chart = drawWebhook(bars, func(from, until time.Time) string {
		return s.href(v, "/webhooks/"+e.ID+"/deliveries", "from", hub.WireTime(from), "until", hub.WireTime(until))
	})
	switch {
	case !e.DisabledAt.IsZero():
		shown.Tone, shown.State = "bad", "Disabled"
	case !e.FailingSince.IsZero():
		shown.Tone, shown.State = "warn", "Failing"
	case e.HeldUntil.After(now):
		shown.Tone, shown.State = "warn", "Asked to wait"
	case shown.Chart.Attempts == 0:
		shown.State = "Nothing sent today"
	default:
		shown.Tone, shown.State = "good", "Receiving"
	}
	return shown, err
}

// webhookPage is one endpoint.
type webhookPage struct {
	page

	Endpoint webhookEndpoint
	// Secret is one just made; it is shown this once.
	Secret string
	Types  []hub.EventType
	// Waiting and Failed are how many deliveries wait, and how many failed for good.
	Waiting, Failed int64
}

func (s *server) showWebhook(w http.ResponseWriter, v *visit) error {
	shown, err := s.webhookPage(v.Context(), v)
	if err != nil {
		return err
	}
	shown.Secret = s.takeOnce(w, v, onceSecret, "/webhooks/"+shown.Endpoint.ID)
	return s.render(w, v, http.StatusOK, "webhook", shown)
}

// streamWebhook sends what lives on the page of an endpoint.
func (s *server) streamWebhook(w http.ResponseWriter, v *visit) error {
	if _, err := s.Store.Endpoint(v.Context(), v.organization.ID, v.PathValue("endpoint")); err != nil {
		return err
	}
	return s.stream(w, v, "webhook", "endpoint", func(ctx context.Context) (any, error) { return s.webhookPage(ctx, v) })
}

func (s *server) webhookPage(ctx context.Context, v *visit) (*webhookPage, error) {
	e, err := s.Store.Endpoint(ctx, v.organization.ID, v.PathValue("endpoint"))
	if err != nil {
		return nil, err
	}
	shown := &webhookPage{page: s.page(v, "Webhook endpoint"), Types: hub.EventTypes()}
	if shown.Endpoint, err = s.webhookEndpoint(ctx, v, e); err != nil {
		return nil, err
	}
	if shown.Waiting, err = s.Store.CountEventDeliveries(ctx, e.OrganizationID, e.ID, eventsIn(hub.DeliveryPending)); err != nil {
		return nil, err
	}
	shown.Failed, err = s.Store.CountEventDeliveries(ctx, e.OrganizationID, e.ID, eventsIn(hub.DeliveryFailed))
	return shown, err
}

// webhookRoutes are the pages and actions of webhooks.
func webhookRoutes() []route {
	const viewer, operator = hub.ConsoleViewer, hub.ConsoleOperator
	return []route{
		{"GET", "/webhooks", viewer, scopeOrganization, (*server).showWebhooks},
		{"GET", "/webhooks/live", viewer, scopeOrganization, (*server).streamWebhooks},
		{"POST", "/webhooks", operator, scopeOrganization, (*server).createWebhook},
		{"GET", "/webhooks/deliveries", viewer, scopeOrganization, (*server).chooseDeliveries},
		{"GET", "/webhooks/{endpoint}", viewer, scopeOrganization, (*server).showWebhook},
		{"GET", "/webhooks/{endpoint}/live", viewer, scopeOrganization, (*server).streamWebhook},
		{"POST", "/webhooks/{endpoint}/test", operator, scopeOrganization, (*server).testWebhook},
		{"POST", "/webhooks/{endpoint}/rotate", operator, scopeOrganization, (*server).rotateWebhook},
		{"POST", "/webhooks/{endpoint}/switch", operator, scopeOrganization, (*server).switchWebhook},
		{"GET", "/webhooks/{endpoint}/deliveries", viewer, scopeOrganization, (*server).showDeliveries},
		{"GET", "/webhooks/{endpoint}/deliveries/{event}", viewer, scopeOrganization, (*server).showDelivery},
		{"GET", "/webhooks/{endpoint}/deliveries/{event}/live", viewer, scopeOrganization, (*server).streamDelivery},
		{"GET", "/webhooks/{endpoint}/replay", operator, scopeOrganization, (*server).showReplay},
		{"POST", "/webhooks/{endpoint}/replay", operator, scopeOrganization, (*server).replayEvents},
		{"GET", "/webhooks/{endpoint}/replayed", viewer, scopeOrganization, (*server).showReplayed},
	}
}
