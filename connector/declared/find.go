package declared

import (
	"context"
	"net/http"
	"slices"

	"sirocco/connector"
	"sirocco/hub"
)

// finds reports whether records of some model can be asked for one by one; those of the others are Refused.
func (p *Platform) finds() bool { return slices.ContainsFunc(p.file.Models, (*model).canFind) }

// canFind reports whether single records can be asked for: each by its id, or by the whole list where that is one answer.
func (m *model) canFind() bool { return m.Find != nil || m.paging().Kind == unpaged }

// finding is a platform whose records can be asked for by their ids.
type finding struct{ p *Platform }

// Find implements connector.Finder.
func (f finding) Find(ctx context.Context, s *connector.Session, model hub.Model, externalIDs []string) (connector.Page, error) {
	m := f.p.model(model)
	switch {
	case m == nil:
		return connector.Page{}, f.p.fail(connector.Refused, "there is no list of %s", model)
	case m.Find == nil:
		return f.among(ctx, s, m, externalIDs)
	}
	var page connector.Page
	sc := f.p.scope(s)
	for _, id := range externalIDs {
		item, err := f.one(ctx, s, sc.with("id", id), m.Find)
		switch status := connector.Status(err); {
		case status == http.StatusNotFound || status == http.StatusGone:
			continue
		case status == http.StatusForbidden: // there, but not for this account to see
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: err.Error()})
			continue
		case err != nil:
			return connector.Page{}, err
		case item == false: // so the file says that the vendor said that there is none
			continue
		}
		before, passed := len(page.Records), len(page.Passed)
		m.append(&page, sc, []any{item})
		if len(page.Records) > before && page.Records[before].ExternalID != id || len(page.Passed) > passed && page.Passed[passed] != id {
			page.Records = page.Records[:before]
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: "the CRM sent something else when asked for this record"})
		}
	}
	page.Rejected = rejectedOnly(&page)
	for i := range page.Rejected {
		if page.Rejected[i].ExternalID == "" { // it was asked for by one
			return connector.Page{}, f.p.fail(connector.Malformed, "a record that was asked for by its id cannot be read: %s", page.Rejected[i].Reason)
		}
	}
	return page, nil
}

// rejectedOnly are the rejected of a page that are no records all the same: that something of one could not be read is told of it in
// its list, and is no reason to doubt that it is there.
func rejectedOnly(page *connector.Page) []connector.Rejected {
	return slices.DeleteFunc(page.Rejected, func(r connector.Rejected) bool {
		return r.ExternalID != "" && slices.ContainsFunc(page.Records, func(kept hub.Record) bool { return kept.ExternalID == r.ExternalID })
	})
}

// one asks for the record whose id the scope has.
func (f finding) one(ctx context.Context, s *connector.Session, sc *scope, by *find) (any, error) {
	path, query, err := f.p.where(sc, by.Path, by.Query)
	if err != nil {
		return nil, err
	}
	answer, _, err := f.p.get(ctx, s, path, query)
	if err != nil || !by.Item.given() {
		return answer, err
	}
	item, err := by.Item.eval(sc.with("answer", answer))
	if err != nil || item == nil {
		return nil, f.p.fail(connector.Malformed, "%s was answered without the record that its file names", path)
	}
	return item, nil
}

// among reads the list, which is one answer, and takes from it what is wanted.
func (f finding) among(ctx context.Context, s *connector.Session, m *model, externalIDs []string) (connector.Page, error) {
	if !m.canFind() {
		return connector.Page{}, f.p.fail(connector.Refused, "a single %s cannot be asked for", m.Model)
	}
	r := m.reader(f.p, s, connector.Query{Model: m.Model})
	got, err := r.read(ctx, place{})
	if err != nil {
		return connector.Page{}, err
	}
	all, page := connector.Page{}, connector.Page{Listed: true}
	m.append(&all, r.sc, got.items)
	for _, rejected := range rejectedOnly(&all) {
		if rejected.ExternalID == "" {
			return page, f.p.fail(connector.Malformed, "the list of %s has an item whose id cannot be read, so which are there is not known", m.Model)
		}
		if slices.Contains(externalIDs, rejected.ExternalID) {
			page.Rejected = append(page.Rejected, rejected)
		}
	}
	wanted := false
	for _, record := range all.Records { // children follow their parent
		if record.Model == m.Model {
			wanted = slices.Contains(externalIDs, record.ExternalID)
		}
		if wanted {
			page.Records = append(page.Records, record)
		}
	}
	return page, nil
}

// Confirm implements connector.Confirmer: a record is asked for with all that its item has of others, an engagement with what it is
// about where the file says how to ask for one by its id. A whole list is not read for that.
func (f finding) Confirm(ctx context.Context, s *connector.Session, of hub.RecordRef) (connector.Confirmed, error) {
	m := f.p.model(of.Model)
	if m == nil || !m.canFind() {
		return connector.Confirmed{}, connector.ErrCannotAsk
	}
	found, err := connector.ConfirmFound(ctx, f, s, f.p.file.Name, of)
	if err != nil {
		return connector.Confirmed{}, err
	}
	for _, c := range m.Children {
		found.Children = append(found.Children, c.Model)
	}
	about := f.p.model(hub.ModelOpportunity)
	if about == nil || about.Find == nil || !found.Has(of) {
		return found, nil
	}
	if err := connector.ConfirmAbout(ctx, f, s, f.p.file.Name, of, &found); err != nil {
		return connector.Confirmed{}, err
	}
	return found, nil
}
