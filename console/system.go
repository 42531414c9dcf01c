package console

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sirocco/hub"
	"sirocco/store"
)

// systemPage is how the server itself does, over all organizations.
type systemPage struct {
	page

	Nodes  []store.Node
	Queues []store.Queue
	// Sizes are what the database takes; SizesLate says that it was asked to measure and did not end in time.
	Sizes     store.Sizes
	SizesLate bool
	// Waits are the connections whose requests waited for a rate limit in the last waitsSince; Ahead is how many accounts may be
	// asked for nothing more just now, AheadUntil when the last of them may.
	Waits      []store.RateWaits
	Ahead      int64
	AheadUntil time.Time
	Held       []store.Held
	Failures   []failures
	// Sessions are those of the console that are of no single organization, Own is the one that looks.
	Sessions []hub.ConsoleSession
	Own      string
}

// failures are what of one kind failed lately.
type failures struct {
	Title, None string
	Rows        []failure
}

// failure is something that failed, and where the page about it is.
type failure struct {
	store.Failure

	URL string
}

const (
	// systemRows is how many rows each list of the page has.
	systemRows = 20
	// waitsSince and failuresSince are how far back the page looks.
	waitsSince    = 15 * time.Minute
	failuresSince = 7 * 24 * time.Hour
	// sizesPatience is how long measuring the database may take.
	sizesPatience = 20 * time.Second
)

func (s *server) showSystem(w http.ResponseWriter, v *visit) error {
	ctx, now := v.Context(), s.Clock()
	shown := &systemPage{page: s.page(v, "System"), Own: v.session.ID}
	var err error
	if shown.Nodes, err = s.Store.Nodes(ctx); err != nil {
		return err
	}
	if shown.Queues, err = s.Store.Queues(ctx); err != nil {
		return err
	}
	if shown.Waits, err = s.Store.RateWaits(ctx, now.Add(-waitsSince), systemRows); err != nil {
		return err
	}
	if shown.Ahead, shown.AheadUntil, err = s.Store.AccountsAhead(ctx); err != nil {
		return err
	}
	if shown.Held, err = s.Store.Held(ctx, systemRows); err != nil {
		return err
	}
	if shown.Failures, err = s.failures(v, now.Add(-failuresSince)); err != nil {
		return err
	}
	if shown.Sessions, err = s.Store.ConsoleSessions(ctx, "", "", accessListed); err != nil {
		return err
	}
	if err := shown.measure(v); err != nil {
		return err
	}
	return s.render(w, v, http.StatusOK, "system", shown)
}

// measure finds how large the database is; a large one table by table only where the visit asks for it.
func (p *systemPage) measure(v *visit) (err error) {
	ctx, cancel := context.WithTimeout(v.Context(), sizesPatience)
	defer cancel()
	whole := v.URL.Query().Get("sizes") != ""
	if p.Sizes, err = p.server.Store.Sizes(ctx, whole); err == nil || ctx.Err() == nil || v.Context().Err() != nil {
		return err
	}
	p.SizesLate = true
	p.Sizes, err = p.server.Store.Sizes(v.Context(), false)
	return err
}

// failures finds what failed since a time.
func (s *server) failures(v *visit, since time.Time) ([]failures, error) {
	ctx := v.Context()
	runs, err := s.Store.FailedRuns(ctx, since, systemRows)
	notes, failed := s.Store.FailedWriteBacks(ctx, since, systemRows)
	events, again := s.Store.FailedEvents(ctx, since, systemRows)
	of := func(title, none string, all []store.Failure, path func(store.Failure) string) failures {
		f := failures{Title: title, None: none}
		for _, one := range all {
			f.Rows = append(f.Rows, failure{one, s.href(v, path(one), organizationParameter, one.Organization.ID)})
		}
		return f
	}
	return []failures{
		of("Runs that failed", "No run failed.", runs, func(f store.Failure) string { return "/connections/" + f.ObjectID + "/runs/" + f.ID }),
		of("Write-backs that failed", "No write-back failed.", notes, func(f store.Failure) string { return "/recordings/" + f.RecordingID }),
		of("Webhooks that failed", "No webhook failed.", events, func(f store.Failure) string { return "/webhooks/" + f.ObjectID + "/deliveries/" + f.ID }),
	}, errors.Join(err, failed, again)
}

// HeldURL is the address of what is left alone.
func (p *systemPage) HeldURL(h store.Held) string {
	path := "/connections/" + h.ConnectionID
	if h.EndpointID != "" {
		path = "/webhooks/" + h.EndpointID
	}
	return p.URL(path, organizationParameter, h.Organization.ID)
}

// Skewed reports whether a node's clock should be set.
func (p *systemPage) Skewed(n store.Node) bool { return n.ClockAhead.Abs() > store.SkewTold }

// ClockWords says how a node's clock differs from the database's.
func (p *systemPage) ClockWords(n store.Node) string {
	switch d := n.ClockAhead.Round(time.Millisecond); {
	case d > 0:
		return lasting(d) + " behind"
	case d < 0:
		return lasting(-d) + " ahead"
	}
	return "the same"
}

// Share is which part of the database a table takes, of 100.
func (p *systemPage) Share(t store.TableSize) int64 {
	return 100 * t.Bytes / max(p.Sizes.Total, 1)
}

// endServerSession signs out a browser whose session is of no single organization.
func (s *server) endServerSession(w http.ResponseWriter, v *visit) error {
	id := v.PathValue("session")
	if err := s.Store.EndConsoleSession(v.Context(), "", id); err != nil {
		return err
	}
	s.Logger.Info("a session of the console was ended", "session", id, "by", v.session.Name)
	return s.redirect(w, v, "session-ended", "/system")
}

// systemRoutes are the pages about the server.
func systemRoutes() []route {
	return []route{
		{"GET", "/system", hub.ConsoleViewer, scopeServer, (*server).showSystem},
		{"POST", "/system/sessions/{session}/end", hub.ConsoleOperator, scopeServer, (*server).endServerSession},
	}
}
