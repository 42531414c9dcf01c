package companycam

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"sirocco/connector"
)

const (
	webhooksPath = "/webhooks"
	// webhookPagesMost is how many pages of webhooks are looked through.
	webhookPagesMost = 20
)

// webhookScopes are what is told of: all of projects, among which comments are not.
var webhookScopes = []string{"project.*"}

// webhook is a webhook of the vendor, which tells its token on every read.
type webhook struct {
	ID      string   `json:"id,omitempty"`
	URL     string   `json:"url"`
	Scopes  []string `json:"scopes"`
	Token   string   `json:"token"`
	Enabled bool     `json:"enabled"`
}

// RegisterWebhook implements connector.WebhookRegistrar. One that the vendor disabled, as after errors of ours, is enabled again.
func (c Connector) RegisterWebhook(ctx context.Context, s *connector.Session, w connector.Webhook) error {
	there, err := webhooksTo(ctx, s, w.URL)
	if err != nil {
		return err
	}
	want := webhook{URL: w.URL, Scopes: webhookScopes, Token: w.Secret, Enabled: true}
	if len(there) == 0 {
		r := request(s, webhooksPath, nil)
		r.Body = want
		_, err := connector.PostJSON(ctx, s, r, nil)
		return err
	}
	for _, other := range there[1:] {
		if err := removeWebhook(ctx, s, other.ID); err != nil {
			return err
		}
	}
	if has := there[0]; has.Enabled && has.Token == w.Secret && slices.Equal(has.Scopes, webhookScopes) {
		return nil
	}
	r := request(s, webhooksPath+"/"+url.PathEscape(there[0].ID), nil)
	r.Body = want
	_, err = connector.PutJSON(ctx, s, r, nil)
	return err
}

// RemoveWebhook implements connector.WebhookRegistrar.
func (c Connector) RemoveWebhook(ctx context.Context, s *connector.Session, to string) error {
	there, err := webhooksTo(ctx, s, to)
	if err != nil {
		return err
	}
	for _, w := range there {
		if err := removeWebhook(ctx, s, w.ID); err != nil {
			return err
		}
	}
	return nil
}

func removeWebhook(ctx context.Context, s *connector.Session, id string) error {
	return connector.DeleteIfThere(ctx, s, request(s, webhooksPath+"/"+url.PathEscape(id), nil))
}

// webhooksTo are the webhooks that go to an address.
func webhooksTo(ctx context.Context, s *connector.Session, to string) ([]webhook, error) {
	var there []webhook
	seen := map[string]bool{}
	for number := 1; number <= webhookPagesMost; number++ {
		items, _, err := listPage(ctx, s, webhooksPath, number, maxPageSize)
		if err != nil {
			return nil, err
		}
		fresh := false
		for _, raw := range items {
			var w webhook
			if json.Unmarshal(raw, &w) != nil || w.ID == "" {
				return nil, connector.Fail(connector.Malformed, service, "a webhook cannot be read")
			}
			if seen[w.ID] {
				continue
			}
			fresh, seen[w.ID] = true, true
			if w.URL == to {
				there = append(there, w)
			}
		}
		if !fresh { // the end, or a list that has but one page
			return there, nil
		}
	}
	return nil, connector.Fail(connector.Malformed, service, "the list of webhooks does not end")
}
