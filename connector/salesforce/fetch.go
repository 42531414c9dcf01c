package salesforce

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// place is where a page begins: behind the row of a time and an id. What could not be read of the object when the run began
// stays with it, so that an object is described once a run.
type place struct {
	stamp, id string
	hidden    []string
	// deletions says that the object's deletions can be asked for.
	deletions bool
	// job is the Bulk job that has the rows; empty where they are asked for page by page. locator is where the next part of its
	// results begins: empty while it is not known to be done, lastLocator behind the last part.
	job, locator string
}

func (p place) String() string {
	parts := []string{p.stamp, p.id, strings.Join(p.hidden, ","), strconv.FormatBool(p.deletions)}
	if p.job != "" {
		parts = append(parts, p.job, p.locator)
	}
	return strings.Join(parts, "|")
}

// placeOf reads what String wrote.
func placeOf(next string) (place, error) {
	parts := strings.SplitN(next, "|", 6)
	if len(parts) == 4 || len(parts) == 6 {
		if _, err := connector.ParseTime(parts[0]); err == nil && parts[1] != "" {
			p := place{stamp: parts[0], id: parts[1], deletions: parts[3] == "true"}
			if parts[2] != "" {
				p.hidden = strings.Split(parts[2], ",")
			}
			if len(parts) == 6 {
				p.job, p.locator = parts[4], parts[5]
			}
			return p, nil
		}
	}
	return place{}, connector.Fail(connector.Refused, service, "the place to go on from is none")
}

// Fetch implements connector.Connector. The first page of a run describes the object, and asks for a Bulk job where many rows are
// left; the last one of an increment asks for what was deleted and has left the bin.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	src, ok := sourceOf(s, q.Model)
	if !ok {
		return connector.Page{}, nil
	}
	var page connector.Page
	var at place
	var err error
	if q.Next == "" {
		var d description
		d, at.hidden, page.Note, err = src.look(ctx, s)
		if absent(err) { // an object that many do not have
			return connector.Page{}, nil
		}
		at.deletions = d.replicateable
	} else {
		at, err = placeOf(q.Next)
	}
	if err != nil {
		return connector.Page{}, err
	}
	if at.job != "" {
		return src.fetchJob(ctx, s, q, at)
	}
	limit := min(max(q.Limit, 1), maxPageSize)
	got, used, err := query(ctx, s, "queryAll", src.page(at, q.Since, limit))
	if err == nil {
		err = used.within(s)
	}
	if err != nil {
		return connector.Page{}, err
	}
	page.AsOf = got.date
	src.appendTo(s, &page, q.Model, got.records)
	if got.more || len(got.records) >= limit {
		if at.stamp, at.id = last(got.records); at.id == "" {
			return connector.Page{}, connector.Fail(connector.Malformed, service, "a page of %s says that there is more, but has no row to go on behind", src.Object)
		}
		if q.Next == "" && q.Since.IsZero() {
			if err := src.beginJob(ctx, s, &page, &at); err != nil {
				return connector.Page{}, err
			}
		}
		page.Next, page.More = at.String(), true
		return page, nil
	}
	if !q.Since.IsZero() && at.deletions {
		err = src.appendGone(ctx, s, &page, q)
	}
	if page.MeetsLater(ctx, err) {
		if stamp, id := last(got.records); id != "" {
			at.stamp, at.id = stamp, id
			page.Next, page.More, err = at.String(), true, nil
		}
	}
	return page, err
}

// page is the query for the rows from a place on.
func (src Source) page(at place, since time.Time, limit int) string {
	where := ""
	switch {
	case at.id != "":
		where = " WHERE (" + stampField + " = " + at.stamp + " AND " + idField + " > " + literal(at.id) + ") OR " + stampField + " > " + at.stamp
	case !since.IsZero():
		where = " WHERE " + stampField + " >= " + instant(since.Truncate(time.Second))
	}
	return src.selected(at.hidden) + where + " ORDER BY " + stampField + ", " + idField + " LIMIT " + strconv.Itoa(limit)
}

// selected is a query's beginning: all that is read of the object, less what is hidden.
func (src Source) selected(hidden []string) string {
	fields := slices.DeleteFunc(src.wanted(), func(name string) bool { return slices.Contains(hidden, name) })
	return "SELECT " + strings.Join(fields, ", ") + " FROM " + src.Object
}

// appendTo makes records of rows. A relation of somebody who is no user is nobody's.
func (src Source) appendTo(s *connector.Session, page *connector.Page, m hub.Model, rows []json.RawMessage) {
	connector.AppendItems(page, rows, func(r row) []hub.Record {
		record := src.record(m, r)
		record.Details.URL = src.recordURL(s, &record)
		if src.Object == "EventRelation" && record.Refs.User != "" && !strings.HasPrefix(record.Refs.User, userPrefix) && record.ExternalID != "" {
			page.Passed = append(page.Passed, record.ExternalID)
			page.Others = append(page.Others, record.ExternalID)
			return nil
		}
		return []hub.Record{record}
	})
}

// last is where the last row stands that says it.
func last(rows []json.RawMessage) (stamp, id string) {
	for _, raw := range slices.Backward(rows) {
		var r row
		if json.Unmarshal(raw, &r) != nil {
			continue
		}
		if at := r.at(stampField); !at.IsZero() && r.id() != "" {
			return instant(at.Time), r.id()
		}
	}
	return "", ""
}
