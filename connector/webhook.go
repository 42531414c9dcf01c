package connector

import "context"

// WebhookRegistrar is implemented by connectors whose vendor has an operation that says where its webhooks go. Where the
// engine knows how the vendor reaches this server it registers each connection's address, and takes it back before the
// connection's credentials are erased.
type WebhookRegistrar interface {
	// RegisterWebhook lets the vendor post what changes to an address. What it has for that address already, as after an answer
	// that was lost, is brought up to date: afterwards there is one.
	RegisterWebhook(ctx context.Context, s *Session, w Webhook) error
	// RemoveWebhook takes back all that the vendor posts to an address. That there is nothing is fine.
	RemoveWebhook(ctx context.Context, s *Session, url string) error
}

// Webhook is where a vendor's webhooks go.
type Webhook struct {
	URL string
	// Secret is what they are signed with, or, where the vendor signs with something else, what the header Header carries.
	Secret, Header string
}
