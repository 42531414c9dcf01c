package declared

import (
	"context"
	"slices"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// Fetch implements connector.Connector.
func (c connected) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	p, m := c.p, c.p.model(q.Model)
	if m == nil {
		return connector.Page{}, p.fail(connector.Refused, "there is no list of %s", q.Model)
	}
	at, err := connector.ReadPlace(p.file.Name, q.Next, m.paging().start(), func(at place) bool { return at.At >= 0 })
	if err != nil {
		return connector.Page{}, err
	}
	r := m.reader(p, s, q)
	var page connector.Page
	var next *place
	if !at.Deletions {
		got, following, err := r.step(ctx, at, func(items []any) time.Time { return m.changed(r.sc, items) })
		if err != nil {
			return connector.Page{}, err
		}
		m.append(&page, r.sc, got.items)
		page.AsOf, next = got.asOf, following
		if next == nil && m.Deletions.Path != nil && !q.Since.IsZero() { // a whole reading does not meet what is gone
			at = m.Deletions.paging().start()
			at.Deletions = true
		}
	}
	if at.Deletions && next == nil {
		r.of, r.since = &m.Deletions.source, m.Deletions.Since
		got, following, err := r.step(ctx, at, func([]any) time.Time { return time.Time{} })
		if err != nil {
			return connector.Page{}, err
		}
		var gone connector.Page
		m.appendDeleted(&gone, r.sc, got.items)
		if err := connector.DropRestored(ctx, s, finding{p}, q, &gone); err != nil {
			return connector.Page{}, err
		}
		page.Records, page.Rejected = append(page.Records, gone.Records...), append(page.Rejected, gone.Rejected...)
		next = following
		if page.AsOf.IsZero() {
			page.AsOf = got.asOf
		}
	}
	if next != nil {
		page.Next, page.More = connector.WritePlace(next), true
	}
	return page, nil
}

// reader reads the model's list.
func (m *model) reader(p *Platform, s *connector.Session, q connector.Query) *reader {
	return &reader{p: p, s: s, sc: p.scope(s), of: &m.source, limit: q.Limit, since: m.Since, from: q.Since}
}

// changed is when the last of the items changed that tells of it; zero where none does.
func (m *model) changed(sc *scope, items []any) time.Time {
	for _, item := range slices.Backward(items) {
		value, err := m.Fields["modifiedAt"].eval(sc.with("item", item))
		if err != nil {
			continue
		}
		if at, err := timeOf(value); err == nil && !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// appendDeleted appends what a list of deletions says.
func (m *model) appendDeleted(page *connector.Page, sc *scope, items []any) {
	of := fields{"externalId": m.Deletions.ID}
	if m.Deletions.At.given() {
		of["modifiedAt"] = m.Deletions.At
	}
	for _, item := range items {
		r := hub.Record{Model: m.Model, Deleted: true}
		unknown, err := of.fill(sc.with("item", item), &r)
		if err == nil {
			err = unknown // without its time a deletion would win over all that came after it
		}
		if err == nil {
			err = r.Validate()
		}
		if err != nil {
			(&model{Fields: of}).reject(page, sc, item, "the CRM sent a deletion that cannot be read: "+err.Error())
			continue
		}
		page.Records = append(page.Records, r)
	}
}
