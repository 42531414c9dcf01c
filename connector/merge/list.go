package merge

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// paths are the lists of the models.
var paths = map[hub.Model]string{
	hub.ModelUser: "users", hub.ModelAccount: "accounts", hub.ModelContact: "contacts", hub.ModelLead: "leads",
	hub.ModelOpportunity: "opportunities", hub.ModelEngagementType: "engagement-types", hub.ModelEngagement: "engagements",
}

// place is where a reading of a model is.
type place struct {
	// List is the path of the list; empty for the model's own.
	List string `json:"list,omitempty"`
	// Cursor is the vendor's; empty at the list's beginning.
	Cursor string `json:"cursor"`
	// Before is up to when rows are asked for, as it was written at the first page; empty for no bound. Then is that of the
	// list after this one.
	Before string `json:"before,omitempty"`
	Then   string `json:"then,omitempty"`
}

// parsePlace reads a Next. One of a version that kept no more is the vendor's cursor alone.
func parsePlace(next string) place {
	var at place
	if err := json.Unmarshal([]byte(next), &at); err != nil || at.Cursor == "" && at.List == "" {
		return place{Cursor: next}
	}
	return at
}

// Fetch implements connector.Connector. An increment reads each list up to the end of its last sync at Merge, so that half a
// sync is not taken for a whole one.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	var page connector.Page
	at := parsePlace(q.Next)
	if q.Next == "" {
		var err error
		if at, err = begin(ctx, s, q, &page); err != nil {
			return connector.Page{}, err
		}
	}
	for {
		path := cmp.Or(at.List, paths[q.Model])
		rows, next, got, err := listPage(ctx, s, path, at.query(q, path))
		switch status := connector.Status(err); {
		case path == tasksPath && at.Cursor == "" && (status == http.StatusNotFound || status == http.StatusForbidden):
			return page, nil // the CRM behind has none, or they are not for these credentials to see
		case status == http.StatusNotFound && at.Cursor == "":
			return connector.Page{}, unknownModel(q.Model)
		case err != nil:
			return connector.Page{}, err
		}
		if page.AsOf.IsZero() {
			page.AsOf = got.Date
		}
		if err := appendItems(ctx, s, q.Model, path, &page, rows); err != nil {
			return connector.Page{}, err
		}
		if next != "" {
			at.Cursor = next
			page.Next, page.More = connector.WritePlace(at), true
			return page, nil
		}
		if q.Model != hub.ModelEngagement || path == tasksPath {
			return page, nil
		}
		at = place{List: tasksPath, Before: at.Then}
		if len(page.Records)+len(page.Rejected) >= q.Limit {
			page.Next, page.More = connector.WritePlace(at), true
			return page, nil
		}
	}
}

// begin is the place of a run's first page, which says how Merge's own syncs of what it reads stand.
func begin(ctx context.Context, s *connector.Session, q connector.Query, page *connector.Page) (place, error) {
	all, err := readSyncStatuses(ctx, s)
	if err != nil {
		return place{}, err
	}
	before := func(synced syncStatus) string {
		if !q.Since.IsZero() && synced.FinishedAt.After(q.Since) {
			return synced.FinishedAt.Format(time.RFC3339Nano)
		}
		return ""
	}
	synced := all.of(modelNames[q.Model])
	page.AsOf, page.Note = synced.asOf(), synced.note(paths[q.Model])
	at := place{Before: before(synced)}
	if q.Model == hub.ModelEngagement {
		tasks := all.of(taskName)
		if asOf := tasks.asOf(); !asOf.IsZero() && !tasks.neverWorked() && (page.AsOf.IsZero() || asOf.Before(page.AsOf)) {
			page.AsOf = asOf
		}
		page.Note = cmp.Or(page.Note, tasks.note(tasksPath))
		at.Then = before(tasks)
	}
	return at, nil
}

// query asks for the page of a list at the place.
func (p *place) query(q connector.Query, path string) url.Values {
	query := url.Values{"page_size": {strconv.Itoa(min(q.Limit, maxPageSize))}, "include_deleted_data": {"true"}}
	if path == paths[hub.ModelOpportunity] {
		query.Set("expand", "stage")
	}
	if !q.Since.IsZero() {
		query.Set("modified_after", hub.WireTime(q.Since))
	}
	if p.Before != "" {
		query.Set("modified_before", p.Before)
	}
	if p.Cursor != "" {
		query.Set("cursor", p.Cursor)
	}
	return query
}

// appendItems appends rows of a list of a model's to the page. Opportunities for which it gave no more than the id of their stage get
// its name from the list of stages.
func appendItems(ctx context.Context, s *connector.Session, m hub.Model, path string, page *connector.Page, rows []json.RawMessage) error {
	if path == tasksPath {
		appendTasks(page, rows)
		return nil
	}
	var stages map[string]string
	if m == hub.ModelOpportunity && slices.ContainsFunc(rows, namesNoStage) {
		var err error
		if stages, err = stageNames(ctx, s); err != nil {
			return err
		}
	}
	connector.AppendItems(page, rows, func(i item) []hub.Record {
		i.Stage.Name = cmp.Or(i.Stage.Name, stages[string(i.Stage.ID)])
		return []hub.Record{i.record(m)}
	})
	return nil
}

func namesNoStage(raw json.RawMessage) bool {
	var i struct {
		Stage stage `json:"stage"`
	}
	return json.Unmarshal(raw, &i) == nil && i.Stage.ID != "" && i.Stage.Name == ""
}

// stageNames are the names of stages by their ids; none where the CRM behind has no stages, or they are not for these
// credentials to see.
func stageNames(ctx context.Context, s *connector.Session) (map[string]string, error) {
	names := map[string]string{}
	for found, err := range items[stage](ctx, s, "stages", url.Values{}) {
		if status := connector.Status(err); status == http.StatusNotFound || status == http.StatusForbidden {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		names[string(found.ID)] = found.Name
	}
	return names, nil
}

// unknownModel is what a list that is not there means: the CRM behind has no such thing, and the others go on.
func unknownModel(m hub.Model) error {
	e := connector.Fail(connector.Forbidden, service, "the CRM behind it has no %s, or Merge does not offer them for it", paths[m])
	e.Status = http.StatusNotFound
	return e
}

// Find implements connector.Finder.
func (Connector) Find(ctx context.Context, s *connector.Session, m hub.Model, externalIDs []string) (connector.Page, error) {
	var page connector.Page
	for _, id := range externalIDs {
		var raw json.RawMessage
		query := url.Values{}
		if m == hub.ModelOpportunity {
			query.Set("expand", "stage")
		}
		path, own := listOf(m, id)
		_, err := connector.GetJSON(ctx, s, request(s, path+"/"+url.PathEscape(own), query), &raw)
		if connector.Status(err) == http.StatusNotFound {
			continue
		}
		if path == tasksPath && connector.Status(err) == http.StatusForbidden { // as the list then: the others go on
			page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: "the credentials do not allow it to be read"})
			continue
		}
		if err != nil {
			return connector.Page{}, err
		}
		var found connector.Page
		if err := appendItems(ctx, s, m, path, &found, []json.RawMessage{raw}); err != nil {
			return connector.Page{}, err
		}
		if len(found.Records) == 1 && found.Records[0].ExternalID == id {
			page.Records = append(page.Records, found.Records...)
			continue
		}
		page.Rejected = append(page.Rejected, connector.Rejected{ExternalID: id, Reason: "the CRM sent something else when asked for this record", Raw: raw})
	}
	return page, nil
}

// listPage reads one page of a list, and the cursor of the next; empty where there is none.
func listPage(ctx context.Context, s *connector.Session, path string, query url.Values) (rows []json.RawMessage, next string, got connector.Answer, err error) {
	r := request(s, path, query)
	var answer map[string]json.RawMessage
	if got, err = connector.GetJSON(ctx, s, r, &answer); err != nil {
		return nil, "", got, err
	}
	if rows, err = connector.Rows(r, answer, "results"); err != nil {
		return nil, "", got, err
	}
	if raw, ok := answer["next"]; ok {
		var cursor *string
		if err := json.Unmarshal(raw, &cursor); err != nil {
			return nil, "", got, connector.Fail(connector.Malformed, service, "%s was answered with a next page that is no text", r.Path)
		}
		if cursor != nil {
			next = *cursor
		}
	}
	return rows, next, got, nil
}

// items reads a list to its end, and fails where a page that is not the last one brings nothing new. An item that is not a T in it
// comes as an empty one; an error is the last of all.
func items[T any](ctx context.Context, s *connector.Session, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		query.Set("page_size", strconv.Itoa(maxPageSize))
		seen := map[string]bool{}
		for {
			rows, next, _, err := listPage(ctx, s, path, query)
			if err != nil {
				yield(none, err)
				return
			}
			known := len(seen)
			for _, raw := range rows {
				seen[string(raw)] = true
				var found T
				if json.Unmarshal(raw, &found) != nil {
					found = none
				}
				if !yield(found, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			if len(seen) == known {
				yield(none, connector.Fail(connector.Malformed, service, "the pages of %s repeat themselves, so their end is never reached", path))
				return
			}
			query.Set("cursor", next)
		}
	}
}
