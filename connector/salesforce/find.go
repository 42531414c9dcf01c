package salesforce

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

const (
	// idsMost is how many ids a query names: its address has 16,384 bytes.
	idsMost = 200
	// deletionsBack is how far the list of deletions goes back, less some minutes for clocks that differ.
	deletionsBack = 15*24*time.Hour - 10*time.Minute
	// deletionsMost is how many deletions an increment looks into; more are left to the next whole reading.
	deletionsMost = 2000
)

// Find implements connector.Finder.
func (Connector) Find(ctx context.Context, s *connector.Session, m hub.Model, externalIDs []string) (connector.Page, error) {
	src, ok := sourceOf(s, m)
	if !ok {
		return connector.Page{}, nil
	}
	_, hidden, _, err := src.look(ctx, s)
	if err != nil { // that the object is not there is Refused: an answer about none of its rows
		return connector.Page{}, err
	}
	var page connector.Page
	for some := range slices.Chunk(plainIDs(externalIDs), idsMost) {
		rows, err := src.rowsOf(ctx, s, src.selected(hidden), some)
		if err != nil {
			return connector.Page{}, err
		}
		src.appendTo(s, &page, m, rows)
	}
	return page, nil
}

// rowsOf asks for rows by their ids.
func (src Source) rowsOf(ctx context.Context, s *connector.Session, selected string, ids []string) ([]json.RawMessage, error) {
	got, used, err := query(ctx, s, "queryAll", selected+" WHERE "+idField+" IN "+literals(ids))
	if err != nil {
		return nil, err
	}
	if got.more {
		return nil, connector.Fail(connector.Malformed, service, "%d rows of %s are not answered with at once", len(ids), src.Object)
	}
	return got.records, used.within(s)
}

// plainIDs are those ids that the vendor could have given: others are not there, and would spoil the query.
func plainIDs(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return len(id) != 15 && len(id) != 18 || strings.ContainsFunc(id, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		})
	})
}

// appendGone adds what was deleted since the run's time and is not in the bin any more: what is in it came as a row.
// Where the list does not go back so far, or is too long, the next whole reading finds what is missing.
func (src Source) appendGone(ctx context.Context, s *connector.Session, page *connector.Page, q connector.Query) error {
	now := page.AsOf
	if now.IsZero() {
		now = s.Now()
	}
	start := q.Since
	if earliest := now.Add(-deletionsBack); start.Before(earliest) {
		start = earliest
	}
	start = start.Truncate(time.Minute)
	end := now.Truncate(time.Minute).Add(time.Minute)
	if !end.After(start.Add(time.Minute)) { // the vendor wants more than a minute
		start = end.Add(-2 * time.Minute)
	}
	deleted, err := src.deletions(ctx, s, start, end)
	if connector.IsKind(err, connector.Refused) || connector.IsKind(err, connector.Forbidden) {
		return nil // EXCEEDED_ID_LIMIT among others
	}
	if err != nil || len(deleted) > deletionsMost {
		return err
	}
	ids := make([]string, 0, len(deleted))
	for id := range deleted {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for some := range slices.Chunk(plainIDs(ids), idsMost) {
		rows, err := src.rowsOf(ctx, s, "SELECT "+idField+" FROM "+src.Object, some)
		if err != nil {
			return err
		}
		for _, raw := range rows {
			var r row
			if json.Unmarshal(raw, &r) == nil {
				delete(deleted, r.text(idField))
			}
		}
	}
	for _, id := range ids {
		if at, gone := deleted[id]; gone {
			page.Records = append(page.Records, hub.Record{Model: q.Model, ExternalID: id, ModifiedAt: at, Deleted: true})
		}
	}
	return nil
}

// deletions asks when which rows of the object were deleted in a span of time.
func (src Source) deletions(ctx context.Context, s *connector.Session, start, end time.Time) (map[string]time.Time, error) {
	r := request(s, path("sobjects", src.Object, "deleted"), url.Values{"start": {start.UTC().Format(time.RFC3339)}, "end": {end.UTC().Format(time.RFC3339)}})
	var answer map[string]json.RawMessage
	got, err := connector.GetJSON(ctx, s, r, &answer)
	if err != nil {
		return nil, err
	}
	rows, err := connector.Rows(r, answer, "deletedRecords")
	if err != nil {
		return nil, err
	}
	deleted := map[string]time.Time{}
	for _, raw := range rows {
		var one row
		if json.Unmarshal(raw, &one) == nil && one.text("id") != "" {
			deleted[one.text("id")] = one.at("deletedDate").Time
		}
	}
	return deleted, usageOf(got.Header).within(s)
}
