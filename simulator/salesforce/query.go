package salesforce

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"sirocco/hub"
	"sirocco/simulator"
)

const (
	// pageSize is how many rows an answer has at most, longestURL how many bytes an address.
	pageSize   = 2000
	longestURL = 16_384
)

// answerQuery answers a query; with those that are deleted and still in the bin where deleted says so.
func (o *Organization) answerQuery(w http.ResponseWriter, r *http.Request, deleted bool) {
	if len(r.URL.String()) > longestURL {
		refuse(w, http.StatusRequestURITooLong, "URI_TOO_LONG", "The address is too long")
		return
	}
	soql := r.URL.Query().Get("q")
	rows, err := o.run(soql, deleted)
	if problem, ok := errors.AsType[*soqlError](err); ok {
		refuse(w, http.StatusBadRequest, problem.code, problem.message)
		return
	}
	if asked, err := parse(soql); err == nil && asked.count {
		simulator.WriteJSON(w, http.StatusOK, map[string]any{"totalSize": len(rows), "done": true, "records": []any{}})
		return
	}
	if len(rows) > pageSize { // whoever asks here says a LIMIT
		refuse(w, http.StatusBadRequest, "MALFORMED_QUERY", "the stand-in has no more than a page of rows for a query")
		return
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"totalSize": len(rows), "done": true, "records": rows})
}

// run finds the rows of a query.
func (o *Organization) run(soql string, deleted bool) ([]map[string]any, error) {
	s, err := parse(soql)
	if err != nil {
		return nil, err
	}
	of, ok := o.object(s.object)
	if !ok {
		return nil, &soqlError{"INVALID_TYPE", "sObject type '" + s.object + "' is not supported."}
	}
	if err := of.check(&s); err != nil {
		return nil, err
	}
	return o.find(s, deleted)
}

// find finds the rows of a query that was checked.
func (o *Organization) find(s statement, deleted bool) ([]map[string]any, error) {
	of, ok := o.object(s.object)
	if !ok {
		return nil, &soqlError{"INVALID_TYPE", "sObject type '" + s.object + "' is not supported."}
	}
	found := []map[string]any{}
	for _, row := range o.rows(of, s.where) {
		if gone, _ := row["IsDeleted"].(bool); gone && !deleted || s.where != nil && !s.where.holds(row) {
			continue
		}
		found = append(found, row)
	}
	slices.SortStableFunc(found, func(a, b map[string]any) int {
		for _, by := range s.order {
			x, _ := a[by].(string)
			y, _ := b[by].(string)
			if n := strings.Compare(x, y); n != 0 {
				return n
			}
		}
		return 0
	})
	if s.limit > 0 && len(found) > s.limit {
		found = found[:s.limit]
	}
	for i, row := range found {
		chosen := map[string]any{"attributes": map[string]any{"type": of.name, "url": version + "/sobjects/" + of.name}}
		for _, field := range s.fields {
			chosen[field] = row[field]
		}
		found[i] = chosen
	}
	return found, nil
}

// check refuses what the object does not have, and what cannot be asked of it. It spells names as the object does.
func (of object) check(s *statement) error {
	known := func(name *string) (column, error) {
		c, ok := of.column(*name)
		if !ok {
			return c, &soqlError{"INVALID_FIELD", "No such column '" + *name + "' on entity '" + of.name + "'."}
		}
		*name = c.name
		return c, nil
	}
	seen := map[string]bool{}
	for i := range s.fields {
		if _, err := known(&s.fields[i]); err != nil {
			return err
		}
		if seen[s.fields[i]] {
			return &soqlError{"INVALID_FIELD", "duplicate field selected: " + s.fields[i]}
		}
		seen[s.fields[i]] = true
	}
	for i := range s.order {
		if c, err := known(&s.order[i]); err != nil {
			return err
		} else if c.kind == "textarea" {
			return &soqlError{"INVALID_FIELD", "field '" + c.name + "' can not be sorted in a query call"}
		}
	}
	if s.where == nil {
		return nil
	}
	return s.where.each(func(c *comparison) error {
		column, err := known(&c.field)
		if err != nil {
			return err
		}
		if column.kind == "textarea" && !strings.HasSuffix(column.name, "Street") {
			return &soqlError{"INVALID_FIELD", "field '" + column.name + "' can not be filtered in a query call"}
		}
		for _, v := range c.values {
			if !fits(column.kind, v) {
				return &soqlError{"INVALID_FIELD", "value of filter criterion for field '" + column.name + "' must be of type " + column.kind}
			}
			if id, ok := v.(string); ok && (column.kind == "id" || column.kind == "reference") && len(id) != 15 && len(id) != 18 {
				return &soqlError{"INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: " + id}
			}
		}
		return nil
	})
}

// fits reports whether a value can be compared with a field of a kind.
func fits(kind string, v any) bool {
	switch v.(type) {
	case time.Time:
		return kind == "datetime"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "double" || kind == "currency" || kind == "int"
	case string:
		return kind != "datetime" && kind != "boolean" && kind != "double" && kind != "currency" && kind != "int" && kind != "date"
	}
	return v == nil
}

// rows are those of an object that a condition could hold for.
func (o *Organization) rows(of object, where condition) []map[string]any {
	switch of.name {
	case "Task":
		return o.taskRows()
	case "Organization":
		return []map[string]any{{"Id": organizationID, "Name": "Acme Roofing"}}
	}
	var since time.Time
	if where != nil {
		since = where.since()
		if one, ok := named(where); ok {
			return o.rowsOf(of, one)
		}
	}
	found, _, _ := o.s.List(simulator.Listing{Model: of.model, ByChange: true, Since: since, Limit: math.MaxInt, Keep: func(r hub.Record) bool { return !purged(r) }})
	rows := make([]map[string]any, len(found))
	for i, r := range found {
		rows[i] = o.show(of, r)
	}
	return rows
}

// named are the ids that a condition which is nothing else names.
func named(where condition) ([]any, bool) {
	only, ok := where.(all)
	if !ok || len(only) != 1 {
		return nil, false
	}
	c, ok := only[0].(*comparison)
	if !ok || c.field != "Id" || c.operator != "IN" {
		return nil, false
	}
	return c.values, true
}

func (o *Organization) rowsOf(of object, ids []any) []map[string]any {
	var rows []map[string]any
	for _, id := range ids {
		text, _ := id.(string)
		if r, ok := o.s.Get(of.model, text); ok && !purged(r) {
			rows = append(rows, o.show(of, r))
		}
	}
	return rows
}

// deletionsBack is how far the list of deletions goes back.
const deletionsBack = 15 * 24 * time.Hour

// listDeleted lists what was deleted in a span of time, be it in the bin or not.
func (o *Organization) listDeleted(w http.ResponseWriter, r *http.Request) {
	of, ok := o.object(r.PathValue("object"))
	if !ok || of.model == "" || of.name == "User" {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		return
	}
	o.mu.Lock()
	fails := o.deletionsFail
	o.mu.Unlock()
	if fails != "" {
		refuse(w, http.StatusBadRequest, fails, "the deletions cannot be listed")
		return
	}
	start, err := time.Parse(time.RFC3339, r.URL.Query().Get("start"))
	end, err2 := time.Parse(time.RFC3339, r.URL.Query().Get("end"))
	earliest := o.s.Now().Add(-deletionsBack)
	if err != nil || err2 != nil || start.Before(earliest) || !end.After(start.Add(time.Minute)) {
		refuse(w, http.StatusBadRequest, "INVALID_REPLICATION_DATE", "startDate must be before endDate, and at most 15 days ago")
		return
	}
	items := []map[string]any{}
	rows, _, _ := o.s.List(simulator.Listing{Model: of.model, ByChange: true, Since: start, Before: end, Limit: math.MaxInt})
	for _, row := range rows {
		if row.Deleted {
			items = append(items, map[string]any{"id": row.ExternalID, "deletedDate": stamp(row.ModifiedAt)})
		}
	}
	simulator.WriteJSON(w, http.StatusOK, map[string]any{"deletedRecords": items, "earliestDateAvailable": stamp(earliest), "latestDateCovered": stamp(o.s.Now())})
}
