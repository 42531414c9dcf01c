package servicetitan

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"sirocco/connector"
	"sirocco/hub"
)

// Find implements connector.Finder: all lists take ids.
func (Connector) Find(ctx context.Context, s *connector.Session, m hub.Model, externalIDs []string) (connector.Page, error) {
	var page connector.Page
	asked := map[string][]string{} // by prefix
	for _, id := range externalIDs {
		prefix, rest, found := strings.Cut(id, ":")
		if !found {
			prefix, rest = "", id
		} else {
			prefix += ":"
		}
		asked[prefix] = append(asked[prefix], rest)
	}
	for _, src := range sources[m] {
		ids := asked[src.prefix]
		if src.changes || len(ids) == 0 {
			continue
		}
		rows, err := askByIDs(ctx, s, src.list, "ids", ids)
		if err != nil {
			return connector.Page{}, err
		}
		if err := allAsked(src.list, rows, ids); err != nil {
			return connector.Page{}, err
		}
		if err := src.append(ctx, s, &page, rows); err != nil {
			return connector.Page{}, err
		}
	}
	return page, nil
}

// allAsked fails where a row is there that was not asked for: a list that does not heed the ids says nothing of what it
// does not have.
func allAsked(l list, rows []json.RawMessage, ids []string) error {
	for _, raw := range rows {
		if found := rowID(raw); found != "" && !slices.Contains(ids, found) {
			return connector.Fail(connector.Malformed, service, "the list of %s does not heed the ids that it is asked for", l.path)
		}
	}
	return nil
}

// rowID is the id of a row; empty where it has none that can be read.
func rowID(raw json.RawMessage) string {
	var row struct {
		ID number `json:"id"`
	}
	if json.Unmarshal(raw, &row) != nil {
		return ""
	}
	return id(row.ID)
}
