package console

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"sirocco/hub"
	"sirocco/store"
)

// quarantinePageSize is how many items a page shows.
const quarantinePageSize = 20

// quarantinePage is what could not be kept of what CRMs sent: by reason, or, of what is chosen, item by item.
type quarantinePage struct {
	page

	Filter      store.QuarantineFilter
	Connections []hub.Connection
	Models      []hub.Model
	Groups      []quarantineGroup
	// Total is how many items are chosen, up to one more than is counted.
	Total int64
	Again []readAgain
	// Live is where the page is told how what is read again goes on.
	Live string
	// Items are those of one group, or the one that is chosen.
	Items []quarantineItem
	Next  string
}

// Over is false: the page itself lists what is yet to be read again.
func (p *quarantinePage) Over() bool { return false }

// quarantineGroup is what a connection holds for one reason.
type quarantineGroup struct {
	store.QuarantineGroup

	Connection hub.Connection
}

// quarantineItem is one item, with the field that is wrong marked.
type quarantineItem struct {
	store.HeldItem

	Connection hub.Connection
	Lines      []rawLine
	// MayRetry says that its connection reads.
	MayRetry bool
}

// Marked are the lines of the fields that the reason is about, which may be far down in the item.
func (i *quarantineItem) Marked() (marked []string) {
	for _, line := range i.Lines {
		if line.Marked {
			marked = append(marked, strings.Trim(line.Text, " ,"))
		}
	}
	return marked
}

// readAgain is a model of a connection that is to be read again, and how far that is.
type readAgain struct {
	Connection hub.Connection
	Model      hub.Model
	// Asked says that it waits for a run, or for its turn in one; Running that it is read, and Seen how many records that met so far.
	Asked, Running bool
	Seen           int
}

// againPage is what is being read again, as it is sent alone.
type againPage struct {
	page

	Again []readAgain
	// Total is how many items are in quarantine of what is chosen.
	Total int64
}

// Over reports whether all of it was read.
func (p *againPage) Over() bool {
	return !slices.ContainsFunc(p.Again, func(a readAgain) bool { return a.Asked || a.Running })
}

// quarantineFilter is what a URL or a form chooses.
func quarantineFilter(v *visit) store.QuarantineFilter {
	return store.QuarantineFilter{
		ConnectionID: v.FormValue("connection"), Model: hub.Model(v.FormValue("model")), Reason: v.FormValue("reason"), ID: v.FormValue("item"),
	}
}

func (s *server) showQuarantine(w http.ResponseWriter, v *visit) error {
	shown := &quarantinePage{page: s.page(v, "Quarantine"), Filter: quarantineFilter(v), Models: searchedModels}
	of, err := s.connectionsByID(v)
	if err != nil {
		return err
	}
	shown.Connections = of.all
	groups, err := s.Store.QuarantineGroups(v.Context(), v.organization.ID, shown.Filter)
	if err != nil {
		return err
	}
	for _, g := range groups {
		shown.Groups = append(shown.Groups, quarantineGroup{g, of.byID[g.ConnectionID]})
		shown.Total += g.Count
	}
	if shown.Again, err = s.readAgain(v.Context(), v, of.all, nil); err != nil {
		return err
	}
	if len(shown.Again) > 0 {
		shown.Live = s.againURL(v, shown.Again)
	}
	if shown.Filter.Reason != "" || shown.Filter.ID != "" {
		err = s.loadQuarantineItems(v, shown, of.byID)
	}
	if err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "quarantine", shown)
}

func (s *server) loadQuarantineItems(v *visit, shown *quarantinePage, of map[string]hub.Connection) error {
	items, err := s.Store.QuarantineItems(v.Context(), v.organization.ID, shown.Filter, v.FormValue("afterConnection"), v.FormValue("after"), quarantinePageSize+1)
	if err = ignoreCut(err); err != nil {
		return err
	}
	if len(items) > quarantinePageSize {
		items = items[:quarantinePageSize]
		last := items[len(items)-1]
		shown.Next = shown.Here("afterConnection", last.ConnectionID, "after", last.ID)
	}
	for _, i := range items {
		c := of[i.ConnectionID]
		shown.Items = append(shown.Items, quarantineItem{HeldItem: i, Connection: c, Lines: markRaw(i.Raw, i.Reason), MayRetry: c.Active})
	}
	return nil
}

// readAgain are the models that a retry, or a rewind, has set back and that no run has begun to read since, and those named, by
// connection and model, whatever they do.
func (s *server) readAgain(ctx context.Context, v *visit, all []hub.Connection, named []string) ([]readAgain, error) {
	var found []readAgain
	for _, c := range all {
		states, err := s.Store.SyncStates(ctx, v.organization.ID, c.ID)
		if err != nil {
			return nil, err
		}
		for _, st := range states {
			again := readAgain{Connection: c, Model: st.Model, Asked: st.RewindTo != nil}
			if !again.Asked && !slices.Contains(named, again.name()) {
				continue
			}
			if again.Running = st.InRun; again.Running {
				runs, err := s.Store.SyncRuns(ctx, v.organization.ID, c.ID, "", 1)
				if err != nil {
					return nil, err
				}
				for _, run := range runs {
					t := run.Models[st.Model]
					again.Seen = t.Created + t.Updated + t.Unchanged + t.Deleted
				}
			}
			found = append(found, again)
		}
	}
	return found, nil
}

// name is how a URL names a model of a connection.
func (a *readAgain) name() string { return a.Connection.ID + "." + string(a.Model) }

// againURL is where it is told how the models, as they are by then, are read again, and what of the page's filter is in quarantine.
func (s *server) againURL(v *visit, all []readAgain) string {
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name()
	}
	f := quarantineFilter(v)
	return s.href(v, "/quarantine/live", "again", strings.Join(names, " "), "connection", f.ConnectionID, "model", string(f.Model), "reason", f.Reason, "item", f.ID)
}

// streamQuarantine sends how what a retry has set back is read again, until that is done. What is in quarantine stays as the page has
// it, so that nothing moves under a click.
func (s *server) streamQuarantine(w http.ResponseWriter, v *visit) error {
	return s.stream(w, v, "quarantine", "again", func(ctx context.Context) (any, error) {
		shown := &againPage{page: s.page(v, "Quarantine")}
		all, err := s.Store.Connections(ctx, v.organization.ID, store.ConnectionFilter{Limit: connectionsMost})
		if err != nil {
			return nil, err
		}
		if shown.Again, err = s.readAgain(ctx, v, all, strings.Fields(v.URL.Query().Get("again"))); err != nil {
			return nil, err
		}
		groups, err := s.Store.QuarantineGroups(ctx, v.organization.ID, quarantineFilter(v))
		for _, g := range groups {
			shown.Total += g.Count
		}
		return shown, err
	})
}

// connections are those of the organization that a page chooses from.
type connections struct {
	all  []hub.Connection
	byID map[string]hub.Connection
}

// connectionsMost bounds how many connections a page offers to choose from.
const connectionsMost = 200

func (s *server) connectionsByID(v *visit) (connections, error) {
	all, err := s.Store.Connections(v.Context(), v.organization.ID, store.ConnectionFilter{Limit: connectionsMost})
	found := connections{all, make(map[string]hub.Connection, len(all))}
	for _, c := range all {
		found.byID[c.ID] = c
	}
	return found, err
}

// counted is a count as far as it was made.
func counted(n int64) string {
	if n > store.CountsEnd {
		return number(store.CountsEnd) + "+"
	}
	return number(n)
}

// retryQuarantine lets what is chosen be read again: one item, a group, or all that match the filter.
func (s *server) retryQuarantine(w http.ResponseWriter, v *visit) error {
	f := quarantineFilter(v)
	groups, err := s.Store.QuarantineGroups(v.Context(), v.organization.ID, f)
	if err != nil {
		return err
	}
	of, err := s.connectionsByID(v)
	if err != nil {
		return err
	}
	retried, paused, done := 0, 0, map[string]bool{}
	for _, g := range groups {
		if done[g.ConnectionID] {
			continue
		}
		done[g.ConnectionID] = true
		if !of.byID[g.ConnectionID].Active {
			paused++
			continue
		}
		chosen := f
		chosen.ConnectionID = g.ConnectionID
		n, err := s.Store.RetryQuarantined(v.Context(), v.organization.ID, chosen)
		if err != nil {
			return err
		}
		retried += n
	}
	switch {
	case len(groups) == 0:
		return hub.Conflict("Nothing of it is in quarantine any more: it came in well since, or somebody else retried it.")
	case retried == 0 && paused > 0:
		return hub.ErrPaused
	}
	said := count(retried, "item was", "items were") + " taken out of quarantine. What is still wrong comes back here."
	return s.redirect(w, v, said, "/quarantine", "connection", f.ConnectionID, "model", string(f.Model))
}
