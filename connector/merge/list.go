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

// place is where a reading of a list is.
type place struct {
	// Cursor is the vendor's.
	Cursor string `json:"cursor"`
	// Before is up to when rows were asked for at the first page, as it was written then; empty for no bound.
	Before string `json:"before,omitempty"`
}

// parsePlace reads a Next. One of a version that kept no more is the vendor's cursor alone.
func parsePlace(next string) place {
	var at place
	if err := json.Unmarshal([]byte(next), &at); err != nil || at.Cursor == "" {
		return place{Cursor: next}
	}
	return at
}

func (p *place) String() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("merge: a place is texts: " + err.Error())
	}
	return string(text)
}

// Fetch implements connector.Connector. An increment reads up to the end of the model's last sync at Merge, so that half a
// sync is not taken for a whole one.
func (Connector) Fetch(ctx context.Context, s *connector.Session, q connector.Query) (connector.Page, error) {
	at := place{}
	var page connector.Page
	if q.Next == "" {
		synced, err := readSyncStatus(ctx, s, q.Model)
		if err != nil {
			return connector.Page{}, err
		}
		page.AsOf, page.Note = synced.asOf(), synced.note(q.Model)
		if !q.Since.IsZero() && synced.FinishedAt.After(q.Since) {
			at.Before = synced.FinishedAt.Format(time.RFC3339Nano)
		}
	} else {
		at = parsePlace(q.Next)
	}
	query := url.Values{"page_size": {strconv.Itoa(min(q.Limit, maxPageSize))}, "include_deleted_data": {"true"}}
	if q.Model == hub.ModelOpportunity {
		query.Set("expand", "stage")
	}
	if !q.Since.IsZero() {
		query.Set("modified_after", hub.WireTime(q.Since))
	}
	if at.Before != "" {
		query.Set("modified_before", at.Before)
	}
	if at.Cursor != "" {
		query.Set("cursor", at.Cursor)
	}
	rows, next, got, err := listPage(ctx, s, paths[q.Model], query)
	if connector.Status(err) == http.StatusNotFound && at.Cursor == "" {
		return connector.Page{}, unknownModel(q.Model)
	}
	if err != nil {
		return connector.Page{}, err
	}
	if page.AsOf.IsZero() {
		page.AsOf = got.Date
	}
	if next != "" {
		at.Cursor = next
		page.Next, page.More = at.String(), true
	}
	return page, appendItems(ctx, s, q.Model, &page, rows)
}

// appendItems appends rows of a model's list to the page. Opportunities for which it gave no more than the id of their stage get
// its name from the list of stages.
func appendItems(ctx context.Context, s *connector.Session, m hub.Model, page *connector.Page, rows []json.RawMessage) error {
	var stages map[string]string
	if m == hub.ModelOpportunity && slices.ContainsFunc(rows, namesNoStage) {
		var err error
		if stages, err = stageNames(ctx, s); err != nil {
			return err
		}
	}
	connector.AppendItems(page, rows, func(i item) []hub.Record {
		i.Stage.Name = cmp.Or(i.Stage.Name, stages[i.Stage.ID])
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
		names[found.ID] = found.Name
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
		_, err := connector.GetJSON(ctx, s, request(s, paths[m]+"/"+url.PathEscape(id), query), &raw)
		if connector.Status(err) == http.StatusNotFound {
			continue
		}
		if err != nil {
			return connector.Page{}, err
		}
		var found connector.Page
		if err := appendItems(ctx, s, m, &found, []json.RawMessage{raw}); err != nil {
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

// items reads a list to its end. An item that is not a T in it comes as an empty one; an error is the last of all.
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
			for _, raw := range rows {
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
			if seen[next] {
				yield(none, connector.Fail(connector.Malformed, service, "the pages of %s repeat themselves, so their end is never reached", path))
				return
			}
			seen[next] = true
			query.Set("cursor", next)
		}
	}
}
