package companycam

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"time"

	"sirocco/connector"
	"sirocco/hub"
)

// rereadDays is after how many days at the latest a project's users and labels are read though it did not change: it is not
// known whether giving it to another user changes its modified time.
const rereadDays = 7

// label is a label of a project.
type label struct {
	ID      connector.ID `json:"id"`
	Display string       `json:"display_value"`
	Value   string       `json:"value"`
}

// belongings are what takes requests of its own for each project.
type belongings struct {
	modifiedAt time.Time
	users      []hub.Record
	labels     []string
}

// projects turns projects into records, with what belongs to each of them.
type projects struct {
	s *connector.Session
	// query says from when on a project comes without what its own requests failed with.
	query connector.Query
	// kept are the belongings that the hub has, by the ids of projects.
	kept map[string]belongings
	// requests counts those made.
	requests int
}

// newProjects asks the hub for what it keeps of the projects with the ids.
func newProjects(ctx context.Context, s *connector.Session, q connector.Query, ids []string) (*projects, error) {
	p := &projects{s: s, query: q, kept: map[string]belongings{}}
	if q.Kept == nil || q.Model != hub.ModelOpportunity || len(ids) == 0 {
		return p, nil
	}
	records, err := q.Kept(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range records {
		r := &records[i]
		id := r.ExternalID
		if r.Model == hub.ModelOpportunityUser {
			id = r.Refs.Opportunity
		}
		b := p.kept[id]
		switch {
		case r.Deleted:
			continue
		case r.Model == hub.ModelOpportunity:
			b.modifiedAt, b.labels = r.ModifiedAt, r.Details.Labels
		case r.Model == hub.ModelOpportunityUser:
			b.users = append(b.users, *r)
		}
		p.kept[id] = b
	}
	return p, nil
}

// append appends a project to the page, with its contact, its labels and the users assigned to it. One that comes without users or
// labels, as they cannot be read, has those that are kept, and is told of.
func (p *projects) append(ctx context.Context, page *connector.Page, raw json.RawMessage) error {
	var item project
	var b belongings
	if err := json.Unmarshal(raw, &item); err == nil && item.ID != "" && item.Status != "deleted" {
		b, err = p.belongings(ctx, &item)
		switch {
		case err != nil && (ctx.Err() != nil || !p.query.LeavesOut(err)):
			return err
		case err != nil:
			page.Rejected = append(page.Rejected, connector.Rejected{
				ExternalID: string(item.ID), Reason: "its users or labels cannot be read, so they are as they were: " + err.Error(), Raw: raw,
			})
		}
	}
	connector.AppendItems(page, []json.RawMessage{raw}, func(item project) []hub.Record {
		r := item.record()
		r.Details.Labels = b.labels
		all := []hub.Record{r}
		if c := item.contact(); c != nil {
			all = append(all, *c)
		}
		return append(all, b.users...)
	})
	return nil
}

// belongings returns what belongs to a project: what is kept, where the project did not change since. With an error it returns what
// can be had all the same.
func (p *projects) belongings(ctx context.Context, of *project) (belongings, error) {
	b := p.kept[string(of.ID)]
	if at := of.UpdatedAt.time(); !at.IsZero() && b.modifiedAt.Equal(at) && !dueToday(string(of.ID), p.s.Now()) {
		return b, nil
	}
	path := "/projects/" + url.PathEscape(string(of.ID))
	users, unread := readAll(ctx, p, path+"/assigned_users", func(u user) string { return string(u.ID) })
	switch {
	case isNotTold(unread): // what is kept stays
		unread = nil
	case unread != nil && !p.query.LeavesOut(unread):
		return b, unread
	case unread == nil:
		b.users = nil
		for _, u := range users {
			b.users = append(b.users, assigned(string(of.ID), string(u.ID)))
		}
	}
	labels, err := readAll(ctx, p, path+"/labels", func(l label) string { return string(l.ID) })
	switch {
	case isNotTold(err):
	case err != nil:
		return b, err
	default:
		b.labels = nil
		for _, l := range labels {
			if text := cmp.Or(l.Display, l.Value); text != "" {
				b.labels = append(b.labels, text)
			}
		}
	}
	return b, unread
}

// isNotTold reports whether an error is about one list of one project alone: it is gone meanwhile, or not for these
// credentials to see.
func isNotTold(err error) bool {
	status := connector.Status(err)
	return status == http.StatusNotFound || status == http.StatusForbidden
}

// dueToday reports whether this is the day of the week on which a project is read with all that belongs to it.
func dueToday(id string, now time.Time) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return int64(h.Sum32()%rereadDays) == now.Unix()/int64(24*60*60)%rereadDays
}

// readAll reads all pages of a list of a project, until one brings nothing new.
func readAll[T any](ctx context.Context, p *projects, path string, id func(T) string) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	for number := 1; ; number++ {
		items, _, err := listPage(ctx, p.s, path, number, maxPageSize)
		p.requests++
		if err != nil {
			return nil, err
		}
		fresh := false
		for _, raw := range items {
			var item T
			if err := json.Unmarshal(raw, &item); err != nil || id(item) == "" {
				return nil, connector.Fail(connector.Malformed, service, "%s lists an item that cannot be read", path)
			}
			if !seen[id(item)] {
				seen[id(item)], fresh = true, true
				all = append(all, item)
			}
		}
		if !fresh {
			return all, nil
		}
	}
}

// assigned is the record that says that a user is assigned to a project. Its id has the length of the project's in it, so that
// no two pairs of ids make the same. What the user is called is told by the user alone.
func assigned(project, user string) hub.Record {
	return hub.Record{
		Model: hub.ModelOpportunityUser, ExternalID: fmt.Sprintf("assigned:%d:%s:%s", len(project), project, user),
		Refs: hub.Refs{Opportunity: project, User: user},
	}
}
