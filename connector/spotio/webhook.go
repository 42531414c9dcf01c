package spotio

import (
	"context"
	"net/url"
	"strings"

	"sirocco/connector"
)

const webhooksPath = "/api/Webhooks"

// toldOf are what the scopes begin with that are of use.
var toldOf = []string{"lead", "activity", "appointment"}

// endpoint is a webhook of the vendor.
type endpoint struct {
	ID       string   `json:"id,omitempty"`
	Callback string   `json:"callback"`
	Scopes   []string `json:"scopes"`
	Active   *bool    `json:"active,omitempty"`
	Headers  []header `json:"customHeaders"`
}

type header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// RegisterWebhook implements connector.WebhookRegistrar. The vendor signs with a secret of the company, so the address's own
// comes in a header.
func (c Connector) RegisterWebhook(ctx context.Context, s *connector.Session, w connector.Webhook) error {
	there, err := webhooksTo(ctx, s, w.URL)
	if err != nil {
		return err
	}
	var names []string
	if _, err := connector.GetJSON(ctx, s, request(s, webhooksPath+"/scopes", nil), &names); err != nil {
		return err
	}
	want := endpoint{Callback: w.URL, Scopes: []string{}, Headers: []header{{w.Header, w.Secret}}}
	for _, name := range names {
		for _, of := range toldOf {
			if strings.HasPrefix(strings.ToLower(name), of) {
				want.Scopes = append(want.Scopes, name)
				break
			}
		}
	}
	if len(want.Scopes) == 0 {
		return connector.Fail(connector.Refused, service, "none of the scopes that its webhooks have is of leads, activities or appointments")
	}
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
	active := true
	want.Active = &active
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
func webhooksTo(ctx context.Context, s *connector.Session, to string) ([]endpoint, error) {
	var answer struct {
		Endpoints *[]endpoint `json:"endpoints"`
	}
	if _, err := connector.GetJSON(ctx, s, request(s, webhooksPath, nil), &answer); err != nil {
		return nil, err
	}
	if answer.Endpoints == nil {
		return nil, nil
	}
	var there []endpoint
	for _, w := range *answer.Endpoints {
		if w.Callback == to && w.ID != "" {
			there = append(there, w)
		}
	}
	return there, nil
}
