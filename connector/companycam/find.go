package companycam

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"sirocco/connector"
	"sirocco/hub"
)

// Find implements connector.Finder. A project that was merged into another is not there any more.
func (Connector) Find(ctx context.Context, s *connector.Session, m hub.Model, externalIDs []string) (connector.Page, error) {
	var page connector.Page
	p := &projects{s: s}
	for _, id := range externalIDs {
		item, err := findOne(ctx, s, m, id)
		switch {
		case connector.Status(err) == http.StatusNotFound:
			continue
		case connector.Status(err) == http.StatusForbidden: // there, but not for this account to see
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: err.Error()})
			continue
		case err != nil:
			return connector.Page{}, err
		}
		if rowOf(item).id != id {
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: "the CRM sent something else when asked for this record", Raw: item})
			continue
		}
		if err := appendItem(ctx, p, m, &page, item); err != nil {
			return connector.Page{}, err
		}
	}
	return page, nil
}

func findOne(ctx context.Context, s *connector.Session, m hub.Model, id string) (json.RawMessage, error) {
	var item json.RawMessage
	_, err := connector.GetJSON(ctx, s, request(s, paths[m]+"/"+url.PathEscape(id), nil), &item)
	return item, err
}

// appendItem appends an item of a model's list to the page.
func appendItem(ctx context.Context, p *projects, m hub.Model, page *connector.Page, raw json.RawMessage) error {
	if m == hub.ModelOpportunity {
		return p.append(ctx, page, raw)
	}
	connector.AppendItems(page, []json.RawMessage{raw}, func(u user) []hub.Record { return []hub.Record{u.record()} })
	return nil
}
